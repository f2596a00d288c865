#!/usr/bin/env bash
# Makes what is given out: the program and its packages for Debian and RPM, the list of what
# is in it (CycloneDX), and checksums, in the folder that is named, dist by default. It needs
# Go, git, tar and gzip, and no network but that of the Go modules. The same commit gives the
# same bytes, in whatever folder.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mkdir -p "${1:-dist}" && cd "${1:-dist}" && pwd)

say() { printf '== %s\n' "$*"; }
tool() { go tool -modfile=.ci/package/go.mod "$@"; }

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH CGO_ENABLED=0 GOFLAGS=-mod=readonly LC_ALL=C TZ=UTC
commit=$(git rev-parse --short=12 HEAD)
# Without a tag a version sorts before any that has one.
VERSION=$(git describe --tags --match 'v*' 2>/dev/null | sed 's/^v//; s/-/+/' || true)
VERSION=${VERSION:-0.0.0~git$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M).$commit}
export VERSION
umask 022

# The program of this machine writes the texts that go into each package.
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
go build -trimpath -o "$stage/host/" ./cmd/lucca-exchange
texts=$stage/texts
mkdir -p "$texts"
"$stage/host/lucca-exchange" --config /etc/lucca-exchange/lucca-exchange.yaml unit 2>/dev/null |
  sed "s|$stage/host/|/usr/bin/|; /^# Written by/,/^#\$/c\\# Of the package: the user is made by sysusers.d, the folders by tmpfiles.d.\n#" >"$texts/lucca-exchange.service"
for shell in bash zsh fish; do "$stage/host/lucca-exchange" completion $shell >"$texts/completion.$shell"; done
"$stage/host/lucca-exchange" init --dir "$texts" </dev/null >/dev/null
# Under the packages' unit the state lies in its own folder.
sed -i 's|\./state\b|/var/lib/lucca-exchange|; s|"\./out/|"/var/lib/lucca-exchange/out/|' "$texts/lucca-exchange.yaml"
mkdir "$texts/man1" "$texts/man7"
"$stage/host/lucca-exchange" man --date "$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)" "$texts"
mv "$texts"/*.1 "$texts/man1/"
mv "$texts"/*.7 "$texts/man7/"
gzip -9n "$texts"/man?/*
printf 'lucca-exchange (%s) unstable; urgency=medium\n\n  * Commit %s; what changed is in the history of the repository.\n\n -- lucca-exchange <exchange@lucca-exchange.invalid>  %s\n' \
  "$VERSION" "$commit" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$texts/changelog.gz"
export TEXTS=$texts

for ARCH in amd64 arm64; do
  say "$ARCH"
  export ARCH PROGRAM=$stage/$ARCH/lucca-exchange
  GOOS=linux GOARCH=$ARCH go build -buildvcs=true -trimpath -ldflags='-s -w' -o "$PROGRAM" ./cmd/lucca-exchange
  find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  tar -C "$stage/$ARCH" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c lucca-exchange |
    gzip -9n >"$out/lucca-exchange_${VERSION}_linux_$ARCH.tar.gz"
  for packager in deb rpm; do
    tool nfpm package --config .ci/package/nfpm.yaml --packager $packager --target "$out/" >/dev/null
  done
done

say "several nodes: compose file and chart"
cp .ci/package/compose.yaml "$out/lucca-exchange_$VERSION.compose.yaml"
tar -C .ci/package --transform 's|^chart|lucca-exchange|' --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw --mtime="@$SOURCE_DATE_EPOCH" -c chart |
  gzip -9n >"$out/lucca-exchange_$VERSION.chart.tgz"

say "what is in it"
# Of a clone: the tool reads the commit itself, and does not know linked worktrees.
git clone -q . "$stage/clone"
(cd "$stage/clone" && tool cyclonedx-gomod app -json -noserial -main cmd/lucca-exchange -output "$stage/sbom.json" .)
# When it was made, and by which build of its tool, would make each list a different one.
awk '/^    "tools": \[/ {skip = 1} !skip && !/^    "timestamp": /; skip && /^    \],/ {skip = 0}' "$stage/sbom.json" >"$out/lucca-exchange_$VERSION.cdx.json"

(cd "$out" && sha256sum lucca-exchange[_-]"$VERSION"[._-]* >SHA256SUMS)
say "done: $out"
