#!/usr/bin/env bash
# Makes sure that this machine has what `make run` (or `make test`) needs, and installs what is missing.
#
#   scripts/setup.sh [run|test]
#
# Says nothing and touches nothing when everything is there. On Debian and its relatives missing packages
# come from apt-get; elsewhere it names them. To add a requirement, add it to `find_missing`, to
# `check_other_system` and to `explain`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

purpose=${1:-run}
case $purpose in
  run | test) ;;
  *)
    echo "usage: scripts/setup.sh [run|test]" >&2
    exit 2
    ;;
esac

CMAKE_AT_LEAST=3.24 # asked for by FAISS 1.12
POSTGRES_AT_LEAST=15

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }
at_least() { [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; } # wanted actual

newest_postgres() {
  local bin
  bin=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1) || true
  [[ -n $bin ]] || bin=$(command -v initdb) || return 1
  "$bin" --version | grep -oE '[0-9]+' | head -n 1
}

# FAISS is compiled with the flags in .cargo/config.toml; where the CPU lacks what they ask for, the built
# program dies of an illegal instruction.
check_cpu() {
  [[ $(uname -sm) == 'Linux x86_64' && -r /proc/cpuinfo ]] && grep -q -- -mavx2 .cargo/config.toml || return 0
  grep -qm1 '\bavx2\b' /proc/cpuinfo || fail \
    "this CPU has no AVX2, which the C++ flags in .cargo/config.toml ask for." \
    "without the -m flags there the program runs here too; vector search is then about four times slower."
}

missing=()
find_missing() {
  has cmake || missing+=(cmake)
  has g++ || missing+=(g++)
  has make || missing+=(make)
  has pkg-config || missing+=(pkg-config)
  local package installed
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' \
    libopenblas-dev liblapack-dev libgomp1 2>/dev/null) || true
  for package in libopenblas-dev liblapack-dev libgomp1; do
    [[ $installed == *"$package installed"* ]] || missing+=("$package")
  done
  if [[ $purpose == test ]]; then
    has git || missing+=(git)
    has curl || missing+=(curl)
    has redis-server || missing+=(redis-server)
    newest_postgres >/dev/null || missing+=(postgresql)
  fi
}

wants() { [[ " ${missing[*]} " == *" $1 "* ]]; }

# The database and Redis packages start a server each when they are installed. The tests start private ones of
# their own (scripts/with-services.sh), so nothing is left running that was not running before.
as_root=()
CLUSTER_CONF=/etc/postgresql-common/createcluster.conf
POLICY=/usr/sbin/policy-rc.d
put_back() {
  [[ -z ${made_policy:-} ]] || "${as_root[@]}" rm -f "$POLICY"
  [[ -z ${saved_conf:-} ]] || "${as_root[@]}" mv "$saved_conf" "$CLUSTER_CONF"
}

apt() {
  local output
  output=$("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" 2>&1) ||
    fail "apt-get $* failed:" "$output"
}

install_missing() {
  if [[ $(id -u) -ne 0 ]]; then
    has sudo || fail "missing: ${missing[*]}. There is no sudo here; as root, type:" \
      "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]} with apt-get"
  trap put_back EXIT
  apt update
  if wants redis-server || wants postgresql; then
    if [[ ! -e $POLICY ]]; then
      made_policy=yes
      printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$POLICY" >/dev/null
      "${as_root[@]}" chmod 755 "$POLICY"
    fi
  fi
  if wants postgresql; then
    # Without this the package creates a cluster called "main", which would start with the machine.
    apt install -y --no-install-recommends postgresql-common
    "${as_root[@]}" cp -p "$CLUSTER_CONF" "$CLUSTER_CONF.before-setup"
    saved_conf=$CLUSTER_CONF.before-setup
    "${as_root[@]}" sed -i -E 's/^#?create_main_cluster *=.*/create_main_cluster = false/' "$CLUSTER_CONF"
  fi
  apt install -y --no-install-recommends "${missing[@]}"
  if wants redis-server && [[ -d /run/systemd/system ]]; then
    "${as_root[@]}" systemctl disable --quiet --now redis-server
  fi
  say "installed ${missing[*]}"
}

explain() {
  say "this is not a Debian or Ubuntu system; besides Rust these are needed:"
  say "  CMake $CMAKE_AT_LEAST or newer, a C++17 compiler, make, pkg-config, OpenBLAS with LAPACK, GNU OpenMP"
  say "  Fedora: dnf install cmake gcc-c++ make pkgconf openblas-devel blas-devel lapack-devel libgomp"
  say "  Arch: pacman -S cmake gcc make pkgconf blas-openblas"
  [[ $purpose != test ]] ||
    say "  and for the tests: git, curl, redis-server, PostgreSQL $POSTGRES_AT_LEAST or newer (initdb in PATH)"
}

check_other_system() {
  local tools=(cmake c++ make pkg-config) tool lacking=()
  [[ $purpose != test ]] || tools+=(git curl redis-server initdb)
  for tool in "${tools[@]}"; do
    has "$tool" || { [[ $tool == initdb ]] && newest_postgres >/dev/null; } || lacking+=("$tool")
  done
  if has c++ && ! c++ -x c++ - -o /dev/null -lblas -llapack -lgomp <<<'int main() {}' 2>/dev/null; then
    lacking+=("BLAS, LAPACK or OpenMP to link with")
  fi
  [[ ${#lacking[@]} -gt 0 ]] || return 0
  explain
  local IFS=,
  fail "not found: ${lacking[*]}"
}

check_cmake() {
  local version
  version=$(cmake --version | grep -oE '[0-9]+\.[0-9.]+' | head -n 1)
  at_least "$CMAKE_AT_LEAST" "$version" || fail \
    "CMake is $version, but FAISS needs $CMAKE_AT_LEAST or newer (Ubuntu 22.04 ships 3.22)." \
    "get a newer one with \`sudo snap install cmake --classic\` or \`pipx install cmake\`, first in the PATH."
}

check_postgres() {
  local version
  version=$(newest_postgres)
  at_least "$POSTGRES_AT_LEAST" "$version" || fail \
    "PostgreSQL is $version, but $POSTGRES_AT_LEAST or newer is needed (Ubuntu 22.04 ships 14)." \
    "add the PostgreSQL project's own apt repository: https://www.postgresql.org/download/"
}

check_rust() {
  local wanted version
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  if ! has cargo || ! version=$(rustc --version 2>/dev/null | cut -d' ' -f2); then
    fail "no Rust toolchain was found; $wanted or newer is needed." \
      "get one from https://rustup.rs, then open a new shell and try again."
  fi
  at_least "$wanted" "$version" ||
    fail "Rust is $version, but $wanted or newer is needed: \`rustup update stable\` gets it."
}

check_cpu
if has apt-get && has dpkg-query; then
  find_missing
  [[ ${#missing[@]} -eq 0 ]] || install_missing
else
  check_other_system
fi
check_cmake
[[ $purpose != test ]] || check_postgres
check_rust
