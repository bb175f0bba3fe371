"""What a new machine without cloud-init is told at its first boot: a script for Google's guest environment.

Google's Debian images have no cloud-init (docs/gcp.md says where that was read): their agent makes SSH host keys at the
first boot and runs the metadata's `startup-script` at every boot. The script gives the machine its single-use host key,
its name and the operators' keys, once; all else is Ansible's.
"""

import shlex
from collections.abc import Sequence

from host_keys import derive_host_key, render_private_key, render_public_key

# Once the first session has replaced the host key, a later boot must not put the single-use one back.
DONE_FILE = "/var/lib/node-orchestrator/first-boot-done"
# The role `base` writes the whole of this file later.
SSHD_FILE = "/etc/ssh/sshd_config.d/10-orchestrator.conf"
HOST_KEY_FILE = "/etc/ssh/ssh_host_ed25519_key"
AGENT_SETTINGS_FILE = "/etc/default/instance_configs.cfg"


def render_startup_script(seed: str, machine: str, hostname: str, authorized_keys: Sequence[str]) -> str:
    """The script, for sh; the same inputs give the same text.

    The guest agent is stopped while host keys change: it is started before this script and may be making its own. It
    is one unit or two, by its version.
    """
    key = derive_host_key(seed, machine)
    return f"""#!/bin/sh
set -eu
if [ -e {DONE_FILE} ]; then exit 0; fi
mkdir -p {DONE_FILE.rpartition("/")[0]}
umask 077
mkdir -p /root/.ssh
printf '%s\\n' {" ".join(map(shlex.quote, authorized_keys))} > /root/.ssh/authorized_keys
umask 022
printf 'PermitRootLogin prohibit-password\\nPasswordAuthentication no\\n' > {SSHD_FILE}
printf '[InstanceSetup]\\nset_host_keys = false\\n' > {AGENT_SETTINGS_FILE}
agents=$(systemctl list-units --plain --no-legend --state=active,activating 'google-guest-agent*' | cut -d' ' -f1)
for agent in $agents; do systemctl stop "$agent" || true; done
rm -f /etc/ssh/ssh_host_*
(umask 077 && printf '%s' {shlex.quote(render_private_key(key))} > {HOST_KEY_FILE})
printf '%s\\n' {shlex.quote(render_public_key(key))} > {HOST_KEY_FILE}.pub
printf '%s\\n' {shlex.quote(hostname)} > /etc/hostname
hostname {shlex.quote(hostname)}
sync
touch {DONE_FILE}
systemctl restart ssh.service
for agent in $agents; do systemctl start --no-block "$agent" || true; done
"""
