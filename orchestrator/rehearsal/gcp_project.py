"""A project at the rehearsed Google Cloud: paths, names and refusals that all kinds of resources share.

The words are those of the API as its users report them: `googleapi: Error 400: …, invalid`, and of an operation that
was begun and failed: `Error waiting for instance to create: …`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from orchestrator.model.site import Zone
from orchestrator.rehearsal.cloud import Properties, Refusal
from orchestrator.rehearsal.provider_account import ProviderAccount
from orchestrator.rehearsal.stored_kind import StoredKind

PROVIDER = "gcp"

NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
SELF_LINK = "https://www.googleapis.com/compute/v1/"
HTTP_CODES: Mapping[str, int] = {
    "invalid": 400,
    "resourceInUseByAnotherResource": 400,
    "notFound": 404,
    "alreadyExists": 409,
}

# How the API calls a kind in the sentence that it is in use.
USES = "The {} resource '{}' is already being used by '{}'"


class GcpRefusal(Refusal):
    """Google says no, at once; `code` is the reason that ends its sentence."""

    def __init__(self, message: str, reason: str) -> None:
        Exception.__init__(self, f"googleapi: Error {HTTP_CODES[reason]}: {message}, {reason}")
        self.code = reason


class OperationFailure(Refusal):
    """Google began, and then could not; the plug-in prints the message without its code."""

    def __init__(self, message: str, code: str) -> None:
        Exception.__init__(self, f"Error waiting for instance to create: {message}")
        self.code = code


class GcpProject(ProviderAccount):
    """One account."""

    provider = PROVIDER

    def refuse_missing(self, kind: str, identifier: str) -> Refusal:
        """As the API says it."""
        return GcpRefusal(f"The resource '{identifier}' was not found", "notFound")

    def find_referenced(self, kind: str, reference: str, field: str) -> tuple[str, Properties]:
        """Path and properties of the resource that another names in `field`, by path or self-link."""
        path = to_path(reference)
        found = self.cloud.find_resource(kind, path)
        if found is None:
            raise refuse_value(field, reference, f"The referenced {kind} resource cannot be found.")
        return path, found

    def get_zone(self, name: str | None, field: str = "zone") -> Zone:
        """The zone; Refusal where there is none of that name, Unreachable where it is lost."""
        zone = next((zone for zone in self.facts.zones if zone.zone == name), None)
        if zone is None:
            raise refuse_value(field, name, "Unknown zone.")
        self.refuse_if_lost(zone.region, zone.zone_id or zone.zone)
        return zone

    def refuse_unknown_region(self, name: str | None) -> None:
        """Refusal where there is no region of that name, Unreachable where it is lost."""
        if name not in {zone.region for zone in self.facts.zones}:
            raise refuse_value("region", name, "Unknown region.")
        self.refuse_if_lost(name)

    def refuse_used(self, kind: str, path: str, users: Iterator[str]) -> None:
        """Refusal where any other resource uses the one at `path`."""
        user = next(users, None)
        if user is not None:
            raise GcpRefusal(USES.format(kind, path, user), "resourceInUseByAnotherResource")


class GcpKind(StoredKind[GcpProject]):
    """A kind of resource: its id is its path, by scope and name; names, labels and tags have Google's syntax.

    `collection` is its kind's part of the path; `place` the property, zone or region, that says where it is, None for
    what is global.
    """

    collection: ClassVar[str]
    place: ClassVar[str | None] = None

    def check(self, inputs: Properties) -> None:
        """Refusal where the name is none, or taken; where a label is none; where the place is unknown."""
        if self.place == "zone":
            self._account.get_zone(inputs.get("zone"))
        elif self.place == "region":
            self._account.refuse_unknown_region(inputs.get("region"))
        refuse_name("resource.name", inputs.get("name"))
        refuse_labels(inputs.get("labels") or {})
        path = self.make_id(inputs)
        if self._cloud.find_resource(self.kind, path) is not None:
            raise GcpRefusal(f"The resource '{path}' already exists", "alreadyExists")

    def make_id(self, inputs: Properties) -> str:
        """The resource's path."""
        scope = ("global",) if self.place is None else (f"{self.place}s", str(inputs[self.place]))
        return build_path(inputs, *scope, self.collection, str(inputs["name"]))

    def list_computed(self, identifier: str, inputs: Properties) -> Properties:
        """Project, link and labels as the API gives them back."""
        labels = inputs.get("labels") or {}
        computed: Properties = {"project": get_project(inputs), "selfLink": SELF_LINK + identifier}
        return computed | ({"effectiveLabels": labels, "pulumiLabels": labels} if "labels" in inputs else {})

    def check_update(self, _identifier: str, _old: Properties, new: Properties) -> None:
        """Refusal where a label is none."""
        refuse_labels(new.get("labels") or {})

    def refuse_if_lost(self, properties: Properties) -> None:
        """Unreachable where the account, or the region or zone of the call, is lost."""
        zone = properties.get("zone") if self.place == "zone" else None
        region = zone.rpartition("-")[0] if zone else properties.get("region") if self.place == "region" else None
        self._account.refuse_if_lost(region, zone)


def get_project(inputs: Properties) -> str:
    """The project that a resource is to be in; the program names it for each."""
    return str(inputs.get("project") or "unnamed-project")


def build_path(inputs: Properties, *parts: str) -> str:
    """A path in the project of a resource."""
    return "/".join(("projects", get_project(inputs), *parts))


def to_path(reference: str) -> str:
    """The path in a reference, which is one or a link."""
    return reference.removeprefix(SELF_LINK)


def refuse_value(field: str, value: Any, why: str) -> GcpRefusal:
    """The refusal of a value."""
    return GcpRefusal(f"Invalid value for field '{field}': '{value}'. {why}", "invalid")


def refuse_name(field: str, name: Any) -> None:
    """Refusal where a name, or a tag, is not what RFC 1035 allows."""
    if not NAME.fullmatch(str(name)):
        raise refuse_value(field, name, f"Must be a match of regex '{NAME.pattern}'")


def refuse_labels(labels: Mapping[str, str]) -> None:
    """Refusal where a label is not as Google's are: lower case, digits, dashes, underscores."""
    for key, value in labels.items():
        for part, text, pattern in (("key", key, LABEL_KEY), ("value", value, LABEL_VALUE)):
            if not pattern.fullmatch(text):
                raise refuse_value(
                    "resource.labels",
                    "",
                    f"Label {part} '{text}' violates format constraints. The {part} can only contain lowercase "
                    f"letters, numeric characters, underscores and dashes. The {part} can be at most 63 characters "
                    "long. International characters are allowed.",
                )
