#!/bin/sh
# Builds thresher and puts it in place for one user, tries it without placing
# anything, or takes it away again. POSIX sh; run it with --help for its use.
#
# Everything is in functions, and the last line calls them: a script that was
# cut off while it was piped does nothing. Source it with THRESHER_SOURCED=1
# to test the functions alone.

usage() {
	cat <<'EOF'
usage: ./install.sh [--prefix DIR] [--no-guard]
       ./install.sh --try
       ./install.sh --uninstall [--prefix DIR]

  --prefix DIR  keep the program under DIR/bin instead of the user's data
                directory ($XDG_DATA_HOME/thresher, ~/.local/share/thresher)
  --no-guard    do not guard the interpreters found on this machine
  --try         build in a temporary place, show a refusal and an install in a
                throw-away environment, leave nothing behind
  --uninstall   take away what was placed, and every guard; the policy, the
                log and the advisories stay, and it says where they are
EOF
}

say() { printf '%s\n' "install.sh: $*" >&2; }

die() {
	say "$@"
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# The command that installs a package here, for the hint when one is missing.
install_command() {
	if have apt-get; then
		echo "sudo apt-get install $1"
	elif have dnf; then
		echo "sudo dnf install $2"
	elif have pacman; then
		echo "sudo pacman -S $3"
	elif have apk; then
		echo "sudo apk add $4"
	elif have brew; then
		echo "brew install $5"
	else
		echo "install $5 with this system's package manager"
	fi
}

# Go 1.21 is the first that fetches the toolchain which go.mod asks for.
need_go() {
	if ! have go; then
		die "go is missing; next: $(install_command golang golang go go go)"
	fi
	version=$(go env GOVERSION 2>/dev/null)
	minor=$(printf '%s' "$version" | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
	if [ -n "$minor" ] && [ "$minor" -lt 21 ]; then
		die "$version is too old to build thresher, which needs go 1.21 or newer; next: install a newer go"
	fi
}

need_python() {
	if ! have python3; then
		die "python3 is missing; next: $(install_command "python3 python3-venv" python3 python python3 python)"
	fi
	if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
		die "this python3 has no venv; next: $(install_command python3-venv python3 python python3 python)"
	fi
}

# The checkout this script stands in. Piped into sh, it is the working directory.
find_source() {
	case $0 in
	*install.sh) source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) ;;
	*) source_dir=$(pwd) ;;
	esac
	if ! grep -qs '^module thresher$' "$source_dir/go.mod"; then
		die "no checkout of thresher in $source_dir; next: run this script from the checkout's folder"
	fi
}

# Builds to $1. The version is what git says of the checkout.
build() {
	version=$(git -C "$source_dir" describe --tags --always --dirty 2>/dev/null || echo unknown)
	(cd "$source_dir" && CGO_ENABLED=0 go build -trimpath -buildvcs=false \
		-ldflags "-s -w -X thresher/shim.Version=$version" -o "$1" .) ||
		die "the build failed; the lines above say why"
}

# Where things go: sets $root and $bin.
find_places() {
	if [ -n "$prefix" ]; then
		root=$prefix
	else
		: "${HOME:?install.sh: HOME is not set; next: ./install.sh --prefix DIR}"
		root=${XDG_DATA_HOME:-$HOME/.local/share}/thresher
	fi
	case $root in
	/*) ;;
	*) root=$(pwd)/$root ;;
	esac
	bin=$root/bin
}

# A pip link is ours when it points at our own binary beside it.
is_ours() { [ -L "$1" ] && [ "$(readlink "$1")" = thresher ]; }

place() {
	mkdir -p "$bin" || die "cannot create $bin"
	for name in pip pip3; do
		if [ -e "$bin/$name" ] || [ -L "$bin/$name" ]; then
			is_ours "$bin/$name" || die "$bin/$name is not thresher's; next: move it away, or use --prefix"
		fi
	done
	partial=$bin/.thresher.$$
	trap 'rm -f "$partial"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	build "$partial"
	"$partial" --version >/dev/null || die "the program that was built does not run; nothing was placed"
	mv -f "$partial" "$bin/thresher" || die "cannot place $bin/thresher"
	for name in pip pip3; do
		ln -sf thresher "$bin/.$name.$$" && mv -f "$bin/.$name.$$" "$bin/$name" || die "cannot place $bin/$name"
	done
	trap - EXIT INT TERM HUP
}

# $HOME rather than the path where that is the same place, for a start-up
# file that is shared between machines.
shown() {
	case $1 in
	"$HOME"/*) printf '$HOME/%s' "${1#"$HOME"/}" ;;
	*) printf '%s' "$1" ;;
	esac
}

install() {
	need_go
	need_python
	find_source
	find_places
	place
	say "placed $bin/thresher, and pip and pip3 beside it"
	if [ "$guard" = yes ]; then
		say "guarding the interpreters on this machine, so that python -m pip and new environments are covered"
		"$bin/thresher" guard --base || say "not every interpreter could be guarded; next: $bin/thresher doctor"
	fi
	say "last step: put this line at the end of your shell's start-up file (~/.bashrc, ~/.zshrc)"
	printf 'export PATH="%s:$PATH"\n' "$(shown "$bin")"
}

uninstall() {
	find_places
	if [ ! -e "$bin/thresher" ] && ! is_ours "$bin/pip"; then
		say "nothing of thresher in $bin"
		return 0
	fi
	if [ -x "$bin/thresher" ]; then
		"$bin/thresher" guard --remove --all || die "some guards stay (see above), so the program stays too"
	fi
	for name in pip pip3; do
		if is_ours "$bin/$name"; then rm -f "$bin/$name"; fi
	done
	rm -f "$bin/thresher"
	rmdir "$bin" 2>/dev/null
	rmdir "$root" 2>/dev/null
	say "took away $bin; take its line out of your shell's start-up file too"
	for kept in "$root" "${XDG_CONFIG_HOME:-$HOME/.config}/thresher" \
		"${XDG_STATE_HOME:-$HOME/.local/state}/thresher" "${XDG_CACHE_HOME:-$HOME/.cache}/thresher"; do
		if [ -d "$kept" ]; then say "kept $kept"; fi
	done
}

# Shows a command as a person would type it, and runs it.
show() {
	printf '\n$ %s\n' "$*"
	"$@"
}

try() {
	need_go
	need_python
	find_source
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/thresher-try.XXXXXX") || die "cannot make a temporary directory"
	# Go's module cache is write-protected.
	trap 'chmod -R u+w "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	say "building in $scratch (the first build takes a minute)"
	# What go would keep for the next build stays out of the user's caches too.
	if ! (cd "$source_dir" && GOFLAGS=-mod=mod GOPROXY=off go list -deps . >/dev/null 2>&1); then
		GOMODCACHE=$scratch/modules
		export GOMODCACHE
	fi
	GOCACHE=$scratch/build
	export GOCACHE
	mkdir -p "$scratch/bin"
	build "$scratch/bin/thresher"
	ln -s thresher "$scratch/bin/pip"
	XDG_DATA_HOME=$scratch/data
	XDG_STATE_HOME=$scratch/state
	XDG_CACHE_HOME=$scratch/cache
	PIP_CACHE_DIR=$scratch/cache/pip
	PATH=$scratch/bin:$PATH
	export XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME PIP_CACHE_DIR PATH
	cd "$scratch" || die "cannot enter $scratch"

	say "outside a virtual environment, nothing is installed"
	show pip install six
	printf '(exit status %s)\n' "$?"
	show python3 -m venv .venv || die "python3 -m venv failed"
	printf '\n$ %s\n' ". .venv/bin/activate"
	# As activation does, with the shim first: install.sh --try places no guard.
	VIRTUAL_ENV=$scratch/.venv
	PATH=$scratch/bin:$VIRTUAL_ENV/bin:$PATH
	export VIRTUAL_ENV PATH

	say "a name that imitates a popular one is refused before pip starts"
	show pip install reqeusts
	status=$?
	printf '(exit status %s)\n' "$status"
	[ "$status" = 20 ] || die "the typo was not refused"

	say "a good name is handed to pip, and the result is scanned"
	show pip install six
	status=$?
	printf '(exit status %s)\n' "$status"
	show thresher scan
	if [ "$status" != 0 ]; then
		say "the install ended with status $status: the lines above say why (no network, perhaps)"
		return 1
	fi
	say "that was all; $scratch is being removed; next: ./install.sh"
}

main() {
	prefix=
	guard=yes
	action=install
	while [ $# -gt 0 ]; do
		case $1 in
		--prefix)
			[ $# -gt 1 ] || die "--prefix needs a directory"
			prefix=$2
			shift
			;;
		--prefix=*) prefix=${1#--prefix=} ;;
		--no-guard) guard=no ;;
		--try) action=try ;;
		--uninstall) action=uninstall ;;
		-h | --help)
			usage
			return 0
			;;
		*)
			usage >&2
			exit 2
			;;
		esac
		shift
	done
	"$action"
}

[ -n "${THRESHER_SOURCED:-}" ] || main "$@"
