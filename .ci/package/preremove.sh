#!/bin/sh
set -e
# Debian: remove; RPM: 0. An upgrade restarts the service afterwards.
case "${1:-}" in remove | 0) ;; *) exit 0 ;; esac
if [ -d /run/systemd/system ]; then
  systemctl --no-reload disable --now lucca-exchange.service || :
fi
