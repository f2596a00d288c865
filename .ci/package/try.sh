#!/usr/bin/env bash
# Installs a .deb in a clean Debian root, as "help install" says it, and lets the service run
# there against the stand-in for Lucca: .ci/package/try.sh FILE.deb. It needs root, debootstrap
# and a Debian mirror, and leaves nothing behind.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo 'run it as root: it makes a root of its own' >&2; exit 1; }
deb=$(realpath "$1")
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
root=$(mktemp -d)
chmod 755 "$root"
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || :; done
  mountpoint -q "$root/proc" && umount "$root/proc"
  rm -rf "$root"
}
trap finish EXIT
say() { printf '== %s\n' "$*"; }
within() { chroot "$root" "$@"; }
as_service=(chroot "$root" setpriv --reuid=lucca-exchange --regid=lucca-exchange --clear-groups
  /usr/bin/lucca-exchange --config /etc/lucca-exchange/lucca-exchange.yaml)
service() { "${as_service[@]}" "$@"; }
until_it() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done; echo "never: $*" >&2; return 1; }

say "a clean $release"
debootstrap --variant=minbase --include=systemd,procps,ca-certificates "$release" "$root" >/dev/null
mount -t proc proc "$root/proc"
say 'the package'
cp "$deb" "$root/root/lucca-exchange.deb"
within dpkg -i /root/lucca-exchange.deb
within systemd-analyze verify --man=no /usr/lib/systemd/system/lucca-exchange.service

say 'the configuration, and the stand-in for Lucca'
within lucca-exchange init --service </dev/null
chroot "$root" lucca-exchange sandbox </dev/null >"$root/root/sandbox.log" &
started+=($!)
until_it grep -q '^api_key' "$root/root/sandbox.log"
service check --connect
service run skillup-nightly --dry-run >/dev/null || [ $? = 3 ]

say 'the service'
"${as_service[@]}" serve </dev/null &
started+=($!)
until_it service flows
service run skillup-nightly || [ $? = 3 ]
ls -l "$root/var/lib/lucca-exchange/out/skillup"
service flows

say 'stop, upgrade over itself, remove: what was sent stays known'
kill "${started[1]}" && wait "${started[1]}" || :
within dpkg -i /root/lucca-exchange.deb >/dev/null
service runs
within dpkg -r lucca-exchange >/dev/null
test -s "$root/var/lib/lucca-exchange/exchange.db"
test -s "$root/etc/lucca-exchange/lucca-exchange.yaml"
say done
