"""The one setting of the host that a rehearsal changes: how many inotify instances a user may have.

Every systemd takes about ten, all machines count as root's, and Linux allows 128 by default: the twelfth machine would
hang half booted. The value before is kept beside the worlds and put back when the last world goes.
"""

from pathlib import Path

from orchestrator.rehearsal.network import BRIDGE_PREFIX
from orchestrator.rehearsal.stored import write_text

SETTING = Path("/proc/sys/fs/inotify/max_user_instances")
NEEDED = 8192
LINKS = Path("/sys/class/net")
KEPT = "inotify-instances-before"


def raise_limits(worlds: Path) -> None:
    """Raises the limit where it is too low; `worlds` is the folder of all worlds."""
    before = int(SETTING.read_text(encoding="ascii"))
    if before >= NEEDED:
        return
    if not (worlds / KEPT).exists():
        write_text(worlds / KEPT, str(before))
    SETTING.write_text(str(NEEDED), encoding="ascii")


def restore_limits(worlds: Path) -> None:
    """Puts back what was there before the first world, unless another user's rehearsal still needs the higher limit."""
    kept = worlds / KEPT
    if kept.exists() and not any(LINKS.glob(f"{BRIDGE_PREFIX}*")):
        SETTING.write_text(kept.read_text(encoding="utf-8"), encoding="ascii")
        kept.unlink()
