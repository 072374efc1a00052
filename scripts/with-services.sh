#!/usr/bin/env bash
# Runs a command with a Postgres cluster and a Redis server of its own, and leaves nothing behind.
#
#   scripts/with-services.sh cargo test --locked
#   scripts/with-services.sh bash            to look around with psql and redis-cli
#
# Both servers listen on free ports of 127.0.0.1 and live in one temporary folder. The command gets
#   TEST_POSTGRES_URL, TEST_REDIS_URL        where they are
#   TEST_POSTGRES_BIN, TEST_REDIS_SERVER     the programs, for tests that start and kill servers themselves
#   TEST_SERVICES_USER                       who must run them: set when we are root, which Postgres refuses
# Postgres runs without fsync: it is fast, and a test that wants a crash to be survived starts its own. With
# SERVICES_DURABLE=1 it runs as in production, which is what is measured.
# The exit status is the command's.
set -euo pipefail

[[ $# -gt 0 ]] || {
  echo "usage: scripts/with-services.sh COMMAND [ARGUMENT…]" >&2
  exit 2
}

fail() {
  echo "with-services: $*" >&2
  exit 1
}

find_programs() {
  local initdb
  initdb=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1) || true
  [[ -n $initdb ]] || initdb=$(command -v initdb) || fail "no PostgreSQL here: run scripts/setup.sh test"
  postgres_bin=$(dirname "$initdb")
  redis_server=$(command -v redis-server) || fail "no redis-server here: run scripts/setup.sh test"
}

services_user=
choose_user() {
  [[ $(id -u) -eq 0 ]] || return 0
  services_user=nobody
  ! id postgres >/dev/null 2>&1 || services_user=postgres
}

# In the temporary folder, because the user may not enter the one we are in.
as_user() {
  if [[ -n $services_user ]]; then
    (cd "$home" && runuser -u "$services_user" -- "$@")
  else
    (cd "$home" && "$@")
  fi
}

# A port that nobody answers on. Below the range from which the kernel picks ports for outgoing connections.
# Somebody may still take it before we do, so the callers try again with another one.
pick_port() {
  local port
  while :; do
    port=$((RANDOM % 12000 + 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

start_postgres() {
  local data=$home/postgres
  as_user "$postgres_bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C --no-sync \
    >"$home/initdb.log" || fail "initdb failed: $(<"$home/initdb.log")"
  as_user tee -a "$data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$home'
max_connections = 300
CONF
  if [[ ${SERVICES_DURABLE:-} == 1 ]]; then
    as_user tee -a "$data/postgresql.conf" >/dev/null <<CONF
shared_buffers = 1GB
max_wal_size = 8GB
wal_compression = lz4
CONF
  else
    as_user tee -a "$data/postgresql.conf" >/dev/null <<CONF
shared_buffers = 128MB
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
  fi
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    postgres_port=$(pick_port)
    if as_user "$postgres_bin/pg_ctl" start -s -w -t 60 -D "$data" -l "$home/postgres.log" \
      -o "-p $postgres_port" 2>/dev/null; then
      return 0
    fi
  done
  cat "$home/postgres.log" >&2
  fail "Postgres did not start"
}

# True when the server on the port is the one that we started, and not somebody else's.
redis_is_ours() {
  [[ -s $home/redis.pid ]] || return 1
  redis-cli -p "$redis_port" info server 2>/dev/null | tr -d '\r' |
    grep -qx "process_id:$(<"$home/redis.pid")"
}

start_redis() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    redis_port=$(pick_port)
    rm -f "$home/redis.pid"
    as_user "$redis_server" --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly no --dir "$home" \
      --daemonize yes --pidfile "$home/redis.pid" --logfile "$home/redis.log"
    for _ in {1..50}; do
      ! redis_is_ours || return 0
      sleep 0.1
    done
  done
  cat "$home/redis.log" >&2
  fail "Redis did not start"
}

stop_redis() {
  local pid
  [[ -s $home/redis.pid ]] || return 0
  pid=$(<"$home/redis.pid")
  kill "$pid" 2>/dev/null || return 0
  for _ in {1..50}; do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
}

child=
stop_child() { # signal
  [[ -n $child ]] || return 0
  kill "-$1" -- "-$child" 2>/dev/null || return 0
  for _ in {1..100}; do
    kill -0 -- "-$child" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$child" 2>/dev/null || true
}

cleanup() {
  trap '' INT TERM HUP
  if [[ -s $home/postgres/postmaster.pid ]]; then
    as_user "$postgres_bin/pg_ctl" stop -s -w -m immediate -D "$home/postgres" || true
  fi
  stop_redis
  rm -rf "$home"
}

find_programs
choose_user
# Not under TMPDIR: the path of a Unix socket may not be longer than 107 bytes.
home=$(mktemp -d /tmp/orchestrator-services.XXXXXX)
trap cleanup EXIT
trap 'stop_child INT; exit 130' INT
trap 'stop_child TERM; exit 143' TERM
trap 'stop_child HUP; exit 129' HUP
[[ -z $services_user ]] || chown "$services_user" "$home"

start_postgres
start_redis
export TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$postgres_port/postgres"
export TEST_REDIS_URL="redis://127.0.0.1:$redis_port"
export TEST_POSTGRES_BIN=$postgres_bin
export TEST_REDIS_SERVER=$redis_server
export TEST_SERVICES_USER=$services_user

status=0
if [[ -t 0 ]]; then
  # At a terminal the command is in the foreground: it may ask things, and Ctrl-C reaches it by itself.
  "$@" || status=$?
else
  # Elsewhere it is a job in a process group of its own, because bash would not act on a signal before a
  # foreground command has ended.
  set -m
  "$@" &
  child=$!
  set +m
  wait "$child" || status=$?
  child=
fi
exit "$status"
