"""What the rehearsed AWS refuses, in its own words; no machine is booted here."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.loss import Loss
from orchestrator.rehearsal import attachment_kind, aws_instances, machine_kind
from orchestrator.rehearsal.aws import list_functions, list_kinds
from orchestrator.rehearsal.aws_account import AwsAccount
from orchestrator.rehearsal.aws_instances import SPREAD_LIMIT
from orchestrator.rehearsal.aws_stored import ADDRESS_LIMIT
from orchestrator.rehearsal.cloud import Refusal, Unreachable
from orchestrator.rehearsal.exhaustion import Exhausted, Quota, exhaust, set_quota
from orchestrator.rehearsal.machine import NewMachine
from orchestrator.rehearsal.outage import Losses, find_losses_file
from orchestrator.rehearsal.provider_account import load_facts
from orchestrator.rehearsal.stored import write_value
from orchestrator.rehearsal.world import World

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbNXI8eGXU3dCcH0aixas0jBINWoLKmy9+wTxucqN0v"
REGION = "us-east-1"
ZONE = "use1-az4"
TYPE = "m6a.large"


RUNNING = SimpleNamespace(running=True, record=SimpleNamespace(powered=True))


class Cloud:
    """One account, and the machines and attachments that it would have made."""

    def __init__(self, world: World, name: str = "alpha") -> None:
        self.world = world
        self.name = name
        self.kinds = list_kinds(world, name)
        self.booted: list[NewMachine] = []
        self.attached: set[tuple[str, ...]] = set()
        self.halted: list[str] = []
        self.rules: list[Any] = []

    def get_kind(self, kind: str) -> Any:
        package = "ebs" if kind == "volume" else "ec2"
        return self.kinds[f"aws:{package}/{kind}:{kind[0].upper()}{kind[1:]}"]

    def create(self, kind: str, **inputs: Any) -> str:
        return str(self.get_kind(kind).create({"region": REGION, **inputs})[0])

    def delete(self, kind: str, identifier: str) -> None:
        self.get_kind(kind).delete(identifier, {})

    def read(self, kind: str, identifier: str) -> dict[str, Any]:
        found: dict[str, Any] | None = self.get_kind(kind).read(identifier)
        assert found is not None
        return found

    def create_vpc(self, **inputs: Any) -> str:
        return self.create("vpc", **{"cidrBlock": "10.0.0.0/16", **inputs})

    def create_subnet(self, vpc: str | None = None, **inputs: Any) -> str:
        given = {"vpcId": vpc or self.create_vpc(), "cidrBlock": "10.0.16.0/20", "availabilityZoneId": ZONE, **inputs}
        return self.create("subnet", **given)

    def create_instance(self, subnet: str | None = None, **inputs: Any) -> str:
        given = {"ami": IMAGE["id"], "instanceType": TYPE, "subnetId": subnet or self.create_subnet(), **inputs}
        return self.create("instance", **{"vpcSecurityGroupIds": [], **given})

    def create_volume(self, zone: str | None = None, **inputs: Any) -> str:
        names = AwsAccount(self.world, self.name).name_zones(REGION)
        given = {"availabilityZone": zone or names[ZONE], "size": 100.0, "type": "gp3", "encrypted": True, **inputs}
        return self.create("volume", **given)

    def create_group(self, vpc: str | None = None, **inputs: Any) -> str:
        return self.create("securityGroup", **{"name": "g", "vpcId": vpc or self.create_vpc(), **inputs})

    def attach(self, instance: str, volume: str, **inputs: Any) -> str:
        given = {"instanceId": instance, "volumeId": volume, "deviceName": "/dev/sdf", **inputs}
        return self.create("volumeAttachment", **given)


IMAGE: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def facts() -> Catalogue:
    """The catalogue's facts, so that a refresh of them changes no test."""
    facts = load_facts("aws")
    IMAGE["id"] = next(image.image_id for image in facts.images if image.region == REGION)
    return facts


@pytest.fixture
def cloud(world: World, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    made = Cloud(world)
    monkeypatch.setattr(machine_kind, "create_machine", lambda _world, machine, _image: made.booted.append(machine))
    monkeypatch.setattr(machine_kind, "read_pinned_image", lambda _world: None)
    monkeypatch.setattr(machine_kind, "delete_machine", lambda _world, _name: None)
    monkeypatch.setattr(machine_kind, "find_machine", lambda _world, _name: RUNNING)
    monkeypatch.setattr(machine_kind, "apply_machine_firewall", lambda _world, *rules: made.rules.append(rules))
    monkeypatch.setattr(attachment_kind, "attach_volume", lambda _world, *attached: made.attached.add(attached))
    monkeypatch.setattr(attachment_kind, "detach_volume", lambda _world, *_detached: made.attached.pop())
    monkeypatch.setattr(aws_instances, "find_machine", lambda _world, _name: RUNNING)
    monkeypatch.setattr(aws_instances, "halt_machine", lambda _world, name: made.halted.append(name))
    return made


def test_an_instance_boots_what_was_asked_for(cloud: Cloud) -> None:
    vpc = cloud.create_vpc()
    cloud.create("keyPair", keyName="k", publicKey=KEY)
    rule = {"protocol": "tcp", "fromPort": 22.0, "toPort": 22.0, "cidrBlocks": ["192.0.2.0/24"]}
    group = cloud.create_group(vpc, ingress=[rule])
    instance = cloud.create_instance(
        cloud.create_subnet(vpc),
        keyName="k",
        vpcSecurityGroupIds=[group],
        userData="#cloud-config\n",
        tags={"Name": "f-btc-1-1"},
    )
    (machine,) = cloud.booted
    assert (machine.name, machine.hostname, machine.user_data) == ("f-btc-1-1", "f-btc-1-1", "#cloud-config\n")
    assert machine.authorized_keys == (KEY,)
    assert machine.firewall is not None
    assert [(rule.protocol, rule.port, [str(source) for source in rule.sources]) for rule in machine.firewall] == [
        ("tcp", "22", ["192.0.2.0/24"])
    ]
    assert machine.domains["region"] == "aws/us-east-1"
    assert machine.domains["zone"] == f"aws/{ZONE}"  # by the id, whatever the account's letter is
    assert instance.startswith("i-0")
    assert len(instance) == 19
    assert cloud.read("instance", instance)["publicIp"] == str(machine.address)


def test_a_name_given_twice_is_two_machines_as_at_aws(cloud: Cloud) -> None:
    subnet = cloud.create_subnet()
    first, second = (cloud.create_instance(subnet, tags={"Name": "f-btc-1-1"}) for _ in range(2))
    assert [machine.name for machine in cloud.booted] == ["f-btc-1-1", second]
    assert first != second


def test_accounts_give_zones_other_letters(cloud: Cloud) -> None:
    names = [AwsAccount(cloud.world, name).name_zones(REGION) for name in ("alpha", "beta", "gamma", "delta")]
    assert all(sorted(found) == sorted(names[0]) for found in names)
    assert len({tuple(found.values()) for found in names}) > 1


RULE: dict[str, Any] = {"protocol": "tcp", "fromPort": 1.0, "toPort": 2.0, "cidrBlocks": ["0.0.0.0/0"]}
MANY = [{**RULE, "cidrBlocks": [f"10.0.{number}.0/24" for number in range(61)]}]

REFUSED: list[tuple[Callable[[Cloud], object], str]] = [
    (lambda c: c.create_vpc(cidrBlock="10.0.0.0/8"), "InvalidVpc.Range"),
    (lambda c: c.create_vpc(cidrBlock="10.0.0.0/33"), "InvalidParameterValue"),
    (lambda c: c.create_vpc(tags={"aws:x": "y"}), "InvalidParameterValue"),
    (lambda c: c.create_vpc(tags={str(number): "" for number in range(51)}), "TagLimitExceeded"),
    (lambda c: c.create("internetGateway", vpcId="vpc-7"), "InvalidVpcID.NotFound"),
    (lambda c: c.create("routeTable", vpcId="vpc-7"), "InvalidVpcID.NotFound"),
    (lambda c: c.create_subnet("vpc-7"), "InvalidVpcID.NotFound"),
    (lambda c: c.create_group("vpc-7"), "InvalidVpcID.NotFound"),
    (lambda c: c.create_instance("subnet-7"), "InvalidSubnetID.NotFound"),
    (lambda c: c.create_volume(zone="us-east-1z"), "InvalidZone.NotFound"),
    (lambda c: c.create_volume(type="gp9"), "InvalidParameterValue"),
    (lambda c: c.create_volume(size=0.0), "InvalidParameterValue"),
    (lambda c: c.create_volume(size=65537.0), "InvalidParameterValue"),
    (lambda c: c.create_volume(size=100.0, type="st1"), "InvalidParameterValue"),
    (lambda c: c.create_volume(size=200.0, type="st1", iops=500.0), "InvalidParameterCombination"),
    (lambda c: c.create_volume(iops=2999.0), "InvalidParameterValue"),
    (lambda c: c.create_volume(size=200.0, iops=80001.0), "InvalidParameterValue"),
    (lambda c: c.create_volume(size=10.0, iops=5001.0), "InvalidParameterValue"),
    (lambda c: c.create_volume(iops=3000.0, throughput=751.0), "InvalidParameterValue"),
    (lambda c: c.create_volume(throughput=100.0), "InvalidParameterValue"),
    (lambda c: c.create_volume(type="io2"), "MissingParameter"),
    (lambda c: c.create_volume(type="io2", iops=1000.0, throughput=125.0), "InvalidParameterCombination"),
    (lambda c: c.create("keyPair", keyName="k", publicKey="hello"), "InvalidKey.Format"),
    (lambda c: c.create("placementGroup", name="p", strategy="apart"), "InvalidParameterValue"),
    (lambda c: c.create("eip", domain="vpc", instance="i-7"), "InvalidInstanceID.NotFound"),
    (lambda c: c.create("eip", domain="standard"), "InvalidParameterValue"),
    (lambda c: c.attach("i-7", "vol-7"), "InvalidInstanceID.NotFound"),
    (lambda c: c.create("routeTableAssociation", routeTableId="rtb-7", subnetId="s"), "InvalidRouteTableID.NotFound"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_the_cloud_would_refuse_is_refused_and_leaves_nothing(cloud: Cloud, number: int) -> None:
    attempt, code = REFUSED[number]
    with pytest.raises(Refusal) as caught:
        attempt(cloud)
    assert caught.value.code == code
    assert cloud.booted == []
    assert not list((cloud.world.folder / "accounts" / "alpha").glob("*/*.json"))


IN_A_NETWORK: list[tuple[Callable[[Cloud, str, str], object], str]] = [
    (lambda c, _vpc, s: c.create_instance(s, ami="debian-12"), "InvalidAMIID.Malformed"),
    (lambda c, _vpc, s: c.create_instance(s, ami="ami-0"), "InvalidAMIID.NotFound"),
    (lambda c, _vpc, s: c.create_instance(s, instanceType="m99.large"), "InvalidParameterValue"),
    (
        lambda c, _vpc, s: c.create_instance(s, instanceType="m7g.large"),
        "InvalidParameterValue",
    ),  # another architecture
    (lambda c, _vpc, s: c.create_instance(s, keyName="k"), "InvalidKeyPair.NotFound"),
    (lambda c, _vpc, s: c.create_instance(s, placementGroup="p"), "InvalidPlacementGroup.Unknown"),
    (lambda c, _vpc, s: c.create_instance(s, vpcSecurityGroupIds=["sg-7"]), "InvalidGroup.NotFound"),
    (lambda c, _vpc, s: c.create_instance(s, metadataOptions={"httpTokens": "never"}), "InvalidParameterValue"),
    (
        lambda c, _vpc, s: c.create_instance(s, metadataOptions={"httpPutResponseHopLimit": 65.0}),
        "InvalidParameterValue",
    ),
    (lambda c, _vpc, s: c.create_instance(s, userData="x" * 16385), "InvalidParameterValue"),
    (lambda c, _vpc, s: c.create_instance(s, rootBlockDevice={"volumeSize": 7.0}), "InvalidBlockDeviceMapping"),
    (
        lambda c, _vpc, s: c.create_instance(s, creditSpecification={"cpuCredits": "standard"}),
        "InvalidParameterCombination",
    ),
    (lambda c, vpc, _s: c.create_subnet(vpc, cidrBlock="10.0.31.0/24"), "InvalidSubnet.Conflict"),
    (lambda c, vpc, _s: c.create_subnet(vpc, cidrBlock="10.1.0.0/24"), "InvalidSubnet.Range"),
    (lambda c, vpc, _s: c.create_subnet(vpc, cidrBlock="10.0.32.0/30"), "InvalidSubnet.Range"),
    (lambda c, vpc, _s: c.create_subnet(vpc, cidrBlock="ten"), "InvalidParameterValue"),
    (
        lambda c, vpc, _s: c.create_subnet(vpc, cidrBlock="10.0.32.0/24", availabilityZoneId="use1-az9"),
        "InvalidParameterValue",
    ),
    (
        lambda c, vpc, _s: c.create_subnet(vpc, cidrBlock="10.0.32.0/24", ipv6CidrBlock="2600:1f18::/64"),
        "InvalidSubnet.Range",  # the VPC has none
    ),
    (
        lambda c, vpc, _s: c.create_subnet(vpc, cidrBlock="10.0.32.0/24", assignIpv6AddressOnCreation=True),
        "InvalidParameterCombination",
    ),
    (lambda c, vpc, _s: c.create_group(vpc, name="sg-mine"), "InvalidParameterValue"),
    (lambda c, vpc, _s: c.create_group(vpc, description="naïve"), "InvalidParameterValue"),
    (lambda c, vpc, _s: c.create_group(vpc, ingress=[{**RULE, "protocol": "smtp"}]), "InvalidParameterValue"),
    (lambda c, vpc, _s: c.create_group(vpc, ingress=[{**RULE, "toPort": 70000.0}]), "InvalidParameterValue"),
    (lambda c, vpc, _s: c.create_group(vpc, egress=[{**RULE, "protocol": "-1"}]), "InvalidParameterValue"),
    (lambda c, vpc, _s: c.create_group(vpc, ingress=[{**RULE, "cidrBlocks": ["::/0"]}]), "InvalidParameterValue"),
    (lambda c, vpc, _s: c.create_group(vpc, ingress=[{**RULE, "description": "ü"}]), "InvalidParameterValue"),
    (lambda c, vpc, _s: c.create_group(vpc, ingress=MANY), "RulesPerSecurityGroupLimitExceeded"),
    (
        lambda c, vpc, _s: c.create("routeTable", vpcId=vpc, routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-7"}]),
        "InvalidInternetGatewayID.NotFound",
    ),
    (lambda c, _vpc, s: c.create("eip", domain="vpc", instance=c.create_instance(s)), "Gateway.NotAttached"),
]


@pytest.mark.parametrize("number", range(len(IN_A_NETWORK)))
def test_what_does_not_fit_its_network_is_refused(cloud: Cloud, number: int) -> None:
    vpc = cloud.create_vpc()
    subnet = cloud.create_subnet(vpc)
    attempt, code = IN_A_NETWORK[number]
    with pytest.raises(Refusal) as caught:
        attempt(cloud, vpc, subnet)
    assert caught.value.code == code


def test_a_refusal_reads_as_the_sdks_does(cloud: Cloud) -> None:
    with pytest.raises(Refusal) as caught:
        cloud.create_instance("subnet-7")
    assert str(caught.value).startswith(
        "operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: "
    )
    assert str(caught.value).endswith("api error InvalidSubnetID.NotFound: The subnet ID 'subnet-7' does not exist")


def test_a_type_that_the_zone_does_not_offer_is_unsupported(cloud: Cloud, facts: Catalogue) -> None:
    kinds = [kind for kind in facts.machine_types if kind.region == REGION and kind.zones and kind.arch == "x86_64"]
    ids = {zone.zone: str(zone.zone_id) for zone in facts.zones if zone.region == REGION}
    name, zone = next((kind.name, zone) for kind in kinds for zone in ids if zone not in kind.zones)
    with pytest.raises(Refusal, match="Unsupported: Your requested instance type"):
        cloud.create_instance(cloud.create_subnet(availabilityZoneId=ids[zone]), instanceType=name)
    offered = {(kind.name, kind.region) for kind in facts.machine_types}
    zones = {zone.region: str(zone.zone_id) for zone in facts.zones}
    name, region = next((kind.name, region) for kind in kinds for region in zones if (kind.name, region) not in offered)
    abroad = cloud.create_subnet(cloud.create_vpc(region=region), region=region, availabilityZoneId=zones[region])
    with pytest.raises(Refusal, match="Unsupported: The requested configuration"):
        cloud.create_instance(abroad, instanceType=name, region=region)


def test_what_belongs_to_another_network_or_region_does_not_fit(cloud: Cloud) -> None:
    one, other = cloud.create_vpc(), cloud.create_vpc()
    group = cloud.create_group(other)
    with pytest.raises(Refusal, match=r"InvalidParameter: Security group .* belong to different networks"):
        cloud.create_instance(cloud.create_subnet(one), vpcSecurityGroupIds=[group])
    gateway = cloud.create("internetGateway", vpcId=other)
    with pytest.raises(Refusal, match="belong to different networks"):
        cloud.create("routeTable", vpcId=one, routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": gateway}])
    table = cloud.create("routeTable", vpcId=other, routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": gateway}])
    subnet = cloud.create_subnet(one, cidrBlock="10.0.32.0/20")
    with pytest.raises(Refusal, match="belong to different networks"):
        cloud.create("routeTableAssociation", routeTableId=table, subnetId=subnet)
    with pytest.raises(Refusal, match=r"InvalidVpcID\.NotFound"):
        cloud.create_subnet(one, region="eu-central-1")


def test_names_are_taken_once(cloud: Cloud) -> None:
    vpc = cloud.create_vpc()
    cloud.create_group(vpc)
    cloud.create_group(cloud.create_vpc())  # another VPC has names of its own
    cloud.create("keyPair", keyName="k", publicKey=KEY)
    cloud.create("placementGroup", name="p", strategy="spread")
    cloud.create("internetGateway", vpcId=vpc)
    attempts: list[tuple[Callable[[], object], str]] = [
        (lambda: cloud.create_group(vpc), "InvalidGroup.Duplicate"),
        (lambda: cloud.create("keyPair", keyName="k", publicKey=KEY), "InvalidKeyPair.Duplicate"),
        (lambda: cloud.create("placementGroup", name="p", strategy="spread"), "InvalidPlacementGroup.Duplicate"),
        (lambda: cloud.create("internetGateway", vpcId=vpc), "Resource.AlreadyAssociated"),
    ]
    for attempt, code in attempts:
        with pytest.raises(Refusal) as caught:
            attempt()
        assert caught.value.code == code


def test_quotas_hold(cloud: Cloud) -> None:
    for _ in range(5):
        cloud.create_vpc()
    with pytest.raises(Refusal, match="VpcLimitExceeded"):
        cloud.create_vpc()
    for _ in range(ADDRESS_LIMIT):
        cloud.create("eip", domain="vpc")
    with pytest.raises(Refusal, match="AddressLimitExceeded"):
        cloud.create("eip", domain="vpc")
    cloud.create("eip", domain="vpc", region="eu-central-1")


def test_a_spread_is_full_at_seven_a_zone(cloud: Cloud) -> None:
    cloud.create("placementGroup", name="p", strategy="spread")
    vpc = cloud.create_vpc()
    subnet = cloud.create_subnet(vpc)
    for _ in range(SPREAD_LIMIT):
        cloud.create_instance(subnet, placementGroup="p")
    with pytest.raises(Refusal, match="InstanceLimitExceeded"):
        cloud.create_instance(subnet, placementGroup="p")
    other = cloud.create_subnet(vpc, cidrBlock="10.0.32.0/20", availabilityZoneId="use1-az6")
    cloud.create_instance(other, placementGroup="p")


def test_what_is_exhausted_or_over_the_quota_is_refused(cloud: Cloud) -> None:
    subnet = cloud.create_subnet()
    exhaust(cloud.world, Exhausted(provider="aws", region=REGION, machine_type=TYPE))
    with pytest.raises(Refusal, match=f"InsufficientInstanceCapacity: We currently do not have sufficient {TYPE} cap"):
        cloud.create_instance(subnet)
    cloud.create_instance(subnet, instanceType="m6i.large")
    set_quota(cloud.world, Quota(provider="aws", region=REGION, vcpus=3))
    with pytest.raises(Refusal, match=r"VcpuLimitExceeded: .* vCPU limit of 3 allows"):
        cloud.create_instance(subnet, instanceType="m6i.large")
    assert len(cloud.booted) == 1


def test_volumes_attach_in_their_own_zone_once(cloud: Cloud) -> None:
    subnet = cloud.create_subnet()
    instance, other = (cloud.create_instance(subnet, tags={"Name": name}) for name in ("one", "two"))
    volume, second = cloud.create_volume(), cloud.create_volume()
    names = AwsAccount(cloud.world, "alpha").name_zones(REGION)
    with pytest.raises(Refusal, match=r"InvalidVolume\.ZoneMismatch"):
        cloud.attach(instance, cloud.create_volume(zone=names["use1-az1"]))
    cloud.attach(instance, volume)
    assert cloud.attached == {("one", volume, f"nvme-Amazon_Elastic_Block_Store_{volume.replace('-', '')}")}
    for attempt, code in (
        (lambda: cloud.attach(other, volume), "VolumeInUse"),
        (lambda: cloud.attach(instance, second), "InvalidParameterValue"),  # the device name is taken
        (lambda: cloud.attach(other, second, deviceName="sdf"), "InvalidParameterValue"),
        (lambda: cloud.delete("volume", volume), "VolumeInUse"),
    ):
        with pytest.raises(Refusal) as caught:
            attempt()
        assert caught.value.code == code


def test_a_mounted_volume_comes_off_a_stopped_machine_alone(cloud: Cloud) -> None:
    instance = cloud.create_instance(tags={"Name": "one"}, disableApiStop=True)
    volume = cloud.create_volume()
    attachment = cloud.attach(instance, volume)
    with pytest.raises(Refusal, match="IncorrectState"):
        cloud.delete("volumeAttachment", attachment)
    kind = cloud.get_kind("volumeAttachment")
    kind.update(attachment, {}, {**cloud.read("volumeAttachment", attachment), "stopInstanceBeforeDetaching": True})
    with pytest.raises(Refusal, match=r"StopInstances.*may not be stopped"):
        cloud.delete("volumeAttachment", attachment)
    found = cloud.read("instance", instance)
    cloud.get_kind("instance").update(instance, found, {**found, "disableApiStop": False})
    cloud.delete("volumeAttachment", attachment)
    assert (cloud.halted, cloud.attached) == (["one"], set())
    cloud.delete("volume", volume)


def test_what_is_protected_or_in_use_is_not_deleted(cloud: Cloud) -> None:
    vpc = cloud.create_vpc()
    gateway = cloud.create("internetGateway", vpcId=vpc)
    table = cloud.create("routeTable", vpcId=vpc, routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": gateway}])
    subnet = cloud.create_subnet(vpc)
    association = cloud.create("routeTableAssociation", routeTableId=table, subnetId=subnet)
    cloud.create("placementGroup", name="p", strategy="spread")
    group = cloud.create_group(vpc)
    instance = cloud.create_instance(
        subnet, vpcSecurityGroupIds=[group], placementGroup="p", disableApiTermination=True
    )
    for kind, identifier, code in (
        ("instance", instance, "OperationNotPermitted"),
        ("securityGroup", group, "DependencyViolation"),
        ("subnet", subnet, "DependencyViolation"),
        ("routeTable", table, "DependencyViolation"),
        ("internetGateway", gateway, "DependencyViolation"),
        ("vpc", vpc, "DependencyViolation"),
        ("placementGroup", "p", "InvalidPlacementGroup.InUse"),
    ):
        with pytest.raises(Refusal) as caught:
            cloud.delete(kind, identifier)
        assert caught.value.code == code
    found = cloud.read("instance", instance)
    cloud.get_kind("instance").update(instance, found, {**found, "disableApiTermination": False})
    order = [("instance", instance), ("routeTableAssociation", association), ("subnet", subnet), ("routeTable", table)]
    for kind, identifier in [*order, ("securityGroup", group), ("internetGateway", gateway), ("vpc", vpc)]:
        cloud.delete(kind, identifier)
        assert cloud.get_kind(kind).read(identifier) is None


def test_new_rules_reach_the_machines_at_once(cloud: Cloud) -> None:
    vpc = cloud.create_vpc()
    group = cloud.create_group(vpc)
    cloud.create_instance(cloud.create_subnet(vpc), vpcSecurityGroupIds=[group], tags={"Name": "one"})
    found = cloud.read("securityGroup", group)
    cloud.get_kind("securityGroup").update(group, found, {**found, "ingress": [RULE]})
    ((name, rules),) = cloud.rules
    assert (name, [(rule.protocol, rule.port) for rule in rules]) == ("one", [("tcp", "1-2")])
    with pytest.raises(Refusal):
        cloud.get_kind("securityGroup").update(group, found, {**found, "ingress": MANY})


def test_a_volume_never_shrinks_and_a_running_instance_keeps_its_type(cloud: Cloud) -> None:
    volume, instance = cloud.create_volume(), cloud.create_instance()
    kind, found = cloud.get_kind("volume"), cloud.read("volume", volume)
    with pytest.raises(Refusal, match="cannot be smaller"):
        kind.update(volume, found, {**found, "size": 50.0})
    assert kind.update(volume, found, {**found, "size": 200.0})["size"] == 200.0
    machine = cloud.read("instance", instance)
    with pytest.raises(Refusal, match="IncorrectInstanceState"):
        cloud.get_kind("instance").update(instance, machine, {**machine, "instanceType": "m6i.large"})


def test_a_reserved_address_is_the_machines(cloud: Cloud) -> None:
    vpc = cloud.create_vpc()
    cloud.create("internetGateway", vpcId=vpc)
    instance = cloud.create_instance(cloud.create_subnet(vpc))
    address = cloud.create("eip", domain="vpc", instance=instance)
    assert cloud.read("eip", address)["publicIp"] == cloud.read("instance", instance)["publicIp"]


@pytest.mark.parametrize("lost", ["account=alpha", "provider=aws", "operator=aws", "region=aws/us-east-1"])
def test_the_api_of_what_is_lost_does_not_answer(cloud: Cloud, lost: str) -> None:
    instance = cloud.create_instance()
    write_value(find_losses_file(cloud.world), Losses(losses=(Loss.parse(lost),)))
    kind = cloud.get_kind("instance")
    attempts: list[Callable[[], object]] = [
        cloud.create_instance,
        lambda: kind.read(instance),
        lambda: kind.update(instance, {}, {"region": REGION}),
        lambda: cloud.delete("instance", instance),
        cloud.create_volume,
    ]
    for attempt in attempts:
        with pytest.raises(Unreachable, match="timed out"):
            attempt()
    assert len(cloud.booted) == 1


def test_another_accounts_loss_and_a_lost_region_leave_the_rest_alone(cloud: Cloud) -> None:
    write_value(
        find_losses_file(cloud.world),
        Losses(losses=(Loss.parse("account=beta"), Loss.parse("region=aws/eu-central-1"))),
    )
    cloud.create_instance()
    with pytest.raises(Unreachable):
        cloud.create_vpc(region="eu-central-1")
    with pytest.raises(Unreachable, match=r"lookup ec2\.moon-1\.amazonaws\.com: no such host"):
        cloud.create_vpc(region="moon-1")


def test_what_carries_tags_is_listed_by_region(cloud: Cloud) -> None:
    functions = list_functions(cloud.world, "alpha")
    ask = functions["aws:resourcegroupstaggingapi/getResources:getResources"]
    vpc = cloud.create_vpc(tags={"fleet": "f", "Name": "f"})
    cloud.create_vpc(tags={"fleet": "g"})
    cloud.create_vpc(tags={"fleet": "f"}, region="eu-central-1")
    filters = [{"key": "fleet", "values": ["f"]}]
    (found,) = ask({"region": REGION, "tagFilters": filters})["resourceTagMappingLists"]
    number = functions["aws:index/getCallerIdentity:getCallerIdentity"]({})["accountId"]
    assert found["resourceArn"] == f"arn:aws:ec2:{REGION}:{number}:vpc/{vpc}"
    assert found["tags"] == {"fleet": "f", "Name": "f"}
    assert len(ask({"region": REGION, "tagFilters": [{"key": "fleet"}]})["resourceTagMappingLists"]) == 2


def test_an_import_goes_by_the_ids_that_pulumi_takes(cloud: Cloud) -> None:
    vpc = cloud.create_vpc()
    gateway = cloud.create("internetGateway", vpcId=vpc)
    table = cloud.create("routeTable", vpcId=vpc, routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": gateway}])
    subnet = cloud.create_subnet(vpc)
    association = cloud.create("routeTableAssociation", routeTableId=table, subnetId=subnet)
    instance, volume = cloud.create_instance(subnet), cloud.create_volume()
    attachment = cloud.attach(instance, volume)
    for kind, told, own in (
        ("vpc", vpc, vpc),
        ("vpc", f"{vpc}@{REGION}", vpc),
        ("instance", f"{instance}@{REGION}", instance),
        ("routeTableAssociation", f"{subnet}/{table}@{REGION}", association),
        ("volumeAttachment", f"/dev/sdf:{volume}:{instance}", attachment),
        ("volumeAttachment", attachment, attachment),
    ):
        assert cloud.read(kind, told)["id"] == own
    assert cloud.get_kind("vpc").read(f"{vpc}@eu-central-1") is None
    assert cloud.get_kind("volumeAttachment").read(f"/dev/sdg:{volume}:{instance}@{REGION}") is None
