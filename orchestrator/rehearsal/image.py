"""Makes the base image of rehearsal machines: the host's own release, bootstrapped, then the role `base` applied."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.adapters.whole_folder import ensure_whole_folder, hold_file_lock
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import RemoteFailure
from orchestrator.rehearsal.machine import NewMachine, check_host, create_machine, halt_machine, read_console
from orchestrator.rehearsal.network import run_tool
from orchestrator.rehearsal.recipe import (
    SINGLE_PROCESS_UNIT,
    Recipe,
    find_image_folder,
    read_recipe,
    render_sources,
)
from orchestrator.rehearsal.record import find_machine_folder
from orchestrator.rehearsal.world import World, allocate_address, clean_world, create_world, remove_folder

BUILDER = "image"
IDENTITY = "identity"
SSH_TIMEOUT_SECONDS = 60.0
ERROR_TAIL_LINES = 12

# What belongs to one machine alone, or to the making of the image.
TRACES = (
    "etc/cloud/cloud-init.disabled",
    "etc/hostname",
    "etc/hosts",
    "root/.ansible",
    "root/.ssh",
    "var/cache/apt/archives",
    "var/lib/apt/lists",
    "var/lib/systemd/random-seed",
    "var/log/journal",
)
EMPTIED_FOLDERS = ("run", "tmp", "var/tmp", "var/log", "var/lib/cloud")

Progress = Callable[[str], None]


def ensure_base_image(on_progress: Progress) -> Path:
    """The base image, made where it is missing: two minutes the first time, and again only when its recipe changes.

    Killed at any moment it leaves no mount on the host, and the next call sweeps up and starts that step anew; a
    builder machine that outlived its caller is a world like others, which clean removes. Raises ToolMissing where
    this host cannot make images, RemoteFailure with the end of the failing program's words.
    """
    check_host()
    recipe = read_recipe()
    bare = recipe.model_copy(update={"role": None})
    image = find_image_folder(recipe)
    if image.is_dir():
        return image
    # One build at a time, whatever its recipe: so any draft is a killed run's.
    with hold_file_lock(image.parent / ".build.lock"):
        for draft in image.parent.glob(".*.draft"):
            remove_folder(draft)
        bootstrapped = ensure_whole_folder(find_image_folder(bare), lambda draft: bootstrap(bare, draft, on_progress))
        return ensure_whole_folder(image, lambda draft: apply_role(bootstrapped, draft, on_progress))


def bootstrap(recipe: Recipe, target: Path, on_progress: Progress) -> None:
    """Fills the folder `target` with a system of the host's release and the recipe's packages and files."""
    on_progress(f"base image: bootstrapping {recipe.release} with {len(recipe.packages)} packages")
    # The whole tree of processes ends with its first one, and its mounts are in a namespace that ends with them.
    together = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--"]
    command = [*together, "mmdebstrap", *list_bootstrap_options(recipe)]
    source = ["-"] if recipe.sources else []  # without one the tool has its own default
    run_quietly([*command, recipe.release, str(target), *source], render_sources(recipe.sources))
    install(target, recipe.files, recipe.masked_units)
    if not (target / SINGLE_PROCESS_UNIT).exists():
        install(target, recipe.stages_files, recipe.stages_masked_units)
    remove_traces(target)


def install(root: Path, files: Mapping[str, str], masked_units: Sequence[str]) -> None:
    """Writes the files (path below `root` to text) and masks the units."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for unit in masked_units:
        link = root / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")


def list_bootstrap_options(recipe: Recipe) -> list[str]:
    """The options of mmdebstrap(1): apt's way to the archive (proxy, checks) is the host's own."""
    acquire = [
        line
        for line in run_tool(["apt-config", "dump", "--no-empty", "Acquire"]).splitlines()
        if not line.startswith("Acquire::IndexTargets")
    ]
    return [
        "--mode=root",
        "--variant=minbase",
        "--quiet",
        f"--include={','.join(recipe.packages)}",
        *(f"--aptopt={line}" for line in acquire),
        *(f"--dpkgopt=path-exclude={path}" for path in recipe.excluded_paths),
        *(f"--dpkgopt=path-include={path}" for path in recipe.included_paths),
    ]


def apply_role(bootstrapped: Path, target: Path, on_progress: Progress) -> None:
    """Boots `bootstrapped` as a machine, applies the role to it over SSH, and copies the result to `target`."""
    on_progress("base image: applying the role base")
    spec_path = target.parent / "image"
    clean_world(create_world(BUILDER, spec_path))  # a killed run's
    world = create_world(BUILDER, spec_path)
    try:
        apply_base(world, boot_builder(world, bootstrapped))
        halt_machine(world, BUILDER)
        copy_merged(find_machine_folder(world, BUILDER), bootstrapped, target)
        remove_traces(target)
    finally:
        clean_world(world)


def boot_builder(world: World, image: Path) -> Endpoint:
    """Boots the machine that becomes the image; the operator's key is then in the world's folder."""
    operator, host = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    address = allocate_address(world, BUILDER)
    spec = NewMachine(
        name=BUILDER,
        address=address,
        hostname=BUILDER,
        authorized_keys=(render_public_key(operator),),
        host_key_private=render_private_key(host),
    )
    create_machine(world, spec, image)
    wait_for_port(world, BUILDER, address)
    identity = world.folder / IDENTITY
    identity.touch(mode=0o600)
    identity.write_text(render_private_key(operator), encoding="utf-8")
    return Endpoint(machine=BUILDER, address=str(address), host_keys=(render_public_key(host),))


def apply_base(world: World, builder: Endpoint) -> None:
    """Applies the role to the builder; RemoteFailure with what the failed task said."""
    # It loads Ansible's and SSH's libraries, which no other command of a rehearsal needs.
    from orchestrator.adapters.ansible import prepare_image  # noqa: PLC0415

    outcome = prepare_image(builder, world.folder / IDENTITY, world.folder / "ansible", lambda _event: None)
    if outcome.status != "ok":
        raise RemoteFailure(f"the base image cannot be prepared: {outcome.error}")


def copy_merged(machine: Path, lower: Path, target: Path) -> None:
    """Copies the disk of a machine that is off, as one tree, to the folder `target`."""
    script = 'mount -t overlay -o "ro,lowerdir=$1:$2" overlay "$3"; cp --archive --reflink=auto "$3/." "$4"'
    arguments = [str(machine / "upper"), str(lower), str(machine / "root"), str(target)]
    run_tool(["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-euc", script, "sh", *arguments])


def remove_traces(root: Path) -> None:
    """Takes away what is one machine's own: host keys, identity, logs, seeds, caches."""
    for trace in (*TRACES, *(str(key.relative_to(root)) for key in (root / "etc/ssh").glob("ssh_host_*"))):
        path = root / trace
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for folder in EMPTIED_FOLDERS:
        for path in (root / folder).iterdir() if (root / folder).is_dir() else ():
            remove_folder(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    # apt and dpkg want these; an empty machine-id is filled by each machine with its own.
    for folder in ("var/cache/apt/archives/partial", "var/lib/apt/lists/partial"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    machine_id = root / "etc/machine-id"
    machine_id.unlink(missing_ok=True)
    machine_id.touch(mode=0o444)


def wait_for_port(world: World, name: str, address: str, port: int = 22) -> None:
    """Waits until the machine's SSH answers; RemoteFailure with the end of its console where it does not."""
    deadline = time.monotonic() + SSH_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((address, port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RemoteFailure(f"{name} does not answer on port {port}: {read_console(world, name)}")


def run_quietly(command: Sequence[str], text: str = "") -> None:
    """Runs a program whose words matter only when it fails; then RemoteFailure carries the last of them.

    The program is killed when this process is: nobody would take its result.
    """
    done = subprocess.run(
        ["setpriv", "--pdeathsig", "KILL", "--", *command],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-ERROR_TAIL_LINES:])
        raise RemoteFailure(f"{Path(command[0]).name} … ended with exit code {done.returncode}: {last}")


def render_private_key(key: Ed25519PrivateKey) -> str:
    """The key in OpenSSH's own form."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


def render_public_key(key: Ed25519PrivateKey) -> str:
    """The key's public half, as in authorized_keys and known_hosts."""
    form = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return key.public_key().public_bytes(*form).decode()
