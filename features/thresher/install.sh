#!/bin/sh
# Installs thresher for all users of a development container, from its wheel.
# Run by the tool that builds the container, as root, with the feature's options
# as variables.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

if ! command -v python3 >/dev/null 2>&1; then
	echo "thresher: there is no python3 in this image; fix: add a feature or an image with Python before this one" >&2
	exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/env"
if [ -n "${WHEEL:-}" ]; then
	"$scratch/env/bin/pip" install --quiet --no-deps "$WHEEL"
else
	# Of the wheels for all machines pip takes the one for this.
	"$scratch/env/bin/pip" install --quiet --no-index --pre --find-links "$here" thresher
fi
"$scratch/env/bin/thresher" setup --system --yes
