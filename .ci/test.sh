#!/usr/bin/env bash
# Builds, lints and tests everything. As root on Debian it first installs what is missing
# of the real servers that tests run against; elsewhere those tests skip, and this says
# which. With CI=true nothing may be missing: tests then fail instead of skipping.
set -euo pipefail
cd "$(dirname "$0")/.."

lint_version=v2.15.0
tools=${XDG_CACHE_HOME:-$HOME/.cache}/lucca-exchange-tools

say() { printf '\n== %s\n' "$*"; }

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
  [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; }
  if ! { [ -n "${updated:-}" ] || apt-get update -qq; } || ! apt-get install -y -qq --no-install-recommends "$2" >/dev/null; then
    [ "${CI:-}" = true ] && return 1
    say "no $2 to be had: the tests that need it skip"
  fi
  updated=1
}

lint() {
  local bin=$tools/golangci-lint-$lint_version
  if [ ! -x "$bin" ]; then
    say "building golangci-lint $lint_version, once"
    mkdir -p "$tools"
    if ! GOBIN=$tools/new GOFLAGS= go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$lint_version"; then
      [ "${CI:-}" = true ] && return 1
      say "golangci-lint cannot be had here: not linted"
      return
    fi
    mv "$tools/new/golangci-lint" "$bin"
  fi
  "$bin" run ./...
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
install zip zip
install unzip unzip
install gcc gcc
# Tests make clusters of their own: the package is not to make one.
if can_install && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
fi
install postgres postgresql
install_ftp_servers

say "build and vet"
go build ./...
go vet ./...

say "lint"
lint

say "test"
race=-race
command -v gcc >/dev/null || { race=; say "no C compiler: tested without the race detector"; }
go test $race -shuffle=on -timeout 20m ./...
