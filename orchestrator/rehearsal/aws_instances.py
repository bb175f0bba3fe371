"""The rehearsed AWS's instances, each a machine that boots, and the attachments of their data volumes."""

from collections.abc import Sequence
from ipaddress import IPv4Address

import pulumi_aws as aws

from orchestrator.model.site import MachineType
from orchestrator.rehearsal.attachment_kind import Attached, AttachmentKind
from orchestrator.rehearsal.aws_account import (
    ATTACHMENT,
    INSTANCE,
    KEY_PAIR,
    PLACEMENT_GROUP,
    PROVIDER,
    SECURITY_GROUP,
    SUBNET,
    VOLUME,
    AwsAccount,
    AwsKind,
    AwsRefusal,
    Calls,
    refuse_value,
)
from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.exhaustion import find_vcpu_quota, is_exhausted
from orchestrator.rehearsal.firewall import FirewallRule
from orchestrator.rehearsal.machine import NewMachine, find_machine, halt_machine
from orchestrator.rehearsal.machine_kind import MachineKind
from orchestrator.rehearsal.world import allocate_address

SPREAD_LIMIT = 7  # running instances of a spread placement group in one zone
USER_DATA_BYTES = 16384
IMAGE_GIB = 8
BURSTABLE = ("t2", "t3", "t3a", "t4g")
DEVICE_NAMES = tuple(f"/dev/sd{letter}" for letter in "fghijklmnop")  # what AWS recommends for data volumes
VOLUME_LINK = "nvme-Amazon_Elastic_Block_Store_{}"  # below /dev/disk/by-id: model and serial number of the NVMe device
# The machine's name in its world: its tag Name, which no API keeps from being given twice.
WORLD_NAME = "rehearsedName"


class Instance(MachineKind[AwsAccount], AwsKind):
    """Instances: inputs are held against the catalogue and the account, then a machine boots."""

    kind = INSTANCE
    arguments = aws.ec2.InstanceArgs
    fixed = frozenset(
        {"ami", "associatePublicIpAddress", "availabilityZone", "keyName", "placementGroup", "region", "subnetId"}
    )
    calls = Calls("RunInstances", "ModifyInstanceAttribute", "TerminateInstances")
    arn_type = "instance"

    def check(self, inputs: Properties) -> None:
        """Refusal where the type, image or anything that the instance refers to is not there, or not to be had."""
        super().check(inputs)
        region = inputs["region"]
        subnet = self._account.get_in_region(SUBNET, inputs["subnetId"], region)
        machine_type = self._get_type(inputs["instanceType"], subnet)
        self._refuse_image(str(inputs.get("ami")), machine_type)
        for group in inputs.get("vpcSecurityGroupIds") or ():
            if self._account.get_in_region(SECURITY_GROUP, group, region)["vpcId"] != subnet["vpcId"]:
                raise AwsRefusal(
                    "InvalidParameter",
                    f"Security group {group} and subnet {inputs['subnetId']} belong to different networks.",
                )
        if inputs.get("keyName"):
            self._account.get_in_region(KEY_PAIR, inputs["keyName"], region)
        if inputs.get("placementGroup"):
            self._refuse_full_spread(inputs["placementGroup"], subnet)
        refuse_options(inputs)
        self._refuse_shortage(machine_type, subnet["availabilityZone"])

    def check_update(self, _identifier: str, old: Properties, new: Properties) -> None:
        """Its security groups may change, and its attributes."""
        for group in new.get("vpcSecurityGroupIds") or ():
            self._account.get_in_region(SECURITY_GROUP, group, new["region"])
        if old.get("instanceType") != new.get("instanceType"):
            raise AwsRefusal("IncorrectInstanceState", "The instance is not in the 'stopped' state.")

    def _get_type(self, name: str, subnet: Properties) -> MachineType:
        region, zone = subnet["region"], subnet["availabilityZone"]
        offered = [kind for kind in self._account.facts.machine_types if kind.name == name]
        here = next((kind for kind in offered if kind.region == region), None)
        if not offered:
            raise AwsRefusal("InvalidParameterValue", f"Invalid value '{name}' for InstanceType.")
        if here is None:
            raise AwsRefusal(
                "Unsupported",
                "The requested configuration is currently not supported. "
                "Please check the documentation for supported configurations.",
            )
        if here.zones and self._account.get_zone(region, zone).zone not in here.zones:
            raise AwsRefusal(
                "Unsupported",
                f"Your requested instance type ({name}) is not supported in your requested Availability Zone ({zone}).",
            )
        return here

    def _refuse_image(self, image: str, machine_type: MachineType) -> None:
        images = self._account.facts.images
        found = next((each for each in images if (each.image_id, each.region) == (image, machine_type.region)), None)
        if not image.startswith("ami-"):
            raise AwsRefusal("InvalidAMIID.Malformed", f'Invalid id: "{image}" (expecting "ami-...")')
        if found is None:
            raise AwsRefusal("InvalidAMIID.NotFound", f"The image id '[{image}]' does not exist")
        if found.arch != machine_type.arch:
            raise AwsRefusal(
                "InvalidParameterValue",
                f"The architecture '{machine_type.arch}' of the specified instance type does not match the "
                f"architecture '{found.arch}' of the specified AMI.",
            )

    def _refuse_full_spread(self, name: str, subnet: Properties) -> None:
        """The limit is documented, the code for it is not: it is the one for too many instances."""
        self._account.get_in_region(PLACEMENT_GROUP, name, subnet["region"])
        members = self._account.list_users(INSTANCE, "placementGroup", name).values()
        if sum(member["availabilityZone"] == subnet["availabilityZone"] for member in members) >= SPREAD_LIMIT:
            raise AwsRefusal(
                "InstanceLimitExceeded",
                f"The placement group '{name}' has {SPREAD_LIMIT} running instances in this Availability Zone.",
            )

    def _refuse_shortage(self, wanted: MachineType, zone: str) -> None:
        world = self._account.world
        vcpus = {kind.name: kind.vcpus for kind in self._account.facts.machine_types if kind.region == wanted.region}
        running = self._account.list_in_region(INSTANCE, wanted.region).values()
        quota = find_vcpu_quota(world, PROVIDER, wanted.region)
        if quota is not None and sum(vcpus[each["instanceType"]] for each in running) + wanted.vcpus > quota:
            raise AwsRefusal(
                "VcpuLimitExceeded",
                f"You have requested more vCPU capacity than your current vCPU limit of {quota} allows for the "
                "instance bucket that the specified instance type belongs to.",
            )
        if is_exhausted(world, PROVIDER, wanted.region, wanted.name):
            raise AwsRefusal(
                "InsufficientInstanceCapacity",
                f"We currently do not have sufficient {wanted.name} capacity in the Availability Zone you requested "
                f"({zone}). Our system will be working on provisioning additional capacity.",
            )

    def list_computed(self, identifier: str, inputs: Properties) -> Properties:
        """Its addresses and what else the API tells."""
        name = (inputs.get("tags") or {}).get("Name") or identifier
        if any(other[WORLD_NAME] == name for other in self._cloud.list_resources(INSTANCE).values()):
            name = identifier
        subnet = self._account.get_resource(SUBNET, inputs["subnetId"])
        return super().list_computed(identifier, inputs) | {
            "publicIp": str(allocate_address(self._account.world, name)),
            "availabilityZone": subnet["availabilityZone"],
            "instanceState": "running",
            WORLD_NAME: name,
        }

    def describe_machine(self, _identifier: str, properties: Properties) -> NewMachine:
        """A machine with the instance's name, key, user data and security groups."""
        keys = [self._account.get_resource(KEY_PAIR, properties["keyName"])] if properties.get("keyName") else []
        zone = self._account.get_zone(properties["region"], properties["availabilityZone"])
        return NewMachine(
            name=properties[WORLD_NAME],
            address=IPv4Address(properties["publicIp"]),
            hostname=properties[WORLD_NAME],
            user_data=properties.get("userData"),
            authorized_keys=tuple(key["publicKey"] for key in keys),
            domains=self._account.list_domains(zone),
            firewall=tuple(self.list_rules(properties)),
        )

    def get_machine_name(self, properties: Properties) -> str:
        """The one that was chosen when it was made."""
        return str(properties[WORLD_NAME])

    def list_rules(self, properties: Properties) -> Sequence[FirewallRule]:
        """The inbound rules of all the instance's security groups."""
        groups = [self._account.get_resource(SECURITY_GROUP, each) for each in properties["vpcSecurityGroupIds"]]
        return [found for group in groups for rule in group.get("ingress") or () for found in read_rule(rule)]

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Ends the machine, unless it is protected."""
        if found.get("disableApiTermination"):
            raise AwsRefusal(
                "OperationNotPermitted",
                f"The instance '{identifier}' may not be terminated. Modify its 'disableApiTermination' instance "
                "attribute and try again.",
            )
        super().prepare_delete(identifier, found)

    def stop(self, identifier: str) -> None:
        """Switches the machine off, unless it is protected."""
        found = self._account.get_resource(INSTANCE, identifier)
        if found.get("disableApiStop"):
            raise AwsRefusal(
                "OperationNotPermitted",
                f"The instance '{identifier}' may not be stopped. Modify its 'disableApiStop' instance attribute and "
                "try again.",
                "StopInstances",
            )
        halt_machine(self._account.world, self.get_machine_name(found))


class VolumeAttachment(AttachmentKind[AwsAccount], AwsKind):
    """Attachments of data volumes."""

    kind = ATTACHMENT
    arguments = aws.ec2.VolumeAttachmentArgs
    fixed = frozenset({"deviceName", "instanceId", "volumeId", "region"})
    calls = Calls("AttachVolume", "AttachVolume", "DetachVolume")
    import_form = "{deviceName}:{volumeId}:{instanceId}"

    def check(self, inputs: Properties) -> None:
        """Instance and volume are of one zone; the volume and the device name are free."""
        region, device = inputs["region"], inputs["deviceName"]
        instance_id, volume_id = inputs["instanceId"], inputs["volumeId"]
        instance = self._account.get_in_region(INSTANCE, instance_id, region)
        volume = self._account.get_in_region(VOLUME, volume_id, region)
        if instance["availabilityZone"] != volume["availabilityZone"]:
            raise AwsRefusal(
                "InvalidVolume.ZoneMismatch",
                f"The volume '{volume_id}' is not in the same availability zone as instance '{instance_id}'",
            )
        if self._account.list_users(ATTACHMENT, "volumeId", volume_id):
            raise AwsRefusal("VolumeInUse", f"{volume_id} is already attached to an instance")
        if device not in DEVICE_NAMES:
            raise refuse_value("device", device)
        if any(
            other["deviceName"] == device
            for other in self._account.list_users(ATTACHMENT, "instanceId", instance_id).values()
        ):
            raise AwsRefusal(
                "InvalidParameterValue",
                f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use",
            )

    def describe(self, properties: Properties) -> Attached | None:
        """The volume, under the name that its NVMe device has."""
        instance = self._cloud.find_resource(INSTANCE, properties["instanceId"])
        volume = properties["volumeId"]
        if instance is None:
            return None
        return Attached(instance[WORLD_NAME], volume, VOLUME_LINK.format(volume.replace("-", "")))

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Takes the volume away; from a machine that runs, and so has it mounted, it does not come off."""
        attached = self.describe(found)
        machine = attached and find_machine(self._account.world, attached.machine)
        if machine and machine.running:
            if not found.get("stopInstanceBeforeDetaching"):
                raise AwsRefusal("IncorrectState", f"the volume '{found['volumeId']}' stays in state 'busy'")
            Instance(self._account).stop(found["instanceId"])
        super().prepare_delete(identifier, found)


def refuse_options(inputs: Properties) -> None:
    """AwsRefusal where the instance's own options cannot be had."""
    options = inputs.get("metadataOptions") or {}
    if options.get("httpTokens", "required") not in ("required", "optional"):
        raise refuse_value("HttpTokens", options["httpTokens"])
    if not 1 <= int(options.get("httpPutResponseHopLimit", 1)) <= 64:
        raise AwsRefusal("InvalidParameterValue", "HttpPutResponseHopLimit must be between 1 and 64")
    if len((inputs.get("userData") or "").encode()) > USER_DATA_BYTES:
        raise AwsRefusal("InvalidParameterValue", f"User data is limited to {USER_DATA_BYTES} bytes")
    size = int((inputs.get("rootBlockDevice") or {}).get("volumeSize", IMAGE_GIB))
    if size < IMAGE_GIB:
        raise AwsRefusal(
            "InvalidBlockDeviceMapping",
            f"Volume of size {size}GB is smaller than snapshot, expect size >= {IMAGE_GIB}GB",
        )
    if inputs.get("creditSpecification") and inputs["instanceType"].partition(".")[0] not in BURSTABLE:
        raise AwsRefusal(
            "InvalidParameterCombination",
            f"The instance type {inputs['instanceType']} does not support a credit specification.",
        )


def read_rule(rule: Properties) -> list[FirewallRule]:
    """A rule of a security group as the machine's firewall has it; none where it names no network."""
    sources = (*(rule.get("cidrBlocks") or ()), *(rule.get("ipv6CidrBlocks") or ()))
    first, last = int(rule["fromPort"]), int(rule["toPort"])
    port = None if (first, last) == (0, 0) else f"{first}-{last}" if first != last else str(first)
    match rule["protocol"]:
        case _ if not sources:
            return []
        case "-1":
            return [FirewallRule(protocol=each, sources=sources) for each in ("tcp", "udp", "icmp")]
        case "icmp" | "icmpv6":
            return [FirewallRule(protocol="icmp", sources=sources)]
        case protocol:
            return [FirewallRule(protocol=protocol, port=port, sources=sources)]
