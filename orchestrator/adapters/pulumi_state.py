"""An engine's exported state as data: the creates that were cut short in it, and how they are settled.

The form is that of `pulumi stack export` (apitype.DeploymentV3). Secrets stay as the engine encrypted them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from orchestrator.model.stack import InterruptedCreate

State = Mapping[str, Any]

ENGINES_OWN = "pulumi:"  # stacks and providers: nothing in a cloud
PROVIDERS = "pulumi:providers:"
# What the clouds call labels, and where a resource that was imported shows all that it has (gcp leaves `labels` empty).
LABELS = {"labels": ("labels", "effectiveLabels"), "tags": ("tags", "tagsAll")}
SIGNATURE = "4dabf18193072939515e22adb298388d"  # marks what is no plain value (resource.SigKey), secrets among it


def list_interrupted(state: State) -> tuple[InterruptedCreate, ...]:
    """The creates of which the engine does not know how they ended, in the order in which it began them."""
    pending = state.get("pending_operations") or ()
    return tuple(read_create(operation["resource"]) for operation in pending if operation["type"] == "creating")


def read_create(resource: Mapping[str, Any]) -> InterruptedCreate:
    """One create, with what it was given; secrets and files are left out, since nothing is found by them."""
    return InterruptedCreate(
        urn=resource["urn"],
        type=resource["type"],
        provider=name_provider(resource.get("provider", "")),
        inputs={name: value for name, value in resource.get("inputs", {}).items() if is_plain(value)},
    )


def name_provider(reference: str) -> str:
    """The name of the provider resource in a reference URN::ID to it; a URN ends with the name."""
    return reference.rpartition("::")[0].rpartition("::")[2]


def is_plain(value: Any) -> bool:
    """Whether nothing in the value is a secret, a file or another thing that JSON has no form for."""
    if isinstance(value, Mapping):
        return SIGNATURE not in value and all(map(is_plain, value.values()))
    return all(map(is_plain, value)) if isinstance(value, list) else True


def settle(state: State, ids: Mapping[str, str | None]) -> dict[str, Any]:
    """The state with the interrupted creates settled: those with an id are resources, unread; the others are not there.

    Other pending operations (updates, deletes) are of resources that the state has: the next update does them again.
    """
    pending = state.get("pending_operations") or ()
    known = {resource["urn"] for resource in state.get("resources") or ()}
    adopted = [
        {**operation["resource"], "id": ids[operation["resource"]["urn"]], "outputs": {}}
        for operation in pending
        if operation["type"] == "creating" and ids.get(operation["resource"]["urn"])
    ]
    new = {resource["urn"]: resource for resource in adopted if resource["urn"] not in known}
    return {**state, "resources": [*(state.get("resources") or ()), *new.values()], "pending_operations": []}


def list_unread(state: State) -> Iterator[str]:
    """The URNs of resources that were adopted and not read since; every resource that was read has outputs."""
    for resource in state.get("resources") or ():
        if resource.get("custom") and not resource["type"].startswith(ENGINES_OWN) and not resource.get("outputs"):
            yield resource["urn"]


def list_strangers(state: State, creates: Iterable[InterruptedCreate]) -> tuple[InterruptedCreate, ...]:
    """The creates under whose id the cloud has something else: it does not carry the labels that were asked for."""
    resources = {resource["urn"]: resource for resource in state.get("resources") or ()}
    return tuple(create for create in creates if create.urn in resources and is_stranger(create, resources[create.urn]))


def is_stranger(create: InterruptedCreate, resource: Mapping[str, Any]) -> bool:
    """Whether a resource, as it was read, lacks a label or tag that the create was given."""
    read = resource.get("outputs") or {}
    for name, shown in LABELS.items():
        found = {label for each in shown for label in (read.get(each) or {}).items()}
        if not set((create.inputs.get(name) or {}).items()) <= found:
            return True
    return False


def forget_named(state: State, names: Collection[str], providers: Collection[str] = ()) -> dict[str, Any]:
    """The state without the resources of these names, and without all that needs one of them; no cloud is asked.

    `providers` are names of provider resources: all that was made with one of them goes with it.
    """
    resources = [*(state.get("resources") or ()), *list_begun(state)]
    gone = {each["urn"] for each in resources if read_name(each["urn"]) in names}
    gone |= {each["urn"] for each in resources if is_provider(each) and read_name(each["urn"]) in providers}
    while more := {each["urn"] for each in resources if not gone.isdisjoint(list_needs(each))} - gone:
        gone |= more
    pending = [each for each in state.get("pending_operations") or () if each["resource"]["urn"] not in gone]
    kept = [each for each in state.get("resources") or () if each["urn"] not in gone]
    return {**state, "resources": kept, "pending_operations": pending}


def list_begun(state: State) -> list[dict[str, Any]]:
    """The resources of which an interrupted run had begun something."""
    return [operation["resource"] for operation in state.get("pending_operations") or ()]


def is_provider(resource: Mapping[str, Any]) -> bool:
    """Whether it is the engine's own resource for a cloud's credentials."""
    return str(resource.get("type")).startswith(PROVIDERS)


def forget_all(state: State) -> dict[str, Any]:
    """The state of a stack that has nothing."""
    return {**state, "resources": [], "pending_operations": []}


def list_needs(resource: Mapping[str, Any]) -> set[str]:
    """The URNs without which the engine takes a resource for broken: what it depends on, its parent, its provider."""
    properties = (resource.get("propertyDependencies") or {}).values()
    needed = {*(resource.get("dependencies") or ()), *(urn for urns in properties for urn in urns or ())}
    needed |= {resource.get("parent") or "", (resource.get("provider") or "").rpartition("::")[0]}
    return needed - {""}


def read_name(urn: str) -> str:
    """The name at the end of a URN."""
    return urn.rpartition("::")[2]


def drop(state: State, creates: Iterable[InterruptedCreate]) -> dict[str, Any]:
    """The state without those resources; the cloud is left alone."""
    urns = {create.urn for create in creates}
    return {**state, "resources": [each for each in state.get("resources") or () if each["urn"] not in urns]}
