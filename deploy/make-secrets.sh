#!/bin/sh
# Makes the passwords of docker-compose.yml at random, each in a file of its own. Those that are there stay as they are.
# The folder is closed to other accounts of this machine; the files in it are not, since each container reads its own as another user.
set -eu
umask 077
cd "$(dirname "$0")/secrets"
chmod 700 .
chmod 755 gateway

make() {
  if [ -s "$1" ]; then return; fi
  head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' > "$1.new"
  chmod 444 "$1.new"
  mv "$1.new" "$1"
  echo "deploy/secrets/$1"
}

make gateway/history-password
make history-reader-password
make grafana-password
make mosquitto-password
make node-red-password
make node-red-credential-secret
