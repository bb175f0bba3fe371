"""A real S3 server on loopback (versitygw, over a folder: a bucket is a folder in it), built once into the cache."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.adapters.go import build_programs
from orchestrator.adapters.whole_folder import ensure_whole_folder
from orchestrator.folders import find_cache_folder

MODULE = Path(__file__).with_name("s3_server_module")
PROGRAM = "versitygw"
PACKAGE = "github.com/versity/versitygw/cmd/versitygw"
VERSION = "1.8.0"  # as in its go.mod
REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "states", "AWS_SECRET_ACCESS_KEY": "of-a-test"}
START_SECONDS = 20


@dataclass(frozen=True)
class S3Server:
    """A running server. `folder` holds its buckets."""

    folder: Path
    port: int

    @property
    def credentials(self) -> Mapping[str, str]:
        """The variables that S3 clients read."""
        return CREDENTIALS

    def make_bucket(self, name: str) -> str:
        """A new bucket's URL, as Pulumi takes it."""
        (self.folder / name).mkdir()
        return f"s3://{name}?endpoint=http://127.0.0.1:{self.port}&s3ForcePathStyle=true&region={REGION}"


@contextmanager
def run_s3_server(folder: Path) -> Iterator[S3Server]:
    """A server over `folder` until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    folder.mkdir()
    settings = {
        "ROOT_ACCESS_KEY": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "ROOT_SECRET_KEY": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    }
    command: list[str | Path] = [
        ensure_s3_server(),
        "--quiet",
        "--region",
        REGION,
        "--port",
        f"127.0.0.1:{port}",
        "posix",
        folder,
    ]
    with subprocess.Popen(command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL) as server:
        try:
            wait_for(port)
            yield S3Server(folder, port)
        finally:
            server.terminate()


def ensure_s3_server() -> Path:
    """The server's program; built where it is missing, which takes a minute or two."""

    def fill(draft: Path) -> None:
        build_programs(MODULE, {PROGRAM: PACKAGE}, draft, print)

    return ensure_whole_folder(find_cache_folder() / "tests" / f"{PROGRAM}-{VERSION}", fill) / PROGRAM


def wait_for(port: int) -> None:
    """Waits until something listens on the port."""
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
