"""Reading text: everything that is no text file is one clear error. Writing it: what is no file stays what it is."""

import os
from pathlib import Path

import pytest

from orchestrator.documents.text_file import SIZE_LIMIT_BYTES, read_text, write_text
from orchestrator.model.errors import InvalidDocument, OrchestratorError


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"a: 1\n", "a: 1\n"),
        (b"\xef\xbb\xbfa: 1\n", "a: 1\n"),
        ("höst: Zürich\r\n".encode(), "höst: Zürich\r\n"),
    ],
)
def test_text_is_read_as_it_stands_without_its_byte_order_mark(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_bytes(content)
    assert read_text(path) == text


@pytest.mark.parametrize(
    ("content", "line", "what", "hint"),
    [
        (b"a\nb\nc\xff\n", 3, "is not UTF-8", "save it as UTF-8"),
        ("a: ü\n".encode("latin-1"), 1, "is not UTF-8", "save it as UTF-8"),
        ("a: 1\n".encode("utf-16"), 1, "is not UTF-8", "save it as UTF-8"),
        (b"a: \0\n", 1, "NUL byte", "the file you meant"),
        (b"\x7fELF\x02\x01\x01\0\0", 1, "NUL byte", "the file you meant"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, line: int, what: str, hint: str) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_bytes(content)
    with pytest.raises(InvalidDocument) as caught:
        read_text(path)
    assert str(caught.value).startswith(f"{path}:{line}:1: fleet.yaml ")
    assert what in caught.value.message
    assert hint in caught.value.hint


def test_the_limit_is_eight_mebibytes_and_what_is_at_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    assert SIZE_LIMIT_BYTES == 8 * 1024 * 1024
    path.write_bytes(b"#" * SIZE_LIMIT_BYTES)
    assert len(read_text(path)) == SIZE_LIMIT_BYTES
    path.write_bytes(b"#" * (SIZE_LIMIT_BYTES + 1))
    with pytest.raises(InvalidDocument, match="larger than 8 MiB"):
        read_text(path)
    assert len(read_text(path, SIZE_LIMIT_BYTES + 1)) == SIZE_LIMIT_BYTES + 1


def test_a_file_that_never_ends_is_refused() -> None:
    with pytest.raises(InvalidDocument, match="larger than 8 MiB"):
        read_text(Path("/dev/zero"))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match=r"is a folder, not a file \(name the file itself\)"):
        read_text(tmp_path)


@pytest.mark.parametrize("link", [False, True])
def test_a_missing_file_is_refused(tmp_path: Path, link: bool) -> None:
    path = tmp_path / "fleet.yaml"
    if link:
        path.symlink_to(tmp_path / "gone")
    with pytest.raises(InvalidDocument, match="does not exist"):
        read_text(path)


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidDocument, match="cannot be read: Not a directory"):
        read_text(tmp_path / "file" / "fleet.yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text("a: 1\n")
    path.chmod(0)
    with pytest.raises(InvalidDocument, match="cannot be read: Permission denied"):
        read_text(path)


def test_a_file_that_fails_while_it_is_read_is_refused() -> None:
    with pytest.raises(InvalidDocument, match="cannot be read"):
        read_text(Path("/proc/self/mem"))  # its first page is never mapped


def test_a_device_or_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_text(pipe, "a: 1\n")
    assert os.read(reader, 100) == b"a: 1\n"
    os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_folder_is_no_place_for_text(tmp_path: Path) -> None:
    with pytest.raises(OrchestratorError, match="cannot be written"):
        write_text(tmp_path, "a: 1\n")
