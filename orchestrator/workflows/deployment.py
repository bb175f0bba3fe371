"""Where a fleet is run from: the Pulumi project, the operator's key, the pinned host keys; production or rehearsal."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from orchestrator.adapters.lease import Lease
from orchestrator.adapters.pins import PINS_NAME
from orchestrator.adapters.pulumi import PulumiProject
from orchestrator.adapters.pulumi_backend import URL_VARIABLE, find_named_backend, require_backend, require_secrets
from orchestrator.adapters.rehearsal import find_rehearsal, prepare_rehearsal
from orchestrator.adapters.sync_records import SYNCS_NAME
from orchestrator.catalog.hosts import build_zone
from orchestrator.folders import IDENTITY_VARIABLE, find_identity, find_state_folder
from orchestrator.model.errors import InvalidDocument, OrchestratorError, ToolMissing
from orchestrator.model.failure_domain import DOMAIN_KINDS, DomainKind
from orchestrator.model.fleet import Account
from orchestrator.model.host import EnrolledHost
from orchestrator.model.rehearsal import Rehearsal, RehearsalRequest, RehearsedAccount, RehearsedHost
from orchestrator.model.site import Site
from orchestrator.workflows.inputs import Inputs

CLAIMS_NAME = "fleet.signers.json"
REHEARSAL_SCRATCH = "controller"


@dataclass(frozen=True)
class Deployment:
    """What the adapters need to know of where a fleet is run from. `scratch` holds files of runs, not facts.

    `arch` is the architecture of all machines where the lock does not decide: rehearsal machines have this computer's.
    `lease` is held by commands that change something.
    """

    project: PulumiProject
    identity: Path
    pins: Path
    scratch: Path
    arch: str | None = None
    lease: Lease | None = None

    @property
    def syncs(self) -> Path:
        """Where it is kept how long machines took to be in sync: beside the pinned host keys too."""
        return self.pins.with_name(SYNCS_NAME)

    @property
    def claims(self) -> Path:
        """Where it is kept on which disk each signer was started: beside the pinned host keys."""
        return self.pins.with_name(CLAIMS_NAME)


def open_deployment(inputs: Inputs, rehearse: bool) -> Deployment:
    """The fleet's rehearsal where one is asked for, made ready if need be; else production."""
    if rehearse:
        return describe_rehearsal(prepare_rehearsal(request_rehearsal(inputs)), inputs)
    return open_production(inputs)


def find_deployment(inputs: Inputs, rehearse: bool) -> Deployment:
    """The same for commands that look at what is there: a rehearsal must exist, and is left as it is."""
    return find_rehearsal_of(inputs) if rehearse else open_production(inputs)


def find_rehearsal_of(inputs: Inputs) -> Deployment:
    """The fleet's rehearsal; an error where there is none."""
    rehearsal = find_rehearsal(request_rehearsal(inputs))
    if rehearsal is None:
        raise ToolMissing(
            f"{inputs.where.spec} is not being rehearsed", hint="orchestrator up --rehearse starts a rehearsal"
        )
    return describe_rehearsal(rehearsal, inputs)


def find_scratch(inputs: Inputs, rehearse: bool) -> Path | None:
    """Where commands keep files of the fleet's runs; None where it isn't being rehearsed."""
    if not rehearse:
        return find_production_scratch(inputs)
    rehearsal = find_rehearsal(request_rehearsal(inputs))
    return None if rehearsal is None else rehearsal.folder / REHEARSAL_SCRATCH


def find_production_scratch(inputs: Inputs) -> Path:
    """The same in production."""
    return find_state_folder() / "fleets" / inputs.fleet.name


def open_production(inputs: Inputs) -> Deployment:
    """Production: the Pulumi project that the spec lies in."""
    spec = inputs.where.spec.resolve()
    folder = next((folder for folder in spec.parents if (folder / "Pulumi.yaml").is_file()), None)
    if folder is None:
        raise ToolMissing(
            f"no Pulumi.yaml beside {inputs.where.spec} or above it",
            hint="copy the project's own beside the spec, or add --rehearse to try it on this computer",
        )
    identity = find_identity()
    environment = {IDENTITY_VARIABLE: str(identity)} | name_files(inputs) | name_backend(inputs, folder)
    control = inputs.fleet.control
    secrets_provider = control.secrets.url if control and control.secrets else None
    told = {**os.environ, **environment}
    require_secrets(folder, require_backend(folder, told), inputs.fleet.list_stacks(), secrets_provider, told)
    return Deployment(
        project=PulumiProject(folder, environment, secrets_provider),
        identity=identity,
        pins=spec.with_name(PINS_NAME),
        scratch=find_production_scratch(inputs),
    )


def name_backend(inputs: Inputs, folder: Path) -> dict[str, str]:
    """The variable that tells Pulumi the backend of the spec, where it names one; an error where others contradict."""
    state = inputs.fleet.control and inputs.fleet.control.state
    if not state or state.url is None:
        return {}
    other = find_named_backend(folder, os.environ)
    if other is not None and other.url != state.url:
        message = f"control.state.url is {state.url}, but {other.said_by} says {other.url}"
        hint = "the state is in one place: take out the one that is wrong"
        raise InvalidDocument([OrchestratorError(message, hint=hint, source=state.source)])
    return {URL_VARIABLE: state.url}


def name_files(inputs: Inputs) -> dict[str, str]:
    """The variables that tell the stack program which spec and lock this command speaks of."""
    return {
        "ORCHESTRATOR_SPEC": str(inputs.where.spec.resolve()),
        "ORCHESTRATOR_LOCK": str(inputs.where.lock_path.resolve()),
    }


def describe_rehearsal(rehearsal: Rehearsal, inputs: Inputs) -> Deployment:
    """A rehearsal as a deployment: all that it needs is in its own folder."""
    return Deployment(
        project=PulumiProject(rehearsal.folder, rehearsal.environment | name_files(inputs)),
        identity=rehearsal.identity,
        pins=rehearsal.folder / PINS_NAME,
        scratch=rehearsal.folder / REHEARSAL_SCRATCH,
        arch=platform.machine(),
    )


def request_rehearsal(inputs: Inputs) -> RehearsalRequest:
    """What the rehearsal program is told of the fleet."""
    return RehearsalRequest(
        fleet=inputs.fleet.name,
        spec=inputs.where.spec.resolve(),
        lock=inputs.where.lock_path.resolve(),
        accounts=tuple(describe_account(account) for account in inputs.fleet.accounts),
        layout=inputs.fleet.layout,
    )


def describe_account(account: Account) -> RehearsedAccount:
    """One account, with the failure domains of its enrolled hosts."""
    hosts = tuple(RehearsedHost(name=host.name, domains=list_domains(account, host)) for host in account.hosts)
    return RehearsedAccount(name=account.name, provider=account.provider, hosts=hosts)


def list_domains(account: Account, host: EnrolledHost) -> dict[DomainKind, str]:
    """The failure domains that one host is in, as far as they are known."""
    site = Site(account=account.name, operator=host.operator, zone=build_zone([host]))
    known = {kind: site.get_domain(kind) for kind in DOMAIN_KINDS}
    return {kind: value for kind, value in known.items() if value is not None}
