"""What the rehearsed Hetzner answers when it is asked for its lists: the SDK's functions that take a label selector."""

from collections.abc import Callable, Mapping
from functools import partial

from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.hetzner_project import HetznerProject

# What each list says of a resource, besides its id, name and labels; a resource without the property says the default.
SERVER_FIELDS: Properties = {
    "backupWindow": "",
    "backups": False,
    "datacenter": "",
    "deleteProtection": False,
    "firewallIds": [],
    "image": "",
    "ipv4Address": "",
    "ipv6Address": "",
    "ipv6Network": "",
    "iso": "",
    "location": "",
    "primaryDiskSize": 0,
    "rebuildProtection": False,
    "rescue": "",
    "serverType": "",
    "status": "running",
}
ADDRESS_FIELDS: Properties = {
    "assigneeId": 0,
    "assigneeType": "server",
    "autoDelete": False,
    "datacenter": "",
    "deleteProtection": False,
    "ipAddress": "",
    "ipNetwork": "",
    "location": "",
    "type": "ipv4",
}
LISTS: Mapping[str, tuple[str, str, Properties]] = {
    "getServers": ("servers", "server", SERVER_FIELDS),
    "getVolumes": ("volumes", "volume", {"deleteProtection": False, "linuxDevice": "", "size": 0}),
    "getNetworks": (
        "networks",
        "network",
        {"deleteProtection": False, "exposeRoutesToVswitch": False, "ipRange": ""},
    ),
    "getFirewalls": ("firewalls", "firewall", {"rules": []}),
    "getSshKeys": ("sshKeys", "sshKey", {"fingerprint": "", "publicKey": ""}),
    "getPrimaryIps": ("primaryIps", "primaryIp", ADDRESS_FIELDS),
    "getPlacementGroups": ("placementGroups", "placementGroup", {"servers": [], "type": "spread"}),
}


def build_functions(project: HetznerProject) -> dict[str, Callable[[Properties], Properties]]:
    """Every list, by the SDK's token."""
    lists: dict[str, Callable[[Properties], Properties]] = {
        f"hcloud:index/{name}:{name}": partial(answer, project, name) for name in LISTS
    }
    return lists | {"hcloud:index/getLocations:getLocations": partial(list_locations, project)}


def list_locations(project: HetznerProject, _arguments: Properties) -> Properties:
    """The locations by name; the SDK's other facts of them nobody reads."""
    project.refuse_if_lost()
    return {"id": "0", "locations": [{"name": name} for name in sorted({zone.region for zone in project.facts.zones})]}


def answer(project: HetznerProject, name: str, arguments: Properties) -> Properties:
    """The resources whose labels fit the selector."""
    project.refuse_if_lost()
    key, kind, fields = LISTS[name]
    wanted = parse_selector(arguments.get("withSelector") or "")
    found = [
        {**fields, **{name: resource[name] for name in fields if name in resource}, **describe(identifier, resource)}
        for identifier, resource in project.cloud.list_resources(kind).items()
        if wanted.items() <= (resource.get("labels") or {}).items()
    ]
    return {"id": "0", key: found, **arguments}


def describe(identifier: str, resource: Properties) -> Properties:
    """What all lists say of a resource."""
    return {"id": int(identifier), "name": resource["name"], "labels": resource.get("labels") or {}}


def parse_selector(text: str) -> dict[str, str]:
    """A label selector of equalities, "a=b,c=d": the one form that the stacks use."""
    return {key: value for key, _, value in (part.partition("=") for part in text.split(",") if part)}
