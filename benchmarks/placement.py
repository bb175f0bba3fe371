"""How long placement takes, by number of nodes: `python benchmarks/placement.py [NODES…]`.

Groups and sites stay as they are (50 groups, 200 sites of 10 providers and 20 countries) while nodes go from 100 to
1,000,000. Each line is a process of its own: processor seconds (it uses one thread) of a first placement and of one
after losing a provider, for the counts (encoding and solver) and for all of `compute_plan` (candidates, holdings, a
machine for every node too), and the peak memory. A million nodes need 6 GB, for the machines as objects.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from pydantic import TypeAdapter

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Account, Fleet, Group, MachineNeed
from orchestrator.model.lock import Lock, LockHeader
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.model.rule import Rule
from orchestrator.model.site import MachineType, Zone
from orchestrator.placement.candidates import compute_situation
from orchestrator.placement.encode import Strictness, encode
from orchestrator.placement.place import compute_plan
from orchestrator.placement.stages import compute_answer, compute_objectives
from orchestrator.placement.to_lock import compute_lock_entries
from orchestrator.policy.compile import compile_policy

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
GROUPS, SITES, PROVIDERS, COUNTRIES = 50, 200, 10, 20
LOST = (Loss(kind="provider", value="p0"),)
SOURCE = {"file": "bench.yaml", "line": 1}


def make_fleet(nodes: int) -> Fleet:
    """A fleet of that many nodes in at most 50 groups, sizes from small to large, under five rules."""
    groups = min(GROUPS, max(1, nodes // 20))
    shares = [GROUPS + number for number in range(groups)]
    counts = [max(1, nodes * share // sum(shares)) for share in shares]
    counts[-1] += nodes - sum(counts)
    rules: list[dict[str, object]] = [
        {"cap": "40%", "per": "provider"},
        {"cap": "20%", "per": "provider", "of": "fleet"},
        {"cap": "30%", "per": "country", "of": "fleet"},
        {"below": "50%", "per": "country"},
        {"min_domains": 3, "per": "country"},
    ]
    return Fleet.model_validate(
        {
            "fleet": "bench",
            "accounts": tuple(make_account(number) for number in range(PROVIDERS)),
            "groups": tuple(make_group(number, count) for number, count in enumerate(counts)),
            "policy": TypeAdapter(tuple[Rule, ...]).validate_python([{**rule, "__source__": SOURCE} for rule in rules]),
            "digest": "sha256:0",
            "path": "bench.yaml",
        }
    )


def make_account(number: int) -> Account:
    """An account with a provider of its own."""
    return Account.model_validate({"name": f"p{number}", "provider": f"p{number}", "__source__": SOURCE})


def make_group(number: int, count: int) -> Group:
    """A group; every third needs the same cores."""
    need = MachineNeed(vcpus=2 + number % 3, memory=Decimal(4), disk=Decimal(100))
    fields = {"name": f"g{number:02}", "chain": "bitcoin", "network": "mainnet", "count": count}
    return Group.model_validate({**fields, "clients": {"node": ("btcd",)}, "machine": need, "__source__": SOURCE})


def make_catalogue() -> Catalogue:
    """200 zones and three machine types in each, no price like another."""
    zones, types = [], []
    for number in range(SITES):
        provider, region = f"p{number % PROVIDERS}", f"r{number:03}"
        country = f"c{(number * 7 + number // PROVIDERS) % COUNTRIES}"
        zones.append(Zone(provider=provider, region=region, zone="z", zone_id=f"z{number:03}", country=country))
        for vcpus in (2, 4, 8):
            price = Decimal(vcpus * 1000 + (number * 7919 + vcpus * 104729) % 997) / 100
            types.append(
                MachineType(
                    provider=provider,
                    region=region,
                    name=f"m{vcpus}",
                    vcpus=vcpus,
                    cpu="dedicated",
                    memory_gib=Decimal(16),
                    local_disk_gib=500,
                    usd_per_month=price,
                )
            )
    return Catalogue(zones=tuple(zones), machine_types=tuple(types), storage_prices=(), images=())


def make_lock(plan: Plan) -> Lock:
    """The lock that a plan would be written as."""
    machines, retired = compute_lock_entries(plan)
    header = LockHeader(fleet="bench", revision="r", spec="sha256:0", facts="f")
    return Lock(header=header, machines=machines, retired=retired)


def time_counts(fleet: Fleet, catalogue: Catalogue, lock: Lock | None, losses: tuple[Loss, ...]) -> float:
    """Processor seconds of encoding and solving all stages: what does not depend on the number of nodes."""
    situation = compute_situation(fleet, catalogue, lock, losses, frozenset())
    policy = compile_policy(fleet.policy, fleet, situation.candidates)
    situation = situation.restrict(policy.candidates)
    start = time.process_time()
    encoding = encode(situation, policy.bounds, Strictness.HARD)
    if compute_answer(encoding, compute_objectives(encoding, situation)) is None:
        raise SystemExit("the benchmark's fleet has no placement")
    return time.process_time() - start


def time_plan(fleet: Fleet, catalogue: Catalogue, lock: Lock | None, losses: tuple[Loss, ...]) -> tuple[Plan, float]:
    """A plan, and the processor seconds of all of it."""
    start = time.process_time()
    plan = compute_plan(fleet, catalogue, {}, lock, losses)
    return plan, time.process_time() - start


def run(nodes: int) -> str:
    """One line of the table: first placement, then the loss of the first provider."""
    fleet, catalogue = make_fleet(nodes), make_catalogue()
    first_counts = time_counts(fleet, catalogue, None, ())
    first, first_all = time_plan(fleet, catalogue, None, ())
    lock = make_lock(first)
    after_counts = time_counts(fleet, catalogue, lock, LOST)
    after, after_all = time_plan(fleet, catalogue, lock, LOST)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    status = f"{first.status}/{after.status}"
    open_stages = [stage.name for plan in (first, after) for stage in plan.stages if stage.claim == "open"]
    return (
        f"{nodes:>9,} {len(fleet.groups):>6} {SITES:>5} {first_counts:>8.2f} {first_all:>7.2f} {after_counts:>8.2f} "
        f"{after_all:>7.2f} {after.relocations:>11,} {peak:>8.0f}  {status} {', '.join(open_stages)}"
    )


def emit(line: str) -> None:
    """A line to standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(sizes: Sequence[int]) -> None:
    """Print the table; each size runs in a fresh process, so that its peak memory is its own."""
    emit("                       first placement    after a loss")
    emit("    nodes groups sites   counts     all   counts     all relocations  peak MB  status, stages left open")
    for size in sizes:
        command = [sys.executable, str(Path(__file__).resolve()), "--one", str(size)]
        emit(subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        emit(run(int(sys.argv[2])))
    else:
        main([int(size) for size in sys.argv[1:]] or SIZES)
