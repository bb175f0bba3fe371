"""Files that people keep, as text: read whole or refused, written whole or left as they were."""

import contextlib
import os
from pathlib import Path

from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.line import escape_line
from orchestrator.model.source import Source

SIZE_LIMIT_BYTES = 8 * 2**20  # what is larger is some other file than people write


def read_text(path: Path, size_limit: int = SIZE_LIMIT_BYTES) -> str:
    """The text of the file at `path`; InvalidDocument where it is missing, too large, no file or no UTF-8 text."""
    try:
        if path.is_dir():
            raise invalid(path, "is a folder, not a file", "name the file itself")
        with path.open("rb") as file:
            content = file.read(size_limit + 1)
    except FileNotFoundError:
        raise invalid(path, "does not exist", "check the path, or the folder you are in") from None
    except PermissionError as error:
        raise invalid(path, f"cannot be read: {error.strerror}", "check its owner and permissions") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
        reason = getattr(error, "strerror", None) or error
        raise invalid(path, f"cannot be read: {reason}", "check the path") from None
    if len(content) > size_limit:
        raise invalid(path, f"is larger than {size_limit // 2**20} MiB", "is it the file you meant?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise invalid(path, "is not UTF-8 text", "save it as UTF-8", line) from None
    if "\0" in text:
        raise invalid(path, "holds a NUL byte, so it is no text", "is it the file you meant?")
    return text


def write_text(path: Path, text: str) -> None:
    """Writes the file whole, through a temporary one beside it, on disk before this returns.

    OrchestratorError where that cannot be done; the file is then as it was. What is no file, such as /dev/stdout, is
    written to and not replaced.
    """
    if path.exists() and not path.is_file():
        write_into(path, text)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        message = f"{escape_line(path.name)} cannot be written: {error.strerror or error}"
        hint = f"make room or give write access in {escape_line(str(path.parent.absolute()))}; the file is as it was"
        raise OrchestratorError(message, hint=hint, source=Source.at(path)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_into(path: Path, text: str) -> None:
    """Writes to a device or a pipe; OrchestratorError where that cannot be done."""
    try:
        with path.open("w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        message = f"{escape_line(path.name)} cannot be written: {error.strerror or error}"
        raise OrchestratorError(message, hint="name a file", source=Source.at(path)) from error


def invalid(path: Path, what: str, hint: str, line: int = 1) -> InvalidDocument:
    """The error that says that the file at `path` is not what it must be."""
    name = escape_line(path.name or str(path))
    return InvalidDocument([OrchestratorError(f"{name} {what}", hint=hint, source=Source.at(path, line))])
