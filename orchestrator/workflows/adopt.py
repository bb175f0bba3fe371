"""import: an inventory -> spec, lock and hosts files that leave every node where it is; written all or none."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.adapters.pins import PINS_NAME, write_pins
from orchestrator.catalog.catalogue import load_catalogue
from orchestrator.catalog.inventory import load_inventory
from orchestrator.lockfile import make_lock, render_lock
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.lock import Lock, LockHeader
from orchestrator.model.plan import Finding
from orchestrator.model.source import Source
from orchestrator.placement.candidates import compute_lock_situation
from orchestrator.reconcile.adoption import AdoptedFleet, adopt, list_hosts
from orchestrator.reconcile.advice import Advice, compute_advice
from orchestrator.reconcile.standing import compute_lock_standing
from orchestrator.spec.write import render_fleet, render_hosts, render_rule
from orchestrator.workflows.inputs import Inputs, Where, read_inputs
from orchestrator.workflows.place import place


@dataclass(frozen=True)
class Import:
    """What an import came to: the files written, which machine each row has become, and what there is to say."""

    files: tuple[Path, ...]
    names: Mapping[str, str]
    lock: Lock
    findings: tuple[Finding, ...]


def import_inventory(inventory: Path, name: str, where: Where) -> Import:
    """Writes spec, lock and hosts files for what an inventory lists, so that `place` has nothing to change.

    `name` is the fleet's. InvalidDocument with every row that says too little; OrchestratorError where a file is there
    already. Then nothing is written.
    """
    catalogue = load_catalogue(where.catalog, where.catalog_only)
    listed = load_inventory(inventory, catalogue)
    adopted = adopt(listed, catalogue)
    beside = [*list_hosts(adopted.accounts), *([PINS_NAME] if adopted.host_keys else [])]
    targets = [where.spec, where.lock_path, *(where.spec.with_name(file) for file in beside)]
    refuse_existing(targets)
    with tempfile.TemporaryDirectory(dir=where.spec.parent, prefix=".import-") as draft:
        inputs = write_draft(Path(draft), adopted, name, where, inventory)
        lock = write_verified_lock(inputs, adopted)
        publish([Path(draft) / target.name for target in targets], targets)
    return Import(tuple(targets), adopted.names, lock, listed.findings)


def refuse_existing(targets: Sequence[Path]) -> None:
    """Nothing that is there is ever written over."""
    for target in targets:
        if target.exists() or target.is_symlink():
            hint = "import into a folder of its own, or move the file away"
            raise InvalidDocument(
                [OrchestratorError(f"{target.name} is there already", hint=hint, source=Source.at(target))]
            )


def write_draft(folder: Path, adopted: AdoptedFleet, name: str, where: Where, inventory: Path) -> Inputs:
    """Writes spec and hosts files into the draft, the policy last, which depends on all else; what they then are.

    What the readers refuse of them is said of the inventory, since nobody will see the draft.
    """
    try:
        return fill_draft(folder, adopted, name, where)
    except InvalidDocument as error:
        source = Source.at(inventory)
        problems = [OrchestratorError(each.message, hint=each.hint, source=source) for each in error.problems]
        raise InvalidDocument(problems) from None


def fill_draft(folder: Path, adopted: AdoptedFleet, name: str, where: Where) -> Inputs:
    """Writes spec, hosts files and pinned host keys into the draft, and reads them back."""
    for file, hosts in list_hosts(adopted.accounts).items():
        (folder / file).write_text(render_hosts(hosts), encoding="utf-8")
    if adopted.host_keys:
        write_pins(folder / PINS_NAME, {machine: (key,) for machine, key in adopted.host_keys.items()})
    draft = Where(folder / where.spec.name, folder / where.lock_path.name, where.catalog, where.catalog_only)
    bare = write_spec(draft, adopted, name, ())
    first = make_first_lock(bare, adopted)
    standing = compute_lock_standing(compute_lock_situation(bare.fleet, first, bare.catalogue), first)
    return write_spec(draft, adopted, name, tuple(render_policy(compute_advice(standing))))


def write_spec(where: Where, adopted: AdoptedFleet, name: str, policy: Sequence[str]) -> Inputs:
    """Writes the spec, and reads it back."""
    text = render_fleet(name, adopted.accounts, adopted.groups, policy)
    where.spec.write_text(text, encoding="utf-8")
    return read_inputs(where)


def render_policy(advice: Sequence[Advice]) -> Iterator[str]:
    """The policy section: the rules that hold today, and in comments what does not hold yet, and why."""
    for each in advice:
        if each.rule is not None:
            yield f"  {render_rule(each.rule)}"
        if each.barred is not None and each.why is not None:
            reason = each.why.message.partition("; ")[0]  # what to do of it names files that are about to be moved
            yield f"  # {render_rule(each.barred)}  # does not hold: {reason}"


def make_first_lock(inputs: Inputs, adopted: AdoptedFleet) -> Lock:
    """The lock of what runs, as the fleet's first."""
    header = LockHeader(fleet=inputs.fleet.name, revision="", spec=inputs.fleet.digest, facts=inputs.facts_digest)
    return make_lock(header, None, adopted.machines, ())


def write_verified_lock(inputs: Inputs, adopted: AdoptedFleet) -> Lock:
    """Writes the lock, if placing on top of it changes nothing at all; an error that names what would move if not."""
    lock = make_first_lock(inputs, adopted)
    inputs.where.lock_path.write_text(render_lock(lock), encoding="utf-8")
    placement = place(read_inputs(inputs.where))
    if placement.lock != lock:
        moved = [planned.machine.machine for planned in placement.plan.machines if planned.change != "keep"]
        reasons = [finding.message for finding in (*placement.plan.conflict, *placement.plan.findings)]
        what = ", ".join(moved) or "; ".join(reasons) or placement.plan.status
        raise OrchestratorError(f"the import would not stay as it is: {what}", hint="this is a fault of the import")
    return lock


def publish(drafts: Sequence[Path], targets: Sequence[Path]) -> None:
    """Moves all drafts to their places, or none; a file that has come to be there meanwhile is left alone."""
    done: list[Path] = []
    try:
        for draft, target in zip(drafts, targets, strict=True):
            os.link(draft, target)
            done.append(target)
    except OSError:
        for target in done:
            target.unlink()
        raise
