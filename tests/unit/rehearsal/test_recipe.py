"""What the base image is made from, and that its digest says so."""

from pathlib import Path

import pytest

from orchestrator.model.errors import ToolMissing
from orchestrator.rehearsal.recipe import (
    FILES,
    AptSource,
    Recipe,
    compute_role_digest,
    parse_sources,
    read_release,
    read_role_packages,
    render_sources,
)

TARGETS = """\
http://mirror.test/debian/|bookworm|main
http://mirror.test/debian/|bookworm|main
http://mirror.test/debian/|bookworm|contrib
http://mirror.test/debian/|bookworm-updates|main
http://security.test/debian/|bookworm/updates|main
http://elsewhere.test/tool/|nodistro|main
http://elsewhere.test/tool/|bookwormish|main
"""


def make_recipe(**changes: object) -> Recipe:
    facts = {
        "release": "bookworm",
        "arch": "x86_64",
        "sources": (),
        "packages": ("python3",),
        "files": FILES,
        "masked_units": (),
        "stages_files": {},
    }
    return Recipe.model_validate(facts | changes)


def test_sources_are_those_of_the_release_alone() -> None:
    assert parse_sources(TARGETS, "bookworm") == (
        AptSource(uri="http://mirror.test/debian/", suite="bookworm", components=("main", "contrib")),
        AptSource(uri="http://mirror.test/debian/", suite="bookworm-updates", components=("main",)),
        AptSource(uri="http://security.test/debian/", suite="bookworm/updates", components=("main",)),
    )
    assert parse_sources("", "bookworm") == ()


def test_sources_are_rendered_in_one_line_each() -> None:
    sources = parse_sources(TARGETS, "bookworm")[:1]
    assert render_sources(sources) == "deb http://mirror.test/debian/ bookworm main contrib\n"


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ('ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian = 12"\n', "bookworm"),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME="noble"\n', "noble"),
    ],
)
def test_the_release_is_the_hosts_own(text: str, release: str) -> None:
    assert read_release(text) == release


@pytest.mark.parametrize("text", ['ID=fedora\nVERSION_CODENAME=""\n', "ID=debian\n", ""])
def test_other_hosts_are_told_so(text: str) -> None:
    with pytest.raises(ToolMissing, match="neither"):
        read_release(text)


def test_the_digest_names_everything_in_the_recipe() -> None:
    changes: list[dict[str, object]] = [
        {},
        {"release": "trixie"},
        {"packages": ("python3", "nftables")},
        {"files": {}},
        {"masked_units": ("x.timer",)},
        {"role": "abc"},
    ]
    assert len({make_recipe(**change).compute_digest() for change in changes}) == len(changes)
    assert make_recipe().compute_digest() == make_recipe().compute_digest()


@pytest.fixture
def ansible(tmp_path: Path) -> Path:
    for path, text in {
        "ansible.cfg": "[defaults]\n",
        "playbooks/image.yml": "- hosts: all\n  roles: [base]\n",
        "roles/base/defaults/main.yml": "base_packages: [dbus, python3]\n",
        "roles/other/tasks/main.yml": "[]\n",
        "library/module.py": "x = 1\n",
        "library/__pycache__/module.pyc": "x",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "matters"),
    [
        ("ansible.cfg", True),
        ("playbooks/image.yml", True),
        ("roles/base/defaults/main.yml", True),
        ("roles/base/files/new", True),
        ("library/module.py", True),
        ("roles/other/tasks/main.yml", False),
        ("library/__pycache__/module.pyc", False),
    ],
)
def test_the_role_digest_follows_what_the_playbook_uses(ansible: Path, changed: str, matters: bool) -> None:
    playbook = ansible / "playbooks/image.yml"
    before = compute_role_digest(playbook)
    path = ansible / changed
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write("# changed\n")
    assert (compute_role_digest(playbook) != before) is matters


def test_the_roles_packages_are_in_the_image(ansible: Path, tmp_path: Path) -> None:
    assert read_role_packages(ansible / "playbooks/image.yml") == ("dbus", "python3")
    assert read_role_packages(tmp_path / "missing" / "playbooks" / "image.yml") == ()
