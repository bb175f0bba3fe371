"""The genesis of a development network: made once on the controller, whole or not at all."""

import subprocess
from pathlib import Path

from orchestrator.adapters.whole_folder import ensure_whole_folder
from orchestrator.model.development_network import DevelopmentNetwork
from orchestrator.model.errors import RemoteFailure

READABLE = 0o644


def ensure_genesis(network: DevelopmentNetwork, programs: Path, folder: Path, now: int) -> Path:
    """`folder` with the genesis files of `network`; made where it is missing, with `now` as the chain's first second.

    A second genesis would be another chain, so what is there is never made again. Raises RemoteFailure with the words
    of the program that failed.
    """

    def fill(draft: Path) -> None:
        for name, content in network.inputs.items():
            (draft / name).write_text(content, encoding="utf-8")
        command = [part.format(programs=programs, now=now) for part in network.command]
        done = subprocess.run(command, cwd=draft, capture_output=True, text=True, check=False)
        missing = [name for name in network.files if not (draft / name).is_file()]
        if done.returncode or missing:
            words = (done.stderr or done.stdout).strip()[-1000:]
            what = f"ended with exit code {done.returncode}" if done.returncode else f"made no {missing[0]}"
            hint = f"mend `command` in ansible/networks/{network.name}.yml"
            raise RemoteFailure(f"{Path(command[0]).name} {what}: {words}", hint=hint)
        for path in draft.iterdir():
            if path.name in network.files:
                path.chmod(READABLE)  # it is public, and the clients of a machine run as users of their own
            else:
                path.unlink()

    return ensure_whole_folder(folder, fill)
