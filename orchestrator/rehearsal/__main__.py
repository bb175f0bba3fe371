"""The rehearsal program: `python -m orchestrator.rehearsal VERB`; a JSON answer on stdout, progress on stderr."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from orchestrator.model.errors import OrchestratorError, ToolMissing
from orchestrator.model.loss import Loss
from orchestrator.model.rehearsal import Rehearsal, RehearsalRequest, is_world_id
from orchestrator.rehearsal.delay import Delay, set_delay
from orchestrator.rehearsal.exhaustion import Exhausted, Quota, exhaust, read_shortages, restock, set_quota
from orchestrator.rehearsal.hosts import ensure_hosts
from orchestrator.rehearsal.image import ensure_base_image
from orchestrator.rehearsal.machine import list_machines
from orchestrator.rehearsal.outage import Part, heal, lose, read_losses
from orchestrator.rehearsal.pinned_image import pin_image
from orchestrator.rehearsal.project import ensure_operator_key, list_environment, write_project
from orchestrator.rehearsal.world import (
    World,
    clean_world_id,
    compute_world_id,
    create_world,
    list_world_ids,
    list_worlds,
    open_world,
)


def prepare(_arguments: argparse.Namespace) -> Any:
    """Makes the rehearsal of the request on stdin ready."""
    if os.geteuid() != 0 or sys.platform != "linux":
        raise ToolMissing("a rehearsal boots machines, which needs root on Linux", hint="place and check work without")
    request = RehearsalRequest.model_validate_json(sys.stdin.read())
    world = create_world(request.fleet, request.spec)
    pin_image(world, ensure_base_image(report))
    write_project(world, request)
    ensure_hosts(world, request)
    return describe(world)


def find(_arguments: argparse.Namespace) -> Any:
    """The rehearsal of the request on stdin, if there is one."""
    request = RehearsalRequest.model_validate_json(sys.stdin.read())
    world_id = compute_world_id(request.fleet, request.spec)
    return describe(open_world(world_id)) if world_id in list_world_ids() else None


def describe(world: World) -> Any:
    """The rehearsal as the orchestrator knows it."""
    ready = Rehearsal(folder=world.folder, environment=list_environment(world), identity=ensure_operator_key(world))
    return ready.model_dump(mode="json")


def lose_domain(arguments: argparse.Namespace) -> Any:
    """Loses a domain of a world."""
    lose(open_world(arguments.world), parse_loss(arguments.domain), Part(arguments.only or Part.ALL))
    return list_all(arguments)


def heal_domain(arguments: argparse.Namespace) -> Any:
    """Heals a domain of a world."""
    heal(open_world(arguments.world), parse_loss(arguments.domain))
    return list_all(arguments)


def exhaust_type(arguments: argparse.Namespace) -> Any:
    """Exhausts a machine type in a region of a world."""
    exhaust(open_world(arguments.world), parse_exhausted(arguments))
    return list_all(arguments)


def restock_type(arguments: argparse.Namespace) -> Any:
    """Has a machine type to give again."""
    restock(open_world(arguments.world), parse_exhausted(arguments))
    return list_all(arguments)


def limit_vcpus(arguments: argparse.Namespace) -> Any:
    """Sets a quota in a world."""
    quota = Quota(provider=arguments.provider, region=arguments.region, vcpus=int(arguments.what))
    set_quota(open_world(arguments.world), quota)
    return list_all(arguments)


def delay_answers(arguments: argparse.Namespace) -> Any:
    """Has the clouds of a world answer creates late."""
    set_delay(open_world(arguments.world), Delay(seconds=float(arguments.seconds)))
    return list_all(arguments)


def list_all(_arguments: argparse.Namespace) -> Any:
    """Every world, its machines and what it has lost."""
    return [
        {
            "id": world.id,
            "fleet": world.fleet,
            "spec": str(world.spec_path),
            "folder": str(world.folder),
            "lost": list(read_losses(world).describe()),
            "short": list(read_shortages(world).describe()),
            "machines": [
                {"name": machine.record.name, "address": str(machine.record.address), "running": machine.running}
                for machine in list_machines(world)
            ],
        }
        for world in list_worlds()
    ]


def clean(arguments: argparse.Namespace) -> Any:
    """Removes one world, or all: machines, mounts, bridges, folders."""
    known = list_world_ids()
    if arguments.all:
        wanted: Sequence[str] = known
    elif not is_world_id(arguments.world):
        raise OrchestratorError(
            f"{arguments.world!r} is no rehearsal's id", hint="orchestrator rehearse list shows the ids"
        )
    else:
        wanted = [arguments.world]
    for world_id in wanted:
        clean_world_id(world_id)
    return {"removed": [world_id for world_id in wanted if world_id in known]}


def parse_exhausted(arguments: argparse.Namespace) -> Exhausted:
    """The machine type that a verb speaks of."""
    return Exhausted(provider=arguments.provider, region=arguments.region, machine_type=arguments.what)


def parse_loss(text: str) -> Loss:
    """KIND=VALUE as a loss."""
    kind, _, value = text.partition("=")
    return Loss.model_validate({"kind": kind, "value": value})


def report(line: str) -> None:
    """Progress, for people."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    """Runs one verb; exit code 2 and the reason on stderr where it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m orchestrator.rehearsal", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    verbs.add_parser("prepare").set_defaults(run=prepare)
    verbs.add_parser("find").set_defaults(run=find)
    verbs.add_parser("list").set_defaults(run=list_all)
    for name, run in (("lose", lose_domain), ("heal", heal_domain)):
        verb = verbs.add_parser(name)
        verb.add_argument("--world", required=True)
        verb.add_argument("domain")
        verb.add_argument("--only", choices=[Part.API, Part.MACHINES])
        verb.set_defaults(run=run)
    for name, run in (("exhaust", exhaust_type), ("restock", restock_type), ("quota", limit_vcpus)):
        verb = verbs.add_parser(name)
        verb.add_argument("--world", required=True)
        for argument in ("provider", "region", "what"):
            verb.add_argument(argument)
        verb.set_defaults(run=run)
    delaying = verbs.add_parser("delay")
    delaying.add_argument("--world", required=True)
    delaying.add_argument("seconds")
    delaying.set_defaults(run=delay_answers)
    cleaning = verbs.add_parser("clean")
    which = cleaning.add_mutually_exclusive_group(required=True)
    which.add_argument("--world")
    which.add_argument("--all", action="store_true")
    cleaning.set_defaults(run=clean)
    arguments = parser.parse_args()
    try:
        answer = arguments.run(arguments)
    except OrchestratorError as error:
        report(f"error: {error}")
        return 2
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
