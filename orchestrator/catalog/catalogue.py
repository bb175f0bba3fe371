"""Loads the catalogue: the built-in facts, a private folder's beside or in place of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.catalog.aliases import find_provider
from orchestrator.catalog.csv_table import Entry, Keep, Key, read_table
from orchestrator.catalog.tables import FILES, IMAGES, MACHINES, SITES, STORAGE, Fact, Table
from orchestrator.documents.known_keys import suggest
from orchestrator.documents.text_file import invalid
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.site import Image, MachineType, StoragePrice, Zone
from orchestrator.model.source import Source

BUILT_IN = Path(__file__).parent / "data"

Wanted = Collection[tuple[str, Collection[str]]]


@dataclass
class _Facts:
    """The facts of one folder, or of several laid over each other."""

    zones: dict[Key, Entry[Zone]] = field(default_factory=dict)
    machine_types: dict[Key, Entry[MachineType]] = field(default_factory=dict)
    storage_prices: dict[Key, Entry[StoragePrice]] = field(default_factory=dict)
    images: dict[Key, Entry[Image]] = field(default_factory=dict)


def load_catalogue(extra: Path | None = None, only: Path | None = None, wanted: Wanted | None = None) -> Catalogue:
    """The catalogue: the built-in facts, or those of the folder `only`; `extra` is laid over them.

    A row of `extra` with the same natural key takes the place of what was there. `wanted` are (provider, regions)
    pairs that the facts are limited to; no regions means all of the provider's, None means everything. Files of
    private folders are checked in whole, whatever is wanted. Raises InvalidDocument with every problem found.
    """
    keep = compile_filter(wanted)
    if only is None:
        facts = _read_folder(BUILT_IN, keep)
    else:
        _check_folder(only, needed=(SITES.file, MACHINES.file))
        facts = _restrict(_read_folder(only, keep_all), keep)
    if extra is not None:
        _check_folder(extra, needed=())
        facts = _overlay(facts, _restrict(_read_folder(extra, keep_all), keep))
    if only is not None or extra is not None:
        _check_references(facts)
    return Catalogue(
        zones=_sort(facts.zones),
        machine_types=_sort(facts.machine_types),
        storage_prices=_sort(facts.storage_prices),
        images=_sort(facts.images),
    )


def read_regions(extra: Path | None = None, only: Path | None = None) -> dict[str, tuple[str, ...]]:
    """Every provider of the catalogue and its regions, sorted: what an unknown name in a spec is compared with."""
    folders = [only or BUILT_IN, *([extra] if extra else [])]
    tables = [read_table(folder / SITES.file, SITES, keep_all) for folder in folders if (folder / SITES.file).exists()]
    pairs = sorted({(key[0], key[1]) for table in tables for key in table})
    return {provider: tuple(region for other, region in pairs if other == provider) for provider, _ in pairs}


def compile_filter(wanted: Wanted | None) -> Keep:
    """Whether a row's (provider, region) is among those wanted; a row for all regions goes with its provider."""
    if wanted is None:
        return keep_all
    regions: dict[str, set[str] | None] = {}
    for name, names in wanted:
        provider = find_provider(name)
        known = regions.setdefault(provider, set())
        regions[provider] = known | set(names) if names and known is not None else None

    def keep(provider: str, region: str) -> bool:
        if provider not in regions:
            return False
        listed = regions[provider]
        return listed is None or not region or region in listed

    return keep


def keep_all(provider: str, region: str) -> bool:
    """Wants every row."""
    return True


def _read_folder(folder: Path, keep: Keep) -> _Facts:
    """The facts of every file that the folder has; all problems of all files in one error."""
    problems: list[OrchestratorError] = []

    def read(table: Table[Fact]) -> dict[Key, Entry[Fact]]:
        path = folder / table.file
        if not path.exists() and not path.is_symlink():
            return {}
        try:
            return read_table(path, table, keep)
        except InvalidDocument as error:
            problems.extend(error.problems)
            return {}

    facts = _Facts(read(SITES), read(MACHINES), read(STORAGE), read(IMAGES))
    if problems:
        raise InvalidDocument(problems)
    return facts


def _check_folder(folder: Path, needed: tuple[str, ...]) -> None:
    """Refuses a private catalogue that is no folder, has a file of unknown name, or lacks one that it needs."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise invalid(folder, what, f"name the folder that holds {', '.join(FILES)}")
    present = sorted(path.name for path in folder.iterdir() if path.suffix.lower() == ".csv")
    problems = [
        OrchestratorError(
            f"{name} is no file of a catalogue", hint=suggest(name, FILES), source=Source.at(folder / name)
        )
        for name in present
        if name not in FILES
    ]
    problems += [
        OrchestratorError(f"{folder} has no {name}", hint="a catalogue that replaces the built-in one needs it")
        for name in needed
        if name not in present
    ]
    if not present:
        problems.append(
            OrchestratorError(f"{folder} holds no catalogue", hint=f"put one of these there: {', '.join(FILES)}")
        )
    if problems:
        raise InvalidDocument(problems)


def _check_references(facts: _Facts) -> None:
    """Refuses rows for a region or a zone that no row of sites.csv describes: a misspelt name, most likely."""
    zones: dict[tuple[str, str], list[str]] = {}
    for provider, region, zone in facts.zones:
        zones.setdefault((provider, region), []).append(zone)
    problems: list[OrchestratorError] = []
    others: list[Mapping[Key, Entry[Any]]] = [facts.machine_types, facts.storage_prices, facts.images]
    for entries in others:
        for key, entry in entries.items():
            provider, region = key[:2]
            if region and (provider, region) not in zones:
                known = [name for other, name in zones if other == provider]
                hint = suggest(region, known) or "add the region's zones to sites.csv"
                message = f"region {region} of {provider} is not in sites.csv"
                problems.append(OrchestratorError(message, hint=hint, source=entry.source))
    for key, machine in facts.machine_types.items():
        known = zones.get((key[0], key[1]), list(machine.fact.zones))
        problems += [
            OrchestratorError(
                f"zone {zone} of {key[1]} is not in sites.csv", hint=suggest(zone, known), source=machine.source
            )
            for zone in machine.fact.zones
            if zone not in known
        ]
    if problems:
        raise InvalidDocument(problems)


def _restrict(facts: _Facts, keep: Keep) -> _Facts:
    def restrict(entries: dict[Key, Entry[Fact]]) -> dict[Key, Entry[Fact]]:
        return {key: entry for key, entry in entries.items() if keep(key[0], key[1])}

    return _map(facts, restrict)


def _overlay(below: _Facts, above: _Facts) -> _Facts:
    return _Facts(
        below.zones | above.zones,
        below.machine_types | above.machine_types,
        below.storage_prices | above.storage_prices,
        below.images | above.images,
    )


def _map(facts: _Facts, change: Callable[[dict[Key, Entry[Any]]], dict[Key, Entry[Any]]]) -> _Facts:
    return _Facts(change(facts.zones), change(facts.machine_types), change(facts.storage_prices), change(facts.images))


def _sort(entries: dict[Key, Entry[Fact]]) -> tuple[Fact, ...]:
    return tuple(entries[key].fact for key in sorted(entries))
