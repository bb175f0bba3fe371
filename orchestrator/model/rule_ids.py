"""Every rule and expectation that a finding can carry, under an id that never changes: PLC001, PLC101 …

Reports, baselines and suppressions of other tools hold on to these ids. One is never given to another rule, nor
changed; a rule that goes leaves its id unused. PLC001 and up are the policy's verbs, PLC101 and up what a lock must
match, PLC201 and up what else must hold before a fleet can be run.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.rule import Level


@dataclass(frozen=True)
class RuleEntry:
    """A rule by its id; `name` is what findings carry in `rule`. `sentence` says what must hold, `advice` what to do.

    `level` is what a finding of it has unless the spec, or the reason for the finding, says otherwise.
    """

    id: str
    name: str
    sentence: str
    advice: str
    level: Level = "error"

    @property
    def page(self) -> str:
        """Its page of the documentation, from the top of the project."""
        return f"docs/rules/{self.id}.md"


RULES: tuple[RuleEntry, ...] = (
    RuleEntry(
        "PLC001",
        "cap",
        "No domain holds more than a share or number of the subject's wanted weight.",
        "Run `orchestrator place`, which spreads the nodes anew; where nothing fits, add an account, region or zone, "
        "or raise the cap.",
    ),
    RuleEntry(
        "PLC002",
        "below",
        "Every domain holds strictly less than a share or number of the subject's wanted weight.",
        "Run `orchestrator place`, which spreads the nodes anew; where nothing fits, add a domain of that kind, or "
        "raise the amount.",
    ),
    RuleEntry(
        "PLC003",
        "skew",
        "The fullest and the emptiest eligible domain differ by at most so many nodes.",
        "Run `orchestrator place`; where a domain cannot take its part, raise the skew, or close the domain with "
        "`allow` or `deny`.",
    ),
    RuleEntry(
        "PLC004",
        "min_domains",
        "At least so many distinct domains are in use.",
        "Run `orchestrator place`; where there are too few domains, add accounts or regions, or lower the number.",
    ),
    RuleEntry(
        "PLC005",
        "allow",
        "Nodes stand only in the domains that the rule names; a domain that is not known is not among them.",
        "Run `orchestrator place`, which moves the nodes; or name the domain in the rule.",
    ),
    RuleEntry(
        "PLC006",
        "deny",
        "No node stands in a domain that the rule names, nor where the domain is not known.",
        "Run `orchestrator place`, which moves the nodes; or take the domain out of the rule.",
    ),
    RuleEntry(
        "PLC007",
        "min_nodes",
        "At least a share or number of the subject's wanted weight stands in the domains named.",
        "Run `orchestrator place`; where these domains have no room, add accounts or hosts there, or lower the amount.",
    ),
    RuleEntry(
        "PLC008",
        "max_domains",
        "At most so many distinct domains are in use.",
        "Run `orchestrator place`; where fewer domains cannot hold all nodes, raise the number.",
    ),
    RuleEntry(
        "PLC009",
        "survive",
        "After the loss of the fullest domains, at least a share or number of the subject is left.",
        "Run `orchestrator place`; where it cannot hold, add domains of that kind, or standby nodes elsewhere.",
    ),
    RuleEntry(
        "PLC010",
        "apart",
        "No two of the groups named have nodes in the same domain.",
        "Run `orchestrator place`; where there are too few domains, add accounts or regions for one of the groups.",
    ),
    RuleEntry(
        "PLC011",
        "together",
        "The first group has nodes only in domains where every other group named has some.",
        "Run `orchestrator place`; where a domain cannot take all of the groups, add machine types or capacity there.",
    ),
    RuleEntry(
        "PLC012",
        "spread",
        "The subject's nodes are divided over the domains named in the proportions given; none stand elsewhere.",
        "Run `orchestrator place`; where a domain cannot have its share, change the shares.",
    ),
    RuleEntry(
        "PLC013",
        "budget",
        "The machines of the subject cost no more a month than the rule allows, and each has a known price.",
        "Look for cheaper machine types or regions, fill in prices that are missing, or raise the budget.",
    ),
    RuleEntry(
        "PLC014",
        "max_moves",
        "One change relocates no more nodes than the rule allows.",
        "Land the rounds one after another, each by `orchestrator place` or `orchestrator rebalance`; or raise the "
        "number.",
    ),
    RuleEntry(
        "PLC101",
        "fleet",
        "The lock is of the fleet that the spec names.",
        "Give the lock that belongs to this spec, or move the other one away and run `orchestrator place`.",
    ),
    RuleEntry(
        "PLC102",
        "spec",
        "The lock was made from this text of the spec.",
        "Run `orchestrator place` and commit the lock together with the spec.",
    ),
    RuleEntry(
        "PLC103",
        "revision",
        "The lock is as it was written: nobody edited it by hand.",
        "Run `orchestrator place`, which takes the edit as its start and writes a lock that the rules allow.",
    ),
    RuleEntry(
        "PLC104",
        "count",
        "Each group has as many nodes in the lock as the spec asks for.",
        "Run `orchestrator place` and commit the lock together with the spec.",
    ),
    RuleEntry(
        "PLC105",
        "node",
        "No node has two wanted machines at once.",
        "Run `orchestrator place`; a node that signs on two machines is slashed, so never apply such a lock.",
    ),
    RuleEntry(
        "PLC106",
        "account",
        "Every machine of the lock stands in an account of the spec.",
        "Put the account back into the spec until the lock has its machines as retired.",
    ),
    RuleEntry(
        "PLC107",
        "group",
        "Every wanted machine of the lock is of a group of the spec.",
        "Run `orchestrator place`, which retires the machines of groups that are gone.",
    ),
    RuleEntry(
        "PLC108",
        "drained",
        "No node stands in a domain that is being drained.",
        "Run `orchestrator rebalance`, which moves the nodes as far as rules and rounds let it.",
    ),
    RuleEntry(
        "PLC109",
        "machine",
        "Every node's machine is what its group asks for, and every group's need has a machine type.",
        "Run `orchestrator place`, or change what the group asks for.",
    ),
    RuleEntry(
        "PLC110",
        "parent",
        "The lock was made from the lock that it is compared with, or from one that came of it.",
        "Take the base's lock (`git checkout BASE -- fleet.lock`), run `orchestrator place` on the merged spec, and "
        "commit both.",
    ),
    RuleEntry(
        "PLC201",
        "facts",
        "What a rule or a group asks for is known of every place that it is asked of.",
        "Fill in the fact in a catalogue folder of your own, or take it out of what is asked for.",
    ),
    RuleEntry(
        "PLC202",
        "fence",
        "A node that signs stays where it is until it is shown to have stopped.",
        "Show that the old machine signs no more; `orchestrator rebalance` says which evidence it takes.",
    ),
    RuleEntry(
        "PLC203",
        "capacity",
        "The clouds and the enrolled hosts have room for the machines that are placed.",
        "Add regions, accounts or hosts, or lower a count; a refusal of a cloud is forgotten after a while.",
    ),
    RuleEntry(
        "PLC204",
        "lose",
        "A loss that is declared covers a place of the fleet.",
        "Look at the spelling of the domain; a loss that is over is taken out of the lock by "
        "`orchestrator rebalance --heal`.",
        "warning",
    ),
    RuleEntry(
        "PLC205",
        "relax",
        "A rule that gave way after a loss holds again within the time that it was given.",
        "Restore it with `orchestrator rebalance`, or give the rule more time in `relax` and say why in the review.",
    ),
    RuleEntry(
        "PLC206",
        "control",
        "State, secrets, artifacts and controller do not fall together with the machines that they control.",
        "Put a replica at another operator, state it under `control`, and drill a recovery from it.",
    ),
    RuleEntry(
        "PLC207",
        "artifact",
        "Every program that machines run is vouched for by a digest or a key.",
        "State the digest or the keys of the publisher in the client's data file.",
        "warning",
    ),
    RuleEntry(
        "PLC208",
        "quota",
        "The quotas of the accounts leave room for the worst single loss.",
        "Ask the cloud for the quota that is named now: it takes days, and more in an outage.",
    ),
    RuleEntry(
        "PLC209",
        "suppression",
        "Every suppression of the spec hides a finding that there is, and its last day is not over.",
        "Take the suppression out of `review`; where it has expired, repair what it hid, or give it a new day and say "
        "why.",
    ),
    RuleEntry(
        "PLC210",
        "base",
        "The spec and lock that a change is compared with can be read.",
        "Repair spec and lock on the base; until then every finding counts as new.",
        "warning",
    ),
)

# Of these nothing is accepted: they say whether the lock is this spec's at all, and whether what is accepted still is.
ALWAYS = frozenset({"fleet", "spec", "revision", "parent", "suppression"})

RULE_OF: Mapping[str, RuleEntry] = {entry.name: entry for entry in RULES}


def find_word(rule: str) -> str | None:
    """The name of a rule that a person gives by its name or its id; None where there is none."""
    names = (entry.name for entry in RULES if rule in (entry.name, entry.id))
    return next(names, None)


def get_rule_id(name: str) -> str:
    """The id of a rule by the name that findings carry; KeyError where the register has none."""
    return RULE_OF[name].id
