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
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
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
LOST = "account=aws"
BLOCKS = 5
RELAY_SECONDS = 60.0
# An Ethereum block comes every few seconds, when the one validator may propose it.
ETHEREUM_SECONDS = 120.0
WATCH_SECONDS = 3.0
WIDTH = 132
# Rich's own form of the picture, without the fonts that it would have a reader's browser fetch.
LOCAL_SVG_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
RPC = "/usr/local/lib/orchestrator/rpc"


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
        with self._phase("blocks: made on aws, seen on all"):
            self._make_blocks("aws")
            self._follow_ethereum()
        with BlockWatch() as watch:
            with self._phase("rehearse lose: a provider is gone"):
                self._type("rehearse", "lose", LOST)
            with self._phase("status: red"):
                self._type("status", "--rehearse", expected=1)
            with self._phase("rebalance: fewest moves, carried out"):
                self._rebalance()
        with self._phase("status: green again"):
            self._type("status", "--rehearse")
        with self._phase("blocks: both chains went on"):
            self._console.print(watch.describe(), style="green")
            self._compare_blocks()
            self._make_blocks("metal")
            self._follow_ethereum()
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
        """Makes Bitcoin blocks on one account, waits until every machine has them, and compares their hashes."""
        machines = find_machines(BITCOIN)
        maker = next(machine for machine in machines if machine.account == account)
        run_rpc(maker, f"generate {BLOCKS}")
        self._console.print(f"{BLOCKS} Bitcoin blocks made on {maker.endpoint.machine} ({account})")
        top = int(run_rpc(maker, "getblockcount"))
        heights = [height for height in range(1, top + 1) if height not in self._hashes]
        answer = run_command(maker.endpoint, maker.identity, render_hash_calls(heights))
        self._hashes |= dict(zip(heights, parse_hashes(answer), strict=True))
        self._compare_blocks()

    def _compare_blocks(self) -> None:
        """Every Bitcoin machine must have every block known so far."""
        machines = find_machines(BITCOIN)
        wait_for_blocks(machines, self._hashes)
        top = max(self._hashes)
        self._console.print(
            f"Bitcoin block {top} is {self._hashes[top][:16]}… on all {len(machines)} machines", style="green"
        )

    def _follow_ethereum(self) -> None:
        """The next Ethereum block must come to every machine, the same to all."""
        machines = find_machines(ETHEREUM)
        height = read_ethereum_height(machines[0]) + 1
        block = wait_for_ethereum_block(machines, height)
        self._console.print(f"Ethereum block {height} is {block[:18]}… on all {len(machines)} machines", style="green")

    def _clean(self) -> None:
        """Removes the rehearsal: machines, bridge, folder."""
        world = find_deployment_folder().name
        self._console.print(f"$ orchestrator rehearse clean {world}", style="bold")
        done = run_orchestrator("rehearse", "clean", world)
        self._console.print(done.stdout.rstrip("\n"))


@dataclass(frozen=True)
class Chain:
    """A chain of the demo, and the client that is asked of it on each machine."""

    name: str
    client: str


BITCOIN = Chain("bitcoin", "btcd")
ETHEREUM = Chain("ethereum", "geth")


@dataclass(frozen=True)
class Target:
    """A machine that the demo talks to."""

    account: str
    client: str
    endpoint: Endpoint
    identity: Path


class BlockWatch:
    """Makes Bitcoin blocks and looks for Ethereum's while it is open, on machines that are not about to be lost."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._bitcoin: list[int] = []
        self._ethereum: list[int] = []
        self._seen: list[float] = []

    def __enter__(self) -> "BlockWatch":
        lost = LOST.rpartition("=")[2]
        self._makers = [each for each in find_machines(BITCOIN) if each.account != lost]
        self._followers = [each for each in find_machines(ETHEREUM) if each.account != lost]
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def describe(self) -> str:
        """How far both chains came meanwhile; DemoFailed where either stood still."""
        if min(len(self._bitcoin), len(self._ethereum)) < 2:
            raise DemoFailed("a chain made no blocks while the provider was gone")
        pause = max(later - earlier for earlier, later in pairwise(self._seen))
        return (
            f"while the provider was gone: Bitcoin {self._bitcoin[0]} to {self._bitcoin[-1]}, "
            f"Ethereum {self._ethereum[0]} to {self._ethereum[-1]}, its longest pause {pause:.0f} s"
        )

    def _watch(self) -> None:
        while not self._stop.wait(WATCH_SECONDS):
            with suppress(DemoFailed, RemoteFailure):
                run_rpc(self._makers[0], "generate 1")
                self._bitcoin.append(int(run_rpc(self._makers[0], "getblockcount")))
                height = read_ethereum_height(self._followers[0])
                if not self._ethereum or height > self._ethereum[-1]:
                    self._ethereum.append(height)
                    self._seen.append(time.monotonic())


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


def find_machines(chain: Chain) -> list[Target]:
    """The machines of a chain that are wanted now, and how they are reached."""
    inputs = read_inputs(Where(FOLDER / "fleet.yaml"))
    deployment = find_rehearsal_of(inputs)
    outputs = fetch_outputs(deployment, inputs.fleet.list_stacks())
    machines = inputs.lock.machines if inputs.lock else ()
    wanted = [each for each in machines if each.state is MachineState.WANTED and each.chain == chain.name]
    endpoints = list_endpoints(deployment, wanted, outputs)
    return [
        Target(machine.account, chain.client, endpoints[machine.machine], deployment.identity) for machine in wanted
    ]


def run_rpc(target: Target, call: str) -> str:
    """One RPC call on a machine, over SSH; the client's RPC itself is open to nobody else."""
    done = run_command(target.endpoint, target.identity, f"{RPC} {target.client} {call}")
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


def read_ethereum_height(target: Target) -> int:
    """The number of the newest block that the machine has."""
    return int(json.loads(run_rpc(target, "eth_blockNumber")), 16)


def wait_for_ethereum_block(targets: list[Target], height: int) -> str:
    """The hash of the block at a height, once every machine has it and all have the same."""
    end = time.monotonic() + ETHEREUM_SECONDS
    call = f"{RPC} {ETHEREUM.client} eth_getBlockByNumber '\"{height:#x}\"' false"
    while True:
        answers = run_on_all([target.endpoint for target in targets], targets[0].identity, call)
        hashes = {parse_block_hash(answer) for answer in answers.values()}
        if len(hashes) == 1 and None not in hashes:
            return str(hashes.pop())
        if time.monotonic() > end:
            raise DemoFailed(f"Ethereum block {height} is not the same on {', '.join(answers)}")
        time.sleep(1.0)


def parse_block_hash(answer: CommandResult | RemoteFailure) -> str | None:
    """The hash of the block that a machine answered with; None where it has none."""
    block = json.loads(answer.stdout) if isinstance(answer, CommandResult) and answer.stdout else None
    return None if block is None else str(block["hash"])


def render_hash_calls(heights: Iterable[int]) -> str:
    """The command that prints the block hash at each height, a line each."""
    return "; ".join(f"{RPC} {BITCOIN.client} getblockhash {height}" for height in heights)


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
