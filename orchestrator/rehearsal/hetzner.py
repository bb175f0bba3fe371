"""Hetzner Cloud in rehearsal: the kinds of resources that its API answers for, by the type tokens of the SDK.

The words of the refusals are those of the API's error codes (docs.hetzner.cloud, "Errors").
"""

from collections.abc import Mapping

from orchestrator.rehearsal.hetzner_lists import build_functions
from orchestrator.rehearsal.hetzner_project import HetznerProject
from orchestrator.rehearsal.hetzner_servers import Servers, VolumeAttachments
from orchestrator.rehearsal.hetzner_stored import STORED_KINDS
from orchestrator.rehearsal.resource_kind import Function, ResourceKind
from orchestrator.rehearsal.world import World


def list_kinds(world: World, account: str) -> Mapping[str, ResourceKind]:
    """Every kind that one account answers for."""
    project = HetznerProject(world, account)
    stored = {f"hcloud:index/{kind.kind}:{kind.__name__}": kind(project) for kind in STORED_KINDS}
    return {
        **stored,
        "hcloud:index/server:Server": Servers(project),
        "hcloud:index/volumeAttachment:VolumeAttachment": VolumeAttachments(project),
    }


def list_functions(world: World, account: str) -> Mapping[str, Function]:
    """Every function of the SDK that one account answers for."""
    return build_functions(HetznerProject(world, account))
