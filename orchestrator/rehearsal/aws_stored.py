"""The rehearsed AWS's keys, placement groups, volumes and addresses."""

import math
from dataclasses import dataclass

import pulumi_aws as aws

from orchestrator.rehearsal.aws_account import (
    ADDRESS,
    ATTACHMENT,
    GATEWAY,
    INSTANCE,
    KEY_PAIR,
    PLACEMENT_GROUP,
    SUBNET,
    VOLUME,
    AwsKind,
    AwsRefusal,
    Calls,
    refuse_value,
)
from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.world import allocate_address, get_volume_folder, remove_folder

ADDRESS_LIMIT = 5  # the default quota of a region
KEY_TYPES = ("ssh-rsa", "ssh-ed25519")


@dataclass(frozen=True)
class VolumeLimits:
    """What a type of volume can have: sizes in GiB; operations a second, in all and a GiB; MiB/s (0: not to choose)."""

    sizes: range
    iops: range = range(0)
    iops_per_gib: int = 0
    throughputs: range = range(0)


# docs.aws.amazon.com, "Amazon EBS volume types", as they were in 2024; gp3 with the limits of 2025.
VOLUME_TYPES = {
    "gp2": VolumeLimits(range(1, 16385)),
    "gp3": VolumeLimits(range(1, 65537), range(3000, 80001), 500, range(125, 2001)),
    "io1": VolumeLimits(range(4, 16385), range(100, 64001), 50),
    "io2": VolumeLimits(range(4, 65537), range(100, 256001), 1000),
    "st1": VolumeLimits(range(125, 16385)),
    "sc1": VolumeLimits(range(125, 16385)),
}
GP3_BASE_IOPS = 3000
IOPS_PER_MIB = 4  # gp3: at most a quarter of a MiB/s for each operation a second


class KeyPair(AwsKind):
    """A public key that an instance is given at birth; known by its name."""

    kind = KEY_PAIR
    arguments = aws.ec2.KeyPairArgs
    fixed = frozenset({"keyName", "publicKey", "region"})
    calls = Calls("ImportKeyPair", "CreateTags", "DeleteKeyPair")
    arn_type = "key-pair"

    def check(self, inputs: Properties) -> None:
        """A key of a type that EC2 takes, and a name that is free."""
        super().check(inputs)
        if self._cloud.find_resource(KEY_PAIR, inputs["keyName"]) is not None:
            raise AwsRefusal("InvalidKeyPair.Duplicate", f"The keypair '{inputs['keyName']}' already exists.")
        if not str(inputs["publicKey"]).startswith(KEY_TYPES):
            raise AwsRefusal("InvalidKey.Format", "Key is not in valid OpenSSH public key format")

    def make_id(self, inputs: Properties) -> str:
        """Its name. Regions have names of their own; here one name serves once, as in our program."""
        return str(inputs["keyName"])


class PlacementGroup(AwsKind):
    """Machines that stand on different hardware; known by its name."""

    kind = PLACEMENT_GROUP
    arguments = aws.ec2.PlacementGroupArgs
    fixed = frozenset({"name", "strategy", "spreadLevel", "partitionCount", "region"})
    calls = Calls("CreatePlacementGroup", "CreateTags", "DeletePlacementGroup")
    arn_type = "placement-group"

    def check(self, inputs: Properties) -> None:
        """A strategy that there is, and a name that is free."""
        super().check(inputs)
        if self._cloud.find_resource(PLACEMENT_GROUP, inputs["name"]) is not None:
            raise AwsRefusal(
                "InvalidPlacementGroup.Duplicate", f"The placement group '{inputs['name']}' already exists."
            )
        if inputs["strategy"] not in ("spread", "cluster", "partition"):
            raise refuse_value("strategy", inputs["strategy"])

    def make_id(self, inputs: Properties) -> str:
        """Its name, as with keys."""
        return str(inputs["name"])

    def prepare_delete(self, identifier: str, _found: Properties) -> None:
        """Not while a machine is in it."""
        if self._account.list_users(INSTANCE, "placementGroup", identifier):
            raise AwsRefusal(
                "InvalidPlacementGroup.InUse",
                f"The placement group '{identifier}' is in use and may not be deleted.",
            )


class Volume(AwsKind):
    """A data volume: in rehearsal a folder of the world."""

    kind = VOLUME
    arguments = aws.ebs.VolumeArgs
    fixed = frozenset({"availabilityZone", "encrypted", "kmsKeyId", "snapshotId", "region"})
    calls = Calls("CreateVolume", "ModifyVolume", "DeleteVolume")
    arn_type = "volume"

    def check(self, inputs: Properties) -> None:
        """A zone that there is, and numbers that the type can have."""
        super().check(inputs)
        self._account.get_zone(inputs["region"], inputs["availabilityZone"])
        refuse_numbers(inputs)

    def check_update(self, _identifier: str, old: Properties, new: Properties) -> None:
        """Volumes grow, and never shrink."""
        refuse_numbers(new)
        if int(new["size"]) < int(old["size"]):
            raise AwsRefusal("InvalidParameterValue", "New size cannot be smaller than existing size")

    def prepare_delete(self, identifier: str, _found: Properties) -> None:
        """Not while it is attached; then its data goes with it."""
        for attachment in self._account.list_users(ATTACHMENT, "volumeId", identifier).values():
            raise AwsRefusal("VolumeInUse", f"Volume {identifier} is currently attached to {attachment['instanceId']}")
        remove_folder(get_volume_folder(self._account.world, identifier))


class Eip(AwsKind):
    """A public address that stays. The machine's own address serves for it here: a world has one network."""

    kind = ADDRESS
    arguments = aws.ec2.EipArgs
    fixed = frozenset({"domain", "region"})
    calls = Calls("AllocateAddress", "AssociateAddress", "ReleaseAddress")
    arn_type = "elastic-ip"

    def check(self, inputs: Properties) -> None:
        """Room for one more, and an instance in a network with a gateway."""
        super().check(inputs)
        region = inputs["region"]
        if len(self._account.list_in_region(ADDRESS, region)) >= ADDRESS_LIMIT:
            raise AwsRefusal("AddressLimitExceeded", "The maximum number of addresses has been reached.")
        if inputs.get("domain", "vpc") != "vpc":
            raise refuse_value("domain", inputs["domain"])
        if not inputs.get("instance"):
            return
        instance = self._account.get_in_region(INSTANCE, inputs["instance"], region)
        vpc = self._account.get_resource(SUBNET, instance["subnetId"])["vpcId"]
        if not self._account.list_users(GATEWAY, "vpcId", vpc):
            raise AwsRefusal("Gateway.NotAttached", f"Network {vpc} is not attached to any internet gateway")

    def list_computed(self, identifier: str, inputs: Properties) -> Properties:
        """The address itself."""
        found = self._cloud.find_resource(INSTANCE, inputs.get("instance") or "")
        address = found["publicIp"] if found else str(allocate_address(self._account.world, identifier))
        return super().list_computed(identifier, inputs) | {"publicIp": address, "allocationId": identifier}


def refuse_numbers(inputs: Properties) -> None:
    """AwsRefusal where a volume's size, operations or throughput are not to be had of its type, or of its size."""
    name, size = inputs.get("type", "gp2"), int(inputs["size"])
    limits = VOLUME_TYPES.get(name)
    if limits is None:
        raise refuse_value("volumeType", name)
    if size not in limits.sizes:
        bound = "small" if size < limits.sizes[0] else "large"
        raise AwsRefusal("InvalidParameterValue", f"Volume of {size}GiB is too {bound} for volume type {name}.")
    iops, throughput = inputs.get("iops"), inputs.get("throughput")
    if iops is None and name in ("io1", "io2"):
        raise AwsRefusal("MissingParameter", "The request must contain the parameter iops")
    for word, value, allowed in (("iops", iops, limits.iops), ("throughput", throughput, limits.throughputs)):
        if value is not None and not allowed:
            raise AwsRefusal(
                "InvalidParameterCombination", f"The parameter {word} is not supported for {name} volumes."
            )
        if value is not None and int(value) not in allowed:
            raise AwsRefusal("InvalidParameterValue", f"Volume {word} of {int(value)} is not supported for {name}.")
    refuse_ratios(size, iops, throughput, limits)


def refuse_ratios(size: int, iops: float | None, throughput: float | None, limits: VolumeLimits) -> None:
    """AwsRefusal where there are too many operations for the size, or too much throughput for the operations."""
    most = max(limits.iops_per_gib * size, GP3_BASE_IOPS if limits.throughputs else 0)
    if iops is not None and iops > most:
        raise AwsRefusal(
            "InvalidParameterValue",
            f"Iops to volume size ratio of {iops / size:f} is too high; maximum is {limits.iops_per_gib} IOPS per GiB.",
        )
    if throughput is not None and math.ceil(throughput * IOPS_PER_MIB) > (iops or GP3_BASE_IOPS):
        raise AwsRefusal(
            "InvalidParameterValue",
            f"Throughput (MiBps) to iops ratio of {throughput / (iops or GP3_BASE_IOPS):f} is too high; maximum is "
            "0.250000 MiBps per iops.",
        )
