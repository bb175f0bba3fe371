"""SSH to machines whose host keys are pinned: commands on one or many of them, and the change of a host's key."""

import contextlib
import shlex
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import paramiko

from orchestrator.model.endpoint import CONNECT_SECONDS, Endpoint
from orchestrator.model.errors import RemoteFailure, ToolMissing

COMMAND_SECONDS = 60.0
LARGEST_OUTPUT = 8 << 20  # bytes of one command's stdout or stderr
THREADS = 32
POLL_SECONDS = 0.1


class HostKeyMismatch(RemoteFailure):
    """The machine showed a host key other than those that are pinned for it."""


@dataclass(frozen=True)
class CommandResult:
    """How a command on a machine ended."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class HostKeyFiles:
    """Where a host's SSH server has its key, where its successor is made, and what makes the server read it again."""

    installed: str = "/etc/ssh/ssh_host_ed25519_key"
    staged: str = "/etc/ssh/orchestrator_host_key"
    reload: str = "systemctl reload ssh.service"


class _UnknownHostKey(paramiko.SSHException):
    """Raised in place of trust on first use."""


class _RejectUnknown(paramiko.MissingHostKeyPolicy):
    """As paramiko's RejectPolicy, with an exception of its own type."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise _UnknownHostKey(f"{hostname} shows a {key.get_name()} key that is not pinned")


def connect(endpoint: Endpoint, identity: Path, *, timeout: float = CONNECT_SECONDS) -> paramiko.SSHClient:
    """An open connection; the caller closes it (it is a context manager).

    The host must show one of `endpoint.host_keys`, or, while none is pinned, the bootstrap key. Errors: RemoteFailure
    for a machine that is out of reach or refuses the identity, HostKeyMismatch for another host key.
    """
    bootstrap = (endpoint.bootstrap_host_key,) if endpoint.bootstrap_host_key else ()
    return _connect(endpoint, endpoint.host_keys or bootstrap, identity, timeout)


def _connect(endpoint: Endpoint, host_keys: Iterable[str], identity: Path, timeout: float) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_RejectUnknown())
    _pin(client, endpoint, host_keys)
    where = f"machine {endpoint.machine} ({endpoint.user}@{endpoint.address} port {endpoint.port})"
    try:
        client.connect(
            endpoint.address,
            endpoint.port,
            endpoint.user,
            pkey=_load_identity(identity),
            timeout=timeout,
            banner_timeout=timeout,
            auth_timeout=timeout,
            allow_agent=False,
            look_for_keys=False,
        )
    except (paramiko.BadHostKeyException, _UnknownHostKey) as error:
        client.close()
        raise HostKeyMismatch(
            f"{where} shows a host key that is not the pinned one",
            hint="another machine may answer at this address; if the machine was made anew by hand, "
            "remove its pinned key with the machine, never the check",
        ) from error
    except paramiko.AuthenticationException as error:
        client.close()
        raise RemoteFailure(
            f"{where} refuses the key {identity}",
            hint="put its public half into access.ssh_keys of the spec, and for an enrolled host into the user's "
            "authorized_keys",
        ) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        client.close()
        raise RemoteFailure(
            f"{where} cannot be reached: {_describe(error)}",
            hint="see whether the machine runs and whether access.ssh_from of the spec lets this address in",
        ) from error
    return client


def _pin(client: paramiko.SSHClient, endpoint: Endpoint, host_keys: Iterable[str]) -> None:
    name = endpoint.address if endpoint.port == paramiko.config.SSH_PORT else f"[{endpoint.address}]:{endpoint.port}"
    keys = client.get_host_keys()
    for line in host_keys:
        key = _parse_host_key(endpoint, line)
        keys.add(name, key.get_name(), key)
    if not len(keys):
        raise RemoteFailure(
            f"no host key is pinned for machine {endpoint.machine}",
            hint="nothing is trusted on first use: the hosts file or the stack's outputs name the host's public key",
        )


def _parse_host_key(endpoint: Endpoint, line: str) -> paramiko.PKey:
    try:
        entry = paramiko.hostkeys.HostKeyEntry.from_line(f"host {line}")
    except (paramiko.hostkeys.InvalidHostKey, paramiko.SSHException, ValueError):
        entry = None
    if entry is None or entry.key is None:
        raise RemoteFailure(
            f"the host key pinned for machine {endpoint.machine} is not a public key: {line[:60]!r}",
            hint='write it as in known_hosts, such as "ssh-ed25519 AAAA…"',
        )
    return entry.key


def _load_identity(identity: Path) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(identity)
    except OSError as error:
        raise ToolMissing(f"the SSH key {identity} cannot be read: {error.strerror or error}") from error
    except (paramiko.SSHException, ValueError) as error:
        raise ToolMissing(
            f"{identity} is not a private SSH key that can be used: {error}", hint="a key with a passphrase cannot"
        ) from error


def _describe(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def run_command(endpoint: Endpoint, identity: Path, command: str, *, timeout: float = COMMAND_SECONDS) -> CommandResult:
    """Runs one shell command as root and returns how it ended, whatever its exit code; errors as `connect`."""
    with connect(endpoint, identity, timeout=min(timeout, endpoint.connect_seconds)) as client:
        return run_on(client, endpoint, command, timeout=timeout)


def run_on(
    client: paramiko.SSHClient, endpoint: Endpoint, command: str, *, timeout: float = COMMAND_SECONDS
) -> CommandResult:
    """Runs one shell command as root over an open connection; RemoteFailure where it does not end in time."""
    as_root = command if endpoint.user == "root" else f"sudo -n sh -c {shlex.quote(command)}"
    try:
        transport = client.get_transport()
        if transport is None:
            raise EOFError("the connection is closed")
        channel = transport.open_session(timeout=timeout)
        try:
            channel.exec_command(as_root)
            return _collect(channel, monotonic() + timeout)
        finally:
            channel.close()
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise RemoteFailure(
            f"machine {endpoint.machine}: a command did not end: {_describe(error)}",
            hint="the machine is overloaded or its connection broke; run the same command again",
        ) from error


def _collect(channel: paramiko.Channel, end: float) -> CommandResult:
    """Reads both streams side by side until the command ends; TimeoutError at `end`, OSError when there is too much."""
    outputs: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
    channel.settimeout(POLL_SECONDS)
    while not _is_finished(channel):
        if monotonic() > end:
            raise TimeoutError
        if channel.recv_stderr_ready():
            outputs["stderr"] += channel.recv_stderr(1 << 16)
        elif channel.recv_ready() or not channel.eof_received:
            with contextlib.suppress(TimeoutError):
                outputs["stdout"] += channel.recv(1 << 16)
        else:
            channel.status_event.wait(POLL_SECONDS)
        if max(map(len, outputs.values())) > LARGEST_OUTPUT:
            raise OSError(f"it printed more than {LARGEST_OUTPUT >> 20} MiB")
    texts = {name: bytes(output).decode(errors="replace") for name, output in outputs.items()}
    return CommandResult(channel.recv_exit_status(), texts["stdout"], texts["stderr"])


def _is_finished(channel: paramiko.Channel) -> bool:
    """Whether the command ended and all that it printed was read: a server may report the end before the output."""
    ended = bool(channel.closed or (channel.eof_received and channel.exit_status_ready()))
    return ended and not channel.recv_ready() and not channel.recv_stderr_ready()


def run_on_all(
    endpoints: Iterable[Endpoint], identity: Path, command: str, *, timeout: float = COMMAND_SECONDS
) -> Mapping[str, CommandResult | RemoteFailure]:
    """Runs the command on all machines side by side; per machine its result, or why there is none."""
    wanted = list(endpoints)

    def attempt(endpoint: Endpoint) -> CommandResult | RemoteFailure:
        try:
            return run_command(endpoint, identity, command, timeout=timeout)
        except RemoteFailure as failure:
            return failure

    with ThreadPoolExecutor(max_workers=max(1, min(THREADS, len(wanted)))) as pool:
        results = list(pool.map(attempt, wanted))
    return {endpoint.machine: result for endpoint, result in zip(wanted, results, strict=True)}


def render_known_hosts(endpoints: Iterable[Endpoint]) -> str:
    """A known_hosts file for OpenSSH, by machine id (HostKeyAlias) since addresses are used again."""
    lines = [
        f"{endpoint.machine} {key}"
        for endpoint in sorted(endpoints, key=lambda endpoint: endpoint.machine)
        for key in endpoint.host_keys or ((endpoint.bootstrap_host_key,) if endpoint.bootstrap_host_key else ())
    ]
    return "".join(f"{line}\n" for line in lines)


def rotate_host_key(
    endpoint: Endpoint, identity: Path, pin: Callable[[str], None], *, files: HostKeyFiles | None = None
) -> Endpoint:
    """Replaces the single-use bootstrap host key by one made on the host, and returns the endpoint without it.

    `pin` gets the new public key and must store it durably before it returns; only then is the key installed. Killed
    at any point, the same call goes on from there: the key that waits on the host, or is installed already, is the one
    pinned. The last step connects with the new key alone. An endpoint without bootstrap key is returned as it is.
    """
    files = files or HostKeyFiles()
    if endpoint.bootstrap_host_key is None:
        return endpoint
    if endpoint.host_keys and _shows_pinned_key(endpoint, identity):
        return endpoint.model_copy(update={"bootstrap_host_key": None})
    with _connect(endpoint, (endpoint.bootstrap_host_key,), identity, CONNECT_SECONDS) as client:
        public = _run_or_fail(client, endpoint, _render_stage_script(files, endpoint.bootstrap_host_key))
        public_key = " ".join(public.split()[:2])
        if not endpoint.host_keys:
            pin(public_key)
        elif public_key not in endpoint.host_keys:
            # Whoever stole the bootstrap key could show it; a pin that stands is never changed on its word.
            raise HostKeyMismatch(
                f"machine {endpoint.machine} shows its first host key, but has not the one that was pinned since",
                hint="it was made anew, or another machine answers in its place; remove its pin if you know which",
            )
        _run_or_fail(client, endpoint, _render_install_script(files))
    rotated = endpoint.model_copy(update={"host_keys": (public_key,), "bootstrap_host_key": None})
    _connect_after_reload(rotated, identity).close()
    return rotated


def _shows_pinned_key(endpoint: Endpoint, identity: Path) -> bool:
    try:
        _connect(endpoint, endpoint.host_keys, identity, CONNECT_SECONDS).close()
    except HostKeyMismatch:
        return False
    return True


def _connect_after_reload(endpoint: Endpoint, identity: Path) -> paramiko.SSHClient:
    """Connects while the server takes up its new key: a moment in which it shows the old one or refuses."""
    end = monotonic() + CONNECT_SECONDS
    while True:
        try:
            return connect(endpoint, identity)
        except RemoteFailure:
            if monotonic() > end:
                raise


def _render_stage_script(files: HostKeyFiles, bootstrap: str) -> str:
    """Prints the public half of the key to be pinned: the installed one where it is no longer the bootstrap key, else
    the staged one, which is made (and renamed into place when whole) where there is none."""
    installed, staged = shlex.quote(files.installed), shlex.quote(files.staged)
    body = shlex.quote(bootstrap.split()[1])
    return f"""set -eu; umask 077
if [ "$(ssh-keygen -y -f {installed} | cut -d' ' -f2)" != {body} ]; then ssh-keygen -y -f {installed}; exit 0; fi
if [ ! -s {staged} ]; then
  folder=$(mktemp -d {staged}.XXXXXX)
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$folder/key"
  mv "$folder/key" {staged}
  rm -rf "$folder"
fi
sync {staged}
ssh-keygen -y -f {staged}"""


def _render_install_script(files: HostKeyFiles) -> str:
    """Renames the staged key over the bootstrap key, whose copy on the host goes with it, and reloads the server."""
    installed, staged = shlex.quote(files.installed), shlex.quote(files.staged)
    return f"""set -eu
if [ -s {staged} ]; then mv -f {staged} {installed}; fi
ssh-keygen -y -f {installed} > {installed}.pub.new
chmod 644 {installed}.pub.new
mv -f {installed}.pub.new {installed}.pub
sync
rm -rf {staged}.??????
{files.reload}"""


def _run_or_fail(client: paramiko.SSHClient, endpoint: Endpoint, script: str) -> str:
    result = run_on(client, endpoint, script)
    if result.exit_code != 0:
        raise RemoteFailure(
            f"machine {endpoint.machine}: its SSH host key could not be replaced: {result.stderr.strip()[-500:]}",
            hint="run the same command again; until then the machine is reached with its first key",
        )
    return result.stdout
