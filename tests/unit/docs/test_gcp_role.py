"""The role for Google Cloud in docs/iam: what each declared type of resource needs, all of it and nothing else."""

import re
from collections.abc import Mapping

from orchestrator.documents.yaml_document import read_yaml
from tests.unit.docs.pages import CHECKOUT

# By type: creating, reading, changing and deleting it as stacks/gcp.py declares it, from the API's reference
# (cloud.google.com/compute/docs/reference/rest/v1, "IAM Permissions" of each method).
NEEDED: Mapping[str, frozenset[str]] = {
    "network": frozenset({"networks.create", "networks.get", "networks.delete"}),
    "subnetwork": frozenset(
        {"subnetworks.create", "subnetworks.get", "subnetworks.delete", "networks.updatePolicy", "regions.get"}
    ),
    "firewall": frozenset(
        {"firewalls.create", "firewalls.get", "firewalls.update", "firewalls.delete", "networks.updatePolicy"}
    ),
    "resourcePolicy": frozenset({"resourcePolicies.create", "resourcePolicies.get", "resourcePolicies.delete"}),
    "address": frozenset({"addresses.create", "addresses.get", "addresses.setLabels", "addresses.delete"}),
    "disk": frozenset(
        {
            *("disks.create", "disks.get", "disks.setLabels", "disks.resize", "disks.update", "disks.delete"),
            *("diskTypes.get", "zones.get"),
        }
    ),
    "attachedDisk": frozenset({"instances.attachDisk", "instances.detachDisk", "instances.get", "disks.use"}),
    "instance": frozenset(
        {
            *("instances.create", "instances.get", "instances.delete", "instances.setDeletionProtection"),
            *("instances.setLabels", "instances.setMetadata", "instances.setTags", "instances.setScheduling"),
            *("instances.setShieldedInstanceIntegrityPolicy", "instances.updateShieldedInstanceConfig"),
            *("instances.addAccessConfig", "instances.deleteAccessConfig", "addresses.use"),
            *("disks.create", "subnetworks.use", "subnetworks.useExternalIp", "resourcePolicies.use"),
            *("machineTypes.get", "zones.get", "projects.get"),
        }
    ),
}
# What is asked first, to see whether the credentials are good: which zones there are.
ASKING = frozenset({"zones.list"})
# Every change is an operation that is waited for, in its zone, its region, or globally.
WAITING = frozenset({"zoneOperations.get", "regionOperations.get", "globalOperations.get"})


def test_the_map_knows_each_type_that_is_declared() -> None:
    source = (CHECKOUT / "stacks" / "gcp.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"gcp:compute/(\w+):', source)) == set(NEEDED)


def test_the_role_has_what_is_needed_and_nothing_else() -> None:
    role = read_yaml(CHECKOUT / "docs" / "iam" / "gcp-role.yaml").data
    listed = list(role["includedPermissions"])
    assert listed == sorted(set(listed))
    assert set(listed) == {f"compute.{name}" for name in WAITING.union(ASKING, *NEEDED.values())}
    assert set(role) == {"title", "description", "stage", "includedPermissions"}  # what gcloud takes
