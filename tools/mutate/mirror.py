"""A copy of the checkout as it stands, so that nothing that is mutated is ever what people work on."""

import shutil
import subprocess
from pathlib import Path


def mirror(checkout: Path, copy: Path) -> None:
    """Makes `copy` hold the files that git knows of, as they are now. What has not changed is left as it is.

    mutmut keeps its verdicts in the folder `mutants` of the copy, so what was tried before is not tried again.
    """
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, stdout=subprocess.PIPE, text=True, check=True)
    wanted = {name for name in listed.stdout.split("\0") if name and (checkout / name).is_file()}
    for name in sorted(wanted):
        source, target = checkout / name, copy / name
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    # A test or module that is gone from the checkout must not go on running in the copies.
    for root in (copy, copy / "mutants"):
        for folder in ("orchestrator", "tests"):
            for found in sorted((root / folder).rglob("*.py")):
                if str(found.relative_to(root)) not in wanted:
                    found.unlink()
