"""Credentials that a cloud does not take, told from the engine's words: what to do about it is the same every time.

Like the refusals of capacity (reconcile/refusals.py) this reads another tool's text, for want of a field, and looks for
nothing but codes and fixed sentences. Nothing but the advice, and that nothing is begun, depends on it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestrator.model.loss import Loss
from orchestrator.model.stack import StackResult


@dataclass(frozen=True)
class Credentials:
    """A cloud's way with credentials: `refusals` are what its plug-in says where none fit, `advice` is what to do."""

    provider: str
    refusals: tuple[str, ...]
    advice: str


CREDENTIALS = (
    Credentials(
        "aws",
        (
            # The end of the SDK's chain, and the codes of STS and EC2 (docs.aws.amazon.com, "Error codes").
            r"[Nn]o valid credential sources",
            r"failed to refresh cached credentials",
            r"\b(AuthFailure|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch)\b",
            r"\b(ExpiredToken|ExpiredTokenException|RequestExpired)\b",
        ),
        "sign in with aws configure or aws sso login and set AWS_PROFILE, or pulumi config set aws:profile NAME",
    ),
    Credentials(
        "gcp",
        (
            r"could not find default credentials",
            r"invalid_grant",
            r"invalid authentication credentials",  # the API's 401
        ),
        "run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to a key file",
    ),
    Credentials(
        "hetzner",
        (r"\(unauthorized[,)]", r"entered token is invalid"),  # docs.hetzner.cloud, "Errors"; the plug-in's own check
        "set HCLOUD_TOKEN to a read and write token of that project, or pulumi config set --secret hcloud:token",
    ),
)


def find_refused_credentials(words: str) -> Credentials | None:
    """The cloud that takes no credentials according to a failure's words; None where that is not what they say."""
    return next((known for known in CREDENTIALS if any(re.search(refusal, words) for refusal in known.refusals)), None)


def list_refused_accounts(
    results: Iterable[StackResult], providers: Mapping[str, str], losses: Iterable[Loss]
) -> dict[str, Credentials]:
    """The stacks whose credentials are refused, but for accounts that were declared lost.

    An account that its provider has closed refuses its credentials too: that must not hold up the others.
    `providers` names each account's provider.
    """
    lost = {(loss.kind, loss.value) for loss in losses}
    found = {result.account: find_refused_credentials(result.error) for result in results if result.error}
    return {
        account: known
        for account, known in found.items()
        if known is not None
        and not lost
        & {("account", account), ("provider", providers.get(account)), ("operator", providers.get(account))}
    }
