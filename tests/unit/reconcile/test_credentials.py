"""Refused credentials are told from other failures, and a lost account's hold nothing up."""

import pytest

from orchestrator.model.loss import Loss
from orchestrator.model.stack import StackResult
from orchestrator.reconcile.credentials import find_refused_credentials, list_refused_accounts

UNAUTHORIZED = "unable to authenticate (unauthorized)"


@pytest.mark.parametrize(
    ("words", "provider"),
    [
        ("No valid credential sources found. Please see the documentation", "aws"),
        (
            "operation error STS: GetCallerIdentity, api error InvalidClientTokenId: The security token is invalid",
            "aws",
        ),
        ("api error ExpiredToken: The security token included in the request is expired", "aws"),
        ("google: could not find default credentials. See the documentation", "gcp"),
        ('oauth2: cannot fetch token: 400 Bad Request Response: {"error": "invalid_grant"}', "gcp"),
        ("googleapi: Error 401: Request had invalid authentication credentials.", "gcp"),
        (UNAUTHORIZED, "hetzner"),
        ("unable to authenticate (unauthorized, 1a2b3c)", "hetzner"),
    ],
)
def test_each_clouds_words(words: str, provider: str) -> None:
    found = find_refused_credentials(words)
    assert found is not None
    assert found.provider == provider


@pytest.mark.parametrize(
    "words",
    [
        "server name is already used (uniqueness_error)",
        "api error InsufficientInstanceCapacity: no capacity",
        "hetzner API: connection timed out",
        "an unauthorized person wrote this",
    ],
)
def test_other_failures_are_none(words: str) -> None:
    assert find_refused_credentials(words) is None


@pytest.mark.parametrize(
    ("losses", "refused"),
    [
        ((), {"a", "b"}),
        ((Loss(kind="account", value="a"),), {"b"}),
        ((Loss(kind="provider", value="hetzner"),), set()),
        ((Loss(kind="region", value="hetzner/fsn1"),), {"a", "b"}),
    ],
)
def test_an_account_that_is_lost_holds_nothing_up(losses: tuple[Loss, ...], refused: set[str]) -> None:
    results = [
        StackResult(account="a", error=UNAUTHORIZED),
        StackResult(account="b", error=UNAUTHORIZED),
        StackResult(account="c", error="something else"),
        StackResult(account="d"),
    ]
    assert set(list_refused_accounts(results, dict.fromkeys("abcd", "hetzner"), losses)) == refused
