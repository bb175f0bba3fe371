"""Production, with its state in a bucket of S3's protocol: an enrolled host, and what can go wrong there."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.adapters.lease import Holder
from orchestrator.adapters.pulumi import CLAIM_TAG
from orchestrator.adapters.rehearsal import prepare_rehearsal
from orchestrator.workflows.deployment import request_rehearsal
from orchestrator.workflows.inputs import Where, read_inputs
from tests.rehearsed_fleet import HOST, Done, RehearsedFleet, make_fleet
from tests.s3_server import S3Server, run_s3_server

pytestmark = [pytest.mark.engine, pytest.mark.machines]

ROOT = Path(__file__).resolve().parents[2]
NAME = "states"
STACK = f".pulumi/stacks/{NAME}/metal.json"
NOT_TOLD = ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "HCLOUD_TOKEN")


@dataclass(frozen=True)
class Production:
    """A fleet of one enrolled host (a machine of a rehearsal, reached as any host is) with its state in a bucket."""

    fleet: RehearsedFleet
    server: S3Server
    url: str

    @property
    def bucket(self) -> Path:
        return self.server.folder / NAME

    @property
    def environment(self) -> dict[str, str]:
        told = {name: value for name, value in self.fleet.environment.items() if name not in NOT_TOLD}
        identity = {"ORCHESTRATOR_SSH_IDENTITY": str(self.fleet.world_folder / "operator_ed25519")}
        return {**told, **self.server.credentials, **identity}

    def run(self, *arguments: str, **variables: str | None) -> Done:
        """The command, with variables set or (None) not set."""
        told = {**self.environment, **variables}
        return self.fleet.run(
            *arguments, environment={name: value for name, value in told.items() if value is not None}
        )

    def run_pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The plain CLI on the bucket."""
        told = ("PULUMI_HOME", "PULUMI_CONFIG_PASSPHRASE")
        settings = {name: self.environment[name] for name in told} | dict(self.server.credentials)
        return self.fleet.pulumi(
            *arguments, folder=self.fleet.folder, environment={**settings, "PULUMI_BACKEND_URL": self.url}
        )

    def write_project(self, backend: str | None = None) -> None:
        """The committed project, with the program's own place; perhaps with a backend."""
        text = (ROOT / "Pulumi.yaml").read_text().replace("main: stacks/", f"main: {ROOT / 'stacks'}")
        text = text.replace("virtualenv: .venv", f"virtualenv: {sys.prefix}").replace("node-orchestrator", NAME, 1)
        text += f"backend: {{url: '{backend}'}}\n" if backend else ""
        (self.fleet.folder / "Pulumi.yaml").write_text(text)

    def write_control(self, url: str | None) -> None:
        """States in the spec where the state is, or nothing."""
        text = self.fleet.spec.read_text().partition("control:")[0]
        keepers = "  secrets: {url: passphrase, operator: office}\n  artifacts: {operator: office}\n"
        section = (
            f"control:\n  state: {{url: '{url}', operator: office}}\n{keepers}  controller: {{operator: office}}\n"
        )
        self.fleet.spec.write_text(text + (section if url else ""))


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory, as_root: None) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("backends")
    fleet = make_fleet(NAME, folder / "fleet", {}, hosts=1, count=1)
    with run_s3_server(folder / "buckets") as server, fleet.at_home():
        prepare_rehearsal(request_rehearsal(read_inputs(Where(fleet.spec))))
        made = Production(fleet, server, server.make_bucket(NAME))
        made.write_project()
        made.write_control(made.url)
        reach = json.loads((fleet.world_folder / "access.json").read_text())["hosts"]["metal"]["metal-1"]
        host = HOST.format(name="metal-1", number=1).replace("192.0.2.1", reach["address"])
        key = host.partition("host_key: ")[2].partition("}")[0]
        (fleet.folder / "hosts.yaml").write_text(f"hosts:{host.replace(key, reach['host_key'])}")
        yield made
    assert fleet.clean() == []


@pytest.fixture(scope="module")
def up(production: Production) -> Done:
    """The first `up`, told by the spec alone where the state is."""
    return production.run("up", "--format", "json")


@pytest.fixture
def restored(production: Production) -> Iterator[None]:
    """The project and the spec as they were, afterwards."""
    yield
    production.write_project()
    production.write_control(production.url)


def assert_refused(done: Done, *words: str) -> None:
    """One sentence with those words, before anything was done."""
    assert done.code == 2, done.out + done.err
    assert len(done.err.splitlines()) == 1, done.err
    for word in words:
        assert word in done.err


def test_without_a_passphrase_nothing_is_begun(production: Production) -> None:
    done = production.run("up", PULUMI_CONFIG_PASSPHRASE=None)
    assert_refused(done, "passphrase that encrypts the stacks' secrets is not set", "PULUMI_CONFIG_PASSPHRASE_FILE")
    assert not (production.bucket / ".pulumi").exists()


def test_up_keeps_the_state_in_the_bucket(production: Production, up: Done) -> None:
    assert up.code == 0, up.out + up.err
    assert up.read()["resources_changed"] == 1
    assert (production.bucket / STACK).is_file()
    assert not (production.fleet.folder / "production").exists()


def test_up_again_changes_nothing(production: Production, up: Done) -> None:
    done = production.run("up", "--format", "json")
    assert done.code == 0, done.out + done.err
    assert (done.read()["resources_changed"], done.read()["machines_configured"]) == (0, 0)


def test_the_projects_own_backend_will_do(production: Production, up: Done, restored: None) -> None:
    production.write_control(None)
    assert_refused(production.run("status"), "the Pulumi backend cannot be used: none is set", "control.state.url")
    production.write_project(production.url)
    done = production.run("status", "--format", "json")
    assert done.code == 0, done.out + done.err
    assert done.read()["well"]


def test_two_places_for_one_state_are_refused(production: Production, up: Done) -> None:
    done = production.run("status", PULUMI_BACKEND_URL="gs://another")
    assert_refused(done, "control.state.url is s3://", "PULUMI_BACKEND_URL says gs://another", "fleet.yaml:")


def test_another_secrets_provider_is_refused(production: Production, up: Done, restored: None) -> None:
    text = production.fleet.spec.read_text()
    production.fleet.spec.write_text(text.replace("url: passphrase", "url: 'awskms://alias/states'"))
    done = production.run("status")
    assert_refused(done, "stack metal is encrypted by passphrase", "pulumi stack change-secrets-provider")


def test_a_lock_is_a_persons_to_break(production: Production, up: Done) -> None:
    lock = production.bucket / f".pulumi/locks/organization/{NAME}/metal/0d9b42f1-ffd5-4b4b-9cbc-0a7cf0ec8ba6.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = {"pid": 1, "username": "someone", "hostname": "elsewhere.invalid", "timestamp": "2026-11-23T00:00:00Z"}
    lock.write_text(json.dumps(holder))
    try:
        done = production.run("down", "--yes", "--format", "json")
        assert done.code == 3, done.out + done.err
        said = done.read()["accounts"]["metal"]["error"]
        assert said.startswith("another engine holds the lock on the state of stack metal")
        assert f"pulumi cancel --stack metal in {production.fleet.folder}" in said
        assert len(said.splitlines()) == 1
        done_by_hand = production.run_pulumi("cancel", "--yes", "--stack", "metal")
        assert done_by_hand.returncode == 0, done_by_hand.stderr
        assert not lock.exists()
    finally:
        shutil.rmtree(lock.parent, ignore_errors=True)


def test_a_command_on_another_computer_is_respected_until_a_person_says_otherwise(
    production: Production, up: Done
) -> None:

    def tag(*arguments: str) -> str:
        stack = ("--stack", "metal")
        done = production.run_pulumi("stack", "tag", *arguments, *stack)
        assert done.returncode == 0, done.stderr
        return done.stdout

    before = Holder.model_validate_json(tag("get", CLAIM_TAG))
    assert before.released
    other = before.model_copy(update={"host": "elsewhere.invalid", "released": False, "token": before.token + 7})
    tag("set", CLAIM_TAG, other.model_dump_json())
    assert_refused(production.run("up"), "another orchestrator command is at work", "elsewhere.invalid", "--take-over")
    done = production.run("up", "--take-over", "--format", "json")
    assert done.code == 0, done.out + done.err
    after = Holder.model_validate_json(tag("get", CLAIM_TAG))
    assert (after.token, after.released) == (other.token + 1, True)


def test_a_backend_that_is_not_there_is_one_sentence(production: Production, up: Done, restored: None) -> None:
    production.write_control(production.url.replace(f"s3://{NAME}", "s3://nowhere"))
    assert_refused(production.run("up"), "the Pulumi backend cannot be used", "specified bucket does not exist")


def test_a_rehearsal_keeps_its_own_backend(production: Production, up: Done) -> None:
    told = production.fleet.engine_environment["PULUMI_BACKEND_URL"]
    assert told == f"file://{production.fleet.world_folder / 'state'}"


def test_down_leaves_no_stack_behind(production: Production, up: Done) -> None:
    done = production.run("down", "--delete-data", "--confirm", NAME)
    assert done.code == 0, done.out + done.err
    assert not (production.bucket / STACK).exists()
