"""A git repository with a fleet in it, edited and committed as people do, for tests of what compares with a base."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.model.declaration import Declaration
from orchestrator.reconcile.verdict import Verdict
from orchestrator.workflows.compare import Demand, compare
from orchestrator.workflows.inputs import Where, read_inputs
from orchestrator.workflows.place import place, write_placement
from tests.unit.specs import change

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WHO = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")

SITES = """\
provider,region,zone,country,jurisdiction
acme,north,north-1,FI,EU
acme,south,south-1,IT,EU
umbrella,west,west-1,US,US
umbrella,west,west-2,US,US
"""
MACHINES = """\
provider,region,machine_type,vcpus,cpu,memory_gib,local_disk_gib,disk_kind,arch,usd_per_month,source_date
acme,north,small,2,dedicated,8,200,nvme,x86_64,40.00,2026-01-31
acme,south,small,2,dedicated,8,200,nvme,x86_64,41.50,2026-01-31
umbrella,west,medium,4,dedicated,16,400,ssd,x86_64,90.25,2026-02-28
"""
SPEC = """\
fleet: demo
accounts:
  alpha: {provider: acme}
groups:
  btc:
    chain: bitcoin
    network: regtest
    count: 6
    clients: {node: [btcd]}
    machine: {vcpus: 2, memory: 4 GiB, disk: 100 GiB}
policy:
  - {name: share, cap: 100%, per: provider}
control:
  state: {operator: desk}
  secrets: {operator: desk}
  artifacts: {operator: desk}
  controller: {operator: desk}
"""


def run_git(folder: Path, *arguments: str, check: bool = True) -> str:
    """What git prints, run in the folder."""
    command = ("git", *WHO, *arguments)
    return subprocess.run(command, cwd=folder, check=check, capture_output=True, text=True).stdout


class Repository:
    """A fleet in a repository: spec, lock and catalogue at its top, an empty first commit below."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        run_git(folder, "init", "--quiet", "--initial-branch=main")
        (folder / "catalog").mkdir()
        (folder / "catalog" / "sites.csv").write_text(SITES, encoding="utf-8")
        (folder / "catalog" / "machines.csv").write_text(MACHINES, encoding="utf-8")
        self.where = Where(folder / "fleet.yaml", catalog_only=folder / "catalog")
        self.commit("catalogue")

    def write(self, text: str = SPEC) -> None:
        self.where.spec.write_text(text, encoding="utf-8")

    def edit(self, old: str, new: str, path: Path | None = None) -> None:
        path = path or self.where.spec
        path.write_text(change(path.read_text(encoding="utf-8"), old, new), encoding="utf-8")

    def edit_all(self, old: str, new: str, path: Path | None = None) -> None:
        path = path or self.where.spec
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def place(self, declaration: Declaration | None = None) -> None:
        inputs = read_inputs(self.where)
        placement = place(inputs, declaration or Declaration())
        assert placement.lock is not None, placement.plan.conflict
        write_placement(inputs, placement)

    def commit(self, message: str) -> None:
        run_git(self.folder, "add", "--all")
        run_git(self.folder, "commit", "--quiet", "--allow-empty", "--message", message)

    def git(self, *arguments: str, check: bool = True) -> str:
        return run_git(self.folder, *arguments, check=check)

    def move(self, folder: str) -> None:
        """Moves spec and lock into a folder of the repository."""
        (self.folder / folder).mkdir()
        self.git("mv", "fleet.yaml", "fleet.lock", folder)
        self.where = replace(self.where, spec=self.folder / folder / "fleet.yaml")

    def check(self, base: str = "HEAD~1", now: datetime = NOW, **demand: object) -> Verdict:
        return compare(read_inputs(self.where), Demand(base, **demand), now)  # type: ignore[arg-type]

    def find_line(self, text: str, path: Path | None = None) -> int:
        lines = (path or self.where.spec).read_text(encoding="utf-8").split("\n")
        [line] = [number for number, line in enumerate(lines, start=1) if text in line]
        return line


def list_rules(verdict: Verdict, became: str) -> Sequence[str]:
    return sorted(each.finding.rule for each in verdict.findings if each.became == became)
