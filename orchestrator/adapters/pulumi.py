"""The Pulumi engine, through its Automation API: one stack an account; engine events in, values out."""

import json
import os
import re
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pulumi import automation
from pulumi.automation.events import EngineEvent, StepEventMetadata
from pydantic import TypeAdapter, ValidationError

from orchestrator.adapters.lease import Holder
from orchestrator.adapters.pulumi_backend import find_backend
from orchestrator.adapters.pulumi_recovery import RECOVERY_VARIABLE, has_state, recover_stack
from orchestrator.adapters.pulumi_state import (
    ENGINES_OWN,
    drop,
    forget_all,
    forget_named,
    list_interrupted,
    list_strangers,
    list_unread,
    settle,
)
from orchestrator.adapters.pulumi_toolchain import PYTHON_VARIABLE, find_pulumi
from orchestrator.model.errors import RemoteFailure
from orchestrator.model.quota import VcpuQuota
from orchestrator.model.recovery import StackRecovery
from orchestrator.model.stack import (
    CloudResource,
    InterruptedCreate,
    Operation,
    StackEvent,
    StackFailure,
    StackResult,
    StackStep,
)

LOCAL_BACKEND = "file://"
STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_TYPES = "pulumi:providers:"  # the engine's own bookkeeping, nothing in a cloud
HOST_KEY_SEED = "orchestrator:hostKeySeed"
SEED_BYTES = 32
OPERATIONS: dict[str, Operation] = {
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "import-replacement": "replace",
    "read-replacement": "replace",
    "discard-replaced": "replace",
    "remove-pending-replace": "replace",
    **{operation: operation for operation in get_args(Operation)},
}

# How the program is asked what the cloud has, and answers: stacks/survey.py.
SURVEY_VARIABLE = "ORCHESTRATOR_SURVEY"
INTERRUPTED_FILE = "interrupted.json"
FOUND_FILE = "found.json"

# How it is asked for quotas, and answers: stacks/quotas.py.
QUOTAS_VARIABLE = "ORCHESTRATOR_QUOTAS"
QUOTAS = TypeAdapter(tuple[VcpuQuota, ...])

CLAIM_TAG = "orchestrator:lease"  # orchestrator/adapters/claim.py

SPOKEN = ("error", "info#err")  # the engine's own errors; what the program wrote to stderr, where it has none
COLOUR = re.compile(r"<\{%.*?%\}>")  # the engine's own markup of diagnostics

OnStackEvent = Callable[[StackEvent], None]


@dataclass(frozen=True)
class PulumiProject:
    """A folder with a Pulumi.yaml, and what the engine and the program are told through their environment.

    `secrets_provider` encrypts the secrets of stacks that are made; None leaves that to the backend.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets_provider: str | None = None

    def build_environment(self) -> dict[str, str]:
        """The variables to add for the CLI: the tool chain first on PATH, no questions, no news."""
        path = os.pathsep.join([str(find_pulumi()), os.environ.get("PATH", "")])
        quiet = {"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true"}
        return {"PATH": path, PYTHON_VARIABLE: sys.executable, **quiet, **self.environment}


@dataclass
class _Recorder:
    """Collects what the engine says while one operation runs."""

    account: str
    on_event: OnStackEvent
    steps: list[StackStep] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, StackStep] = field(default_factory=dict)  # by the resource's URN, as are the words
    words: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    known: set[tuple[str, str]] = field(default_factory=set)  # type and id of all that the state has or had

    def receive(self, event: EngineEvent) -> None:
        """Takes one engine event."""
        if event.resource_pre_event is not None:
            self._tell(event.resource_pre_event.metadata, "started")
        elif event.res_op_failed_event is not None:
            metadata = event.res_op_failed_event.metadata
            self._note_ids(metadata)
            self.failed[metadata.urn] = to_step(metadata)
            self._tell(metadata, "failed")
        elif event.res_outputs_event is not None:
            self._finish(event.res_outputs_event.metadata)
        elif event.diagnostic_event is not None:
            words = COLOUR.sub("", event.diagnostic_event.message).strip()
            self.said.setdefault(event.diagnostic_event.severity, []).append(words)
            if event.diagnostic_event.severity == "error":
                self.words.setdefault(event.diagnostic_event.urn or "", []).append(words)

    def _tell(self, metadata: StepEventMetadata, phase: Any) -> None:
        step = to_step(metadata)
        if step.type.startswith(PROVIDER_TYPES):
            return
        if step.type == STACK_TYPE:
            self.before = dict(metadata.old.outputs or {}) if metadata.old else self.before
        else:
            self.on_event(StackEvent(account=self.account, step=step, phase=phase))

    def _finish(self, metadata: StepEventMetadata) -> None:
        step = to_step(metadata)
        if step.type == STACK_TYPE:
            self.after = dict(metadata.new.outputs or {}) if metadata.new else {}
            return
        if step.type.startswith(PROVIDER_TYPES):
            return
        self._note_ids(metadata)
        self.steps.append(step)
        self._tell(metadata, "done")

    def _note_ids(self, metadata: StepEventMetadata) -> None:
        self.known |= {(metadata.type, state.id) for state in (metadata.old, metadata.new) if state and state.id}

    def describe_failure(self) -> str:
        """What was said of a failure, from the first source that said anything."""
        spoken = (list(filter(None, self.said.get(severity, []))) for severity in SPOKEN)
        return "\n".join(map(shorten, next(filter(None, spoken), [])))

    def build_result(self, error: str | None, labelled: Sequence[CloudResource] = ()) -> StackResult:
        """What the operation came to. Of the `labelled` resources those that the state does not know are orphans.

        Where the operation failed, the engine may not have come to all that the state has; then none is named.
        """
        return StackResult(
            account=self.account,
            steps=tuple(self.steps),
            failures=tuple(
                StackFailure(step=step, words="\n".join(map(shorten, self.words.get(urn, []))))
                for urn, step in self.failed.items()
            ),
            applied=self.before.get("revision"),
            outputs=self.after or self.before,
            error=error,
            orphans=() if error else tuple(each for each in labelled if (each.type, each.id) not in self.known),
        )


@dataclass(frozen=True)
class _Survey:
    """A folder in which the program is asked what the cloud has, and where it answers."""

    folder: Path

    def read(self) -> dict[str, Any] | None:
        """The answer; None where the program did not come so far."""
        try:
            answer: dict[str, Any] = json.loads((self.folder / FOUND_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return answer

    def list_labelled(self) -> tuple[CloudResource, ...]:
        """All that carries the fleet's labels."""
        answer = self.read() or {}
        return tuple(CloudResource(**found) for found in answer.get("labelled", ()))


class AccountStack:
    """One account's stack, open for work."""

    def __init__(self, account: str, stack: automation.Stack) -> None:
        self._account = account
        self._stack = stack

    def preview(self, on_event: OnStackEvent) -> StackResult:
        """What an update would do; nothing is changed."""
        return self._run(on_event, lambda receive: self._stack.preview(on_event=receive))

    def update(self, on_event: OnStackEvent) -> StackResult:
        """Makes the account what the program declares; asks on the way whether the cloud has orphans of the fleet."""
        with self._survey() as survey:
            return self._run(
                on_event,
                lambda receive: self._stack.up(on_event=receive, continue_on_error=True, suppress_outputs=True),
                survey,
            )

    def settle_interrupted(self) -> StackResult:
        """Finds out how the creates ended that an interrupted run began, and writes it into the state.

        The cloud is asked, through the program's own provider. What it has is adopted, the steps are imports; what it
        does not have will be made by the next update. Killed at any point, the same call goes on from there.
        """
        try:
            return self._settle_interrupted()
        except automation.ConcurrentUpdateError:
            return StackResult(account=self._account, error=describe_locked(self._stack))
        except automation.CommandError as failure:
            return StackResult(account=self._account, error=shorten(str(failure)))

    def _settle_interrupted(self) -> StackResult:
        state = self._export()
        interrupted = list_interrupted(state["deployment"])
        if interrupted:
            with self._survey(interrupted) as survey:
                preview = self._run(lambda _event: None, lambda receive: self._stack.preview(on_event=receive))
                answer = survey.read()
            if answer is None:
                return preview
            unknown = [create for create in interrupted if is_unanswered(create, answer["ids"])]
            if unknown:
                return StackResult(account=self._account, error=describe_unknown(unknown))
            state = {**state, "deployment": settle(state["deployment"], answer["ids"])}
            self._import(state)
        unread = list(list_unread(state["deployment"]))
        if not unread:
            return StackResult(account=self._account)
        result = self._run(lambda _event: None, lambda receive: self._stack.refresh(target=unread, on_event=receive))
        strangers = self._drop_strangers(interrupted)
        if strangers:
            return StackResult(account=self._account, error=describe_strangers(strangers))
        adopted = tuple(StackStep(operation="import", name=step.name, type=step.type) for step in result.steps)
        return result.model_copy(update={"steps": adopted})

    def has_state(self) -> bool:
        """Whether the stack's state is there, and whole."""
        return has_state(self._stack)

    def recover(self, on_event: OnStackEvent) -> StackRecovery:
        """Rebuilds a state that was lost, from what the cloud has; what it finds is told as it is imported."""
        with self._survey() as survey:
            workspace = self._stack.workspace
            workspace.env_vars = {**workspace.env_vars, RECOVERY_VARIABLE: str(survey.folder)}
            return recover_stack(
                self._stack,
                lambda operation: self._run(lambda _event: None, operation),
                lambda operation: self._run(on_event, operation, survey),
                survey.folder,
            )

    def destroy(self, on_event: OnStackEvent) -> StackResult:
        """Deletes all that the stack has; what is protected is refused by the engine."""
        return self._run(on_event, lambda receive: self._stack.destroy(on_event=receive, continue_on_error=True))

    def remove(self) -> None:
        """Forgets the stack, which must be empty."""
        self._stack.workspace.remove_stack(self._stack.name, preserve_config=True)

    def forget(self, names: Collection[str] | None, providers: Collection[str] = ()) -> bool:
        """Takes the resources of these names, and of these providers, out of the state, or all of them (None).

        No cloud is asked. Whether it was done: where an interrupted run left creates that are to be kept, it is not,
        since the engine drops every pending operation of a state that it imports.
        """
        state = self._export()
        before = state["deployment"]
        after = forget_all(before) if names is None else forget_named(before, names, providers)
        if list_interrupted(after):
            return False
        if (after["resources"], after["pending_operations"]) != (
            before.get("resources") or [],
            before.get("pending_operations") or [],
        ):
            self._import({**state, "deployment": after})
        return True

    def fetch_outputs(self) -> dict[str, Any]:
        """What the program exported when it was last applied."""
        return {name: output.value for name, output in self._stack.outputs().items()}

    def fetch_quotas(self) -> tuple[VcpuQuota, ...]:
        """What the clouds let the stack's accounts have, as far as they tell; asked while the program is previewed."""
        workspace = self._stack.workspace
        before = workspace.env_vars
        with tempfile.TemporaryDirectory(prefix="orchestrator-quotas-") as folder:
            file = Path(folder, "quotas.json")
            workspace.env_vars = {**before, QUOTAS_VARIABLE: str(file)}
            try:
                self.preview(lambda _event: None)
                return QUOTAS.validate_json(file.read_text(encoding="utf-8")) if file.exists() else ()
            finally:
                workspace.env_vars = before

    def has_protected(self) -> bool:
        """Whether anything in the state is protected against deletion."""
        return any(resource.get("protect") for resource in self._export()["deployment"].get("resources") or ())

    def read_claim(self) -> Holder | None:
        """Which controller has claimed the stack, or had it last; None where none ever did."""
        try:
            return Holder.model_validate_json(self._stack.list_tags().get(CLAIM_TAG, ""))
        except ValidationError:
            return None

    def write_claim(self, holder: Holder) -> None:
        """Says on the stack which controller has it."""
        self._stack.set_tag(CLAIM_TAG, holder.model_dump_json())

    def release_claim(self, holder: Holder) -> None:
        """Says that the controller let the stack go; one that was removed meanwhile says nothing any more."""
        with suppress(automation.CommandError):
            self.write_claim(holder.release())

    def break_lock(self) -> None:
        """Removes the engine's locks from the stack; only for those whose engine is known to be dead."""
        self._stack.cancel()

    def _run(
        self,
        on_event: OnStackEvent,
        operation: Callable[[Callable[[EngineEvent], None]], Any],
        survey: _Survey | None = None,
    ) -> StackResult:
        recorder = _Recorder(self._account, on_event)
        error = None
        try:
            operation(recorder.receive)
        except automation.ConcurrentUpdateError:
            error = describe_locked(self._stack)
        except automation.CommandError as failure:
            error = recorder.describe_failure() or str(failure)
        return recorder.build_result(error, survey.list_labelled() if survey else ())

    def _drop_strangers(self, interrupted: Sequence[InterruptedCreate]) -> tuple[InterruptedCreate, ...]:
        """Takes out of the state again what has the id of an interrupted create and is not the fleet's."""
        if not interrupted:
            return ()
        state = self._export()
        strangers = list_strangers(state["deployment"], interrupted)
        if strangers:
            self._import({**state, "deployment": drop(state["deployment"], strangers)})
        return strangers

    @contextmanager
    def _survey(self, interrupted: Sequence[InterruptedCreate] = ()) -> Iterator[_Survey]:
        """Within it, the program says what the cloud has, and where the interrupted creates stand."""
        workspace = self._stack.workspace
        before = workspace.env_vars
        with tempfile.TemporaryDirectory(prefix="orchestrator-survey-") as folder:
            question = [create.model_dump(mode="json") for create in interrupted]
            Path(folder, INTERRUPTED_FILE).write_text(json.dumps(question), encoding="utf-8")
            workspace.env_vars = {**before, SURVEY_VARIABLE: folder}
            try:
                yield _Survey(Path(folder))
            finally:
                workspace.env_vars = before

    def _export(self) -> dict[str, Any]:
        """The state, its secrets encrypted as they are kept (the Automation API would have them in plain text)."""
        state: dict[str, Any] = json.loads(self._call("stack", "export"))
        return state

    def _import(self, state: Mapping[str, Any]) -> None:
        with tempfile.TemporaryDirectory(prefix="orchestrator-state-") as folder:
            path = Path(folder, "state.json")
            path.write_text(json.dumps(state), encoding="utf-8")
            self._call("stack", "import", "--file", str(path))

    def _call(self, *arguments: str) -> str:
        workspace = self._stack.workspace
        done = workspace.pulumi_command.run(
            [*arguments, "--stack", self._stack.name], workspace.work_dir, workspace.env_vars
        )
        return str(done.stdout)


def is_unanswered(create: InterruptedCreate, ids: Mapping[str, str | None]) -> bool:
    """Whether nobody knows how to find out how the create ended."""
    return create.urn not in ids and not create.type.startswith(ENGINES_OWN)


def describe_unknown(creates: Sequence[InterruptedCreate]) -> str:
    """What a person must do about creates that nobody knows how to find."""
    listed = ", ".join(f"{create.name} ({create.type})" for create in creates)
    return (
        f"an earlier run was killed while it made {listed}, and nobody knows how to find that: "
        "look in the cloud, then tell pulumi refresh what is there (--import-pending-creates, --clear-pending-creates)"
    )


def describe_strangers(creates: Sequence[InterruptedCreate]) -> str:
    """What a person must do about resources of others that stand where the fleet's own should."""
    listed = ", ".join(f"{create.inputs.get('name', create.name)} ({create.type})" for create in creates)
    return f"the cloud has {listed}, without the fleet's labels: rename or remove that there; it was not adopted"


def open_stack(project: PulumiProject, account: str, scope: str) -> AccountStack:
    """The account's stack, made where there is none yet; `scope` as in stacks/settings.py.

    Raises RemoteFailure where the backend cannot be used.
    """
    remove_dead_locks(project, account)
    workspace = open_workspace(project, {"ORCHESTRATOR_SCOPE": scope})
    try:
        stack = automation.Stack.create_or_select(account, workspace)
        if HOST_KEY_SEED not in (workspace.stack_settings(account).config or {}):
            seed = automation.ConfigValue(secrets.token_hex(SEED_BYTES), secret=True)
            stack.set_config(HOST_KEY_SEED, seed)
    except automation.CommandError as error:
        raise describe_backend_failure(error, f"account {account}: ") from None
    return AccountStack(account, stack)


def find_local_state(project: PulumiProject) -> Path | None:
    """The folder of a backend of local files; None where the state is elsewhere."""
    backend = find_backend(project.folder, {**os.environ, **project.environment})
    if backend is None or not backend.url.startswith(LOCAL_BACKEND):
        return None
    path, _, _ = backend.url.removeprefix(LOCAL_BACKEND).partition("?")
    home = os.path.expanduser(path)  # noqa: PTH111  # file://~ is what the CLI takes
    return project.folder / home / ".pulumi"


def remove_dead_locks(project: PulumiProject, account: str) -> None:
    """Removes the locks that engines killed on this computer left on the account's stack, in a backend of local files.

    The engine never does so by itself. Other backends break a lock by `pulumi cancel`, which is a person's decision.
    """
    folder = find_local_state(project)
    for lock in sorted(folder.glob(f"locks/organization/*/{account}/*.json")) if folder else ():
        if is_left_by_the_dead(lock):
            lock.unlink(missing_ok=True)


def mend_local_state(project: PulumiProject) -> None:
    """Removes the empty attribute files that a killed engine may leave in a backend of local files.

    The engine writes each file of its state whole, but the attributes beside it (type, checksum) in place, and later
    fails on an empty one with "EOF". Where they are missing it does without.
    """
    folder = find_local_state(project)
    for attributes in folder.rglob("*.attrs") if folder else ():
        with suppress(FileNotFoundError):
            if attributes.stat().st_size == 0:
                attributes.unlink()


def describe_locked(stack: automation.Stack) -> str:
    """What a person must do about a lock that only they can judge."""
    return (
        f"another engine holds the lock on the state of stack {stack.name}: wait for it, or, if it was killed, run "
        f"pulumi cancel --stack {stack.name} in {stack.workspace.work_dir}"
    )


def is_left_by_the_dead(lock: Path) -> bool:
    """Whether the engine that wrote a lock ran on this computer and runs no more."""
    try:
        holder = json.loads(lock.read_text(encoding="utf-8"))
        here = holder["hostname"] == socket.gethostname()
        return here and not is_engine(int(holder["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def is_engine(pid: int) -> bool:
    """Whether the process is a living Pulumi CLI; one that ended and was not reaped yet has no command line."""
    try:
        return b"pulumi" in Path("/proc", str(pid), "cmdline").read_bytes()
    except FileNotFoundError:
        return False


def list_stacks(project: PulumiProject) -> tuple[str, ...]:
    """The accounts that have a stack in the project's backend. Raises RemoteFailure where that cannot be used."""
    try:
        return tuple(sorted(stack.name for stack in open_workspace(project, {}).list_stacks()))
    except automation.CommandError as error:
        raise describe_backend_failure(error) from None


def describe_backend_failure(error: automation.CommandError, subject: str = "") -> RemoteFailure:
    """The backend's own last words on why it cannot be used."""
    hint = "log in with pulumi login, and set PULUMI_CONFIG_PASSPHRASE where the stack has a passphrase"
    words = str(error).strip().splitlines()[-1].strip().removeprefix("stderr: ").removeprefix("error: ")
    return RemoteFailure(f"{subject}the Pulumi backend cannot be used: {words}", hint=hint)


def open_workspace(project: PulumiProject, environment: Mapping[str, str]) -> automation.LocalWorkspace:
    """The project's folder as the Automation API knows it."""
    mend_local_state(project)
    return automation.LocalWorkspace(
        work_dir=str(project.folder),
        env_vars=project.build_environment() | dict(environment),
        secrets_provider=project.secrets_provider,
        pulumi_command=find_command(),
    )


@cache
def find_command() -> automation.PulumiCommand:
    """The CLI, asked for its version once; the Automation API finds it on this process's own PATH."""
    os.environ["PATH"] = os.pathsep.join([str(find_pulumi()), os.environ.get("PATH", "")])
    return automation.PulumiCommand()


def shorten(message: str) -> str:
    """What a message comes to: of a Python traceback, which dynamic providers print whole, its last line."""
    lines = [line for line in message.splitlines() if line.strip()]
    return lines[-1] if len(lines) > 1 and any("Traceback" in line for line in lines) else message


def to_step(metadata: StepEventMetadata) -> StackStep:
    """The engine's step as a value."""
    operation = OPERATIONS.get(str(getattr(metadata.op, "value", metadata.op)), "other")
    return StackStep(operation=operation, name=metadata.urn.rpartition("::")[2], type=metadata.type)
