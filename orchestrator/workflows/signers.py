"""signers: start each signing client where its node has it, if nothing else can sign for the node; else say why not."""

import secrets
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from orchestrator.adapters.signers import add_claim, look_at_signer, mark_disk, read_claims, start_signer
from orchestrator.model.errors import RemoteFailure
from orchestrator.model.lock import CARRYING_STATES, Lock
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.model.signer import SignerClaim
from orchestrator.model.stack import StackResult
from orchestrator.reconcile.fencing import judge_disk, judge_machine, list_signers
from orchestrator.spec.load import ENROLLED
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.reach import Reached, collect_outputs

PHASE = "sign"
THREADS = 16
DISK_BYTES = 16


@dataclass(frozen=True)
class Signing:
    """What came of starting signers, by machine: why one was withheld by the fence, and what failed."""

    withheld: Mapping[str, str]
    failures: Mapping[str, str]


@dataclass(frozen=True)
class Fence:
    """All that decides whether a signer may be started; `deleted` are retired machines that are no more."""

    deployment: Deployment
    inputs: Inputs
    lock: Lock
    deleted: frozenset[str]


def start_signers(fence: Fence, reached: Iterable[Reached], tell: OnProgress) -> Signing:
    """Starts every signer that does not run, of the machines that were reached and configured."""
    clients = fence.inputs.clients
    standing = [each for each in reached if each.machine.state in CARRYING_STATES]
    signing = [(each, signers) for each in standing if (signers := list_signers(each.machine, clients))]

    def attempt(due: tuple[Reached, tuple[str, ...]]) -> tuple[str, str]:
        each, signers = due
        try:
            return "; ".join(filter(None, [start(fence, each, client, tell) for client in signers])), ""
        except RemoteFailure as failure:
            return "", str(failure)

    with ThreadPoolExecutor(THREADS) as pool:
        results = dict(zip((each.machine.machine for each, _ in signing), pool.map(attempt, signing), strict=True))
    return Signing(
        withheld={machine: why for machine, (why, _) in results.items() if why},
        failures={machine: failure for machine, (_, failure) in results.items() if failure},
    )


def start(fence: Fence, each: Reached, client: str, tell: OnProgress) -> str:
    """Starts one signer, or finds it running; why it is withheld, "" where it is not.

    The disk is marked, then the claim is kept beside the lock, then the client is started: killed in between, the same
    command finds the mark and goes on.
    """
    machine, identity = each.machine, fence.deployment.identity
    claims = [claim for claim in read_claims(fence.deployment.claims) if claim.machine == machine.machine]
    seen = look_at_signer(each.endpoint, identity, client)
    why = judge_machine(machine, fence.lock, fence.deleted) or judge_disk(machine, client, claims, seen)
    if why:
        running = " (it runs all the same)" if seen.active else ""
        tell(Progress(phase=PHASE, subject=machine.machine, status=f"{client} is withheld: {why}{running}"))
        return f"{client} is not started{running}: {why}"
    disk = seen.mark or mark(fence, each, client)
    if not claims:
        add_claim(fence.deployment.claims, SignerClaim(machine=machine.machine, client=client, disk=disk))
    if not seen.active:
        start_signer(each.endpoint, identity, client, disk)
        tell(Progress(phase=PHASE, subject=machine.machine, status=f"{client} started"))
    return ""


def mark(fence: Fence, each: Reached, client: str) -> str:
    """Marks a disk that has no mark yet; the mark."""
    disk = secrets.token_hex(DISK_BYTES)
    mark_disk(each.endpoint, fence.deployment.identity, client, disk)
    return disk


def find_deleted(inputs: Inputs, lock: Lock, stacks: Mapping[str, StackResult]) -> frozenset[str]:
    """The retired machines whose deletion their provider confirmed: the engine has none of them any more.

    An enrolled host is released, not deleted: what ran on it may run still.
    """
    there = collect_outputs(stacks.values())
    ended = lock.header.terminated or ()
    clouds = {each.name for each in inputs.fleet.accounts if each.provider != ENROLLED and each.name not in ended}
    sound = {name for name in clouds if is_sound(stacks.get(inputs.fleet.get_stack(name)))}
    return frozenset(line.retired for line in lock.retired if line.account in sound and line.retired not in there)


def is_sound(result: StackResult | None) -> bool:
    """Whether a stack was brought to what the lock declares."""
    return result is not None and result.error is None and not result.left_out
