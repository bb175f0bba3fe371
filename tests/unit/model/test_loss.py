"""A loss: read from a command line, and what it covers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.failure_domain import DOMAIN_KINDS, DomainKind
from orchestrator.model.loss import Loss
from orchestrator.model.site import Site, Zone

ZONE = Zone(provider="aws", region="eu-1", zone="eu-1a", zone_id="euw-az2", country="DE")
SITE = Site(account="main", operator="amazon", zone=ZONE)


@given(st.sampled_from(DOMAIN_KINDS), st.text(min_size=1, max_size=200).filter(str.isprintable))
def test_what_is_written_reads_back(kind: DomainKind, value: str) -> None:
    loss = Loss(kind=kind, value=value)
    assert Loss.parse(str(loss)) == loss


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("account", "write KIND=VALUE"),
        ("account=", "write KIND=VALUE"),
        ("", "write KIND=VALUE"),
        ("=x", "no kind of failure domain"),
        ("Account=x", "no kind of failure domain"),
        ("planet=earth", "there are: operator, account"),
    ],
)
def test_what_names_no_domain_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Loss.parse(text)


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("account=main", True),
        ("account=other", False),
        ("operator=amazon", True),
        ("provider=aws", True),
        ("region=aws/eu-1", True),
        ("region=eu-1", False),
        ("zone=aws/euw-az2", True),
        ("zone=aws/eu-1a", False),
        ("site=main/eu-1/eu-1a", True),
        ("country=DE", True),
        ("country=None", False),
        ("asn=None", False),
    ],
)
def test_a_loss_covers_what_is_known_to_be_in_its_domain(text: str, covered: bool) -> None:
    assert Loss.parse(text).covers(SITE) is covered
