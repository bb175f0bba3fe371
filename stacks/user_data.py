"""What a new machine is told at its first boot (cloud-init): its name, its single-use host key, who may log in.

All else is Ansible's; what stands here cannot be changed on machines that exist.
"""

import json
from collections.abc import Iterable
from typing import Any

from host_keys import derive_host_key, render_private_key, render_public_key

# sshd takes the first value that it reads, so this one stands whatever the image says.
ROOT_BY_KEY = "/etc/ssh/sshd_config.d/00-root-by-key.conf"


def render_user_data(seed: str, machine: str, hostname: str, ssh_keys: Iterable[str]) -> str:
    """The cloud-config document, as JSON, which is YAML: nothing in it needs quoting rules.

    `ssh_keys` are the operators' public keys. cloud-init gives them to the image's own user, and to root where that is
    not disabled: AWS knows one key a machine, and images differ in whose it becomes.
    """
    key = derive_host_key(seed, machine)
    config: dict[str, Any] = {
        "hostname": hostname,
        "preserve_hostname": False,
        "ssh_deletekeys": True,
        "ssh_keys": {"ed25519_private": render_private_key(key), "ed25519_public": render_public_key(key)},
        "ssh_pwauth": False,
        "disable_root": False,
        "ssh_authorized_keys": list(ssh_keys),
        "write_files": [{"path": ROOT_BY_KEY, "content": "PermitRootLogin prohibit-password\n"}],
    }
    return f"#cloud-config\n{json.dumps(config, indent=1)}\n"
