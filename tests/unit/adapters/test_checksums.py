"""Lists of checksums in the forms that publishers use; a name that is not there, or there twice, is an error."""

import pytest

from orchestrator.adapters.checksums import find_digest
from orchestrator.model.errors import RemoteFailure

ONE, TWO, LONG = "1" * 64, "2" * 64, "a" * 128


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (f"{TWO}  other.tar.gz\n{ONE}  client.tar.gz\n", f"sha256:{ONE}"),
        (f"{ONE} *client.tar.gz\n", f"sha256:{ONE}"),
        (f"{ONE}  ./client.tar.gz\r\n", f"sha256:{ONE}"),
        (f"# release 1.2\n\n{'A' * 64}  client.tar.gz\n", f"sha256:{'a' * 64}"),
        (f"SHA256 (client.tar.gz) = {ONE}\n", f"sha256:{ONE}"),
        (f"{LONG}  client.tar.gz\n", f"sha512:{LONG}"),
        (f"{ONE}\n", f"sha256:{ONE}"),
        (f"{ONE}  client.tar.gz\n{ONE}  client.tar.gz\n", f"sha256:{ONE}"),
    ],
)
def test_every_form_is_read(text: str, digest: str) -> None:
    assert find_digest(text, "client.tar.gz", "SHA256SUMS") == digest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>not found</html>",
        f"{ONE}  my-client.tar.gz\n",
        f"{ONE}  client.tar.gz.asc\n",
        f"{'1' * 63}  client.tar.gz",
    ],
)
def test_a_name_that_is_not_there_is_said(text: str) -> None:
    with pytest.raises(RemoteFailure, match=r"SHA256SUMS has no checksum of client\.tar\.gz"):
        find_digest(text, "client.tar.gz", "SHA256SUMS")


def test_two_checksums_of_one_file_are_no_checksum() -> None:
    with pytest.raises(RemoteFailure, match="two checksums"):
        find_digest(f"{ONE}  client.tar.gz\n{TWO}  client.tar.gz\n", "client.tar.gz", "SHA256SUMS")
