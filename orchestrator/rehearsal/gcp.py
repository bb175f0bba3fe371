"""Google Cloud in rehearsal: the kinds of resources that its API answers for, by the type tokens of the SDK."""

from collections.abc import Mapping
from functools import partial

from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.gcp_instances import AttachedDisks, Instances
from orchestrator.rehearsal.gcp_project import GcpProject
from orchestrator.rehearsal.gcp_stored import STORED_KINDS
from orchestrator.rehearsal.resource_kind import Function, ResourceKind
from orchestrator.rehearsal.vcpu_quotas import GCP_FUNCTION, get_s_quota_info
from orchestrator.rehearsal.world import World


def list_kinds(world: World, account: str) -> Mapping[str, ResourceKind]:
    """Every kind that one account answers for."""
    project = GcpProject(world, account)
    stored = {f"gcp:compute/{kind.kind}:{kind.__name__}": kind(project) for kind in STORED_KINDS}
    return {
        **stored,
        "gcp:compute/instance:Instance": Instances(project),
        "gcp:compute/attachedDisk:AttachedDisk": AttachedDisks(project),
    }


def list_functions(world: World, account: str) -> Mapping[str, Function]:
    """The functions that the stack program calls."""
    project = GcpProject(world, account)
    return {
        "gcp:compute/getZones:getZones": partial(get_zones, project),
        GCP_FUNCTION: partial(get_s_quota_info, project),
    }


def get_zones(project: GcpProject, arguments: Properties) -> Properties:
    """The zones of a region that can be used."""
    region = arguments.get("region")
    project.refuse_unknown_region(region)
    names = sorted(zone.zone for zone in project.facts.zones if zone.region == region and zone.status == "active")
    return {**arguments, "id": f"projects/{arguments.get('project')}/regions/{region}", "names": names}
