#!/bin/sh
set -e
# Debian: configure; RPM: the number of versions that are installed.
case "${1:-}" in configure | 1 | 2) ;; *) exit 0 ;; esac
if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers lucca-exchange.conf
  systemd-tmpfiles --create lucca-exchange.conf || :
elif ! getent passwd lucca-exchange >/dev/null; then
  useradd --system --home-dir /var/lib/lucca-exchange --shell /usr/sbin/nologin lucca-exchange
  install -d -m 0750 -o root -g lucca-exchange /etc/lucca-exchange
  install -d -m 0700 -o lucca-exchange -g lucca-exchange /var/lib/lucca-exchange
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || :
  systemctl try-restart lucca-exchange.service || :
fi
