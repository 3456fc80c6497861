#!/bin/sh
# Builds thresher and puts it in place for one user, tries it without placing
# anything, or takes it away again. POSIX sh; run it with --help for its use.
#
# Everything is in functions, and the last lines call them: a script that was
# cut off while it was piped does nothing. THRESHER_SOURCED=1 keeps it from
# running when it is sourced, so that tests can call the functions.
#
# shellcheck disable=SC2030,SC2031 # HOME is another one for go alone, as meant

usage() {
	cat <<'EOF'
usage: ./install.sh [--prefix DIR] [--no-guard]
       ./install.sh --try
       ./install.sh --uninstall [--prefix DIR]

  --prefix DIR  keep the program in DIR/bin instead of the user's data
                directory ($XDG_DATA_HOME/thresher, ~/.local/share/thresher)
  --no-guard    do not guard the interpreters found on this machine
  --try         build in a temporary place, show a refusal and an install in a
                throw-away environment, leave nothing behind
  --uninstall   take away what was placed, and every guard; the policy, the
                log and the advisories stay, and it says where they are

It needs Go 1.21 or newer and Python 3.8 or newer with venv. THRESHER_BUILT
names a program that was built already, to be placed instead of a new build.
EOF
}

say() { printf '%s\n' "install.sh: $*" >&2; }

die() {
	say "$@"
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# --- what has to be on the machine --------------------------------------------

# The command that installs a package here, for the hint when one is missing:
# its names for apt-get, dnf, pacman, apk and brew, in this order.
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
	if [ -n "${THRESHER_BUILT:-}" ]; then return 0; fi
	if ! have go; then
		die "go is missing; next: $(install_command golang golang go go go)
install.sh: where that is older than 1.21: https://go.dev/dl"
	fi
	go_version=$(GOTOOLCHAIN=local quiet_go env GOVERSION) || die "go does not run; next: go env GOVERSION"
	minor=$(printf '%s' "$go_version" | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
	if [ -n "$minor" ] && [ "$minor" -lt 21 ]; then
		die "$go_version is too old to build thresher, which needs go 1.21 or newer; next: take one from https://go.dev/dl"
	fi
}

need_python() {
	if ! have python3; then
		die "python3 is missing; next: $(install_command "python3 python3-venv" python3 python python3 python)"
	fi
	if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then
		die "this python3 does not run, or is older than 3.8; next: python3 --version"
	fi
	if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
		die "this python3 has no venv; next: $(install_command python3-venv python3 python python3 python)"
	fi
}

# A home directory that belongs to somebody else would get files that its owner
# cannot change: sudo on many systems.
need_own_home() {
	[ -n "${HOME:-}" ] || die "HOME is not set; next: HOME=\$(cd ~ && pwd) ./install.sh"
	if [ -d "$HOME" ] && ! belongs_to_me "$HOME"; then
		die "$HOME belongs to another user; next: run this as the user who will use pip, without sudo"
	fi
}

belongs_to_me() { [ -n "$(find "$1" -prune -user "$(id -u)" 2>/dev/null)" ]; }

# --- building -----------------------------------------------------------------

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
		cp "$THRESHER_BUILT" "$1" || die "cannot copy $THRESHER_BUILT to $1; nothing was placed"
		return 0
	fi
	# Go puts the commit into the program, and stops where git does not answer.
	stamp=auto
	git -C "$source_dir" status >/dev/null 2>&1 || stamp=false
	(cd "$source_dir" && quiet_go build -trimpath -buildvcs=$stamp -tags urfave_cli_no_docs -ldflags "-s -w" -o "$1" .) ||
		die "the build failed, the lines above say why; nothing was placed"
}

# A program that was built must run here and know its own name.
verify() {
	chmod 755 "$1" || die "cannot make $1 executable; nothing was placed"
	case $("$1" --version 2>&1) in
	"thresher version "*) ;;
	*) die "the program that was built does not run in $(dirname "$1"), which may be mounted noexec; nothing was placed" ;;
	esac
}

# --- placing --------------------------------------------------------------------

# Where things go: sets $root and $bin.
find_places() {
	if [ -n "$prefix" ]; then
		root=$prefix
	else
		need_own_home
		case ${XDG_DATA_HOME:-} in
		/*) root=$XDG_DATA_HOME/thresher ;;
		*) root=$HOME/.local/share/thresher ;;
		esac
	fi
	case $root in
	/*) ;;
	*) root=$(pwd)/$root ;;
	esac
	bin=$root/bin
}

# Who may write where a program lies decides what runs under its name.
check_place() {
	[ -d "$bin" ] || die "$bin is no directory; next: move it away, or use --prefix"
	if [ -n "$(find "$bin" -prune -perm -002)" ]; then
		die "everybody may write to $bin, and so put another pip there; next: chmod o-w $bin"
	fi
	if ! belongs_to_me "$bin"; then
		die "$bin belongs to another user; next: ./install.sh --prefix DIR"
	fi
	if [ -e "$bin/thresher" ] && ! is_thresher "$bin/thresher"; then
		die "$bin/thresher is another program; next: move it away, or use --prefix"
	fi
	for name in $(link_names); do
		if { [ -e "$bin/$name" ] || [ -L "$bin/$name" ]; } && ! is_our_link "$bin/$name"; then
			die "$bin/$name is not thresher's; next: move it away, or use --prefix"
		fi
	done
}

# A pip link is ours when it points at our own binary beside it.
is_our_link() { [ -L "$1" ] && [ "$(readlink "$1")" = thresher ]; }

# A binary is ours when it holds this module. It is not run to find out.
is_thresher() { [ -f "$1" ] && grep -q 'thresher/shim' "$1"; }

# The pip names that a shell here can call: pip, pip3, and each pip3.N that is
# on PATH already. Others would be commands that were not there before.
link_names() {
	{
		printf 'pip\npip3\n'
		(
			set -f
			IFS=:
			for dir in $PATH; do
				IFS=
				set +f
				for path in "$dir"/pip3.[0-9] "$dir"/pip3.[0-9][0-9]; do
					if [ -x "$path" ]; then printf '%s\n' "${path##*/}"; fi
				done
				set -f
			done
		)
	} | sort -u
}

# What an install that was killed has left, unless it is still at work.
clear_leftovers() {
	for leftover in "$bin"/.thresher.*; do
		case $leftover in *'*') continue ;; esac
		number=${leftover#"$bin/.thresher."}
		if ! kill -0 "${number%%.*}" 2>/dev/null; then rm -f "$leftover"; fi
	done
}

# Everything is made under a temporary name beside its place and then renamed:
# whatever interrupts it, the old program or the new one is there, whole.
place() {
	mkdir -p "$bin" 2>/dev/null || die "cannot create $bin; next: ./install.sh --prefix DIR"
	root=$(CDPATH='' cd -- "$root" && pwd)
	bin=$root/bin
	check_place
	clear_leftovers
	partial=$(mktemp "$bin/.thresher.$$.XXXXXX") || die "cannot write to $bin; nothing was placed"
	trap 'rm -f "$partial"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	build "$partial"
	verify "$partial"
	# A link first, a program last: a new link to the old program works.
	for name in $(link_names); do
		if is_our_link "$bin/$name"; then continue; fi
		if ! { ln -s thresher "$partial.link" && mv -f "$partial.link" "$bin/$name"; }; then
			rm -f "$partial.link"
			die "cannot place $bin/$name"
		fi
	done
	mv -f "$partial" "$bin/thresher" || die "cannot place $bin/thresher"
	trap - EXIT INT TERM HUP
}

# shellcheck disable=SC2016 # expanded where the line is used, not here
# $HOME rather than the path where that is the same place, for a start-up
# file that is shared between machines; quoted for between double quotes.
shown() {
	case $1 in
	"${HOME:-/}"/*) printf '$HOME/%s' "$(printf '%s' "${1#"$HOME"/}" | sed 's/[\\"$`]/\\&/g')" ;;
	*) printf '%s' "$1" | sed 's/[\\"$`]/\\&/g' ;;
	esac
}

# shellcheck disable=SC2016 # as above
# The line for the start-up file of this user's shell, and which file that is.
startup_line() {
	program="\"$(shown "$bin/thresher")\""
	case ${SHELL##*/} in
	fish) printf '%s init fish | source\n' "$program" ;;
	zsh) printf 'eval "$(%s init zsh)"\n' "$program" ;;
	bash) printf 'eval "$(%s init bash)"\n' "$program" ;;
	*) printf 'export PATH="%s:$PATH"\n' "$(shown "$bin")" ;;
	esac
}

startup_file() {
	# shellcheck disable=SC2088 # to be read, not opened
	case ${SHELL##*/} in
	fish) echo "~/.config/fish/config.fish" ;;
	zsh) echo "~/.zshrc" ;;
	bash) echo "~/.bashrc" ;;
	*) echo "~/.profile" ;;
	esac
}

install() {
	need_go
	need_python
	find_source
	find_places
	place
	say "placed $("$bin/thresher" --version) in $bin, with $(link_names | tr '\n' ' ')beside it"
	if [ "$guard" = yes ]; then
		say "guarding the interpreters of this machine, so that python -m pip and new environments come through it too:"
		"$bin/thresher" guard --base || say "not every interpreter could be guarded; next: $(quoted "$bin/thresher") doctor"
	fi
	say "last step: put this line at the end of $(startup_file), and open a new shell"
	startup_line
	say "then see what is caught: thresher doctor"
}

# --- taking away ----------------------------------------------------------------

# A word for a shell to read again.
quoted() {
	case $1 in
	*[!A-Za-z0-9@%+=:,./_-]* | '') printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
	*) printf '%s' "$1" ;;
	esac
}

# Where thresher keeps policy, log, advisories and caches on this system.
kept_places() {
	if [ "$(uname -s)" = Darwin ]; then
		support="$HOME/Library/Application Support/thresher"
		printf '%s\n' "$support" "$HOME/Library/Caches/thresher"
	fi
	printf '%s\n' "${XDG_DATA_HOME:-$HOME/.local/share}/thresher" "${XDG_CONFIG_HOME:-$HOME/.config}/thresher" \
		"${XDG_STATE_HOME:-$HOME/.local/state}/thresher" "${XDG_CACHE_HOME:-$HOME/.cache}/thresher"
}

# Names the lines of start-up files that still call what was taken away.
startup_lines_left() {
	for file in "$HOME/.bashrc" "$HOME/.bash_profile" "$HOME/.profile" "$HOME/.zshrc" "$HOME/.zshenv" "$HOME/.zprofile" \
		"${XDG_CONFIG_HOME:-$HOME/.config}/fish/config.fish"; do
		if [ -r "$file" ]; then
			grep -nF -e "$bin" -e "$(shown "$bin")" -e 'thresher init ' "$file" |
				while IFS=: read -r number _; do say "take out line $number of $file, which calls it"; done
		fi
	done
}

# The list of guards, once there are none, and the directories it was kept in.
forget_guards() {
	[ -n "${HOME:-}" ] || return 0
	for state in "${XDG_STATE_HOME:-$HOME/.local/state}/thresher" "$HOME/Library/Application Support/thresher/state"; do
		if [ -f "$state/environments.jsonl" ] && [ ! -s "$state/environments.jsonl" ]; then
			rm -f "$state/environments.jsonl" "$state/environments.jsonl.lock"
			rmdir "$state" 2>/dev/null
		fi
	done
	if [ -z "$prefix" ]; then
		rmdir "$HOME/.local/share" "$HOME/.local/state" "$HOME/.local" 2>/dev/null
	fi
	return 0
}

uninstall() {
	find_places
	if [ -d "$root" ]; then
		root=$(CDPATH='' cd -- "$root" && pwd)
		bin=$root/bin
	fi
	if ! is_thresher "$bin/thresher" && ! is_our_link "$bin/pip"; then
		say "nothing of thresher in $bin"
		return 0
	fi
	if is_thresher "$bin/thresher"; then
		"$bin/thresher" guard --remove --all || die "some guards could not be taken out, see above, so the program stays too"
	else
		say "$bin/thresher is gone, so guards cannot be looked for; next: install it again, then --uninstall"
	fi
	for path in "$bin"/pip "$bin"/pip3 "$bin"/pip3.*; do
		if is_our_link "$path"; then rm -f "$path" || die "cannot remove $path"; fi
	done
	if is_thresher "$bin/thresher"; then rm -f "$bin/thresher" || die "cannot remove $bin/thresher"; fi
	clear_leftovers
	rmdir "$bin" "$root" 2>/dev/null
	forget_guards
	say "took away what was in $bin"
	startup_lines_left
	kept=
	kept_list=$(kept_places)
	# Splitting at line ends alone: a home directory may have spaces.
	old_ifs=$IFS
	IFS='
'
	for directory in $kept_list; do
		if [ -d "$directory" ]; then kept="$kept $(quoted "$directory")"; fi
	done
	IFS=$old_ifs
	if [ -n "$kept" ]; then
		say "policy, log and data stay; to remove them too: rm -r$kept"
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
	need_python
	find_source
	need_own_home
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/thresher-try.XXXXXX") || die "cannot make a temporary directory"
	# Go's module cache is write-protected.
	trap 'chmod -R u+w "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	if [ -z "${THRESHER_BUILT:-}" ]; then
		have go && keep_go_in "$scratch/go"
		need_go
		say "building in $scratch (a minute or two; nothing is kept for a next time)"
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
	say "that was all, and nothing of it stays; next: ./install.sh"
}

# --- the command line -------------------------------------------------------------

main() {
	prefix=
	guard=yes
	action=install
	while [ $# -gt 0 ]; do
		case $1 in
		--prefix)
			if [ -z "${2:-}" ]; then die "--prefix needs a directory"; fi
			prefix=$2
			shift
			;;
		--prefix=?*) prefix=${1#--prefix=} ;;
		--no-guard) guard=no ;;
		--try) action=try ;;
		--uninstall) action=uninstall ;;
		-h | --help)
			usage
			return 0
			;;
		*)
			say "there is no option $1"
			usage >&2
			exit 2
			;;
		esac
		shift
	done
	"$action"
}

if [ -z "${THRESHER_SOURCED:-}" ]; then
	main "$@"
fi
