"""Enrolled hosts as catalogue facts, so that placement sees them like any other offer."""

from collections.abc import Iterator, Sequence

from orchestrator.catalog.spelling import find_misspelling
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.host import EnrolledHost
from orchestrator.model.site import MachineType, Zone
from orchestrator.model.source import Origin

ENROLLED_PROVIDER = "ssh"

ZONE_FACTS = (
    "facility",
    "country",
    "jurisdiction",
    "operator_jurisdiction",
    "continent",
    "asn",
    "latitude",
    "longitude",
)


def hosts_to_facts(hosts: Sequence[EnrolledHost]) -> tuple[tuple[Zone, ...], tuple[MachineType, ...]]:
    """The zones that the hosts stand in, and a machine type for each host: named like it, to be had once, there alone.

    Hosts of one zone share its facts, so each need be stated by one of them only. InvalidDocument where two state
    different ones (or different operators: a site has one), where two share a name, or a fact is misspelt.
    """
    ordered = sorted(hosts, key=lambda host: (host.region, host.zone, host.name))
    problems = [*find_repeated_names(ordered), *find_misspelt_facts(ordered), *find_disagreements(ordered)]
    if problems:
        raise InvalidDocument(problems)
    zones = tuple(build_zone(members) for members in group_by_zone(ordered))
    return zones, tuple(sorted(map(build_machine_type, ordered), key=lambda kind: (kind.region, kind.name)))


def group_by_zone(hosts: Sequence[EnrolledHost]) -> list[list[EnrolledHost]]:
    """The hosts, zone by zone."""
    zones: dict[tuple[str, str], list[EnrolledHost]] = {}
    for host in hosts:
        zones.setdefault((host.region, host.zone), []).append(host)
    return list(zones.values())


def build_zone(hosts: Sequence[EnrolledHost]) -> Zone:
    """The zone that these hosts share. Its own capacity is unlimited: each host's machine type bounds it."""
    stated = {
        fact: value for host in reversed(hosts) for fact in ZONE_FACTS if (value := getattr(host, fact)) is not None
    }
    first = hosts[0]
    return Zone(
        provider=ENROLLED_PROVIDER,
        region=first.region,
        zone=first.zone,
        source=str(first.source),
        origin=Origin(first.source),
        **stated,
    )


def build_machine_type(host: EnrolledHost) -> MachineType:
    """The host as a machine type that can be had once, in its own zone."""
    return MachineType(
        provider=ENROLLED_PROVIDER,
        region=host.region,
        name=host.name,
        vcpus=host.vcpus,
        cpu=host.cpu,
        memory_gib=host.memory_gib,
        local_disk_gib=host.disk_gib,
        local_disk_iops=host.disk_iops,
        disk_kind=host.disk_kind,
        arch=host.arch,
        usd_per_month=host.usd_per_month,
        zones=(host.zone,),
        capacity=1,
        source=str(host.source),
        origin=Origin(host.source),
    )


def find_repeated_names(hosts: Sequence[EnrolledHost]) -> Iterator[OrchestratorError]:
    """Hosts whose name another has too."""
    seen: dict[str, EnrolledHost] = {}
    for host in hosts:
        first = seen.setdefault(host.name, host)
        if first is not host:
            message = f"host {host.name} is also at {first.source}"
            yield OrchestratorError(message, hint="give each host its own name", source=host.source)


def find_misspelt_facts(hosts: Sequence[EnrolledHost]) -> Iterator[OrchestratorError]:
    """Facts that are not spelt as the catalogue spells them, so that a rule would take one domain for two."""
    for host in hosts:
        for fact in ZONE_FACTS:
            value = getattr(host, fact)
            advice = find_misspelling(fact, value) if isinstance(value, str) else ""
            if advice:
                yield OrchestratorError(f"host {host.name}: {fact} is {value!r}", hint=advice, source=host.source)


def find_disagreements(hosts: Sequence[EnrolledHost]) -> Iterator[OrchestratorError]:
    """Facts of one zone that two of its hosts state differently."""
    for members in group_by_zone(hosts):
        for fact in ("operator", *ZONE_FACTS):
            stating = [host for host in members if getattr(host, fact) is not None]
            for host in stating[1:]:
                first = stating[0]
                if getattr(host, fact) != getattr(first, fact):
                    message = (
                        f"zone {host.zone}: {fact} is {getattr(host, fact)} for {host.name} "
                        f"but {getattr(first, fact)} for {first.name} ({first.source})"
                    )
                    hint = "state the same for all hosts of a zone, or give one of them a zone of its own"
                    yield OrchestratorError(message, hint=hint, source=host.source)
