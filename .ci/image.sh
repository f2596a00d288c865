#!/usr/bin/env bash
# Builds the image of the last commit, and runs it: image.sh [TAG]. It takes no image from
# anywhere: the base has this machine's git and certificates, and the build sees its Go and
# what Go has cached. As root, with buildah (Debian package). The image stays in buildah's
# store as TAG; "buildah push TAG docker-archive:FILE" makes a file of it.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUILDAH_ISOLATION=chroot
tag=${1:-localhost/lucca-exchange}
base_tag=localhost/lucca-exchange-build-base
work=$(mktemp -d)
containers=()
tidy() {
  [ ${#containers[@]} = 0 ] || buildah rm "${containers[@]}" >/dev/null
  rm -rf "$work"
}
trap tidy EXIT

say() { printf '\n== %s\n' "$*"; }

say "a base with $(git --version)"
base=$(buildah from scratch)
containers+=("$base")
git=$(command -v git)
for f in "$git" $(ldd "$git" | grep -o '/[^ ]*') /etc/ssl/certs/ca-certificates.crt; do
  buildah copy -q "$base" "$(readlink -f "$f")" "$f" >/dev/null
done
# buildah looks for programs before it mounts what --volume says: Go's are in both places.
buildah copy -q "$base" "$(go env GOROOT)/bin" /usr/local/go/bin >/dev/null
buildah config --env PATH=/usr/local/go/bin:/usr/bin --env GOPATH=/go --env HOME=/tmp --env GOTOOLCHAIN=local "$base"
buildah commit -q "$base" "$base_tag" >/dev/null

say "the image of $(git log -1 --format='%h %s'), with $(go version)"
# A clone holds what was committed and nothing else, so that the version is not "+dirty".
git -c advice.detachedHead=false clone -q . "$work/source"
buildah bud -q --format docker --no-cache --timestamp "$(git log -1 --format=%ct)" \
  --build-arg "BUILD_BASE=$base_tag" --build-arg GOPROXY=off \
  --volume "$(go env GOROOT):/usr/local/go:ro" --volume "$(go env GOMODCACHE):/go/pkg/mod" \
  --volume "$(go env GOCACHE):/tmp/.cache/go-build" -t "$tag" "$work/source"
buildah rmi "$base_tag" >/dev/null 2>&1 || true
buildah inspect --type image --format '{{.Docker.Config.User}} {{.Docker.Config.Entrypoint}} {{.Docker.Config.Cmd}} {{.Docker.Config.Healthcheck}}' "$tag"
buildah images "$tag"

container=$(buildah from "$tag")
containers+=("$container")
run() {
  say "$*"
  buildah run --env LUCCA_API_KEY=none --env SKILLUP_PASSWORD=none "$container" -- /usr/bin/lucca-exchange "$@"
}
run version
run init --dir /tmp/starter
run --config /tmp/starter/lucca-exchange.yaml check
run demo | tail -n 8

say "demo --serve, and its health"
buildah run "$container" -- /usr/bin/lucca-exchange demo --dir /tmp/served --serve >/dev/null &
served=$!
well=
for _ in $(seq 30); do
  sleep 1
  if buildah run "$container" -- /usr/bin/lucca-exchange health --url http://127.0.0.1:8484 2>/dev/null; then
    well=yes
    break
  fi
done
kill "$served"
wait "$served" || true
[ -n "$well" ]
