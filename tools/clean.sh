#!/bin/sh
# Removes all that this project has put on this machine: rehearsal machines, mounts, bridges, state, cache, .venv, caches.
# usage: tools/clean.sh          needs neither .venv nor Python; what belongs to others is left alone
set -eu
cd "$(dirname "$0")/.."
checkout=$PWD
state=${XDG_STATE_HOME:-$HOME/.local/state}/node-orchestrator
cache=${XDG_CACHE_HOME:-$HOME/.cache}/node-orchestrator

# Whether process $1 runs inside one of our machines: its root is an overlay that writes below our state folder.
is_in_machine() {
    [ "$(readlink "/proc/$1/ns/mnt" 2>/dev/null)" != "$(readlink "/proc/$$/ns/mnt")" ] &&
        awk -v ours="upperdir=$state/" '$5 == "/" && index($0, ours) { found = 1 } END { exit !found }' \
            "/proc/$1/mountinfo" 2>/dev/null
}

# Whether process $1 is ours: a kind of program that we start, and it runs from our folders, names one of them, or is a
# program of this checkout. An editor or shell that happens to look into our folders is not.
is_ours() {
    if is_in_machine "$1"; then return 0; fi
    case $(readlink "/proc/$1/exe" 2>/dev/null) in "$state"/* | "$cache"/*) return 0 ;; esac
    case $(cat "/proc/$1/comm" 2>/dev/null) in
    launch.sh | systemd-nspawn | python* | pulumi* | ansible* | orchestrator | ssh | go) ;;
    *) return 1 ;;
    esac
    folder=$(readlink "/proc/$1/cwd" 2>/dev/null) || return 1
    case $folder in "$state" | "$state"/* | "$cache"/*) return 0 ;; esac
    arguments=$(tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null) || return 1
    if printf '%s' "$arguments" | grep -q -F -e "$state/" -e "$cache/" -e "$checkout/.venv/bin/orchestrator" \
        -e "$checkout/orchestrator/rehearsal/" -e "$checkout/examples/demo/run.py"; then return 0; fi
    [ "$folder" = "$checkout" ] && printf '%s' "$arguments" |
        grep -q -E -e '^(\./)?(examples/demo/run\.py|\.venv/bin/orchestrator)$' -e '^orchestrator\.'
}

# This script and those that wait for it, which may well name our folders.
list_ancestors() {
    pid=$$
    while [ "${pid:-0}" -gt 1 ]; do
        printf ' %s ' "$pid"
        pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null)
    done
}

list_our_processes() {
    spared=$(list_ancestors)
    for folder in /proc/[0-9]*; do
        pid=${folder#/proc/}
        case $spared in *" $pid "*) continue ;; esac
        if is_ours "$pid"; then printf '%s\n' "$pid"; fi
    done
}

# As at a power loss: nothing in a machine that is removed needs to be saved.
end_processes() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        ours=$(list_our_processes)
        [ -n "$ours" ] || return 0
        # shellcheck disable=SC2086 # a list of ids
        kill -KILL $ours 2>/dev/null || true
        sleep 0.2
    done
    printf 'clean: these processes do not end: %s\n' "$(list_our_processes | tr '\n' ' ')" >&2
}

unmount_all() {
    # mountinfo writes blanks as \040; what was mounted last is unmounted first.
    awk '{print $5}' /proc/self/mountinfo | sed '1!G;h;$!d' | while read -r point; do
        point=$(printf '%b' "$(printf '%s' "$point" | sed 's/\\\([0-7]\{3\}\)/\\0\1/g')")
        case $point in "$state"/* | "$cache"/*) umount "$point" 2>/dev/null || umount --lazy "$point" ;; esac
    done
}

# A world's bridge has its id in its name, as its folder has; another user's worlds are in another state folder.
delete_bridges() {
    for world in "$state"/rehearsal/*/; do
        name=noh-$(basename "$world")
        if [ -e "/sys/class/net/$name" ]; then ip link delete "$name"; fi
    done
}

delete_cgroups() {
    for world in "$state"/rehearsal/*/; do
        name=noh-$(basename "$world")
        for group in /sys/fs/cgroup/"$name" /sys/fs/cgroup/*/"$name"; do
            for _ in 1 2 3 4 5 6 7 8 9 10; do # the kernel may need a moment after the last process has ended
                [ -d "$group" ] || break
                find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || sleep 0.2
            done
        done
    done
}

if [ "$(uname -s)" = Linux ]; then
    end_processes
    unmount_all
    delete_cgroups
    delete_bridges
fi
# --one-file-system: whatever could not be unmounted is not emptied.
rm -rf --one-file-system "$state" "$cache"
rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
find . -path ./.git -prune -o -type d \( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +
printf 'clean: nothing of the project is left on this machine but this checkout\n'
