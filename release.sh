#!/bin/sh
# Builds the release: a program and a wheel for each platform, the man pages, and
# their checksums. The same commit gives the same bytes on every machine.
#
# usage: ./release.sh [DIR [GOOS/GOARCH]...]
#
# DIR is dist unless given, and must not be there yet. The platforms are those
# below unless given.
set -eu

platforms="linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"

say() { printf '%s\n' "release.sh: $*" >&2; }

checksums() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum "$@"
	else
		shasum -a 256 "$@"
	fi
}

# The tag leaves out a maker of man pages that costs every start a millisecond.
# Nothing of this machine gets into the program: no path, no setting of this
# shell, and the compiler is the one that go.mod names. The version is what Go
# puts in: the tag, or the commit.
build() {
	GOOS=${1%/*} GOARCH=${1#*/} go build -trimpath -buildvcs=auto -tags urfave_cli_no_docs -ldflags "-s -w -buildid=" -o "$2" .
}

directory=${1:-dist}
if [ $# -gt 1 ]; then
	shift
	platforms=$*
fi
case $directory in
/*) ;;
*) directory=$(pwd)/$directory ;;
esac
cd "$(dirname "$0")"
if [ -e "$directory" ]; then
	say "$directory is there already: move it away"
	exit 1
fi
if [ -n "$(git status --porcelain)" ]; then
	say "this checkout has changes that are in no commit, so nobody else can build the same"
fi
unset GOEXPERIMENT GODEBUG GOAMD64 GOARM64
GOTOOLCHAIN=$(sed -n 's/^toolchain \([^ ]*\).*/\1/p' go.mod)
GOFLAGS=
GOWORK=off
CGO_ENABLED=0
export GOTOOLCHAIN GOFLAGS GOWORK CGO_ENABLED

# Outside of the checkout, where new files would count as changes to it, until
# all of it is there.
partial=$(mktemp -d)
trap 'rm -rf "$partial" "$directory.partial"' EXIT
for platform in $platforms; do
	name=thresher-$(printf '%s' "$platform" | tr / -)
	case $platform in windows/*) name=$name.exe ;; esac
	build "$platform" "$partial/$name"
	say "built $name"
	go run ./internal/wheel "$partial" "$platform=$partial/$name" >/dev/null
done
cp cli/man/thresher.1 cli/man/thresher-policy.5 "$partial/"
sums=$(cd "$partial" && checksums -- *)
printf '%s\n' "$sums" >"$partial/SHA256SUMS"
mkdir -p "$(dirname "$directory")"
chmod 755 "$partial"
cp -pR "$partial" "$directory.partial"
mv "$directory.partial" "$directory"
say "see $directory; whoever has the same commit checks it with: sha256sum -c SHA256SUMS"
