#!/usr/bin/env bash
# Builds, lints and tests everything. As root on Debian it first installs what is missing
# of the real servers that tests run against; elsewhere those tests skip, and this says
# which. With CI=true nothing may be missing: tests then fail instead of skipping.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

# What this script has to put outside of its folder while packages are installed is taken
# away again at its end.
ours=()
cleanup() { [ ${#ours[@]} = 0 ] || rm -f "${ours[@]}"; }
trap cleanup EXIT

# place FILE MODE TEXT: writes a file of the system's, for as long as this script runs.
place() {
  [ ! -e "$1" ] || return 0
  mkdir -p "$(dirname "$1")"
  printf '%s\n' "$3" >"$1"
  chmod "$2" "$1"
  ours+=("$1")
}

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# install PROGRAM PACKAGE: installs a Debian package unless its program is there.
install() {
  PATH=$PATH:/usr/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin) command -v "$1" >/dev/null && return
  if ! can_install; then
    say "no $1, and not root on Debian: the tests that need it skip (package $2)"
    return
  fi
  say "installing $2"
  export DEBIAN_FRONTEND=noninteractive
  # Nothing is to start by itself: tests start their own servers.
  place /usr/sbin/policy-rc.d 755 $'#!/bin/sh\nexit 101'
  if ! { [ -n "${updated:-}" ] || apt-get update -qq; } || ! apt-get install -y -qq --no-install-recommends "$2" >/dev/null; then
    [ "${CI:-}" = true ] && return 1
    say "no $2 to be had: the tests that need it skip"
  fi
  updated=1
}

# tool NAME ARGUMENT...: runs a tool of the version that .ci/tools/go.mod pins.
tool() { go tool -modfile=.ci/tools/go.mod "$@"; }

lint() {
  if ! tool golangci-lint version >/dev/null; then
    [ "${CI:-}" = true ] && return 1
    say "golangci-lint cannot be had here: not linted"
    return
  fi
  tool golangci-lint run ./...
}

# vulnerabilities asks the public database of faults in Go modules, where it can be reached.
vulnerabilities() {
  local report status=0
  report=$(tool govulncheck ./... 2>&1) || status=$?
  case $report in
  *"fetching vulnerabilities"*) say "the vulnerability database cannot be reached from here: not checked" ;;
  *) printf '%s\n' "$report" && return "$status" ;;
  esac
}

# The three FTP servers cannot be installed side by side as packages: they are unpacked.
install_ftp_servers() {
  export LUCCA_EXCHANGE_FTP_SERVERS=${LUCCA_EXCHANGE_FTP_SERVERS:-/opt/lucca-exchange-ftp-servers}
  if ! can_install; then
    say "not root on Debian: the tests that need vsftpd, ProFTPD and Pure-FTPd skip"
    return
  fi
  say "vsftpd, ProFTPD and Pure-FTPd"
  if ! bash .ci/install-ftp-servers.sh "$LUCCA_EXCHANGE_FTP_SERVERS"; then
    [ "${CI:-}" = true ] && return 1
    say "no FTP servers to be had: the tests that need them skip"
  fi
}

install sshd openssh-server
install sftp openssh-client
install gpg gnupg
install age age
# The other clients of BenchmarkUploadPeers.
install lftp lftp
install rclone rclone
install zip zip
install unzip unzip
install gcc gcc
# The console is tried in a real browser.
install chromium chromium
# Tests make clusters of their own: the package is not to make one.
! can_install || place /etc/postgresql-common/createcluster.conf 644 'create_main_cluster = false'
install postgres postgresql
install promtool prometheus
install_ftp_servers

say "build and vet"
go build ./...
go vet ./...

say "with traces (build tag otel)"
go build -tags otel -o /dev/null ./cmd/lucca-exchange
go test -tags otel ./internal/step

say "lint (its tool is built once)"
lint
vulnerabilities

say "test"
race=-race
command -v gcc >/dev/null || { race=; say "no C compiler: tested without the race detector"; }
# SQLite is C turned into Go by a machine. Under the detector it takes most of the time of
# all tests, and nothing in it is for us to mend: that one package goes without.
go test $race -gcflags='modernc.org/sqlite/lib=-race=false' -shuffle=on -timeout 32m ./...

say "every fault of the flows (without the race detector, under which only some are tried)"
go test -shuffle=on ./internal/flow/...
