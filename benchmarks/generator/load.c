// The load generator: MQTT 3.1.1 publishers and subscribers (or WebSocket ones) on one thread and one clock, so that what is measured is the
// server. It reads a plan (see plan.ts) of ready packets, of which it changes nothing but the sequence number and the packet id.
//   load PLAN SAMPLES      then, on stdin:  run SECONDS closed WINDOW | run SECONDS open RATE      one line of JSON on stdout each
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { PUBLISHER, SUBSCRIBER, WEB_SOCKET };
enum { EXPECTED, UNCONSENTED, INVALID };

#define DIGITS 9                        // of a sequence number, the first of which is not 0
#define FIRST_SEQUENCE 100000000u
#define RING (1u << 18)                 // messages that are remembered: more than are ever under way
#define GROUPS_MAX 128                  // subscribers; one may have several connections
#define HINTS 8192                      // where the sequence number stood in the last message of a topic
#define IN_BYTES (1u << 18)
#define BACKLOG_BYTES (1u << 18)        // bytes that may wait for one socket before nothing more is made
#define TURN_MESSAGES 4096              // made before answers are looked at again
#define STALLED_NS 300000000ull         // without progress, until the closed loop is opened again on credit
#define LOST_NS 10000000000ull          // without progress, until the rest is given up as missing
#define SUB_BUCKETS 32

typedef struct {
  int fd, role, qos, group, wantsOut, isDirty;
  uint8_t *in, *out;
  uint32_t inLength, outLength, outOffset, outCapacity, inFlight;
  uint16_t packetId;
} Connection;

typedef struct { uint32_t connection, device, kind, length, sequenceAt, packetIdAt; uint8_t *bytes; } Message;
typedef struct { uint32_t sequence, message, got; uint64_t sentAt, seen[GROUPS_MAX / 64]; } Sent;

static Connection *connections; static Message *messages; static Sent *ring;
static uint32_t connectionCount, messageCount, deviceCount, groupCount, isTolerant, sampleEvery, nextMessage, nextSequence = FIRST_SEQUENCE + 1, roundSequence;
static uint32_t *lastOfDevice, dirty[1 << 16], dirtyCount;
static uint16_t hints[HINTS];
static uint64_t histogram[64 * SUB_BUCKETS];
static struct { uint64_t sent, expected, wanted, delivered, completed, duplicates, reordered, unconsented, invalid, unknown, reopened, acknowledged, toBeAcknowledged, late; } count;
static int poller, timer;
static FILE *samples;

static void fail(const char *what) { fprintf(stderr, "load: %s: %s\n", what, strerror(errno)); exit(1); }
static uint64_t now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000ull + t.tv_nsec; }
static int isDigit(uint8_t byte) { return (uint8_t)(byte - '0') < 10; }

// ---- the plan

static uint8_t *plan, *at;
static uint32_t take32(void) { uint32_t value; memcpy(&value, at, 4); at += 4; return value; }
static uint8_t *takeBytes(uint32_t length) { uint8_t *bytes = at; at += length; return bytes; }

static void readPlan(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  plan = at = malloc(size);
  if (fread(plan, 1, size, file) != (size_t)size) fail(path);
  fclose(file);
}

// ---- connecting: one after the other, and each has its answer before the next

static void writeAll(int fd, const uint8_t *bytes, uint32_t length) {
  for (uint32_t done = 0; done < length;) {
    ssize_t n = write(fd, bytes + done, length - done);
    if (n <= 0) fail("write while connecting");
    done += n;
  }
}
static void readAll(int fd, uint8_t *bytes, uint32_t length) {
  for (uint32_t done = 0; done < length;) {
    ssize_t n = read(fd, bytes + done, length - done);
    if (n <= 0) fail("the server closed while connecting");
    done += n;
  }
}
static uint32_t readPacket(int fd, uint8_t *type, uint8_t *body) {
  uint32_t length = 0, shift = 0;
  uint8_t byte;
  readAll(fd, type, 1);
  do { readAll(fd, &byte, 1); length |= (byte & 127u) << shift; shift += 7; } while (byte & 128);
  readAll(fd, body, length);
  return length;
}

static void greet(Connection *c, const uint8_t *hello, uint32_t length) {
  uint8_t type, body[1 << 16];
  writeAll(c->fd, hello, length);
  if (c->role == WEB_SOCKET) {
    uint32_t got = 0;
    for (body[0] = 0; got < 4 || memcmp(body + got - 4, "\r\n\r\n", 4); got++) readAll(c->fd, body + got, 1);
    if (memcmp(body, "HTTP/1.1 101", 12)) { body[got] = 0; fprintf(stderr, "load: no WebSocket: %s\n", body); exit(1); }
    return;
  }
  readPacket(c->fd, &type, body);
  if (type != 0x20 || body[1] != 0) { fprintf(stderr, "load: CONNACK %u\n", body[1]); exit(1); }
}

static void subscribe(Connection *c, const uint8_t *packet, uint32_t length) {
  uint8_t type, body[1 << 16];
  writeAll(c->fd, packet, length);
  uint32_t got = readPacket(c->fd, &type, body);
  if (type != 0x90) { fprintf(stderr, "load: no SUBACK but %x\n", type); exit(1); }
  for (uint32_t i = 2; i < got; i++) if (body[i] & 128) { fprintf(stderr, "load: SUBACK %x for filter %u\n", body[i], i - 2); exit(1); }
}

static void openConnection(Connection *c, uint32_t index) {
  uint32_t port = take32(), yes = 1;
  c->role = take32(); c->qos = take32(); c->group = take32();
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  uint32_t length = take32();
  greet(c, takeBytes(length), length);
  for (uint32_t n = take32(); n > 0; n--) { length = take32(); subscribe(c, takeBytes(length), length); }
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = { .events = EPOLLIN, .data.u32 = index };
  if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event)) fail("epoll_ctl");
}

static void open_(void) {
  connectionCount = take32(); messageCount = take32(); deviceCount = take32(); groupCount = take32(); isTolerant = take32(); sampleEvery = take32();
  connections = calloc(connectionCount, sizeof *connections);
  messages = calloc(messageCount, sizeof *messages);
  ring = calloc(RING, sizeof *ring);
  lastOfDevice = calloc((size_t)deviceCount * groupCount + 1, 4);
  for (uint32_t i = 0; i < connectionCount; i++) openConnection(&connections[i], i);
  for (uint32_t i = 0; i < messageCount; i++) {
    Message *m = &messages[i];
    m->connection = take32(); m->device = take32(); m->kind = take32(); m->sequenceAt = take32(); m->packetIdAt = take32(); m->length = take32();
    m->bytes = takeBytes(m->length);
  }
}

// ---- sending

static void flush(Connection *c) {
  while (c->outOffset < c->outLength) {
    ssize_t n = write(c->fd, c->out + c->outOffset, c->outLength - c->outOffset);
    if (n < 0 && errno != EAGAIN) fail("write");
    if (n < 0) break;
    c->outOffset += n;
  }
  if (c->outOffset == c->outLength) c->outOffset = c->outLength = 0;
  int wantsOut = c->outLength > 0;
  if (wantsOut == c->wantsOut) return;
  c->wantsOut = wantsOut;
  struct epoll_event event = { .events = EPOLLIN | (wantsOut ? EPOLLOUT : 0), .data.u32 = c - connections };
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}
static void flushAll(void) {
  for (uint32_t i = 0; i < dirtyCount; i++) { connections[dirty[i]].isDirty = 0; flush(&connections[dirty[i]]); }
  dirtyCount = 0;
}

static uint8_t *append(Connection *c, const uint8_t *bytes, uint32_t length) {
  if (c->outLength + length > c->outCapacity) c->out = realloc(c->out, c->outCapacity = 2 * (c->outLength + length));
  uint8_t *copy = memcpy(c->out + c->outLength, bytes, length);
  c->outLength += length;
  if (!c->isDirty) { c->isDirty = 1; dirty[dirtyCount++] = c - connections; }
  return copy;
}

static void writeDigits(uint8_t *digits, uint32_t value) { for (int i = DIGITS; i-- > 0; value /= 10) digits[i] = '0' + value % 10; }

static int send_(uint64_t time) {
  Message *m = &messages[nextMessage];
  Connection *c = &connections[m->connection];
  if (c->outLength - c->outOffset > BACKLOG_BYTES) return 0;
  uint8_t *packet = append(c, m->bytes, m->length);
  Sent *sent = &ring[nextSequence & (RING - 1)];
  *sent = (Sent){ .sequence = nextSequence, .message = nextMessage, .sentAt = time };
  if (m->sequenceAt) writeDigits(packet + m->sequenceAt, nextSequence);
  if (m->packetIdAt) {
    c->packetId = c->packetId == 65535 ? 1 : c->packetId + 1;
    packet[m->packetIdAt] = c->packetId >> 8;
    packet[m->packetIdAt + 1] = c->packetId;
    count.toBeAcknowledged++;
  }
  if (m->kind == EXPECTED) { count.expected++; count.wanted += groupCount; }
  count.sent++;
  nextSequence++;
  nextMessage = nextMessage + 1 == messageCount ? 0 : nextMessage + 1;
  return 1;
}

// ---- receiving

static Sent *sentAs(const uint8_t *digits) {
  uint32_t sequence = 0;
  for (int i = 0; i < DIGITS; i++) sequence = sequence * 10 + (digits[i] - '0');
  Sent *sent = &ring[sequence & (RING - 1)];
  return sequence > FIRST_SEQUENCE && sent->sequence == sequence ? sent : NULL;
}

// The run of digits around a byte, if it is a sequence number that is under way or was lately.
static Sent *sentAround(const uint8_t *text, uint32_t length, uint32_t i, uint32_t *found) {
  if (i >= length || !isDigit(text[i])) return NULL;
  uint32_t from = i, to = i;
  while (from > 0 && isDigit(text[from - 1])) from--;
  while (to < length && isDigit(text[to])) to++;
  *found = from;
  return to - from == DIGITS ? sentAs(text + from) : NULL;
}

static Sent *find(const uint8_t *text, uint32_t length, uint16_t *hint) {
  uint32_t at = 0;
  Sent *sent = sentAround(text, length, *hint, &at);
  // One byte in so many is a digit of any run that is as long.
  for (uint32_t i = DIGITS - 1; !sent && i < length; i += DIGITS) sent = sentAround(text, length, i, &at);
  if (sent) *hint = at;
  return sent;
}

static void measure(uint64_t ns) {
  int exponent = ns < SUB_BUCKETS ? 0 : 63 - __builtin_clzll(ns) - 5;
  histogram[(exponent + (ns >= SUB_BUCKETS)) * SUB_BUCKETS + (ns < SUB_BUCKETS ? ns : (ns >> exponent) & (SUB_BUCKETS - 1))]++;
}

static void keepSample(const Sent *sent, uint32_t group, const uint8_t *text, uint32_t length) {
  uint32_t head[4] = { sent->message, sent->sequence, group, length };
  fwrite(head, 4, 4, samples);
  fwrite(text, 1, length, samples);
}

static void received(Connection *c, uint16_t *hint, const uint8_t *text, uint32_t length, uint64_t time) {
  Sent *sent = find(text, length, hint);
  if (!sent) { count.unknown++; return; }
  const Message *m = &messages[sent->message];
  if (sent->sequence < roundSequence && m->kind == EXPECTED) return; // was given up as missing in the round before
  if (m->kind == UNCONSENTED) { count.unconsented++; return; }
  if (m->kind == INVALID) { count.invalid++; return; }
  uint64_t *word = &sent->seen[c->group / 64], bit = 1ull << (c->group % 64);
  if (*word & bit) { count.duplicates++; return; }
  *word |= bit;
  uint32_t *last = &lastOfDevice[m->device * groupCount + c->group];
  if (sent->sequence < *last) count.reordered++; else *last = sent->sequence;
  if (++sent->got == groupCount) count.completed++;
  measure(time - sent->sentAt);
  if (++count.delivered % sampleEvery == 0) keepSample(sent, c->group, text, length);
}

static void onPublish(Connection *c, const uint8_t *body, uint32_t length, int qos, uint64_t time) {
  uint32_t topic = body[0] << 8 | body[1], from = 2 + topic + (qos ? 2 : 0), hash = length;
  if (qos) { uint8_t ack[4] = { 0x40, 2, body[2 + topic], body[3 + topic] }; append(c, ack, 4); }
  for (uint32_t i = topic > 8 ? topic - 8 : 0; i < topic; i++) hash = hash * 31 + body[2 + i];
  received(c, &hints[hash % HINTS], body + from, length - from, time);
}

// The length of a complete packet, or 0.
static uint32_t onPacket(Connection *c, const uint8_t *in, uint32_t length, uint64_t time) {
  uint32_t size = 0, i = 1;
  for (uint32_t shift = 0;; shift += 7, i++) {
    if (i >= length) return 0;
    size |= (in[i] & 127u) << shift;
    if (!(in[i] & 128)) break;
  }
  i++;
  if (i + size > length) return 0;
  if (in[0] >> 4 == 3) onPublish(c, in + i, size, in[0] >> 1 & 3, time);
  else if (in[0] >> 4 == 4) count.acknowledged++;
  return i + size;
}

static uint32_t onFrame(Connection *c, const uint8_t *in, uint32_t length, uint64_t time) {
  uint32_t size, head = 2;
  if (length < 2) return 0;
  size = in[1] & 127;
  if (size == 126) { if (length < 4) return 0; size = in[2] << 8 | in[3]; head = 4; }
  else if (size == 127) { if (length < 10) return 0; size = in[6] << 24 | in[7] << 16 | in[8] << 8 | in[9]; head = 10; }
  if (head + size > length) return 0;
  uint32_t opcode = in[0] & 15;
  if (opcode == 9) { uint8_t pong[6] = { 0x8a, 0x80, 0, 0, 0, 0 }; append(c, pong, 6); }
  else if (opcode == 8) { fprintf(stderr, "load: the server closed a WebSocket\n"); exit(1); }
  else received(c, &hints[(c->group * 64 + size) % HINTS], in + head, size, time);
  return head + size;
}

static void readFrom(Connection *c) {
  if (!c->in) c->in = malloc(IN_BYTES);
  ssize_t n = read(c->fd, c->in + c->inLength, IN_BYTES - c->inLength);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) { fprintf(stderr, "load: the server closed connection %u of role %d\n", (uint32_t)(c - connections), c->role); exit(1); }
  c->inLength += n;
  uint32_t done = 0, size;
  uint64_t time = now();
  while (done < c->inLength && (size = (c->role == WEB_SOCKET ? onFrame : onPacket)(c, c->in + done, c->inLength - done, time))) done += size;
  c->inLength -= done;
  memmove(c->in, c->in + done, c->inLength);
}

// ---- a round

// Waits for at most so long (ms), reads what has come and answers it. True when a command waits on stdin.
static int turn(int timeoutMs) {
  struct epoll_event events[256];
  int n = epoll_wait(poller, events, 256, timeoutMs), hasCommand = 0;
  for (int i = 0; i < n; i++) {
    uint32_t index = events[i].data.u32;
    uint64_t expirations;
    if (index == UINT32_MAX) { hasCommand = 1; continue; }
    if (index == UINT32_MAX - 1) { if (read(timer, &expirations, 8) < 0) continue; continue; }
    Connection *c = &connections[index];
    if (events[i].events & EPOLLOUT) flush(c);
    if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readFrom(c);
  }
  return hasCommand;
}

static uint64_t progress(void) { return count.delivered + count.acknowledged; }
static int64_t outstanding(void) { return (int64_t)(count.expected - count.completed); }
static int64_t unacknowledged(void) { return (int64_t)(count.toBeAcknowledged - count.acknowledged); }

static void closedLoop(uint64_t until, int64_t window) {
  int64_t credit = 0, ackCredit = 0;
  uint64_t last = 0, movedAt = now();
  for (uint64_t time = now(); time < until; time = now()) {
    for (int n = 0; n < TURN_MESSAGES && outstanding() - credit < window && unacknowledged() - ackCredit < 2 * window && send_(time); n++) {}
    flushAll();
    turn(1);
    flushAll();
    if (progress() != last || outstanding() - credit < window) { last = progress(); movedAt = now(); }
    else if (now() - movedAt > STALLED_NS) { count.reopened += outstanding() - credit; credit = outstanding(); ackCredit = unacknowledged(); movedAt = now(); }
  }
}

static void openLoop(uint64_t from, uint64_t until, double rate) {
  for (uint64_t n = 0;;) {
    uint64_t time = now();
    if (time >= until) break;
    uint64_t due = from + (uint64_t)(n * 1e9 / rate);
    if (time >= due) {
      if (time - due > count.late) count.late = time - due;
      send_(time);
      n++;
      flushAll();
      continue;
    }
    struct itimerspec at = { .it_value = { due / 1000000000, due % 1000000000 } };
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
    turn(100);
    flushAll();
  }
}

static void drain(void) {
  uint64_t last = progress(), movedAt = now();
  while ((outstanding() > 0 || unacknowledged() > 0) && now() - movedAt < LOST_NS) {
    turn(10);
    flushAll();
    if (progress() != last) { last = progress(); movedAt = now(); }
  }
}

static double percentile(double share) {
  uint64_t total = 0, seen = 0;
  for (uint32_t i = 0; i < 64 * SUB_BUCKETS; i++) total += histogram[i];
  for (uint32_t i = 0; i < 64 * SUB_BUCKETS; i++) {
    seen += histogram[i];
    if (seen > 0 && seen >= share * total) return i < SUB_BUCKETS ? i / 1e3 : (double)((uint64_t)(SUB_BUCKETS + i % SUB_BUCKETS) << (i / SUB_BUCKETS - 1)) / 1e3;
  }
  return 0;
}

static double cpuSeconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void run(double seconds, const char *mode, double figure) {
  memset(&count, 0, sizeof count);
  memset(histogram, 0, sizeof histogram);
  roundSequence = nextSequence;
  double cpu = cpuSeconds();
  uint64_t began = now(), until = began + (uint64_t)(seconds * 1e9);
  if (*mode == 'o') openLoop(began, until, figure); else closedLoop(until, (int64_t)figure);
  double took = (now() - began) / 1e9;
  drain();
  fflush(samples);
  double all = (now() - began) / 1e9;
  printf("{\"seconds\":%.6f,\"sent\":%lu,\"expected\":%lu,\"delivered\":%lu,\"missing\":%lu,\"duplicates\":%lu,\"reordered\":%lu,\"unconsented\":%lu,\"invalid\":%lu,"
    "\"unknown\":%lu,\"unacknowledged\":%ld,\"reopened\":%lu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f,\"lateMax\":%.1f,\"utilisation\":%.3f}\n",
    took, count.sent, count.wanted, count.delivered, count.wanted - count.delivered, count.duplicates, count.reordered, count.unconsented, count.invalid,
    isTolerant ? 0 : count.unknown, unacknowledged(), count.reopened, percentile(.5), percentile(.9), percentile(.99), percentile(1), count.late / 1e3, (cpuSeconds() - cpu) / all);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc < 3) { fprintf(stderr, "load PLAN SAMPLES\n"); return 2; }
  poller = epoll_create1(0);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event command = { .events = EPOLLIN, .data.u32 = UINT32_MAX }, tick = { .events = EPOLLIN, .data.u32 = UINT32_MAX - 1 };
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &command);
  epoll_ctl(poller, EPOLL_CTL_ADD, timer, &tick);
  samples = fopen(argv[2], "ab"); // truncated by whoever has read it
  if (!samples) fail(argv[2]);
  readPlan(argv[1]);
  open_();
  printf("{\"ready\":true}\n");
  fflush(stdout);
  char line[128], mode[16];
  double seconds, figure;
  for (;;) {
    if (!turn(1000)) { flushAll(); continue; }
    flushAll();
    if (!fgets(line, sizeof line, stdin)) return 0;
    if (sscanf(line, "run %lf %15s %lf", &seconds, mode, &figure) == 3) run(seconds, mode, figure);
  }
}
