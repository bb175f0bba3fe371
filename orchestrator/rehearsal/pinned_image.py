"""The base image of a world: chosen when the world is made, and kept, whatever becomes of the image's recipe."""

from pathlib import Path

from orchestrator.rehearsal.stored import write_text
from orchestrator.rehearsal.world import World

IMAGE_FILE = "image"


def pin_image(world: World, image: Path) -> None:
    """Remembers the base image that the world's machines start from, so that a later one changes none of them."""
    if not (world.folder / IMAGE_FILE).exists():
        write_text(world.folder / IMAGE_FILE, f"{image}\n")


def read_pinned_image(world: World) -> Path:
    """The base image of the world's machines."""
    return Path((world.folder / IMAGE_FILE).read_text(encoding="utf-8").strip())
