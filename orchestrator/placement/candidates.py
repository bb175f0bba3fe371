"""Fleet x catalogue x lock x losses and taints -> the situation that a placement starts from."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.closure import Closures
from orchestrator.model.fleet import Fleet, Group, MachineNeed
from orchestrator.model.lock import Lock, Machine
from orchestrator.model.loss import Loss
from orchestrator.model.missing import MissingFact
from orchestrator.model.site import MachineType, Zone
from orchestrator.model.taint import Taint
from orchestrator.placement.clients import EMPTY_BOOK, ClientBook
from orchestrator.placement.columns import Column, ColumnKey, Offer, Resource
from orchestrator.placement.holdings import Holding, Judge, compute_holdings, get_column_key
from orchestrator.placement.offers import OfferBook
from orchestrator.placement.places import Place, compute_places, compute_unlisted_place, get_place_name
from orchestrator.policy.candidates import AnyCell, Candidates, ClientCell


@dataclass(frozen=True, slots=True)
class Situation:
    """All that placement decides from, before any rule.

    `fresh` are the columns that new machines may take, `kept` those that machines of the lock stand in. `free` is what
    is left of each limited resource: every machine of the lock uses its share until it is retired.
    """

    fleet: Fleet
    lock: Lock | None
    places: Mapping[str, Place]
    fresh: Mapping[ColumnKey, Column]
    fresh_by_group: Mapping[str, tuple[ColumnKey, ...]]
    kept: Mapping[ColumnKey, Column]
    holdings: Mapping[str, tuple[Holding, ...]]
    free: Mapping[Resource, int]
    candidates: Candidates
    losses: tuple[Loss, ...]
    taints: tuple[Taint, ...] = ()
    clients: ClientBook = EMPTY_BOOK

    def restrict(self, candidates: Candidates) -> "Situation":
        """The same where policy has closed some cells: no new machine goes there, and what stands there must move."""
        cells = frozenset(candidates.cells)
        fresh = {key: column for key, column in self.fresh.items() if key.cell in cells}
        holdings = {name: tuple(holding.restrict(cells) for holding in found) for name, found in self.holdings.items()}
        return replace(
            self,
            fresh=fresh,
            fresh_by_group=_group_keys(fresh),
            holdings=holdings,
            candidates=candidates,
        )

    def get_column(self, key: ColumnKey) -> Column:
        """The column of that key, fresh or kept."""
        return self.kept[key] if key in self.kept else self.fresh[key]


def compute_situation(  # noqa: PLR0913  # all that a situation is made of
    fleet: Fleet,
    catalogue: Catalogue,
    lock: Lock | None,
    losses: Sequence[Loss],
    signing_groups: frozenset[str],
    taints: Sequence[Taint] = (),
    *,
    closures: Closures | None = None,
) -> Situation:
    """What can be had where, what is held now, and what is left; `closures` None are those of the lock."""
    machines = lock.machines if lock else ()
    closed = closures or (lock.header.closures if lock else Closures())
    places = dict(compute_places(fleet, catalogue, losses, closed))
    for machine in machines:
        if get_place_name(machine) not in places:
            places[get_place_name(machine)] = compute_unlisted_place(machine, losses, closed)
    book = OfferBook(catalogue)
    judge = Judge({account.name: account for account in fleet.accounts}, places, book, signing_groups)
    holdings = {group.name: compute_holdings(group, found, judge) for group, found in _split_by_group(fleet, machines)}
    columns = sorted(_compute_fresh(fleet, places, book, taints), key=lambda column: column.key)
    fresh = {column.key: column for column in columns}
    kept = _compute_kept(fleet, holdings, places, book)
    return Situation(
        fleet=fleet,
        lock=lock,
        places=places,
        fresh=fresh,
        fresh_by_group=_group_keys(fresh),
        kept=kept,
        holdings=holdings,
        free=_compute_free(fresh, machines),
        candidates=compute_candidates(fresh, holdings, places),
        losses=tuple(losses),
        taints=tuple(taints),
    )


def compute_lock_situation(
    fleet: Fleet, lock: Lock, catalogue: Catalogue, losses: Sequence[Loss] | None = None
) -> Situation:
    """The situation that reviews of a lock start from; `losses` None are those that it was made under."""
    return compute_situation(fleet, catalogue, lock, lock.header.losses if losses is None else losses, frozenset())


def compute_candidates(
    fresh: Mapping[ColumnKey, Column], holdings: Mapping[str, tuple[Holding, ...]], places: Mapping[str, Place]
) -> Candidates:
    """The cells that can hold nodes: where machines can be had, and where machines stand that may be kept."""
    keys = set(fresh)
    pinned: set[AnyCell] = set()
    for found in holdings.values():
        for holding in found:
            keys.update(key for key, _ in holding.adoptable)
            if holding.stay is not None:
                keys.add(holding.stay)
            if holding.pinned and holding.home is not None:
                pinned.add(get_column_key(holding.home).cell)
                pinned.update(ClientCell(holding.group, *item) for item in holding.home.clients.items())
    return Candidates(
        places={name: place.site for name, place in places.items()},
        cells=tuple(sorted({key.cell for key in keys})),
        pinned=frozenset(pinned),
    )


def _group_keys(fresh: Iterable[ColumnKey]) -> Mapping[str, tuple[ColumnKey, ...]]:
    return {name: tuple(keys) for name, keys in groupby(fresh, key=lambda key: key.group)}


def _split_by_group(fleet: Fleet, machines: Sequence[Machine]) -> Iterator[tuple[Group, list[Machine]]]:
    by_group: dict[str, list[Machine]] = {}
    for machine in machines:
        by_group.setdefault(machine.group, []).append(machine)
    for group in fleet.groups:
        yield group, by_group.get(group.name, [])


def _compute_fresh(
    fleet: Fleet, places: Mapping[str, Place], book: OfferBook, taints: Sequence[Taint]
) -> Iterator[Column]:
    # Groups with one need share the offers of a zone, and so do accounts of one provider that were refused the same.
    known: dict[tuple[MachineNeed, Zone, str | None, frozenset[str | None]], tuple[Offer, ...]] = {}
    refused = {place.name: _find_refused(place, taints) for place in places.values()}
    for group in fleet.groups:
        for place in places.values():
            if not place.open or None in refused[place.name]:
                continue
            question = (group.machine, place.site.zone, place.host, refused[place.name])
            if question not in known:
                names = None if place.host is None else frozenset({place.host})
                known[question] = book.compute_offers(group.machine, place.site.zone, names, refused[place.name])
            for offer in known[question]:
                yield _compute_column(group.name, place, offer, book)


def _find_refused(place: Place, taints: Sequence[Taint]) -> frozenset[str | None]:
    """The machine types of which no new one is placed there now; None among them is all types."""
    return frozenset(taint.machine_type for taint in taints if taint.is_at(place.site))


def _compute_column(group: str, place: Place, offer: Offer, book: OfferBook) -> Column:
    zone = place.site.zone
    return Column(
        key=ColumnKey(group, place.name, offer.machine_type, offer.volume_gib, offer.volume_type),
        site=place.site,
        offer=offer,
        host=place.host,
        image=book.get_image(zone.provider, zone.region, offer.arch) if place.host is None else None,
        resources=tuple(_find_resources(place, offer)),
    )


def _find_resources(place: Place, offer: Offer) -> Iterator[Resource]:
    zone = place.site.zone
    if place.host is not None:
        yield Resource("host", place.name)
        return
    if zone.capacity is not None:
        yield Resource("site", place.name)
    if offer.capacity is not None:
        yield Resource("machine type", f"{place.site.account}/{zone.region}/{offer.machine_type}")


def _compute_kept(
    fleet: Fleet, holdings: Mapping[str, tuple[Holding, ...]], places: Mapping[str, Place], book: OfferBook
) -> Mapping[ColumnKey, Column]:
    kept: dict[ColumnKey, Column] = {}
    for group in fleet.groups:
        for holding in holdings[group.name]:
            for machine in holding.entries:
                key = get_column_key(machine)
                if key not in kept:
                    place = places[key.place]
                    offer = _price_machine(group.machine, machine, book)
                    kept[key] = Column(key, place.site, offer, machine.host, machine.image, ())
    return kept


def _price_machine(need: MachineNeed, machine: Machine, book: OfferBook) -> Offer:
    found: MachineType | None = book.get_machine_type(machine.provider, machine.region, machine.machine_type)
    if found is not None:
        return book.compute_price(need, found, machine.volume_gib or 0, machine.volume_type or "")
    volume = (machine.volume_gib or 0, machine.volume_type or "")
    price = MissingFact("usd_per_month", f"{machine.machine_type} in {machine.provider} {machine.region}")
    return Offer(
        machine.machine_type, machine.arch, *volume, cents=None, priced_on="", capacity=None, missing_prices=(price,)
    )


def _compute_free(fresh: Mapping[ColumnKey, Column], machines: Sequence[Machine]) -> Mapping[Resource, int]:
    """Capacity of each resource less the machines of the lock that use it, never below none."""
    capacity: dict[Resource, int] = {}
    for column in fresh.values():
        for resource in column.resources:
            zone_capacity = column.site.zone.capacity if resource.kind == "site" else column.offer.capacity
            capacity[resource] = 1 if resource.kind == "host" or zone_capacity is None else zone_capacity
    used: Counter[Resource] = Counter()
    for machine in machines:
        used[Resource("host", get_place_name(machine))] += 1
        used[Resource("site", machine.site)] += 1
        used[Resource("machine type", f"{machine.account}/{machine.region}/{machine.machine_type}")] += 1
    return {resource: max(0, limit - used[resource]) for resource, limit in capacity.items()}
