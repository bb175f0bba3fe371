"""Names as text that is read in tables, diffs and logs: one line, and nothing on it that cannot be seen."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from orchestrator.model.line import check_line

NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def check_name(text: str) -> str:
    """The name as it is; ValueError where it could not be a part of a host name."""
    if not NAME.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no name: write lower-case letters, digits and hyphens, a letter first")
    return text


# Names become host names, resource names and file names, so they are DNS labels (RFC 1123) with room for "-NNNNN.NN".
LONGEST_NAME = 40
Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(check_name)]

# What providers call places and things: regions, zones, machine types.
PlaceName = Annotated[str, Field(pattern=r"^[\w.:/+()-]([\w .:/+()-]*[\w.:/+()-])?$", max_length=80)]

# Any text for people.
Line = Annotated[str, AfterValidator(check_line)]
