#!/bin/sh
# Makes this machine ready, as the first command on a fresh Debian or Ubuntu: Debian packages, .venv, Go, Pulumi CLI.
# usage: tools/setup.sh [machines]    with `machines` it fails where rehearsal machines cannot run (needs root on Linux)
#        tools/setup.sh browser       installs Chromium too, for the tests that open pages
# Each step looks before it acts, so a second run is quick and a killed one is completed. Output of steps: build/setup.log
set -eu
cd "$(dirname "$0")/.."
need=${1:-}
log=$PWD/build/setup.log
stamp=.venv/.set-up
mkdir -p build

# One at a time: two at once would install into the same folder.
if command -v flock >/dev/null 2>&1; then
    exec 9>build/setup.lock
    flock 9
fi

say() { printf 'set-up: %s\n' "$*"; }
fail() {
    printf 'set-up: %s\n' "$*" >&2
    exit 1
}

# step WHAT COMMAND...: runs it with its output in the log; a line when it starts, and how long it took.
step() {
    what=$1 && shift
    printf 'set-up: %s ... ' "$what"
    begun=$(date +%s)
    printf '\n== %s: %s\n' "$what" "$*" >>"$log"
    if "$@" >>"$log" 2>&1 </dev/null 9>&-; then
        printf '%s s\n' $(($(date +%s) - begun))
    else
        printf 'failed\n'
        tail -n 15 "$log" >&2
        fail "could not do this: $what. All of its output: $log. Mend what it names, then run the same command again."
    fi
}

is_root() { [ "$(id -u)" -eq 0 ]; }
has_apt() { command -v apt-get >/dev/null 2>&1; }

find_python() {
    for candidate in python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

# What rehearsal boots machines with (mmdebstrap to unshare), what Ansible, git and builds with C code need, and a Python
# where none fits.
missing_packages() {
    while read -r program package; do
        command -v "$program" >/dev/null 2>&1 || printf '%s ' "$package"
    done <<'LIST'
make make
git git
ssh openssh-client
ip iproute2
nft nftables
systemd-nspawn systemd-container
mmdebstrap mmdebstrap
unshare util-linux
setsid util-linux
gcc gcc
g++ g++
LIST
    [ -e /etc/ssl/certs/ca-certificates.crt ] || printf 'ca-certificates '
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || printf 'debian-archive-keyring '
    [ -n "$(find_python)" ] || printf 'python3 python3-venv '
    [ "$need" != browser ] || missing_browser
}

# Without a font a page has no width to test.
missing_browser() {
    command -v chromium >/dev/null 2>&1 || printf 'chromium '
    command -v chromedriver >/dev/null 2>&1 || printf 'chromium-driver '
    [ -n "$(find /usr/share/fonts -name '*.ttf' 2>/dev/null | head -n 1)" ] || printf 'fonts-dejavu-core '
}

install_packages() {
    packages=$(missing_packages)
    [ -n "$packages" ] || return 0
    if is_root && has_apt; then
        export DEBIAN_FRONTEND=noninteractive
        step "Debian's package lists" apt-get update
        # shellcheck disable=SC2086 # a list of names
        step "Debian packages: $packages" apt-get install -y --no-install-recommends $packages
    elif [ "$need" = machines ]; then
        fail "rehearsal machines need root on Debian or Ubuntu, to install: $packages(place and check work without)"
    elif [ "$need" = browser ]; then
        say "not installed: ${packages}(needs root on Debian); tests of pages in a browser will not run, all the rest works"
    else
        say "not installed: ${packages}(needs root on Debian or Ubuntu); rehearsal machines will not run, all the rest works"
    fi
}

# What decides the content of .venv.
digest_python() { cat requirements.lock pyproject.toml orchestrator/__init__.py | cksum; }

install_python() {
    wanted=$(digest_python)
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return 0; fi
    python=$(find_python)
    [ -n "$python" ] || fail "no Python 3.11 or newer with its venv module on PATH; install one, then run this again"
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        step "virtual environment in .venv, of $python" "$python" -m venv --clear .venv
    fi
    pip="-m pip --disable-pip-version-check --no-input"
    # shellcheck disable=SC2086 # a list of options
    step "Python packages of requirements.lock" \
        .venv/bin/python $pip install --no-deps --require-hashes --only-binary :all: -r requirements.lock
    # shellcheck disable=SC2086
    step "the project itself" .venv/bin/python $pip install --no-deps --no-build-isolation -e .
    printf '%s\n' "$wanted" >"$stamp.new" && mv "$stamp.new" "$stamp"
}

if [ "$need" = machines ] && { ! is_root || [ "$(uname -s)" != Linux ]; }; then
    fail "rehearsal machines need root on Linux; without it place and check still work, and up with real accounts"
fi
printf '== set-up %s\n' "$(date)" >"$log"
install_packages
install_python
.venv/bin/python -m tools.toolchains 9>&-
