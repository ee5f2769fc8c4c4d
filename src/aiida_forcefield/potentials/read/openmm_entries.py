"""Entries of an OpenMM force field file: which atoms they mean, as OpenMM finds them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import TypeVar
from xml.etree.ElementTree import Element

from aiida_forcefield.potentials.read.openmm_elements import named, text

Order = TypeVar("Order")


@dataclass(frozen=True)
class AtomTypes:
    """The atom types of a file, each with its class."""

    classes: Mapping[str, str]

    def fits(self, entry: Element, place: str, type_: str) -> bool:
        """Whether an entry means a type by one of its atoms, ``class`` or ``type`` and a number."""
        key, own = next(
            (key, own)
            for key, own in ((f"class{place}", self.classes[type_]), (f"type{place}", type_))
            if key in entry.attrib
        )
        return entry.attrib[key] in ("", own)

    def any_may(self, entry: Element, place: str) -> bool:
        """Whether an entry means all types there are by one of its atoms."""
        return entry.get(f"class{place}") in self.all_classes or entry.get(f"type{place}") == ""

    @cached_property
    def all_classes(self) -> set[str]:
        """What means all types there are: no name, or that of the only class."""
        classes = {*self.classes.values()}
        return {"", *(classes if len(classes) == 1 else ())}


@dataclass(frozen=True)
class Entry:
    """An entry of a force.

    Attributes:
        element: in the file.
        known: the atom types.
        wild: whether some atom may be any; OpenMM prefers entries where none may.
    """

    element: Element
    known: AtomTypes
    wild: bool

    def fits(self, types: Sequence[str]) -> bool:
        """Whether it means atoms of these types, in this order."""
        return all(
            self.known.fits(self.element, f"{place}", type_)
            for place, type_ in enumerate(types, start=1)
        )


def entries_of(force: Element, tag: str, size: int, known: AtomTypes) -> list[Entry]:
    """The entries of a force that are called so, with as many atoms each."""
    places = [f"{place}" for place in range(1, size + 1)]
    return [
        Entry(each, known, any(known.any_may(each, place) for place in places))
        for each in force.iterfind(tag)
    ]


def match_entry(
    entries: Iterable[Entry], types: Sequence[str], ranked: bool = False
) -> Element | None:
    """The entry for atoms of such types, read forward or backward.

    Args:
        entries: of a force.
        types: of the atoms.
        ranked: whether entries without wildcards go before the others.

    Raises:
        ValueError: several fit that differ.
    """
    fitting = [each for each in entries if each.fits(types) or each.fits(types[::-1])]
    best = _best([(each, types) for each in fitting], ranked)
    return next((entry.element for entry, _ in best), None)


def match_improper(
    entries: Iterable[Entry], types: Sequence[str], centre: int, around: Sequence[int]
) -> tuple[Entry, tuple[int, ...]] | None:
    """The entry for an improper, and the order of the neighbours that it means.

    Args:
        entries: of a force.
        types: of the atoms.
        centre: its place.
        around: those of its three neighbours, ascending.

    Raises:
        ValueError: several fit that differ.
    """
    fitting = []
    for each in entries:
        for order in permutations(around):
            if each.fits([types[centre], *(types[atom] for atom in order)]):
                fitting.append((each, order))
                break
    return next(_best(fitting, ranked=True), None)


def _best(fitting: Sequence[tuple[Entry, Order]], ranked: bool) -> Iterator[tuple[Entry, Order]]:
    """The first of what fits; none without.

    OpenMM takes the first or the last, or any, by the kind of the force.
    """
    specific = [each for each in fitting if not each[0].wild]
    chosen = specific if ranked and specific else fitting
    for entry, order in chosen[1:]:
        first, first_order = chosen[0]
        if order != first_order or _values(entry.element) != _values(first.element):
            one, other = named(first.element), named(entry.element)
            raise ValueError(f"{one} and {other}: both fit the same atoms and differ; leave one")
    yield from chosen[:1]


def _values(element: Element) -> dict[str, str]:
    return {k: v for k, v in element.attrib.items() if not k.startswith(("class", "type"))}


def atom_entry(force: Element, type_: str, known: AtomTypes) -> Element:
    """The entry of an atom type in a nonbonded force."""
    entries = [atom for atom in force.iterfind("Atom") if known.fits(atom, "", type_)]
    if not entries:
        raise ValueError(f"{force.tag}: there is no Atom for {type_}")
    if len(entries) > 1:
        raise ValueError(f"{force.tag}: there are {len(entries)} entries Atom for {type_}")
    return entries[0]


def read_types(root: Element) -> AtomTypes:
    """The atom types of a file.

    Raises:
        ValueError: one is there twice.
    """
    classes: dict[str, str] = {}
    for each in root.iterfind("AtomTypes/Type"):
        name = text(each, "name")
        if name in classes:
            raise ValueError(f"AtomTypes: type {name} is there twice")
        classes[name] = text(each, "class")
    return AtomTypes(classes)
