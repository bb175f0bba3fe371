"""The demo: a fleet over four accounts comes up on real machines, loses an account, and is whole again.

`make demo`, or `python examples/demo/run.py [--record FILE.svg]`. It types the commands that a person would; only the
blocks are made and compared by the script itself.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.adapters.ssh import CommandResult, run_command, run_on_all
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import RemoteFailure
from orchestrator.model.lock import MachineState
from orchestrator.workflows.deployment import find_rehearsal_of
from orchestrator.workflows.inputs import Where, read_inputs
from orchestrator.workflows.reach import fetch_outputs, list_endpoints

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
FOLDER = CHECKOUT / "build" / "demo"
ORCHESTRATOR = Path(sys.executable).with_name("orchestrator")
LOST = "account=hetzner-b"
BLOCKS = 5
RELAY_SECONDS = 60.0
WIDTH = 132
# Rich's own form of the picture, without the fonts that it would have a reader's browser fetch.
LOCAL_SVG_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
RPC = "/usr/local/lib/orchestrator/rpc btcd"


class DemoFailed(Exception):
    """Something did not turn out as the demo claims."""


@dataclass(frozen=True)
class Phase:
    """One phase: wall-clock seconds, and the seconds of processor time that all cores spent meanwhile."""

    name: str
    seconds: float
    busy: float


class Demo:
    """The steps, in order; each is a method, and `run` is the list of them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._phases: list[Phase] = []
        self._hashes: dict[int, str] = {}

    def run(self) -> None:
        """The whole demo."""
        with self._phase("place: twelve nodes, four accounts"):
            self._type("place")
        with self._phase("up: provision, configure, sync"):
            self._type("up", "--rehearse")
        with self._phase("status: all in sync"):
            self._type("status", "--rehearse")
        with self._phase("blocks: made on one account, seen on all"):
            self._make_blocks("hetzner-a")
        with self._phase("rehearse lose: an account is gone"):
            self._type("rehearse", "lose", LOST)
        with self._phase("status: red"):
            self._type("status", "--rehearse", expected=1)
        with self._phase("rebalance: fewest moves, carried out"):
            self._rebalance()
        with self._phase("status: green again"):
            self._type("status", "--rehearse")
        with self._phase("blocks: the old ones are still there"):
            self._compare_blocks()
            self._make_blocks("metal")
        with self._phase("machines removed"):
            self._clean()

    def print_phases(self) -> None:
        """The table of phases. The floor is the work alone: processor time over all cores, nothing waited for."""
        cores = os.cpu_count() or 1
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("phase")
        for column in ("seconds", "floor"):
            table.add_column(column, justify="right")
        for phase in self._phases:
            table.add_row(phase.name, f"{phase.seconds:.1f}", f"{phase.busy / cores:.1f}")
        seconds, busy = sum(phase.seconds for phase in self._phases), sum(phase.busy for phase in self._phases)
        table.add_row("all", f"{seconds:.1f}", f"{busy / cores:.1f}", style="bold")
        self._console.print()
        self._console.print(table)
        self._console.print(f"floor: processor time of the whole computer in the phase / {cores} cores", style="dim")

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self._console.print(f"\n# {name}", style="bold cyan")
        start, busy = time.monotonic(), read_busy_seconds()
        yield
        self._phases.append(Phase(name, time.monotonic() - start, read_busy_seconds() - busy))

    def _type(self, *arguments: str, expected: int = 0) -> None:
        """Types a command as a person would, and shows what it answers; progress goes straight to stderr."""
        self._console.print(f"$ orchestrator {' '.join(arguments)} fleet.yaml", style="bold")
        done = run_orchestrator(*arguments, "fleet.yaml")
        self._console.print(Text.from_ansi(done.stdout.rstrip("\n")), soft_wrap=True)
        if done.returncode != expected:
            raise DemoFailed(f"it ended with exit code {done.returncode}, where {expected} was expected")

    def _rebalance(self) -> None:
        """Rebalances, and holds the moves that were made against the minimum that was proven beforehand."""
        dry = run_orchestrator("rebalance", "--dry-run", "--lose", LOST, "--format", "json", "fleet.yaml")
        plan = json.loads(dry.stdout)
        stage = next(stage for stage in plan["stages"] if stage["name"] == "relocations")
        before = list_wanted()
        self._type("rebalance", "--rehearse", "--lose", LOST)
        made = len(list_wanted() - before)
        self._console.print(f"{made} relocations carried out; the minimum is {stage['value']} ({stage['claim']})")
        if not made == stage["value"] == stage["bound"]:
            raise DemoFailed("more was moved than had to be")

    def _make_blocks(self, account: str) -> None:
        """Makes blocks on one account, waits until every machine has them, and compares their hashes."""
        machines = find_machines()
        maker = next(machine for machine in machines if machine.account == account)
        start = max(self._hashes, default=0)
        run_rpc(maker, f"generate {BLOCKS}")
        heights = range(1, start + BLOCKS + 1)
        answer = run_command(maker.endpoint, maker.identity, render_hash_calls(heights))
        self._hashes = dict(zip(heights, parse_hashes(answer), strict=True))
        self._console.print(f"{BLOCKS} blocks made on {maker.endpoint.machine} ({account})")
        self._compare_blocks()

    def _compare_blocks(self) -> None:
        """Every machine must have every block made so far."""
        machines = find_machines()
        wait_for_blocks(machines, self._hashes)
        top = max(self._hashes)
        self._console.print(f"block {top} is {self._hashes[top][:16]}… on all {len(machines)} machines", style="green")

    def _clean(self) -> None:
        """Removes the rehearsal: machines, bridge, folder."""
        world = find_deployment_folder().name
        self._console.print(f"$ orchestrator rehearse clean {world}", style="bold")
        done = run_orchestrator("rehearse", "clean", world)
        self._console.print(done.stdout.rstrip("\n"))


@dataclass(frozen=True)
class Target:
    """A machine that the demo talks to."""

    account: str
    endpoint: Endpoint
    identity: Path


def run_orchestrator(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in the demo's folder; stdout is returned, stderr shown as it comes."""
    environment = os.environ | {"COLUMNS": str(WIDTH), "FORCE_COLOR": "1"}
    if "json" in arguments:
        environment.pop("FORCE_COLOR")
    command = [str(ORCHESTRATOR), *arguments]
    return subprocess.run(command, cwd=FOLDER, stdout=subprocess.PIPE, text=True, check=False, env=environment)


def list_wanted() -> set[str]:
    """The machines that the lock wants."""
    lock = read_inputs(Where(FOLDER / "fleet.yaml")).lock
    return {machine.machine for machine in lock.machines if machine.state is MachineState.WANTED} if lock else set()


def find_deployment_folder() -> Path:
    """The rehearsal's own folder."""
    return find_rehearsal_of(read_inputs(Where(FOLDER / "fleet.yaml"))).project.folder


def find_machines() -> list[Target]:
    """The machines that are wanted now, and how they are reached."""
    inputs = read_inputs(Where(FOLDER / "fleet.yaml"))
    deployment = find_rehearsal_of(inputs)
    outputs = fetch_outputs(deployment, (account.name for account in inputs.fleet.accounts))
    machines = inputs.lock.machines if inputs.lock else ()
    wanted = [machine for machine in machines if machine.state is MachineState.WANTED]
    endpoints = list_endpoints(deployment, wanted, outputs)
    return [Target(machine.account, endpoints[machine.machine], deployment.identity) for machine in wanted]


def run_rpc(target: Target, call: str) -> str:
    """One RPC call on a machine, over SSH; the client's RPC itself is open to nobody else."""
    done = run_command(target.endpoint, target.identity, f"{RPC} {call}")
    if done.exit_code != 0:
        raise DemoFailed(f"{target.endpoint.machine}: {call}: {done.stderr.strip()}")
    return done.stdout


def wait_for_blocks(targets: list[Target], hashes: Mapping[int, str]) -> None:
    """Waits until every machine has just these blocks at these heights."""
    end = time.monotonic() + RELAY_SECONDS
    endpoints = [target.endpoint for target in targets]
    while True:
        answers = run_on_all(endpoints, targets[0].identity, render_hash_calls(hashes))
        others = [name for name, answer in answers.items() if parse_hashes(answer) != list(hashes.values())]
        if not others:
            return
        if time.monotonic() > end:
            raise DemoFailed(f"the blocks are not the same on {', '.join(others)}")
        time.sleep(0.5)


def render_hash_calls(heights: Iterable[int]) -> str:
    """The command that prints the block hash at each height, a line each."""
    return "; ".join(f"{RPC} getblockhash {height}" for height in heights)


def parse_hashes(answer: CommandResult | RemoteFailure) -> list[str]:
    """The hashes that a machine answered with; none where it did not answer."""
    return answer.stdout.replace('"', "").split() if isinstance(answer, CommandResult) else []


def read_busy_seconds() -> float:
    """Processor seconds that the whole computer has spent working since it started (proc(5), /proc/stat)."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq = fields[:7]
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Runs the demo in a folder of its own below build/; leaves no machine behind, however it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", type=Path, metavar="FILE.svg", help="Write what was shown as a picture.")
    arguments = parser.parse_args()
    console = Console(width=WIDTH, highlight=False, record=arguments.record is not None)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "fleet.lock").unlink(missing_ok=True)
    for name in ("fleet.yaml", "hosts.yaml"):
        shutil.copy(HERE / name, FOLDER / name)
    demo = Demo(console)
    try:
        demo.run()
    except DemoFailed as error:
        console.print(f"the demo failed: {error}", style="bold red")
        run_orchestrator("rehearse", "clean", find_deployment_folder().name)
        return 1
    demo.print_phases()
    if arguments.record:
        picture = console.export_svg(title="make demo", code_format=LOCAL_SVG_FORMAT)
        arguments.record.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
