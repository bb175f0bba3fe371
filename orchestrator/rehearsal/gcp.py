"""Google Cloud in rehearsal: the kinds of resources that its API answers for, by the type tokens of the SDK."""

from collections.abc import Mapping

from orchestrator.rehearsal.gcp_instances import AttachedDisks, Instances
from orchestrator.rehearsal.gcp_project import GcpProject
from orchestrator.rehearsal.gcp_stored import STORED_KINDS
from orchestrator.rehearsal.resource_kind import ResourceKind
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
