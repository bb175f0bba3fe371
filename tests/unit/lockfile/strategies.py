"""Random locks, for properties of reading and writing."""

from hypothesis import strategies as st

from orchestrator.model.lock import ANCESTORS_KEPT, Lock, LockHeader, Machine, MachineState, Retired

names = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
# What a private catalogue may hold: any text, line separators of Unicode too.
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(
    ("a\u2028b", "a\u2029", "\x85", '"\\', "日本")
)
revisions = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)
digests = st.from_regex(r"sha256:[0-9a-f]{8}", fullmatch=True)


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
        image=draw(st.none() | words),
        host=draw(st.none() | words),
        volume_gib=draw(st.none() | st.integers(1, 10**6)),
        volume_type=draw(st.none() | words),
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
            retired=f"{name}-{number}.{generation}", node=f"{name}-{number}", account=draw(names), evidence=draw(words)
        )
        for name, number, generation in ids[:gone]
    )
    return Lock(header=header, machines=machines, retired=retired)


locks = build_lock()
