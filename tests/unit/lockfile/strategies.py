"""Random locks, for properties of reading and writing."""

from hypothesis import strategies as st

from orchestrator.model.lock import ANCESTORS_KEPT, Lock, LockHeader, Machine, MachineState, Retired

names = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
# What a private catalogue may hold: names of any script, and other text of one line.
words = st.from_regex(r"[\w.:/+()-]([\w .:/+()-]{0,9}[\w.:/+()-])?", fullmatch=True, alphabet="aZ09_ .:/+()-é日")
lines = st.text(min_size=1, max_size=12).filter(str.isprintable) | st.sampled_from(('"\\', "日本", "a b"))
revisions = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)
digests = st.from_regex(r"sha256:[0-9a-f]{8}", fullmatch=True)


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
