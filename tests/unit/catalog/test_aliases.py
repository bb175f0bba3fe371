"""Provider names: aliases lead to the one name, other names stay what they are."""

import pytest

from orchestrator.catalog.aliases import BUILT_IN_PROVIDERS, PROVIDER_OF_ALIAS, find_provider


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("amazon", "aws"),
        ("Google Cloud", "gcp"),
        ("google_cloud", "gcp"),
        ("hcloud", "hetzner"),
        (" AWS ", "aws"),
        ("ssh", "ssh"),
        ("acme", "acme"),
    ],
)
def test_a_provider_has_one_name(written: str, meant: str) -> None:
    assert find_provider(written) == meant


def test_every_alias_leads_to_a_built_in_provider_and_shadows_none() -> None:
    assert set(PROVIDER_OF_ALIAS.values()) == set(BUILT_IN_PROVIDERS)
    assert not set(PROVIDER_OF_ALIAS) & set(BUILT_IN_PROVIDERS)
