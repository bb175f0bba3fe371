"""python -m tools.page_pictures [--to FOLDER]: takes the pictures of the example's review for docs/page.md."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.browser import find_missing_programs, open_browser
from tools.page_pictures.review import write_review

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
# Name, width, height and colours of each; the narrow one is a telephone's.
SHOTS = (("review.png", 1200, 1300, "light"), ("review-narrow-dark.png", 400, 1300, "dark"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the pictures and says where; 2 where there is no browser."""
    parser = argparse.ArgumentParser(prog="python -m tools.page_pictures", description=__doc__)
    parser.add_argument("--to", type=Path, default=PICTURES, help="folder to write (docs/pictures)")
    options = parser.parse_args(arguments)
    if missing := find_missing_programs():
        print(f"not installed: {', '.join(missing)}; run tools/setup.sh browser", file=sys.stderr)
        return 2
    options.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        page = write_review(Path(name))
        with open_browser(Path(name) / "profile") as browser:
            for file, width, height, scheme in SHOTS:
                browser.show(page.as_uri(), width=width, scheme=scheme)
                browser.take_picture(options.to / file, height)
                print(options.to / file)
        for picture in ("map-after.svg", "blast-radius.svg"):
            shutil.copy(page.parent / "svg" / picture, options.to / f"review-{picture}")
            print(options.to / f"review-{picture}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
