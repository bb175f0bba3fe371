#!/usr/bin/python3
"""Ansible module: sees in one step what the roles decide by (packages, users, units, volume). Changes nothing."""

import grp
import hashlib
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: machine_info
short_description: What of the wanted things a machine has
options:
  packages: {type: list, elements: str, default: [], description: Debian packages that should be installed.}
  users: {type: list, elements: str, default: [], description: System users that should exist.}
  groups: {type: list, elements: str, default: [], description: System groups that should exist.}
  units: {type: list, elements: str, default: [], description: systemd units whose state is wanted.}
  software_root: {type: path, required: true, description: The folder that paths of checksums start from.}
  checksums: {type: dict, default: {}, description: SHA-256 by path of files that should be there.}
  clients_folder: {type: path, required: true, description: Where each configured client has its description.}
  volume_device: {type: path, description: The data volume; a block device, or a folder in rehearsal.}
"""

BLKID_FOUND_NOTHING = 2  # exit status, blkid(8)


def find_missing_packages(packages: list[str]) -> list[str]:
    """The packages that are not installed, in the order given."""
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n", *packages]
    answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout if packages else ""
    return [package for package in packages if f"{package} installed" not in answer.splitlines()]


def is_user(name: str) -> bool:
    """Whether the system knows the user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def is_group(name: str) -> bool:
    """Whether the system knows the group."""
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def read_unit(unit: str) -> dict[str, bool]:
    """Whether the unit runs and whether it starts at boot."""
    query = ["systemctl", "show", "--property=ActiveState,UnitFileState", unit]
    answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    properties = dict(line.partition("=")[::2] for line in answer.splitlines())
    return {
        "active": properties.get("ActiveState") in {"active", "activating", "reloading"},
        "enabled": properties.get("UnitFileState") == "enabled",
    }


def compute_checksum(path: Path) -> str | None:
    """The SHA-256 of the file's content; None where there is no file."""
    try:
        with path.open("rb") as content:
            checksum = hashlib.sha256()
            while chunk := content.read(1 << 20):
                checksum.update(chunk)
    except OSError:
        return None
    return checksum.hexdigest()


def read_volume(device: str | None) -> dict[str, Any]:
    """What the data volume is: none wanted, missing, a folder (rehearsal) or a block device, which may be blank."""
    if device is None:
        return {"kind": "none", "blank": False}
    try:
        mode = Path(device).stat().st_mode
    except OSError:
        return {"kind": "missing", "blank": False}
    if stat.S_ISDIR(mode):
        return {"kind": "folder", "blank": False}
    if not stat.S_ISBLK(mode):
        return {"kind": "missing", "blank": False}
    status = subprocess.run(["blkid", "--probe", device], capture_output=True, check=False).returncode
    return {"kind": "block", "blank": status == BLKID_FOUND_NOTHING}


def main() -> None:
    """Reads the parameters and answers with what was seen."""
    module = AnsibleModule(
        argument_spec={
            "packages": {"type": "list", "elements": "str", "default": []},
            "users": {"type": "list", "elements": "str", "default": []},
            "groups": {"type": "list", "elements": "str", "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "software_root": {"type": "path", "required": True},
            "checksums": {"type": "dict", "default": {}},
            "clients_folder": {"type": "path", "required": True},
            "volume_device": {"type": "path"},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    module.exit_json(
        changed=False,
        missing_packages=find_missing_packages(wanted["packages"]),
        missing_users=[user for user in wanted["users"] if not is_user(user)],
        missing_groups=[group for group in wanted["groups"] if not is_group(group)],
        missing_files=sorted(
            path
            for path, checksum in wanted["checksums"].items()
            if compute_checksum(Path(wanted["software_root"], path)) != checksum
        ),
        units={unit: read_unit(unit) for unit in wanted["units"]},
        configured_clients=sorted(path.stem for path in Path(wanted["clients_folder"]).glob("*.json")),
        volume=read_volume(wanted["volume_device"]),
    )


if __name__ == "__main__":
    main()
