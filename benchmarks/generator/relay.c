// The limit: a relay that cuts MQTT packets and hands each to all subscribers, coalesced per turn of its loop. No topics, no job, no storage.
//   relay [sink]      prints its port; as a sink it throws away what is published: that is the generator's own ceiling
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define FDS 65536
#define IN_BYTES (1u << 18)
#define BACKLOG_BYTES (1u << 22)

typedef struct { int fd, isSubscriber, qos, wantsOut; uint8_t *in, *out; uint32_t inLength, outLength, outOffset, outCapacity; uint16_t packetId; } Client;

static Client *clients[FDS], *subscribers[FDS], *dirty[FDS];
static uint32_t subscriberCount, dirtyCount, isSink;
static int poller;

static void append(Client *c, const uint8_t *bytes, uint32_t length) {
  if (c->outLength + length > c->outCapacity) c->out = realloc(c->out, c->outCapacity = 2 * (c->outLength + length));
  memcpy(c->out + c->outLength, bytes, length);
  if (c->outLength == 0) dirty[dirtyCount++] = c;
  c->outLength += length;
}

static void flush(Client *c) {
  while (c->outOffset < c->outLength) {
    ssize_t n = write(c->fd, c->out + c->outOffset, c->outLength - c->outOffset);
    if (n < 0) break;
    c->outOffset += n;
  }
  if (c->outOffset == c->outLength) c->outOffset = c->outLength = 0;
  int wantsOut = c->outLength > 0;
  if (wantsOut == c->wantsOut) return;
  c->wantsOut = wantsOut;
  struct epoll_event event = { .events = EPOLLIN | (wantsOut ? EPOLLOUT : 0), .data.ptr = c };
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

// To a subscriber of QoS 0 as it came, of QoS 1 under an id of its own.
static void forward(const uint8_t *packet, uint32_t head, uint32_t length) {
  int qos = packet[0] >> 1 & 3;
  for (uint32_t i = 0; i < subscriberCount; i++) {
    Client *to = subscribers[i];
    if (to->outLength - to->outOffset > BACKLOG_BYTES) continue;
    uint32_t at = to->outLength;
    append(to, packet, length);
    if (!qos) continue;
    uint8_t *copy = to->out + at;
    uint32_t id = head + 2 + (packet[head] << 8 | packet[head + 1]);
    to->packetId = to->packetId == 65535 ? 1 : to->packetId + 1;
    copy[id] = to->packetId >> 8;
    copy[id + 1] = to->packetId;
  }
}

static uint32_t onPacket(Client *c, const uint8_t *in, uint32_t length) {
  uint32_t size = 0, head = 1;
  for (uint32_t shift = 0;; shift += 7, head++) {
    if (head >= length) return 0;
    size |= (in[head] & 127u) << shift;
    if (!(in[head] & 128)) break;
  }
  head++;
  if (head + size > length) return 0;
  uint8_t type = in[0] >> 4;
  if (type == 1) append(c, (uint8_t[]){ 0x20, 2, 0, 0 }, 4);
  if (type == 8) {
    uint8_t answer[5] = { 0x90, 3, in[head], in[head + 1], in[head + size - 1] };
    append(c, answer, 5);
    if (!c->isSubscriber) { c->isSubscriber = 1; subscribers[subscriberCount++] = c; }
  }
  if (type == 3) {
    if (!isSink) forward(in, head, head + size);
    uint32_t id = head + 2 + (in[head] << 8 | in[head + 1]);
    if (in[0] & 6) append(c, (uint8_t[]){ 0x40, 2, in[id], in[id + 1] }, 4);
  }
  return head + size;
}

static void leave(Client *c) {
  for (uint32_t i = 0; i < subscriberCount; i++) if (subscribers[i] == c) subscribers[i--] = subscribers[--subscriberCount];
  for (uint32_t i = 0; i < dirtyCount; i++) if (dirty[i] == c) dirty[i--] = dirty[--dirtyCount];
  clients[c->fd] = NULL;
  close(c->fd);
  free(c->in);
  free(c->out);
  free(c);
}

static void readFrom(Client *c) {
  ssize_t n = read(c->fd, c->in + c->inLength, IN_BYTES - c->inLength);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) { leave(c); return; }
  c->inLength += n;
  uint32_t done = 0, size;
  while (done < c->inLength && (size = onPacket(c, c->in + done, c->inLength - done))) done += size;
  c->inLength -= done;
  memmove(c->in, c->in + done, c->inLength);
}

static void acceptFrom(int listener) {
  int fd = accept(listener, NULL, NULL), yes = 1;
  if (fd < 0 || fd >= FDS) return;
  fcntl(fd, F_SETFL, O_NONBLOCK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  Client *c = clients[fd] = calloc(1, sizeof *c);
  c->fd = fd;
  c->in = malloc(IN_BYTES);
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  isSink = argc > 1 && strcmp(argv[1], "sink") == 0;
  if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4096) || getsockname(listener, (struct sockaddr *)&address, &length)) return 1;
  poller = epoll_create1(0);
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL }, events[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int n = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < n; i++) {
      Client *c = events[i].data.ptr;
      if (!c) { acceptFrom(listener); continue; }
      if (events[i].events & EPOLLOUT) flush(c);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readFrom(c);
    }
    while (dirtyCount) flush(dirty[--dirtyCount]);
  }
}
