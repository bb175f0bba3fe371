"""Inbound rules and the ruleset made of them."""

import pytest
from pydantic import ValidationError

from orchestrator.rehearsal.firewall import FirewallRule, render_rule, render_ruleset

ANYWHERE = ("0.0.0.0/0", "::/0")


def rule(protocol: str = "tcp", port: str | None = "22", sources: tuple[str, ...] = ANYWHERE) -> FirewallRule:
    return FirewallRule.model_validate({"protocol": protocol, "port": port, "sources": sources})


def test_a_rule_has_a_line_for_each_family() -> None:
    assert render_rule(rule()) == (
        "ip saddr { 0.0.0.0/0 } tcp dport 22 accept",
        "ip6 saddr { ::/0 } tcp dport 22 accept",
    )
    assert render_rule(rule("udp", "4000-4010", ("192.0.2.1/32",))) == (
        "ip saddr { 192.0.2.1/32 } udp dport 4000-4010 accept",
    )


def test_sources_that_overlap_become_one() -> None:
    assert render_rule(rule(sources=("10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24"))) == (
        "ip saddr { 10.0.0.0/8, 192.0.2.0/24 } tcp dport 22 accept",
    )


@pytest.mark.parametrize("port", [None, "any"])
def test_every_port(port: str | None) -> None:
    assert render_rule(rule("tcp", port, ("::/0",))) == ("ip6 saddr { ::/0 } meta l4proto tcp accept",)


def test_ping_has_no_port() -> None:
    assert render_rule(rule("icmp", None, ("0.0.0.0/0",))) == (
        "ip saddr { 0.0.0.0/0 } meta l4proto { icmp, ipv6-icmp } accept",
    )


@pytest.mark.parametrize("port", ["0", "65536", "22-", "-22", "30-20", "ssh", "22,23", "1; drop"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(ValidationError, match="neither a port nor a range"):
        rule(port=port)


def test_a_rule_for_nobody_is_refused() -> None:
    with pytest.raises(ValidationError):
        rule(sources=())


def test_no_rules_refuse_everything_and_no_firewall_lets_everything_in() -> None:
    assert "policy drop" in render_ruleset([])
    assert "dport" not in render_ruleset([])
    assert "policy" not in render_ruleset(None)


def test_a_ruleset_replaces_the_one_before() -> None:
    assert render_ruleset([rule()]).splitlines()[:2] == ["table inet rehearsal", "delete table inet rehearsal"]
