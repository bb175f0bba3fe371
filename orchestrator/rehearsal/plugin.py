"""The provider plug-in of a rehearsal: what the Pulumi engine talks to in place of a cloud's own.

Started by the engine as `pulumi-resource-PACKAGE`; speaks the engine's gRPC protocol, prints its port, ends on SIGINT.
"""

import argparse
import os
import signal
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from threading import Event
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from pulumi.runtime.rpc import unwrap_rpc_secret

from orchestrator.rehearsal.cloud import Properties, Refusal, Unreachable
from orchestrator.rehearsal.delay import hold_answer
from orchestrator.rehearsal.inputs import find_misfits, list_told
from orchestrator.rehearsal.providers import PROVIDERS, Provider, read_credential
from orchestrator.rehearsal.resource_kind import Function, ResourceKind
from orchestrator.rehearsal.told import Told
from orchestrator.rehearsal.world import World, open_world

WORKERS = 16
ENGINE_POLL_SECONDS = 1.0


class RehearsedProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The provider's side of the protocol. The credential says which account it stands for, as with the real one."""

    def __init__(self, provider: Provider, world: World, ended: Event) -> None:
        self._provider = provider
        self._world = world
        self._ended = ended
        self._kinds: Mapping[str, ResourceKind] = {}
        self._functions: Mapping[str, Function] = {}

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The plug-in's version: that of the SDK whose types it holds inputs against.

        There is no Handshake on purpose: with one, the engine would call Create while it previews.
        """
        return plugin_pb2.PluginInfo(version=version(self._provider.sdk))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Takes the provider's configuration as it is."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """A change of the provider's configuration changes no resource."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Finds the account that the credential belongs to."""
        credential = unwrap_rpc_secret(to_plain(request.args).get(self._provider.credential, ""))
        account = read_credential(str(credential))
        if account is None:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "unable to authenticate (unauthorized)")
            raise AssertionError("abort does not return")
        self._kinds = self._provider.list_kinds(self._world, account)
        self._functions = self._provider.list_functions(self._world, account)
        self._told = Told(self._world, account)
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=False)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Holds inputs against the SDK's own types."""
        kind = self._get_kind(request.urn, context)
        misfits = find_misfits(kind.arguments, to_plain(request.news))
        failures = [provider_pb2.CheckFailure(property=where, reason=why) for where, why in misfits]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Which properties differ, and which of them make the resource anew."""
        old, new = to_plain(request.old_inputs), to_plain(request.news)
        changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        fixed = self._get_kind(request.urn, context).fixed
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some if changed else none, diffs=changed, replaces=[name for name in changed if name in fixed]
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Makes the resource."""
        kind = self._get_kind(request.urn, context)
        try:
            identifier, properties = kind.create(to_plain(request.properties))
        except (Refusal, Unreachable) as error:
            refuse(context, error)
        self._told.remember(get_token(request.urn), identifier, to_plain(request.properties))
        hold_answer(self._world, self._ended)
        return provider_pb2.CreateResponse(id=identifier, properties=to_struct(properties))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The resource as it is; an empty id where it is gone."""
        try:
            properties = self._get_kind(request.urn, context).read(request.id)
        except (Refusal, Unreachable) as error:
            refuse(context, error)
        if properties is None:
            return provider_pb2.ReadResponse(id="")
        identifier = str(properties.pop("id", request.id))  # an import may go by another id than the resource's own
        inputs = request.inputs
        if not inputs.fields:  # the resource is imported
            told = self._told.recall(get_token(request.urn), identifier)
            arguments = self._get_kind(request.urn, context).arguments
            inputs = to_struct(list_told(arguments, properties) if told is None else told)
        return provider_pb2.ReadResponse(id=identifier, properties=to_struct(properties), inputs=inputs)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Changes the resource in place."""
        kind = self._get_kind(request.urn, context)
        try:
            properties = kind.update(request.id, to_plain(request.olds), to_plain(request.news))
        except (Refusal, Unreachable) as error:
            refuse(context, error)
        self._told.remember(get_token(request.urn), request.id, to_plain(request.news))
        return provider_pb2.UpdateResponse(properties=to_struct(properties))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Removes the resource; one that is gone already is no error."""
        try:
            self._get_kind(request.urn, context).delete(request.id, to_plain(request.properties))
        except (Refusal, Unreachable) as error:
            refuse(context, error)
        self._told.forget(get_token(request.urn), request.id)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Answers one of the SDK's functions."""
        if request.tok not in self._functions:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{request.tok} is not rehearsed")
        try:
            answer = self._functions[request.tok](to_plain(request.args))
        except (Refusal, Unreachable) as error:
            refuse(context, error)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(answer))  # Python's own word
        return response

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Nothing here runs long enough to be cancelled."""
        return empty_pb2.Empty()

    def _get_kind(self, urn: str, context: grpc.ServicerContext) -> ResourceKind:
        token = get_token(urn)
        if token not in self._kinds:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{token} is not rehearsed")
        return self._kinds[token]


def get_token(urn: str) -> str:
    """The type token in the engine's name for a resource."""
    return urn.split("::")[2].rpartition("$")[2]


def refuse(context: grpc.ServicerContext, error: Exception) -> NoReturn:
    """Ends the call with the cloud's refusal, or with its silence."""
    code = grpc.StatusCode.UNAVAILABLE if isinstance(error, Unreachable) else grpc.StatusCode.FAILED_PRECONDITION
    context.abort(code, str(error))
    raise AssertionError("abort does not return")


def to_plain(struct: struct_pb2.Struct) -> Properties:
    """A protocol struct as plain data."""
    return MessageToDict(struct)


def to_struct(properties: Properties) -> struct_pb2.Struct:
    """Plain data as a protocol struct."""
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct


def serve(provider: Provider, world: World) -> None:
    """Serves until the engine sends SIGINT or SIGTERM, which it does at the end of each run."""
    server = grpc.server(ThreadPoolExecutor(WORKERS))
    ended = Event()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(RehearsedProvider(provider, world, ended), server)
    port = server.add_insecure_port("127.0.0.1:0")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    engine = os.getppid()
    while not ended.wait(ENGINE_POLL_SECONDS) and os.getppid() == engine:
        pass  # an engine that was killed says nothing
    ended.set()
    server.stop(grace=1).wait()


def main() -> None:
    """Reads provider and world from the command line; the engine's own arguments are of no use here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", required=True, choices=sorted(PROVIDERS))
    parser.add_argument("--world", required=True)
    arguments, _ = parser.parse_known_args()
    serve(PROVIDERS[arguments.provider], open_world(arguments.world))


if __name__ == "__main__":
    main()
