#!/usr/bin/python3
"""Ansible module: writes a set of small files and links in one step, and says which kinds of them changed.

One call does the work of many `template` tasks, since each task costs a round trip. Every file has a label ("sshd",
"btcd.restart"); the answer lists the labels that need action. A label is noted on the machine before its file is
touched and forgotten when a later call settles, so a run that was killed between writing a file and acting on it acts
on it the next time. Secrets are made on the machine, once, and put into other files there: they never leave it.
"""

import contextlib
import grp
import hashlib
import os
import pwd
import secrets
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: managed_files
short_description: Write a set of small files in one step
options:
  files:
    type: list
    elements: dict
    default: []
    description: Files to write. In content, @@NAME@@ stands for the secret of that name.
    suboptions:
      path: {type: path, required: true}
      content: {type: str, required: true}
      mode: {type: str, default: "0644"}
      owner: {type: str, default: root}
      group: {type: str, default: root}
      label: {type: str, default: ""}
  secrets:
    type: list
    elements: dict
    default: []
    description: Files of random bytes, in hexadecimal, made where they are not there.
    suboptions:
      name: {type: str, required: true}
      path: {type: path, required: true}
      bytes: {type: int, default: 32}
      mode: {type: str, default: "0600"}
      owner: {type: str, default: root}
      group: {type: str, default: root}
  links:
    type: list
    elements: dict
    default: []
    description: Symbolic links.
    suboptions:
      path: {type: path, required: true}
      target: {type: path, required: true}
      label: {type: str, default: ""}
  settle: {type: bool, default: false, description: Every label was acted on; forget them when the files are written.}
"""

PENDING = Path("/var/lib/orchestrator/pending")


class Writer:
    """Writes files for one module call and keeps account of what changed."""

    def __init__(self, dry: bool) -> None:
        self.dry = dry
        self.changed: list[str] = []
        self.checksums: dict[str, str] = {}

    def write(self, wanted: dict[str, Any], content: str) -> None:
        """Brings one file to the wanted content, owner and mode, by renaming a finished file into place."""
        path, data = Path(wanted["path"]), content.encode()
        ids = pwd.getpwnam(wanted["owner"]).pw_uid, grp.getgrnam(wanted["group"]).gr_gid
        mode = int(wanted["mode"], 8)
        self.checksums[str(path)] = hashlib.sha256(data).hexdigest()
        if is_as_wanted(path, data, (*ids, mode)):
            return
        self.note(path, wanted.get("label", ""))
        if self.dry:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                os.fchown(file.fileno(), *ids)
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def link(self, wanted: dict[str, Any]) -> None:
        """Points a symbolic link at its target, in one step for those who follow it."""
        path = Path(wanted["path"])
        if path.is_symlink() and str(path.readlink()) == wanted["target"]:
            return
        self.note(path, wanted["label"])
        if self.dry:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.new")
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(wanted["target"])
        temporary.replace(path)

    def note(self, path: Path, label: str) -> None:
        """Remembers, on the machine too, that something with this label is about to change."""
        self.changed.append(str(path))
        if label and not self.dry:
            PENDING.mkdir(parents=True, exist_ok=True)
            (PENDING / label).touch()


def is_as_wanted(path: Path, data: bytes, ownership: tuple[int, int, int]) -> bool:
    """Whether a plain file has this content and these (user id, group id, mode)."""
    try:
        state = path.lstat()
        return (
            not path.is_symlink()
            and (state.st_uid, state.st_gid, state.st_mode & 0o7777) == ownership
            and path.read_bytes() == data
        )
    except OSError:
        return False


def read_secret(wanted: dict[str, Any]) -> str:
    """The secret as it is on the machine, or a new one."""
    with contextlib.suppress(FileNotFoundError):
        known = Path(wanted["path"]).read_text(encoding="ascii").strip()
        if known:
            return known
    return secrets.token_hex(wanted["bytes"])


def read_pending() -> list[str]:
    """The labels that wait for action, from this call or a run before."""
    return sorted(path.name for path in PENDING.iterdir()) if PENDING.is_dir() else []


def describe(**fields: dict[str, Any]) -> dict[str, Any]:
    """The argument specification of a list of such entries."""
    return {"type": "list", "elements": "dict", "default": [], "options": fields, "no_log": False}


def main() -> None:
    """Writes secrets, files and links, in this order."""
    path = {"type": "path", "required": True}
    label = {"type": "str", "default": ""}
    owned = {"owner": {"type": "str", "default": "root"}, "group": {"type": "str", "default": "root"}}
    module = AnsibleModule(
        argument_spec={
            "files": describe(
                path=path,
                content={"type": "str", "required": True},
                mode={"type": "str", "default": "0644"},
                label=label,
                **owned,
            ),
            "secrets": describe(
                name={"type": "str", "required": True},
                path=path,
                bytes={"type": "int", "default": 32},
                mode={"type": "str", "default": "0600"},
                **owned,
            ),
            "links": describe(path=path, target=path, label=label),
            "settle": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    writer = Writer(dry=module.check_mode)
    try:
        known = {wanted["name"]: (wanted, read_secret(wanted)) for wanted in module.params["secrets"]}
        for wanted, secret in known.values():
            writer.write(wanted, secret + "\n")
        for wanted in module.params["files"]:
            content = wanted["content"]
            for name, (_, secret) in known.items():
                content = content.replace(f"@@{name}@@", secret)
            writer.write(wanted, content)
        for wanted in module.params["links"]:
            writer.link(wanted)
    except (OSError, KeyError) as error:
        module.fail_json(msg=f"cannot write managed files: {error}")
    labels = read_pending()
    if module.params["settle"] and not module.check_mode:
        for name in labels:
            (PENDING / name).unlink(missing_ok=True)
    module.exit_json(
        changed=bool(writer.changed), changed_paths=writer.changed, labels=labels, checksums=writer.checksums
    )


if __name__ == "__main__":
    main()
