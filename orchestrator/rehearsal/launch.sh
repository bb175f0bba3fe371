#!/bin/sh
# Boots one rehearsal machine inside the private mount and network namespace that it is started in, and stays until
# the machine is off. Everything made here vanishes with the processes: nothing of it is visible on the host.
#
# usage: launch.sh MACHINE_FOLDER IMAGE ADDRESS/PREFIX MAC VETH BRIDGE NSPAWN_OPTION...
#   stdin   the host's network namespace (an open /proc/PID/ns/net)
#   stdout  one line, this process's id, once all is ready to boot; then closed
#   stderr  the machine's console
set -eu
folder=$1 image=$2 address=$3 mac=$4 veth=$5 bridge=$6
shift 6

on_host() { nsenter --net=/proc/self/fd/0 "$@"; }

on_host ip link add "$veth" type veth peer name eth0 address "$mac" netns $$
on_host ip link set "$veth" master "$bridge" up
exec </dev/null

ip link set lo up
ip address add "$address" dev eth0
# The rules stand before the machine can send or hear anything.
if [ -e "$folder/firewall.nft" ]; then nft -f "$folder/firewall.nft"; fi
ip link set eth0 up

mount -t overlay -o "lowerdir=$image,upperdir=$folder/upper,workdir=$folder/work" overlay "$folder/root"
# nspawn leaves small files below /run; where systemd runs the host it needs the rest of /run to register the machine.
if [ -d /run/systemd/system ]; then
    mkdir -p /run/systemd/nspawn
    mount -t tmpfs -o mode=0755 tmpfs /run/systemd/nspawn
else
    mount -t tmpfs -o mode=0755 tmpfs /run
fi

echo $$
exec >&2

# 133 is how nspawn hands a reboot inside the machine to whatever supervises it (systemd-nspawn(1), --keep-unit).
status=133
while [ "$status" -eq 133 ]; do
    status=0
    systemd-nspawn --directory="$folder/root" "$@" || status=$?
done
exit "$status"
