"""What a new machine is told at its first boot (cloud-init): its name, its single-use host key, nothing else.

All else is Ansible's; what stands here cannot be changed on machines that exist.
"""

import json
from typing import Any

from host_keys import derive_host_key, render_private_key, render_public_key


def render_user_data(seed: str, machine: str, hostname: str) -> str:
    """The cloud-config document, as JSON, which is YAML: nothing in it needs quoting rules."""
    key = derive_host_key(seed, machine)
    config: dict[str, Any] = {
        "hostname": hostname,
        "preserve_hostname": False,
        "ssh_deletekeys": True,
        "ssh_keys": {"ed25519_private": render_private_key(key), "ed25519_public": render_public_key(key)},
        "ssh_pwauth": False,
        "disable_root": False,
    }
    return f"#cloud-config\n{json.dumps(config, indent=1)}\n"
