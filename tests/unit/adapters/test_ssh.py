import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest
from paramiko import common

from orchestrator.adapters.ssh import (
    CommandResult,
    HostKeyFiles,
    HostKeyMismatch,
    connect,
    render_known_hosts,
    rotate_host_key,
    run_command,
    run_on_all,
)
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import RemoteFailure, ToolMissing


def make_key(path: Path) -> str:
    """A new key pair at `path`; its public half."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return " ".join(path.with_name(f"{path.name}.pub").read_text().split()[:2])


class Server:
    """An SSH server on loopback that runs commands for one authorized key, and loads its host key when told to."""

    def __init__(self, folder: Path) -> None:
        self.host_key_path, self.identity = folder / "host_key", folder / "identity"
        self.bootstrap = make_key(self.host_key_path)
        self.authorized = paramiko.PKey.from_path(self.identity) if make_key(self.identity) else None
        self.reload_request = folder / "reload"
        self.served = paramiko.PKey.from_path(self.host_key_path)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def served_public(self) -> str:
        return f"{self.served.get_name()} {self.served.get_base64()}"

    @property
    def files(self) -> HostKeyFiles:
        folder = self.host_key_path.parent
        return HostKeyFiles(str(self.host_key_path), str(folder / "staged"), f"touch {self.reload_request}")

    def endpoint(self, *pinned: str, bootstrap: str | None = None) -> Endpoint:
        return Endpoint(
            machine="btc-1.1",
            address="127.0.0.1",
            port=self.port,
            host_keys=pinned,
            bootstrap_host_key=bootstrap,
        )

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # close alone would leave the waiting accept as it is
        self.socket.close()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                if self.reload_request.exists():
                    self.reload_request.unlink()
                    self.served = paramiko.PKey.from_path(self.host_key_path)
                transport = paramiko.Transport(connection)
                transport.add_server_key(self.served)
                with contextlib.suppress(paramiko.SSHException, EOFError, OSError):  # a client that breaks off
                    transport.start_server(server=Session(self.authorized))


class Session(paramiko.ServerInterface):
    def __init__(self, authorized: paramiko.PKey | None) -> None:
        self.authorized = authorized

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return common.AUTH_SUCCESSFUL if key == self.authorized else common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return common.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self.run, args=(channel, command), daemon=True).start()
        return True

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        done = subprocess.run(["/bin/sh", "-c", command.decode()], capture_output=True, check=False)
        # As OpenSSH may: the end is told before all output is.
        with contextlib.suppress(OSError):
            channel.send_exit_status(done.returncode)
            channel.sendall_stderr(done.stderr)
            channel.sendall(done.stdout)
            channel.shutdown_write()
            channel.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


def test_runs_a_command_on_a_pinned_host(server: Server) -> None:
    result = run_command(server.endpoint(server.bootstrap), server.identity, "echo out; echo err >&2; exit 3")
    assert result == CommandResult(3, "out\n", "err\n")


def test_reads_long_output_whole(server: Server) -> None:
    result = run_command(server.endpoint(server.bootstrap), server.identity, "seq 1 200000")
    assert result.stdout.splitlines()[-1] == "200000"


def test_the_bootstrap_key_counts_while_nothing_is_pinned(server: Server, tmp_path: Path) -> None:
    with connect(server.endpoint(bootstrap=server.bootstrap), server.identity):
        pass
    other = make_key(tmp_path / "other")
    with pytest.raises(HostKeyMismatch):
        connect(server.endpoint(other, bootstrap=server.bootstrap), server.identity)


def test_another_host_key_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(HostKeyMismatch, match=r"btc-1\.1"):
        connect(server.endpoint(make_key(tmp_path / "other")), server.identity)


def test_a_key_of_another_type_is_refused(server: Server, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", str(tmp_path / "ecdsa")], check=True)
    pinned = " ".join((tmp_path / "ecdsa.pub").read_text().split()[:2])
    with pytest.raises(HostKeyMismatch):
        connect(server.endpoint(pinned), server.identity)


def test_nothing_is_trusted_on_first_use(server: Server) -> None:
    with pytest.raises(RemoteFailure, match="no host key is pinned"):
        connect(server.endpoint(), server.identity)


@pytest.mark.parametrize("pinned", ["ssh-ed25519 nonsense", "garbage", "ssh-ed25519"])
def test_a_pin_that_is_no_key_is_named(server: Server, pinned: str) -> None:
    with pytest.raises(RemoteFailure, match="is not a public key"):
        connect(server.endpoint(pinned), server.identity)


def test_an_identity_that_is_not_authorized(server: Server, tmp_path: Path) -> None:
    make_key(tmp_path / "stranger")
    with pytest.raises(RemoteFailure, match="refuses the key") as caught:
        connect(server.endpoint(server.bootstrap), tmp_path / "stranger")
    assert "access.ssh_keys" in caught.value.hint


def test_an_identity_that_cannot_be_read(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="cannot be read"):
        connect(server.endpoint(server.bootstrap), tmp_path / "missing")
    (tmp_path / "garbage").write_text("no key")
    with pytest.raises(ToolMissing, match="not a private SSH key"):
        connect(server.endpoint(server.bootstrap), tmp_path / "garbage")


def test_a_machine_that_is_out_of_reach(server: Server) -> None:
    server.stop()
    with pytest.raises(RemoteFailure, match="cannot be reached"):
        connect(server.endpoint(server.bootstrap), server.identity)


def test_a_server_that_says_nothing(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = server.endpoint(server.bootstrap).model_copy(update={"port": silent.getsockname()[1]})
        with pytest.raises(RemoteFailure, match="cannot be reached"):
            connect(endpoint, server.identity, timeout=0.3)


def test_a_command_that_does_not_end(server: Server) -> None:
    with pytest.raises(RemoteFailure, match="no answer in time"):
        run_command(server.endpoint(server.bootstrap), server.identity, "sleep 3", timeout=0.5)


def test_all_machines_at_once(server: Server) -> None:
    good = [server.endpoint(server.bootstrap).model_copy(update={"machine": f"btc-{number}.1"}) for number in range(6)]
    bad = server.endpoint().model_copy(update={"machine": "btc-9.1"})
    started = time.monotonic()
    results = run_on_all([*good, bad], server.identity, "sleep 0.5; echo here")
    assert time.monotonic() - started < 2.5
    assert [results[endpoint.machine] for endpoint in good] == [CommandResult(0, "here\n", "")] * 6
    assert isinstance(results["btc-9.1"], RemoteFailure)


def test_known_hosts_go_by_machine_and_prefer_pins() -> None:
    pinned = Endpoint(machine="b.1", address="10.0.0.1", host_keys=("ssh-ed25519 AA",), bootstrap_host_key="ssh-rsa X")
    born = Endpoint(machine="a.1", address="10.0.0.1", bootstrap_host_key="ssh-rsa BB")
    assert render_known_hosts([pinned, born]) == "a.1 ssh-rsa BB\nb.1 ssh-ed25519 AA\n"


class Pins:
    """What the caller stored; `fails` lets a pin go wrong before it is stored."""

    def __init__(self, *, fails: bool = False) -> None:
        self.keys: list[str] = []
        self.fails = fails

    def __call__(self, key: str) -> None:
        if self.fails:
            raise InterruptedError
        self.keys.append(key)


def check_rotated(server: Server, pins: Pins, rotated: Endpoint) -> None:
    assert rotated.bootstrap_host_key is None
    assert rotated.host_keys == tuple(pins.keys) == (server.served_public,)
    assert server.served_public != server.bootstrap
    assert sorted(path.name for path in server.host_key_path.parent.glob("staged*")) == []
    assert server.host_key_path.stat().st_mode & 0o777 == 0o600
    with connect(rotated, server.identity):
        pass


def test_rotation_pins_before_it_installs(server: Server) -> None:
    pins = Pins()

    def pin(key: str) -> None:
        assert server.served_public == server.bootstrap
        assert server.bootstrap in " ".join(server.host_key_path.with_name("host_key.pub").read_text().split())
        pins(key)

    rotated = rotate_host_key(server.endpoint(bootstrap=server.bootstrap), server.identity, pin, files=server.files)
    check_rotated(server, pins, rotated)


def test_rotation_again_changes_nothing(server: Server) -> None:
    pins, born = Pins(), server.endpoint(bootstrap=server.bootstrap)
    rotated = rotate_host_key(born, server.identity, pins, files=server.files)
    assert rotate_host_key(rotated, server.identity, pins, files=server.files) == rotated
    both = born.model_copy(update={"host_keys": rotated.host_keys})
    assert rotate_host_key(both, server.identity, pins, files=server.files) == rotated
    check_rotated(server, pins, rotated)


def test_killed_before_the_pin_was_stored(server: Server) -> None:
    born = server.endpoint(bootstrap=server.bootstrap)
    with pytest.raises(InterruptedError):
        rotate_host_key(born, server.identity, Pins(fails=True), files=server.files)
    assert server.served_public == server.bootstrap
    pins = Pins()
    check_rotated(server, pins, rotate_host_key(born, server.identity, pins, files=server.files))


def test_killed_after_the_pin_was_stored(server: Server) -> None:
    pins, born = Pins(), server.endpoint(bootstrap=server.bootstrap)

    def pin(key: str) -> None:
        pins(key)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        rotate_host_key(born, server.identity, pin, files=server.files)
    pinned = born.model_copy(update={"host_keys": tuple(pins.keys)})
    check_rotated(server, pins, rotate_host_key(pinned, server.identity, pins, files=server.files))


def test_killed_between_install_and_reload(server: Server) -> None:
    pins, born = Pins(), server.endpoint(bootstrap=server.bootstrap)
    cut = HostKeyFiles(server.files.installed, server.files.staged, "exit 1")
    with pytest.raises(RemoteFailure, match="could not be replaced"):
        rotate_host_key(born, server.identity, pins, files=cut)
    assert server.served_public == server.bootstrap
    pinned = born.model_copy(update={"host_keys": tuple(pins.keys)})
    check_rotated(server, pins, rotate_host_key(pinned, server.identity, pins, files=server.files))


def test_a_stolen_bootstrap_key_changes_no_pin(server: Server, tmp_path: Path) -> None:
    pins = Pins()
    pinned = server.endpoint(make_key(tmp_path / "real"), bootstrap=server.bootstrap)
    with pytest.raises(HostKeyMismatch):
        rotate_host_key(pinned, server.identity, pins, files=server.files)
    assert pins.keys == []
