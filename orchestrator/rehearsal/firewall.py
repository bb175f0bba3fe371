"""A cloud firewall in rehearsal: inbound rules as values, and the nftables ruleset that holds a machine to them."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from typing import Literal, Self

from pydantic import Field, model_validator

from orchestrator.model.base import Frozen

TABLE = "rehearsal"

Network = IPv4Network | IPv6Network


class FirewallRule(Frozen):
    """Lets in one protocol from any of the networks (CIDR); tcp and udp on a port, or a range of them ("4000-4010").

    `port` None or "any" is every port.
    """

    protocol: Literal["tcp", "udp", "icmp", "esp", "gre"]
    port: str | None = None
    sources: tuple[Network, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def check_port(self) -> Self:
        """Refuses what is no port and no range of ports."""
        if self.port in (None, "any"):
            return self
        match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", str(self.port))
        if match is None or not 1 <= int(match[1]) <= int(match[2] or match[1]) <= 65535:
            raise ValueError(f"{self.port!r} is neither a port nor a range of ports")
        return self


def render_ruleset(rules: Sequence[FirewallRule] | None) -> str:
    """The input of `nft -f` that replaces a machine's rules in one step; None lets everything in.

    As with the clouds' own firewalls, replies, loopback and ICMP pass, and what goes out is not filtered.
    """
    # Naming the table before deleting it makes the deletion hold on the first run too.
    lines = [f"table inet {TABLE}", f"delete table inet {TABLE}"]
    if rules is not None:
        lines += [
            f"table inet {TABLE} {{",
            "  chain input {",
            "    type filter hook input priority -10; policy drop;",
            '    iifname "lo" accept',
            "    ct state established,related accept",
            "    meta l4proto { icmp, ipv6-icmp } accept",
            *(f"    {line}" for rule in rules for line in render_rule(rule)),
            "  }",
            "}",
        ]
    return "\n".join(lines) + "\n"


def render_rule(rule: FirewallRule) -> tuple[str, ...]:
    """One line for each address family that the rule's sources are of."""
    protocols = {"icmp": "{ icmp, ipv6-icmp }"}
    what = f"meta l4proto {protocols.get(rule.protocol, rule.protocol)}"
    if rule.port not in (None, "any") and rule.protocol in ("tcp", "udp"):
        what = f"{rule.protocol} dport {rule.port}"
    # nft refuses sets whose elements overlap.
    ipv4 = list(collapse_addresses(source for source in rule.sources if isinstance(source, IPv4Network)))
    ipv6 = list(collapse_addresses(source for source in rule.sources if isinstance(source, IPv6Network)))
    return tuple(
        f"{family} saddr {{ {', '.join(map(str, networks))} }} {what} accept"
        for family, networks in (("ip", ipv4), ("ip6", ipv6))
        if networks
    )
