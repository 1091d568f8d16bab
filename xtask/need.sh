#!/bin/sh
# Installs what vTOC's two commands need and this machine lacks, by name, and says so. Debian and Ubuntu.
#   sh xtask/need.sh demo|test
# Idempotent: on a machine that has everything it only looks. Prints nothing but what it does.
set -eu
what=${1:-demo}

say() { printf 'vtoc: %s\n' "$*"; }
die() { printf 'vtoc: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# at_least 1.95.0 1.96.2 : is the second version at least the first?
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

if [ "$(id -u)" = 0 ]; then SUDO=; elif have sudo; then SUDO=sudo; else SUDO=missing; fi

updated=
apt_update() {
  [ -z "$updated" ] || return 0
  have apt-get || die "this machine has no apt-get. Install by hand: $*"
  [ "$SUDO" != missing ] || die "neither root nor sudo. Install by hand: $*"
  say "running apt-get update"
  $SUDO apt-get update -qq
  updated=yes
}
install() {
  apt_update "$@"
  say "installing $*"
  DEBIAN_FRONTEND=noninteractive $SUDO apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
candidate() { apt_update "$1"; apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -v none || true; }

# --- C compiler (SQLite, ring and zstd are built from source) ---
have cc || install gcc libc6-dev
[ -e /etc/ssl/certs/ca-certificates.crt ] || install ca-certificates

# --- Rust ---
rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
PATH="$HOME/.cargo/bin:$PATH"
rust_ok() { have cargo && have rustc && at_least "$rust_wanted" "$(rustc --version 2>/dev/null | cut -d' ' -f2)"; }
if ! rust_ok; then
  web=$(candidate rustc-web)
  if [ -n "$web" ] && at_least "$rust_wanted" "$web"; then
    install rustc-web cargo-web rustfmt-web rust-web-clippy
  elif [ -n "$(candidate rustup)" ]; then
    install rustup
    say "installing the Rust toolchain named in rust-toolchain.toml"
    rustup toolchain install
  else
    die "Rust $rust_wanted or newer is needed, and no package of this system gives it: install rustup by hand"
  fi
  rust_ok || die "Rust $rust_wanted or newer is needed; found $(rustc --version 2>/dev/null || echo none)"
fi

# --- PostgreSQL: the demo and the tests start a private one of their own; no service is started ---
if ! have initdb && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  # Debian's package would create and start a cluster of its own: keep it from that.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    apt_update postgresql
    $SUDO mkdir -p /etc/postgresql-common
    printf 'create_main_cluster = false\nstart_conf = manual\n' | $SUDO tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  install postgresql
fi

# --- Node for the console: web/node.sh takes the system's when it is new enough, else fetches one into web/.node, for which it needs pip ---
if ! sh web/node.sh --fits && ! python3 -m pip --version >/dev/null 2>&1; then
  install python3-pip
fi

if [ "$what" = test ]; then
  missing=
  need() { have "$1" || missing="$missing $2"; }
  need chromium chromium
  need dump1090-mutability dump1090-mutability
  need atest direwolf
  need gpsdecode gpsd-clients
  need gpsd gpsd
  need socat socat
  need docker-compose docker-compose
  [ -z "$missing" ] || install $missing
  # --- schemathesis (PyPI) for the API's fuzz test, in a folder of its own ---
  if [ ! -x .peers/bin/schemathesis ] && ! have schemathesis; then
    python3 -c 'import venv, ensurepip' 2>/dev/null || install python3-venv
    say "installing schemathesis into .peers"
    python3 -m venv .peers
    .peers/bin/pip install --quiet --disable-pip-version-check schemathesis==4.32.5
  fi
  # --- libais (PyPI): only the decoded examples in its source package, which says what every field holds ---
  if [ ! -e .peers/libais-0.17/test/test_data.py ]; then
    python3 -m pip --version >/dev/null 2>&1 || install python3-pip
    say "fetching libais' examples into .peers"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest .peers libais==0.17
    tar -xzf .peers/libais-0.17.tar.gz -C .peers libais-0.17/test/test_data.py
    rm .peers/libais-0.17.tar.gz
  fi
fi
