"""A cloud's refusals to make a machine, for want of capacity or quota: told from the engine's words by error codes.

This is the one place where another tool's text is read. The engine has no field for a cloud's error code: what a
provider plug-in reports of a failed resource is a sentence, so the code is found in it. Only codes are looked for, as
each cloud documents them; the Google plug-in leaves them out, so there the API's own fixed sentences stand for them. A
text that is not recognised is a failure like any other, and nothing is decided by it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from orchestrator.model.base import Frozen
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import CARRYING_STATES, Lock, Machine, MachineState, Retired
from orchestrator.model.stack import StackResult
from orchestrator.model.taint import Taint
from orchestrator.placement.holdings import get_node_number

# How long nothing is placed where a cloud refused. Clouds restock within minutes to hours; asking again is cheap.
TAINT_SECONDS = 1800.0


class Reach(Enum):
    """How far a refusal holds: for one machine type in a zone, or for every type in a zone, region or account."""

    MACHINE_TYPE = "machine type"
    ZONE = "zone"
    REGION = "region"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Code:
    """An error code of a cloud, how it stands in the plug-in's sentence, and how far the refusal holds."""

    name: str
    pattern: str
    reach: Reach


def _by_aws(name: str, reach: Reach) -> Code:
    """AWS's SDK writes "api error CODE: message" (docs.aws.amazon.com, "Error codes for the Amazon EC2 API")."""
    return Code(name, rf"\b{name}: ", reach)


def _by_hetzner(name: str, reach: Reach) -> Code:
    """Hetzner's library writes "message (code)" or "message (code, request)" (docs.hetzner.cloud, "Errors")."""
    return Code(name, rf"\({name}[,)]", reach)


def _by_google(name: str, sentence: str, reach: Reach) -> Code:
    """Google's plug-in writes the message without its code (docs.cloud.google.com, "Resource availability errors")."""
    return Code(name, rf"\b{name}|{sentence}", reach)


CODES: Mapping[str, tuple[Code, ...]] = {
    "aws": (
        _by_aws("InsufficientInstanceCapacity", Reach.MACHINE_TYPE),
        _by_aws("Unsupported", Reach.MACHINE_TYPE),  # the zone does not offer the type
        _by_aws("InsufficientVolumeCapacity", Reach.ZONE),
        _by_aws("VcpuLimitExceeded", Reach.REGION),
        _by_aws("InstanceLimitExceeded", Reach.REGION),
        _by_aws("VolumeLimitExceeded", Reach.REGION),
        _by_aws("AddressLimitExceeded", Reach.REGION),
    ),
    "gcp": (
        _by_google("CPUS_ALL_REGIONS", r"Quota 'CPUS_ALL_REGIONS' exceeded", Reach.ACCOUNT),
        _by_google("QUOTA_EXCEEDED", r"Quota '[A-Z0-9_-]+' exceeded", Reach.REGION),
        _by_google(
            "ZONE_RESOURCE_POOL_EXHAUSTED",
            r"does not have enough resources available to fulfill the request",
            Reach.MACHINE_TYPE,
        ),
    ),
    "hetzner": (
        _by_hetzner("resource_unavailable", Reach.MACHINE_TYPE),
        _by_hetzner("placement_error", Reach.MACHINE_TYPE),
        _by_hetzner("resource_limit_exceeded", Reach.ACCOUNT),
    ),
}


class Refusal(Frozen):
    """A machine that a cloud refused to make, whole or in part, in its own `words` with its own `code`.

    `parts` are the names of those of its resources that were made all the same, sorted.
    """

    machine: Machine
    code: str
    reach: Reach
    words: str
    parts: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether the machine itself was made, and only something that belongs to it was refused."""
        return self.machine.hostname in self.parts

    def build_taint(self, now: float) -> Taint:
        """Where nothing is placed for a while, on account of this refusal."""
        machine, reach = self.machine, self.reach
        return Taint(
            account=machine.account,
            region=None if reach is Reach.ACCOUNT else machine.region,
            zone=machine.zone if reach in (Reach.MACHINE_TYPE, Reach.ZONE) else None,
            machine_type=machine.machine_type if reach is Reach.MACHINE_TYPE else None,
            code=self.code,
            until=now + TAINT_SECONDS,
        )


def find_code(provider: str, words: str) -> Code | None:
    """The first capacity or quota code of that cloud in a failure's words; None where there is none."""
    return next((code for code in CODES.get(provider, ()) if re.search(code.pattern, words)), None)


def find_refusals(results: Iterable[StackResult], lock: Lock) -> tuple[Refusal, ...]:
    """The machines of the lock that a cloud refused to make for want of capacity or quota, in the lock's order.

    A machine's resources are those named like its host, or with a part's name behind that.
    """
    stacks = tuple(results)
    failures = (failure for result in stacks for failure in result.failures)
    words = {failure.step.name: failure.words for failure in failures if failure.step.operation == "create"}
    there = frozenset(step.name for result in stacks for step in result.steps if step.operation != "delete")
    return tuple(refusal for machine in lock.machines for refusal in _find_refusal(machine, words, there))


def compute_refused_entries(lock: Lock, refusals: Iterable[Refusal]) -> tuple[tuple[Machine, ...], tuple[Retired, ...]]:
    """The lock's entries once the refused machines are given up, for their nodes to be placed again.

    A machine of which nothing was made is retired at once: it never ran. Where a part was made, a volume say, that part
    is protected, so the machine is let go first, and retired when it is refused again. What a refused machine was to
    replace carries the node again, unless its place is lost.
    """
    refused = {refusal.machine.machine: refusal for refusal in refusals}
    retired = tuple(_retire(refusal) for refusal in refused.values() if _is_done_with(refusal))
    gone = {line.retired for line in retired}
    kept = (machine for machine in lock.machines if machine.machine not in gone)
    left = [_let_go(each, refused[each.machine]) if each.machine in refused else each for each in kept]
    bereft = {refusal.machine.node for refusal in refused.values()}
    bereft -= {machine.node for machine in left if machine.state in CARRYING_STATES}
    back = {_find_predecessor(left, node) for node in bereft}
    machines = tuple(_take_back(machine) if machine.machine in back else machine for machine in left)
    return machines, (*lock.retired, *retired)


def find_owed(fleet: Fleet, lock: Lock) -> tuple[Retired, ...]:
    """The last refusals of nodes that have no machine since, as far as their groups are short of nodes."""
    carried = {machine.node: machine.group for machine in lock.machines if machine.state in CARRYING_STATES}
    refused = {line.node: line for line in lock.retired if line.refused is not None and line.node not in carried}
    found: list[Retired] = []
    for group in fleet.groups:
        own = sorted(
            (node for node in refused if node.rpartition("-")[0] == group.name),
            key=get_node_number,
        )
        short = group.count - sum(name == group.name for name in carried.values())
        found.extend(refused[node] for node in own[: max(0, short)])
    return tuple(found)


def _is_done_with(refusal: Refusal) -> bool:
    released = refusal.machine.state is MachineState.RETIRING and not refusal.exists
    return released or not refusal.parts


def _retire(refusal: Refusal) -> Retired:
    machine = refusal.machine
    evidence = f"never made: {machine.provider} refused it ({refusal.code})"
    return Retired(
        retired=machine.machine, node=machine.node, account=machine.account, evidence=evidence, refused=refusal.code
    )


def _let_go(machine: Machine, refusal: Refusal) -> Machine:
    return machine.model_copy(update={"state": MachineState.RETIRING, "refused": refusal.code})


def _take_back(machine: Machine) -> Machine:
    return machine.model_copy(update={"state": MachineState.WANTED})


def _find_predecessor(machines: Iterable[Machine], node: str) -> str | None:
    """The node's newest machine that is on its way out and was made whole; None where there is none."""
    found = [
        machine
        for machine in machines
        if machine.node == node and machine.state is MachineState.RETIRING and machine.refused is None
    ]
    return max(found, key=lambda machine: machine.generation).machine if found else None


def _find_refusal(machine: Machine, words: Mapping[str, str], there: frozenset[str]) -> Iterator[Refusal]:
    failed = (words[name] for name in sorted(words) if _is_part(name, machine))
    codes = [(code, said) for said in failed if (code := find_code(machine.provider, said)) is not None]
    if codes:
        code, said = codes[0]
        parts = tuple(sorted(name for name in there if _is_part(name, machine)))
        yield Refusal(machine=machine, code=code.name, reach=code.reach, words=said, parts=parts)


def _is_part(name: str, machine: Machine) -> bool:
    """Whether a resource is the machine, or a part of it: "btc-3-2" and "btc-3-2-volume" are of btc-3.2."""
    before, _, part = name.partition(machine.hostname)
    return not before and (not part or (part.startswith("-") and part[1:].isalpha()))
