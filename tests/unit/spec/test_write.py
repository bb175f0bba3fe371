"""Specs and hosts files as they are written: what is read back is what was meant, whatever the words."""

import re
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.documents.yaml_document import parse_yaml
from orchestrator.model.host import EnrolledHost
from orchestrator.model.rule import Cap
from orchestrator.model.source import Source
from orchestrator.spec.hosts import load_hosts
from orchestrator.spec.load import load_fleet
from orchestrator.spec.write import render_fleet, render_hosts, render_rule, render_scalar
from tests.unit.inventories import HOST_KEY
from tests.unit.placement.fleets import make_account, make_group, make_rule

PLACE_NAME = re.compile(r"[\w.:/+()-]([\w .:/+()-]*[\w.:/+()-])?")
PLACE_NAMES = st.text("abNOyz019-_. :/+()ü", min_size=1, max_size=12).filter(PLACE_NAME.fullmatch)


def make_cap(**fields: Any) -> Cap:
    rule = make_rule(1, **fields)
    assert isinstance(rule, Cap)
    return rule


@given(PLACE_NAMES)
@settings(max_examples=50, deadline=None)
def test_every_name_of_a_place_is_read_back_as_text(name: str) -> None:
    for form in (f"key: {render_scalar(name)}\n", f"key: {{a: {render_scalar(name)}, b: [{render_scalar(name)}]}}\n"):
        data = parse_yaml(form, Path("x.yaml")).data
        assert data in ({"key": name}, {"key": {"a": name, "b": [name]}})


@given(
    name=st.sampled_from(["rack", "no", "y", "on-1"]),
    region=PLACE_NAMES,
    zone=PLACE_NAMES,
    memory=st.decimals(min_value=Decimal("0.5"), max_value=4096, places=3),
    price=st.none() | st.decimals(min_value=0, max_value=9999, places=2),
    asn=st.none() | st.integers(1, 2**32).map(str),
    country=st.sampled_from([None, "NO", "DE"]),
)
@settings(max_examples=25, deadline=None)
def test_hosts_are_read_back_as_they_were(**fields: Any) -> None:
    memory, price = fields.pop("memory"), fields.pop("price")
    given_fields = {**fields, "memory_gib": memory, "usd_per_month": price, "address": "192.0.2.1"}
    size = {"vcpus": 4, "disk_gib": 100, "disk_kind": "nvme", "arch": "arm64", "port": 2222, "operator": "a: b"}
    host = EnrolledHost.model_validate({**given_fields, **size, "host_key": HOST_KEY, "__source__": Source("x", 1)})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "hosts.yaml"
        path.write_text(render_hosts([host]), encoding="utf-8")
        [read] = load_hosts(path)
    assert read.model_dump(exclude={"source"}) == host.model_dump(exclude={"source"})


def test_a_spec_is_read_back_as_it_was(tmp_path: Path) -> None:
    accounts = [make_account("clouds", "hetzner", regions=("fsn1", "hel1"))]
    group = make_group("eth", 3, stake=Decimal("32.5"), chain="ethereum", clients={"execution": ("geth", "besu")})
    path = tmp_path / "fleet.yaml"
    rule = make_cap(cap="50%", per="operator")
    path.write_text(render_fleet("mine", accounts, [group], (f"  {render_rule(rule)}", "  # - {not: a rule}")))
    fleet = load_fleet(path)
    assert (fleet.name, fleet.accounts[0].regions) == ("mine", ("fsn1", "hel1"))
    [read] = fleet.groups
    assert read.model_dump(exclude={"source"}) == group.model_dump(exclude={"source"})
    assert [each.model_dump(exclude={"source"}) for each in fleet.policy] == [rule.model_dump(exclude={"source"})]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (make_cap(cap="34%", per="zone"), "- {cap: 34%, per: zone}"),
        (make_cap(cap=2, per="zone", name="two a zone"), '- {name: "two a zone", cap: 2, per: zone}'),
    ],
)
def test_rules_are_written_as_people_write_them(rule: Cap, text: str) -> None:
    assert render_rule(rule) == text
