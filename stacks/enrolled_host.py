"""An enrolled host as a resource: created by claiming it for one machine, deleted by letting it go.

The claim lies on the host itself, so that a second fleet, or a second copy of this one's state, finds it taken.
"""

import json
import shlex
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider

from orchestrator.adapters.ssh import run_command
from orchestrator.folders import find_identity
from orchestrator.model.endpoint import Endpoint

CLAIM = "/etc/orchestrator/claim.json"

# Writes the claim unless another one is there; prints the claim that stands.
CLAIM_SCRIPT = """set -eu
mkdir -p {folder}
printf '%s' {claim} > {path}.new
ln {path}.new {path} 2>/dev/null || true
rm -f {path}.new
cat {path}"""

# Stops and forgets every client before the claim goes: a host that is let go runs nothing of ours.
RELEASE_SCRIPT = """set -eu
for file in /etc/orchestrator/clients/*.json; do
  [ -e "$file" ] || continue
  client=$(basename "$file" .json)
  systemctl disable --now "$client.service"
  rm -f "/etc/systemd/system/$client.service" "$file"
done
systemctl daemon-reload
rm -f {path} /var/lib/orchestrator/manifest /var/lib/orchestrator/digest"""


class EnrolledMachineProvider(ResourceProvider):
    """Claims and releases hosts over SSH, with the host key pinned by the hosts file."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """An endpoint needs an address and a host key."""
        missing = [key for key in ("address", "host_key") if not news.get("endpoint", {}).get(key)]
        return CheckResult(news, [CheckFailure("endpoint", f"{key} is missing") for key in missing])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Claims the host; an error where another fleet or machine holds it."""
        claim = {"fleet": props["fleet"], "machine": props["machine"]}
        script = CLAIM_SCRIPT.format(
            folder=shlex.quote(str(Path(CLAIM).parent)), path=CLAIM, claim=shlex.quote(json.dumps(claim))
        )
        found = json.loads(run_script(props, script))
        if found != claim:
            raise ValueError(
                f"host {props['endpoint']['address']} is claimed by fleet {found.get('fleet')}, "
                f"machine {found.get('machine')}: release it there, or take it out of the hosts file"
            )
        return CreateResult(f"{props['fleet']}/{props['machine']}", props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The claim as it stands; gone where the host no longer holds it."""
        held = run_script(props, f"cat {CLAIM} 2>/dev/null || echo null")
        if json.loads(held) != {"fleet": props["fleet"], "machine": props["machine"]}:
            return ReadResult("", {})
        return ReadResult(id_, props)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Another host or machine is another claim; another way to reach the same host is an update."""
        fixed = [key for key in ("fleet", "machine", "host") if olds.get(key) != news.get(key)]
        moved = olds.get("endpoint") != news.get("endpoint")
        return DiffResult(changes=bool(fixed) or moved, replaces=fixed, delete_before_replace=True)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> Any:
        """Remembers the new endpoint, if the claim is held there."""
        created = self.create(news)
        return pulumi.dynamic.UpdateResult(created.outs)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Stops what runs there and lets the host go."""
        run_script(props, RELEASE_SCRIPT.format(path=CLAIM))


def run_script(props: dict[str, Any], script: str) -> str:
    """What the script printed on the host; ValueError with the host's own words where it failed."""
    reach = props["endpoint"]
    endpoint = Endpoint(
        machine=props["machine"],
        address=reach["address"],
        port=int(reach["port"]),
        user=reach["user"],
        host_keys=(reach["host_key"],),
    )
    done = run_command(endpoint, find_identity(), script)
    if done.exit_code != 0:
        raise ValueError(f"host {reach['address']}: {done.stderr.strip()}")
    return done.stdout


class EnrolledMachine(Resource, module="orchestrator", name="EnrolledMachine"):
    """The claim of one machine on one enrolled host."""

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(EnrolledMachineProvider(), name, properties, opts)
