"""An account at the rehearsed AWS: what all kinds of resources share, and how its API says no."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from orchestrator.model.site import Zone
from orchestrator.rehearsal.cloud import Properties, Refusal, Unreachable
from orchestrator.rehearsal.provider_account import ProviderAccount
from orchestrator.rehearsal.stored_kind import StoredKind

PROVIDER = "aws"

VPC = "vpc"
GATEWAY = "internetGateway"
ROUTE_TABLE = "routeTable"
ASSOCIATION = "routeTableAssociation"
SUBNET = "subnet"
SECURITY_GROUP = "securityGroup"
KEY_PAIR = "keyPair"
PLACEMENT_GROUP = "placementGroup"
ADDRESS = "eip"
VOLUME = "volume"
INSTANCE = "instance"
ATTACHMENT = "volumeAttachment"

# How ids begin; 17 hexadecimal digits follow.
PREFIXES: Mapping[str, str] = {
    VPC: "vpc",
    GATEWAY: "igw",
    ROUTE_TABLE: "rtb",
    ASSOCIATION: "rtbassoc",
    SUBNET: "subnet",
    SECURITY_GROUP: "sg",
    ADDRESS: "eipalloc",
    VOLUME: "vol",
    INSTANCE: "i",
    ATTACHMENT: "vai",
}

# The code for what is not there, and the API's words.
NOT_FOUND: Mapping[str, tuple[str, str]] = {
    VPC: ("InvalidVpcID.NotFound", "The vpc ID '{}' does not exist"),
    GATEWAY: ("InvalidInternetGatewayID.NotFound", "The internetGateway ID '{}' does not exist"),
    ROUTE_TABLE: ("InvalidRouteTableID.NotFound", "The routeTable ID '{}' does not exist"),
    ASSOCIATION: ("InvalidAssociationID.NotFound", "The association ID '{}' does not exist"),
    SUBNET: ("InvalidSubnetID.NotFound", "The subnet ID '{}' does not exist"),
    SECURITY_GROUP: ("InvalidGroup.NotFound", "The security group '{}' does not exist"),
    KEY_PAIR: ("InvalidKeyPair.NotFound", "The key pair '{}' does not exist"),
    PLACEMENT_GROUP: ("InvalidPlacementGroup.Unknown", "The Placement Group '{}' is unknown."),
    ADDRESS: ("InvalidAllocationID.NotFound", "The allocation ID '{}' does not exist"),
    VOLUME: ("InvalidVolume.NotFound", "The volume '{}' does not exist."),
    INSTANCE: ("InvalidInstanceID.NotFound", "The instance ID '{}' does not exist"),
    ATTACHMENT: ("InvalidAttachment.NotFound", "The attachment '{}' does not exist"),
}


class AwsRefusal(Refusal):
    """The API says no, in the words of AWS's own SDK; `operation` is the call that it answers."""

    def __init__(self, code: str, message: str, operation: str = "") -> None:
        super().__init__(message, code)
        self.message = message
        self.operation = operation

    def __str__(self) -> str:
        return (
            f"operation error EC2: {self.operation}, https response error StatusCode: 400, "
            f"RequestID: {uuid.uuid4()}, api error {self.code}: {self.message}"
        )


def refuse_value(parameter: str, value: object, why: str = "") -> AwsRefusal:
    """The refusal of a parameter's value; `why` is a sentence more."""
    return AwsRefusal("InvalidParameterValue", f"Value ({value}) for parameter {parameter} is invalid. {why}".rstrip())


class AwsAccount(ProviderAccount):
    """One account. Every resource is in a region, and another region's is not there."""

    provider = PROVIDER

    @property
    def number(self) -> str:
        """The account's number: twelve digits."""
        return str(int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % 10**12).zfill(12)

    def make_id(self, kind: str) -> str:
        """As EC2 gives them out: vpc-0000000000000083a."""
        return f"{PREFIXES[kind]}-{int(self.cloud.take_id()):017x}"

    def refuse_missing(self, kind: str, identifier: str) -> Refusal:
        """As EC2 says it: each kind has a code of its own."""
        code, words = NOT_FOUND[kind]
        return AwsRefusal(code, words.format(identifier))

    def get_in_region(self, kind: str, identifier: str, region: str) -> Properties:
        """The same, of that region."""
        found = self.get_resource(kind, identifier)
        if found["region"] != region:
            raise self.refuse_missing(kind, identifier)
        return found

    def list_in_region(self, kind: str, region: str) -> dict[str, Properties]:
        """All of the kind in the region, by id."""
        return {key: each for key, each in self.cloud.list_resources(kind).items() if each["region"] == region}

    def list_users(self, kind: str, field: str, identifier: str) -> dict[str, Properties]:
        """The resources of the kind that name another one in `field`, which holds an id or a list of ids."""
        found = self.cloud.list_resources(kind).items()
        return {key: each for key, each in found if identifier in (each.get(field), *list_of(each.get(field)))}

    def refuse_if_lost(self, region: str | None = None, zone: str | None = None) -> None:
        """Unreachable where there is no such region, or it is lost, or the account is."""
        super().refuse_if_lost(region, zone)
        if region is not None and region not in self._regions:
            raise Unreachable(f"dial tcp: lookup ec2.{region}.amazonaws.com: no such host")

    @property
    def _regions(self) -> frozenset[str]:
        return frozenset(zone.region for zone in self.facts.zones)

    def name_zones(self, region: str) -> dict[str, str]:
        """By zone id, what this account calls the region's zones: the letters are others in every account."""
        zones = [zone for zone in self.facts.zones if zone.region == region]
        letters = sorted(zone.zone for zone in zones)
        first = int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % len(letters)
        ids = sorted(str(zone.zone_id) for zone in zones)
        return dict(zip(ids, letters[first:] + letters[:first], strict=True))

    def get_zone(self, region: str, name: str) -> Zone:
        """The zone that this account calls so; AwsRefusal where it calls none so."""
        identifier = next((key for key, letter in self.name_zones(region).items() if letter == name), None)
        zone = next((zone for zone in self.facts.zones if zone.region == region and zone.zone_id == identifier), None)
        if identifier is None or zone is None:
            raise AwsRefusal("InvalidZone.NotFound", f"The zone '{name}' does not exist.")
        return zone

    def name_arn(self, region: str, resource: str) -> str:
        """The resource's name in all of AWS; `resource` is its type and id ("vpc/vpc-0a1b")."""
        return f"arn:aws:ec2:{region}:{self.number}:{resource}"


@dataclass(frozen=True)
class Calls:
    """The API's operations for a kind."""

    create: str
    update: str
    delete: str


class AwsKind(StoredKind[AwsAccount]):
    """A kind of resource; what its API refuses names the operation.

    `arn_type` is how its ARN begins, if it has one. `import_form` is the id by which it is imported, made of its
    properties, where that is not its own.
    """

    calls: ClassVar[Calls]
    arn_type: ClassVar[str | None] = None
    import_form: ClassVar[str | None] = None

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Makes the resource."""
        with said_of(self.calls.create):
            return super().create(inputs)

    def read(self, identifier: str) -> Properties | None:
        """The resource by its id, or by the one that an import takes: with "@REGION" at its end, if need be."""
        own, _, region = identifier.partition("@")
        if self.import_form is not None and self._cloud.find_resource(self.kind, own) is None:
            own = self._find_imported(own)
        if region:
            self._account.refuse_if_lost(region)
        found = super().read(own)
        return None if found is None or found["region"] != (region or found["region"]) else found | {"id": own}

    def _find_imported(self, wanted: str) -> str:
        form = str(self.import_form)
        resources = self._cloud.list_resources(self.kind).items()
        return next((key for key, each in resources if form.format_map(each) == wanted), wanted)

    def update(self, identifier: str, old: Properties, new: Properties) -> Properties:
        """Changes the resource."""
        with said_of(self.calls.update):
            return super().update(identifier, old, new)

    def delete(self, identifier: str, properties: Properties) -> None:
        """Removes the resource."""
        with said_of(self.calls.delete):
            super().delete(identifier, properties)

    def refuse_if_lost(self, properties: Properties) -> None:
        """Every call goes to a region's own API."""
        self._account.refuse_if_lost(properties.get("region"))

    def check(self, inputs: Properties) -> None:
        """Tags are at most fifty, and "aws:" is Amazon's own."""
        tags = inputs.get("tags") or {}
        if len(tags) > 50:
            raise AwsRefusal("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
        if any(key.startswith("aws:") for key in tags):
            raise AwsRefusal("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")

    def list_computed(self, identifier: str, inputs: Properties) -> Properties:
        """The ARN, for kinds that have one."""
        if self.arn_type is None:
            return {}
        return {"arn": self._account.name_arn(inputs["region"], f"{self.arn_type}/{identifier}")}


@contextmanager
def said_of(operation: str) -> Iterator[None]:
    """A refusal from within is that operation's."""
    try:
        yield
    except AwsRefusal as refusal:
        refusal.operation = refusal.operation or operation
        raise


def list_of(value: object) -> list[object]:
    """The list that a property holds; none where it holds something else."""
    return value if isinstance(value, list) else []
