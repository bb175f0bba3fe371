"""What the base image of rehearsal machines is made from, the digest of that, and where the finished image lies."""

import hashlib
import json
import platform
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from orchestrator.documents.yaml_document import read_yaml
from orchestrator.folders import find_asset, find_cache_folder
from orchestrator.model.base import Frozen
from orchestrator.model.errors import RemoteFailure, ToolMissing
from orchestrator.rehearsal.network import run_tool

# Raise it when image.py does something else with the same recipe.
RECIPE_FORMAT = 1

PACKAGES = (
    "ca-certificates",
    "cloud-init",
    "dbus",
    "iproute2",
    "nftables",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "systemd-sysv",
    "systemd-timesyncd",
)

# Nobody reads manuals in a rehearsal; copyright files stay.
EXCLUDED_PATHS = ("/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/doc/*")
INCLUDED_PATHS = ("/usr/share/doc/*/copyright",)

# cloud-init as on a provider's own image, less what has no object in a container: root gets the keys (Hetzner's images
# do the same), the one source of data is the seed on disk, and the modules are those that user data can ask for here.
# Each stage is a Python process of its own, and each module costs time: twelve machines boot at once.
CLOUD_CONFIG: dict[str, Any] = {
    "datasource_list": ["NoCloud"],
    "datasource": {"NoCloud": {"fs_label": None}},
    "network": {"config": "disabled"},
    "disable_root": False,
    "users": [],
    "ssh_genkeytypes": ["ed25519"],
    "cloud_init_modules": ["bootcmd", "write-files", "set_hostname", "update_hostname", "users-groups", "ssh"],
    "cloud_config_modules": ["runcmd"],
    "cloud_final_modules": ["write-files-deferred", "scripts-per-boot", "scripts-per-instance", "scripts-user"],
}

STAGES_PROGRAM = "usr/local/sbin/cloud-init-stages"
RUN_STAGES = f"[Service]\nExecStart=\nExecStart=/usr/bin/python3 /{STAGES_PROGRAM}"

FILES: dict[str, str] = {
    # cloud-init's own search for its source of data reads line by line, so each key has its value on its own line.
    "etc/cloud/cloud.cfg.d/95-rehearsal.cfg": "".join(
        f"{key}: {json.dumps(value)}\n" for key, value in CLOUD_CONFIG.items()
    ),
    "etc/systemd/journald.conf.d/05-rehearsal.conf": "[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n",
    "etc/apt/apt.conf.d/05-rehearsal": 'Acquire::Retries "0";\nAcquire::http::Timeout "5";\n',
}

# Four services of cloud-init in two processes, for versions that do not come with one process of their own.
STAGES_FILES: dict[str, str] = {
    STAGES_PROGRAM: Path(__file__).with_name("cloud_init_stages.py").read_text(encoding="utf-8"),
    "etc/systemd/system/cloud-init.service.d/rehearsal.conf": f'{RUN_STAGES} "init --local" init\n',
    "etc/systemd/system/cloud-final.service.d/rehearsal.conf": (
        f'{RUN_STAGES} "modules --mode=config" "modules --mode=final"\n'
    ),
}
STAGES_MASKED_UNITS = ("cloud-init-local.service", "cloud-config.service")
SINGLE_PROCESS_UNIT = "usr/lib/systemd/system/cloud-init-main.service"

# Without a console, hardware, sessions or a way out these have nothing to do.
MASKED_UNITS = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "cloud-init-hotplugd.socket",
    "console-getty.service",
    "dev-hugepages.mount",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty.target",
    "sys-fs-fuse-connections.mount",
    "systemd-logind.service",
    "systemd-update-utmp.service",
    "systemd-update-utmp-runlevel.service",
)


class AptSource(Frozen):
    """One suite of an archive that this host installs from."""

    uri: str
    suite: str
    components: tuple[str, ...]


class Recipe(Frozen):
    """All that decides what is in the base image. `sources` empty: the bootstrap tool's own default archive.

    `role` is the digest of the Ansible files applied on top; None where there are none.
    """

    format: int = RECIPE_FORMAT
    release: str
    arch: str
    sources: tuple[AptSource, ...]
    packages: tuple[str, ...]
    files: dict[str, str]
    masked_units: tuple[str, ...]
    stages_files: dict[str, str]
    stages_masked_units: tuple[str, ...] = STAGES_MASKED_UNITS
    excluded_paths: tuple[str, ...] = EXCLUDED_PATHS
    included_paths: tuple[str, ...] = INCLUDED_PATHS
    role: str | None = None

    def compute_digest(self) -> str:
        """16 hex digits that name the image."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()[:16]


def find_images_folder() -> Path:
    """Where the images are, each in a folder named by the digest of its recipe."""
    return find_cache_folder() / "images"


def find_image_folder(recipe: Recipe) -> Path:
    """Where the image of that recipe is, or would be."""
    return find_images_folder() / recipe.compute_digest()


def find_base_image() -> Path:
    """The base image that machines start from; RemoteFailure where it is not made yet."""
    folder = find_image_folder(read_recipe())
    if not folder.is_dir():
        raise RemoteFailure("the base image of rehearsal machines is missing", hint="run `make setup`")
    return folder


def read_recipe() -> Recipe:
    """The recipe that this host and this checkout give: the host's own release and archives, the role `base`."""
    playbook = find_playbook()
    role_packages = read_role_packages(playbook)
    return Recipe(
        release=read_release(Path("/etc/os-release").read_text(encoding="utf-8")),
        arch=platform.machine(),
        sources=read_sources(),
        packages=tuple(sorted({*PACKAGES, *role_packages})),
        files=FILES,
        masked_units=MASKED_UNITS,
        stages_files=STAGES_FILES,
        role=compute_role_digest(playbook) if playbook.exists() else None,
    )


def find_playbook() -> Path:
    """The playbook that prepares an image."""
    return find_asset("ansible") / "playbooks" / "image.yml"


def read_release(os_release: str) -> str:
    """The codename of this host's release; ToolMissing on anything but Debian and its kin."""
    facts = dict(line.partition("=")[::2] for line in os_release.splitlines() if "=" in line)
    kin = {word for key in ("ID", "ID_LIKE") for word in facts.get(key, "").strip('"').split()}
    if "debian" not in kin or "VERSION_CODENAME" not in facts:
        raise ToolMissing(
            "rehearsal machines are made from Debian's or Ubuntu's packages, and this host is neither",
            hint="run rehearsals on Debian or Ubuntu; place, check and simulate work anywhere",
        )
    return facts["VERSION_CODENAME"].strip('"')


@cache
def read_sources() -> tuple[AptSource, ...]:
    """The archives of this host's own release, as apt itself reads them from all of its files, old form and new."""
    form = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
    without_index = ["-o", "Dir::State::lists=/nonexistent"]  # else apt reads a hundred thousand packages first
    command = ["apt-get", *without_index, "indextargets", "--no-release-info", "--format", form, "Created-By: Packages"]
    text = run_tool(command)
    return parse_sources(text, read_release(Path("/etc/os-release").read_text(encoding="utf-8")))


def parse_sources(text: str, release: str) -> tuple[AptSource, ...]:
    """Sources from lines URI|SUITE|COMPONENT, those alone whose suite is `release` or one of its pockets."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in text.splitlines():
        uri, suite, component = line.split("|")
        components = found.setdefault((uri, suite), [])
        if component not in components:
            components.append(component)
    return tuple(
        AptSource(uri=uri, suite=suite, components=tuple(components))
        for (uri, suite), components in found.items()
        if suite == release or suite.startswith((f"{release}-", f"{release}/"))
    )


def render_sources(sources: Iterable[AptSource]) -> str:
    """Sources in apt's one-line form."""
    return "".join(f"deb {source.uri} {source.suite} {' '.join(source.components)}\n" for source in sources)


def read_role_packages(playbook: Path) -> tuple[str, ...]:
    """What the role `base` installs: it has to be in the image already, because machines have no way out."""
    defaults = playbook.parent.parent / "roles" / "base" / "defaults" / "main.yml"
    return tuple(read_yaml(defaults).data.get("base_packages", ())) if defaults.exists() else ()


def compute_role_digest(playbook: Path) -> str:
    """The digest of the playbook, its roles, and the modules and settings that these use."""
    ansible = playbook.parent.parent
    roles = [role for play in read_yaml(playbook).data for role in play.get("roles", ())]
    parts = [playbook, ansible / "ansible.cfg", ansible / "library", *(ansible / "roles" / role for role in roles)]
    digest = hashlib.sha256()
    for part in parts:
        files = [part] if part.is_file() else sorted(path for path in part.rglob("*") if path.is_file())
        for path in files:
            if "__pycache__" not in path.parts:
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                digest.update(f"{path.relative_to(ansible)} {content}\n".encode())
    return digest.hexdigest()
