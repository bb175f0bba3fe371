"""Lists of checksums as publishers write them: SHA256SUMS, manifests, BSD's form, a file with one digest alone."""

import re

from orchestrator.model.errors import RemoteFailure

ALGORITHM_OF_LENGTH = {64: "sha256", 128: "sha512"}  # in hex digits

HEX = r"(?P<hex>[0-9A-Fa-f]{64}|[0-9A-Fa-f]{128})"
GNU = re.compile(rf"^\\?{HEX}[ \t]+\*?(?P<name>\S.*)$")  # sha256sum's, a star for binary mode
BSD = re.compile(rf"^SHA(?:2-)?(?:256|512) ?\((?P<name>.+)\) ?= ?{HEX}$")
ALONE = re.compile(rf"^{HEX}$")


def find_digest(text: str, name: str, what: str) -> str:
    """The digest ("sha256:HEX" or "sha512:HEX") that a list states for the file `name`.

    `what` names the list in errors. RemoteFailure where it states none, or two that differ.
    """
    found = {digest for listed, digest in read_digests(text) if listed in (name, "")}
    if len(found) == 1:
        return found.pop()
    message = f"{what} has no checksum of {name}" if not found else f"{what} has two checksums of {name}"
    raise RemoteFailure(message, hint="nothing was installed; is it the list of this version?")


def read_digests(text: str) -> list[tuple[str, str]]:
    """Every (file name, digest) of a list; "" is the name in a file that holds one digest alone. Other lines: none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and (alone := ALONE.match(lines[0])):
        return [("", _write_digest(alone["hex"]))]
    found = [GNU.match(line) or BSD.match(line) for line in lines]
    return [(match["name"].removeprefix("./"), _write_digest(match["hex"])) for match in found if match]


def _write_digest(digits: str) -> str:
    return f"{ALGORITHM_OF_LENGTH[len(digits)]}:{digits.lower()}"
