"""Fleet and enrolled hosts -> fleet.yaml and hosts.yaml, as people would write them: what load_fleet reads back."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from orchestrator.model.fleet import Account, Group
from orchestrator.model.host import EnrolledHost
from orchestrator.model.quantity import render_amount
from orchestrator.model.rule import Below, Cap

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")  # text that no YAML reader takes for anything else
NOT_PLAIN = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
HOST_DEFAULTS = {"port": 22, "user": "root", "cpu": "dedicated", "arch": "x86_64"}
NOT_WRITTEN = frozenset({"name", "source"})


def render_fleet(name: str, accounts: Sequence[Account], groups: Sequence[Group], policy: Sequence[str]) -> str:
    """The text of a spec. `policy` are the lines below `policy:`, comments among them; none leaves the section out."""
    lines = [
        f"fleet: {name}",
        "",
        "accounts:",
        *(f"  {account.name}: {render_mapping(list_account(account))}" for account in accounts),
        "",
        "groups:",
        *(line for group in groups for line in render_group(group)),
    ]
    if policy:
        rules = any(not line.lstrip().startswith("#") for line in policy)
        lines += ["", "policy:" if rules else "# policy:", *policy]
    return "".join(f"{line}\n" for line in lines)


def render_hosts(hosts: Iterable[EnrolledHost]) -> str:
    """The text of a hosts file."""
    lines = ["hosts:"]
    for host in hosts:
        lines.append(f"  {host.name}:")
        lines += [f"    {key}: {render_scalar(value)}" for key, value in list_host(host).items()]
    return "".join(f"{line}\n" for line in lines)


def render_rule(rule: Cap | Below) -> str:
    """A `cap` or `below` as a line of the policy section, without its indentation."""
    fields: dict[str, Any] = {}
    if rule.name:
        fields["name"] = rule.name
    amount = getattr(rule, rule.verb)
    fields[rule.verb] = render_amount(amount) if isinstance(amount, Fraction) else amount
    fields["per"] = rule.per
    return f"- {render_mapping(fields)}"


def list_account(account: Account) -> dict[str, Any]:
    """An account's keys as they are written."""
    fields: dict[str, Any] = {"provider": account.provider}
    if account.hosts_file:
        fields["hosts"] = account.hosts_file
    if account.regions:
        fields["regions"] = list(account.regions)
    return fields


def render_group(group: Group) -> Iterator[str]:
    """A group's lines."""
    need = group.machine
    machine = {"vcpus": need.vcpus, "memory": render_gibibytes(need.memory), "disk": render_gibibytes(need.disk)}
    if need.cpu != "dedicated":
        machine["cpu"] = need.cpu
    if need.arch:
        machine["arch"] = need.arch
    clients = {role: list(choices) for role, choices in group.clients.items()}
    yield f"  {group.name}:"
    yield f"    chain: {render_scalar(group.chain)}"
    yield f"    network: {render_scalar(group.network)}"
    yield f"    count: {group.count}"
    if group.stake != 1:
        yield f"    stake: {render_scalar(group.stake)}"
    yield f"    clients: {render_mapping(clients)}"
    if group.combinations:
        yield "    combinations:"
        yield from (f"      - {render_mapping(dict(combination))}" for combination in group.combinations)
    yield f"    machine: {render_mapping(machine)}"


def list_host(host: EnrolledHost) -> dict[str, Any]:
    """A host's keys as they are written; what is not known and what is the default are left out."""
    fields = {name: getattr(host, name) for name in EnrolledHost.model_fields if name not in NOT_WRITTEN}
    first = ("address", "port", "user", "host_key", "operator", "region", "zone")
    ordered = {name: fields[name] for name in (*first, *(name for name in fields if name not in first))}
    return {
        name: value
        for name, value in ordered.items()
        if value is not None and not (name in HOST_DEFAULTS and value == HOST_DEFAULTS[name])
    }


def render_gibibytes(size: Decimal) -> str:
    """A size with its unit, in TiB where it is whole ones."""
    tebibytes = size / 1024
    whole = size >= 1024 and tebibytes == int(tebibytes)
    return f"{int(tebibytes)} TiB" if whole else f"{render_scalar(size)} GiB"


def render_mapping(fields: Mapping[str, Any]) -> str:
    """A mapping on one line."""
    return "{" + ", ".join(f"{render_scalar(key)}: {render_value(value)}" for key, value in fields.items()) + "}"


def render_value(value: Any) -> str:
    """A scalar, or a list of them on one line."""
    return f"[{', '.join(map(render_scalar, value))}]" if isinstance(value, list) else render_scalar(value)


def render_scalar(value: Any) -> str:
    """A value as YAML; quoted wherever it could be read as something else."""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    text = str(value)
    if PLAIN.fullmatch(text) and text.lower() not in NOT_PLAIN:
        return text
    if re.fullmatch(r"[0-9]+(\.[0-9]+)? (GiB|TiB)|[0-9]+(\.[0-9]+)?%|ssh-ed25519 [A-Za-z0-9+/=]+", text):
        return text
    return json.dumps(text, ensure_ascii=False)
