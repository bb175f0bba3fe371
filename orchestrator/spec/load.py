"""fleet.yaml -> Fleet: read, validate, cross-check; all problems at once, each at its line."""

import hashlib
import ipaddress
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter

from orchestrator.documents.known_keys import suggest
from orchestrator.documents.yaml_document import YamlDocument, by_place, read_yaml
from orchestrator.model.artifact import ArtifactPin
from orchestrator.model.base import Frozen
from orchestrator.model.control import ControlPlane
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.fleet import FLEET_STACK, Access, Account, Fleet, Group, StackLayout, get_standby_name
from orchestrator.model.names import LONGEST_NAME, Line, Name
from orchestrator.model.review import Review
from orchestrator.model.rule import OfGroups, Rule, Selector
from orchestrator.model.ssh_key import describe_bad_key
from orchestrator.spec.control import find_control_problems, place_control
from orchestrator.spec.hosts import load_hosts, name_each, refuse_keys
from orchestrator.spec.include import load_included
from orchestrator.spec.review import find_review_problems, place_review

ENROLLED = "ssh"

# What a lock does not depend on: where things are written, prices, and how machines are reached.
NOT_PLACEMENT = {
    "source",
    "region_sources",
    "usd_per_month",
    "address",
    "port",
    "user",
    "host_key",
    "hosts_file",
    "access",
    "artifacts",
    "layout",
    "control",
    "review",
    "path",
    "digest",
    "production",
}
# Keys that say nothing where they are not given; so a spec that has none of them keeps its digest.
SILENT_WITHOUT_VALUE = {"combinations", "disk_iops", "egress", "standby", "standby_of", "priority", "relax"}


class SpecFile(Frozen):
    """A spec as it is written."""

    fleet: Name
    accounts: dict[Name, Account]
    groups: dict[Name, Group]
    policy: tuple[Rule, ...] = ()
    include: tuple[Line, ...] = ()
    access: Access | None = None
    layout: StackLayout = "accounts"
    artifacts: dict[str, ArtifactPin] = Field(default_factory=dict)
    control: ControlPlane | None = None
    review: Review | None = None


SPEC_FILE = TypeAdapter(SpecFile)


def load_fleet(path: Path) -> Fleet:
    """The fleet that the spec at `path` declares; InvalidDocument with every problem found."""
    document = read_yaml(path)
    if not isinstance(document.data, dict):
        raise InvalidDocument(
            [document.problem((), "a spec is a mapping that starts with fleet: NAME", "see examples/")]
        )
    parsed: SpecFile = document.validate(SPEC_FILE, with_hosts(document, prepare(document), path.parent))
    problems = sorted(find_problems(document, parsed), key=by_place)
    if problems:
        raise InvalidDocument(problems)
    included = load_included(document, parsed.include, path.parent)
    return build_fleet(parsed.model_copy(update={"policy": (*parsed.policy, *included)}), path)


def prepare(document: YamlDocument) -> dict[str, Any]:
    """The spec's data with names and places filled in, at the same locations as in the file."""
    data = dict(document.data)
    for section in ("accounts", "groups"):
        if section in data:
            data[section] = name_each(document, (section,))
    if isinstance(data.get("accounts"), dict):
        data["accounts"] = {name: place_regions(document, name, entry) for name, entry in data["accounts"].items()}
    if isinstance(data.get("groups"), dict):
        refuse_keys(document, ("groups",), data["groups"], "__standby_of__", "__production__")
    if "artifacts" in data:
        data["artifacts"] = document.with_sources(("artifacts",))
    if isinstance(data.get("policy"), list):
        data["policy"] = [document.add_source(rule, ("policy", index)) for index, rule in enumerate(data["policy"])]
    placers = {"control": place_control, "review": place_review}
    return data | {section: place(document) for section, place in placers.items() if section in data}


def place_regions(document: YamlDocument, name: str, entry: Any) -> Any:
    """An account's entry, told where each of its regions is named."""
    regions = entry.get("regions") if isinstance(entry, dict) else None
    if not isinstance(regions, list):
        return entry
    places = {
        region: document.source_of(("accounts", name, "regions", index))
        for index, region in enumerate(regions)
        if isinstance(region, str)
    }
    return entry | {"__regions__": places}


def with_hosts(document: YamlDocument, data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The data with each account's hosts file replaced by the hosts in it."""
    accounts = data.get("accounts")
    if not isinstance(accounts, dict):
        return data
    refuse_keys(document, ("accounts",), accounts, "hosts_path")
    return data | {"accounts": {name: read_hosts(document, name, entry, folder) for name, entry in accounts.items()}}


def read_hosts(document: YamlDocument, name: str, entry: Any, folder: Path) -> Any:
    """One account's entry with the hosts of its hosts file; refused where the file is named in a wrong way."""
    if not isinstance(entry, dict) or "hosts" not in entry:
        return entry
    named = entry["hosts"]
    if not isinstance(named, str):
        problem = document.problem(
            ("accounts", name, "hosts"), f"accounts.{name}.hosts names a file", "write hosts: hosts.yaml"
        )
        raise InvalidDocument([problem])
    return entry | {"hosts": load_hosts(folder / named), "hosts_path": named}


def find_problems(document: YamlDocument, spec: SpecFile) -> Iterator[OrchestratorError]:
    """What types cannot say: references that lead nowhere, accounts of the wrong shape."""
    yield from find_empty_sections(document, spec)
    for account in spec.accounts.values():
        yield from find_account_problems(document, account)
    for group in spec.groups.values():
        yield from find_empty_roles(document, group)
        yield from find_combination_problems(document, group)
        if group.standby is not None:
            yield from find_standby_problems(document, group, spec.groups)
    if spec.access is not None:
        yield from find_access_problems(document, spec.access)
    if spec.control is not None:
        yield from find_control_problems(document, spec.control)
    if spec.review is not None:
        yield from find_review_problems(document, spec.review)
    yield from find_rule_problems(document, spec)


def find_rule_problems(document: YamlDocument, spec: SpecFile) -> Iterator[OrchestratorError]:
    """Rules that speak of groups that are not there."""
    for index, rule in enumerate(spec.policy):
        if isinstance(rule.of, Selector):
            yield from find_selector_problems(document, rule.of, ("policy", index, "of"), spec.groups.values())
        if isinstance(rule, OfGroups):
            yield from find_named_group_problems(document, rule, ("policy", index), spec.groups)


def find_empty_roles(document: YamlDocument, group: Group) -> Iterator[OrchestratorError]:
    """Roles that no client may fill."""
    for role, choices in group.clients.items():
        if not choices:
            message = f"role {role} of {group.name} has no client"
            yield document.problem(("groups", group.name, "clients", role), message, "name one")


def find_combination_problems(document: YamlDocument, group: Group) -> Iterator[OrchestratorError]:
    """Combinations of other roles than the first, of one role alone, or of clients that the group does not offer."""
    first = group.combinations[0].keys() if group.combinations else set()
    for index, combination in enumerate(group.combinations):
        place = ("groups", group.name, "combinations", index)
        if len(combination) < 2 or combination.keys() != first:
            message = f"a combination of {group.name} names {', '.join(combination) or 'no role'}"
            yield document.problem(place, message, "name two roles or more, the same in each combination")
        for role, client in combination.items():
            if client not in group.clients.get(role, ()):
                message = f"{group.name} offers no {role} {client}"
                offered = ", ".join(group.clients.get(role, ())) or "nothing"
                yield document.problem((*place, role), message, f"clients.{role} has: {offered}")


def find_access_problems(document: YamlDocument, access: Access) -> Iterator[OrchestratorError]:
    """Keys that nobody could log in with, and networks that no firewall could be told."""
    for index, key in enumerate(access.ssh_keys):
        if bad_key := describe_bad_key(key):
            hint = "paste the whole line of ~/.ssh/id_ed25519.pub"
            yield document.problem(("access", "ssh_keys", index), f"access.ssh_keys.{index} is {bad_key}", hint)
    for index, network in enumerate(access.ssh_from):
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            message = f"access.ssh_from.{index}: {network[:80]!r} is no network"
            yield document.problem(("access", "ssh_from", index), message, "write such as 192.0.2.0/24 or 192.0.2.7/32")


def find_empty_sections(document: YamlDocument, spec: SpecFile) -> Iterator[OrchestratorError]:
    """A fleet without accounts or groups is none."""
    for section, entries in (("accounts", spec.accounts), ("groups", spec.groups)):
        if not entries:
            yield document.problem((section,), f"{section} is empty", "declare at least one")


def find_account_problems(document: YamlDocument, account: Account) -> Iterator[OrchestratorError]:
    """Enrolled hosts and regions exclude one another."""
    place = ("accounts", account.name)
    if account.name == FLEET_STACK:
        yield document.problem(place, f"an account cannot be named {FLEET_STACK}", "the stack of all accounts is")
    if account.provider == ENROLLED:
        if not account.hosts:
            yield document.problem(
                place, f"account {account.name} enrols no hosts", "write hosts: hosts.yaml and list them there"
            )
        if account.regions:
            yield document.problem((*place, "regions"), "enrolled hosts say their own regions", "remove regions")
    elif account.hosts:
        hint = f"remove hosts, or make it provider: {ENROLLED}"
        yield document.problem((*place, "hosts"), f"provider {account.provider} makes its machines itself", hint)


def find_selector_problems(
    document: YamlDocument, selector: Selector, place: tuple[str | int, ...], groups: Iterable[Group]
) -> Iterator[OrchestratorError]:
    """A selector that no group answers to."""
    known = {
        "group": {group.name for group in groups},
        "chain": {group.chain for group in groups},
        "network": {group.network for group in groups},
    }
    for field, values in known.items():
        value = getattr(selector, field)
        if value is not None and value not in values:
            yield document.problem((*place, field), f"no group has {field} {value}", suggest(value, values))


def find_named_group_problems(
    document: YamlDocument, rule: OfGroups, place: tuple[str | int, ...], groups: Collection[str]
) -> Iterator[OrchestratorError]:
    """Groups that a rule names and that are not there."""
    for index, name in enumerate(rule.group_names):
        if name not in groups:
            yield document.problem((*place, rule.verb, index), f"no group is named {name}", suggest(name, groups))


def build_fleet(spec: SpecFile, path: Path) -> Fleet:
    """The fleet, with its digest; accounts and groups sorted by name, since their order in the file says nothing."""
    fleet = Fleet(
        fleet=spec.fleet,
        accounts=tuple(account for _, account in sorted(spec.accounts.items())),
        groups=tuple(sorted(add_standby(spec.groups.values()), key=lambda group: group.name)),
        policy=spec.policy,
        access=spec.access,
        layout=spec.layout,
        artifacts=spec.artifacts,
        control=spec.control,
        review=spec.review,
        digest="",
        path=str(path),
    )
    return fleet.model_copy(update={"digest": compute_digest(fleet)})


def add_standby(groups: Iterable[Group]) -> Iterator[Group]:
    """The groups, and for each that asks for standby nodes the group that these are."""
    for group in groups:
        yield group
        if group.standby is not None:
            own = {"name": get_standby_name(group.name), "count": group.standby.count, "standby": None}
            yield group.model_copy(update={**own, "standby_of": group.name})


def find_standby_problems(document: YamlDocument, group: Group, names: Collection[str]) -> Iterator[OrchestratorError]:
    """Standby nodes whose group cannot have the name that it has to have."""
    name = get_standby_name(group.name)
    place = ("groups", group.name, "standby")
    if name in names:
        message = f"the standby nodes of {group.name} are a group {name}, and there is another of that name"
        yield document.problem(place, message, f"rename groups.{name}")
    if len(name) > LONGEST_NAME:
        message = (
            f"the standby nodes of {group.name} are a group {name}, which is longer than {LONGEST_NAME} characters"
        )
        yield document.problem(place, message, f"give {group.name} a shorter name")


def compute_digest(fleet: Fleet) -> str:
    """ "sha256:…" over all of the spec that placement depends on, so that comments and prices make no lock stale."""
    text = TypeAdapter(Any).dump_json(strip(fleet.model_dump(mode="json")))
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def strip(value: Any) -> Any:
    """`value` without the keys that placement does not depend on, keys sorted."""
    if isinstance(value, dict):
        silent = NOT_PLACEMENT | {key for key in SILENT_WITHOUT_VALUE if not value.get(key)}
        return {key: strip(inner) for key, inner in sorted(value.items()) if key not in silent}
    return [strip(inner) for inner in value] if isinstance(value, list) else value
