"""Random locks, for properties of reading and writing."""

from string import ascii_lowercase, digits

from hypothesis import strategies as st

from orchestrator.model.lock import ANCESTORS_KEPT, Lock, LockHeader, Machine, MachineState, Retired


def hexadecimal(length: int) -> st.SearchStrategy[str]:
    """So many digits. A lock has dozens, and numbers are drawn several times as fast as what matches a pattern."""
    return st.integers(0, 16**length - 1).map(lambda number: f"{number:0{length}x}")


names = st.builds(
    lambda first, rest: (first + rest).rstrip("-"),
    st.sampled_from(ascii_lowercase),
    st.text(ascii_lowercase + digits + "-", max_size=9),
)
# What a private catalogue may hold: names of any script, and other text of one line.
words = st.text("aZ09_ .:/+()-é日", min_size=1, max_size=11).map(str.strip).filter(bool)
lines = st.text(min_size=1, max_size=12).filter(str.isprintable) | st.sampled_from(('"\\', "日本", "a b"))
revisions = hexadecimal(16)
digests = hexadecimal(8).map("sha256:{}".format)


# What was seen of a machine, in the words of an outside system: any text, line separators of Unicode too.
evidence = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(("a\u2028b", "\x85"))


@st.composite
def build_machine(draw: st.DrawFn, node: str, generation: int) -> Machine:
    return Machine(
        machine=f"{node}.{generation}",
        node=node,
        group=node.rpartition("-")[0],
        chain=draw(words),
        network=draw(words),
        account=draw(names),
        provider=draw(words),
        region=draw(words),
        zone=draw(words),
        zone_id=draw(st.none() | words),
        machine_type=draw(words),
        arch=draw(st.sampled_from(("x86_64", "arm64"))),
        image=draw(st.none() | lines),
        host=draw(st.none() | names),
        volume_gib=draw(st.none() | st.integers(1, 10**6)),
        volume_type=draw(st.none() | words),
        existing=draw(st.none() | st.dictionaries(st.sampled_from(("machine", "volume")), lines)),
        clients=draw(st.dictionaries(words, words, max_size=2)),
        state=draw(st.sampled_from(MachineState)),
    )


@st.composite
def build_lock(draw: st.DrawFn) -> Lock:
    ids = draw(st.lists(st.tuples(names, st.integers(1, 12), st.integers(1, 3)), unique=True, max_size=6))
    gone = draw(st.integers(0, len(ids)))
    header = LockHeader(
        fleet=draw(names),
        revision=draw(revisions),
        ancestors=tuple(draw(st.lists(revisions, max_size=ANCESTORS_KEPT))),
        spec=draw(digests),
        facts=draw(digests),
        lost=tuple(draw(st.lists(st.sampled_from(("account=a", "region=aws/x")), unique=True))),
    )
    machines = tuple(draw(build_machine(f"{name}-{number}", generation)) for name, number, generation in ids[gone:])
    retired = tuple(
        Retired(
            retired=f"{name}-{number}.{generation}",
            node=f"{name}-{number}",
            account=draw(names),
            evidence=draw(evidence),
        )
        for name, number, generation in ids[:gone]
    )
    return Lock(header=header, machines=machines, retired=retired)


locks = build_lock()
