"""What commands on an inventory start from: its rows, the catalogue's facts, and rules from another file."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from orchestrator.catalog.catalogue import load_catalogue
from orchestrator.catalog.clients import load_clients, mark_production
from orchestrator.catalog.inventory import load_inventory
from orchestrator.model.plan import Finding
from orchestrator.reconcile.distribution import Distribution, compute_distributions
from orchestrator.reconcile.diversity import Diversity, compute_diversity
from orchestrator.reconcile.inventory_review import review_standing
from orchestrator.reconcile.standing import Standing, compute_inventory_standing
from orchestrator.spec.policy_section import load_policy
from orchestrator.workflows.inputs import find_clients


@dataclass(frozen=True)
class InventoryFiles:
    """The files that a command on an inventory was told to read; `policy` None: no rules."""

    inventory: Path
    policy: Path | None = None
    catalog: Path | None = None
    catalog_only: Path | None = None


@dataclass(frozen=True)
class InventoryReview:
    """How the nodes are distributed, and what there is to say of it."""

    distributions: tuple[Distribution, ...]
    findings: tuple[Finding, ...]
    metrics: tuple[Diversity, ...]


def read_standing(files: InventoryFiles) -> tuple[Standing, tuple[Finding, ...]]:
    """Who stands where by an inventory, and warnings on its facts; InvalidDocument with every problem of a file."""
    inventory = load_inventory(files.inventory, load_catalogue(files.catalog, files.catalog_only))
    known = {key: {getattr(node, key) for node in inventory.nodes} for key in ("group", "chain", "network")}
    rules = load_policy(files.policy, known) if files.policy else ()
    path = str(files.policy or files.inventory)
    standing = compute_inventory_standing("inventory", inventory.nodes, rules, path)
    fleet = mark_production(standing.fleet, load_clients(find_clients()))
    return replace(standing, fleet=fleet), inventory.findings


def check_inventory(files: InventoryFiles, threshold: Fraction) -> InventoryReview:
    """The distribution of an inventory's nodes, every finding, and the metrics; Nakamoto's is of `threshold`."""
    standing, findings = read_standing(files)
    return InventoryReview(
        compute_distributions(standing),
        (*findings, *review_standing(standing)),
        compute_diversity(standing, threshold),
    )
