"""Bonded interactions in a script and a data file of LAMMPS."""

from collections.abc import Callable, Mapping, Sequence
from math import pi
from typing import Final

from aiida_forcefield.potentials.forms import FORMS
from aiida_forcefield.potentials.phases import add_series, from_phases
from aiida_forcefield.potentials.read.assign import Atoms, FoundTerm, Parameters, term_key
from aiida_forcefield.potentials.read.lammps_text import (
    Data,
    Row,
    Script,
    Words,
    numbers_of,
    whole,
)
from aiida_forcefield.potentials.read.places import at
from aiida_forcefield.topology.species import TermKind

_ATOMS: Final[dict[TermKind, int]] = {"bond": 2, "angle": 3, "dihedral": 4, "improper": 4}
Numbers = Sequence[float]
Entry = tuple[str, Parameters]
"""Name of a form, and its parameters in the file's units."""
Read = Callable[[Numbers], Entry]


def _named(form: str, *names: str) -> Read:
    """Numbers that are parameters of a form, in this order."""
    return _counted(form, len(names), lambda v: (form, dict(zip(names, v, strict=True))))


def _counted(what: str, count: int, read: Read) -> Read:
    """A reader of so many numbers."""

    def checked(v: Numbers) -> Entry:
        if len(v) != count:
            raise ValueError(f"{what}: {len(v)} coefficients; {count} are allowed")
        return read(v)

    return checked


def _whole(value: float) -> int:
    if not value.is_integer():
        raise ValueError(f"dihedral: n = {value:g}; must be a whole number")
    return int(value)


def _fourier(v: Numbers) -> Entry:
    if len(v) != 1 + 3 * v[0]:
        raise ValueError(f"dihedral fourier: {len(v) - 1} coefficients; three for each of {v[0]:g}")
    return from_phases((_whole(v[i + 1]), v[i], v[i + 2] * pi / 180) for i in range(1, len(v), 3))


def _harmonic_dihedral(v: Numbers) -> Entry:
    if v[1] not in (-1, 1):
        raise ValueError(f"dihedral harmonic: d = {v[1]:g}; allowed: -1 and 1")
    return from_phases([(_whole(v[2]), v[0], 0 if v[1] > 0 else pi)])


def _powers(v: Numbers) -> Entry:
    """Coefficients of cosⁿ φ; ours are of cosⁿ(φ − 180°)."""
    names = FORMS["ryckaert_bellemans"].parameter_names
    if len(v) > len(names):
        raise ValueError(f"dihedral: {len(v)} powers of the cosine; {len(names)} are allowed")
    padded = [*v, *[0.0] * (len(names) - len(v))]
    signed = (value * (-1) ** n for n, value in enumerate(padded))
    return "ryckaert_bellemans", dict(zip(names, signed, strict=True))


def _nharmonic(v: Numbers) -> Entry:
    if len(v) != 1 + v[0]:
        raise ValueError(f"dihedral nharmonic: {len(v) - 1} coefficients; must be {v[0]:g}")
    return _powers(v[1:])


def _flat_improper(v: Numbers) -> Entry:
    if v[0] and v[1]:
        raise ValueError(f"improper harmonic: an angle of {v[1]}° at rest; allowed: 0")
    return "harmonic_improper", {"k": v[0]}


def _cvff(v: Numbers) -> Entry:
    if v[0] and tuple(v[1:]) != (-1, 2):
        raise ValueError(f"improper cvff: d = {v[1]:g} and n = {v[2]:g}; allowed: -1 and 2")
    return "cosine_improper", {"k": v[0]}


def _charmm(v: Numbers) -> Entry:
    if v[3]:
        raise ValueError(f"dihedral charmm: weight {v[3]:g}; allowed: 0, and special_bonds instead")
    return from_phases([(_whole(v[1]), v[0], v[2] * pi / 180)])


def _opls(v: Numbers) -> Entry:
    return from_phases((n, height / 2, pi * (n % 2 == 0)) for n, height in enumerate(v, start=1))


_READERS: Final[dict[TermKind, dict[str, Read]]] = {
    "bond": {
        "harmonic": _named("harmonic_bond", "k", "r0"),
        "class2": _named("quartic_bond", "r0", "k2", "k3", "k4"),
        "morse": _named("morse", "D", "alpha", "r0"),
    },
    "angle": {
        "harmonic": _named("harmonic_angle", "k", "theta0"),
        "cosine/squared": _named("cosine_angle", "k", "theta0"),
        "cosine": _named("linear_angle", "k"),
    },
    "dihedral": {
        "fourier": _fourier,
        "nharmonic": _nharmonic,
        "multi/harmonic": _counted("dihedral multi/harmonic", 5, _powers),
        "harmonic": _counted("dihedral harmonic", 3, _harmonic_dihedral),
        "charmm": _counted("dihedral charmm", 4, _charmm),
        "opls": _counted("dihedral opls", 4, _opls),
    },
    "improper": {
        "harmonic": _counted("improper harmonic", 2, _flat_improper),
        "cvff": _counted("improper cvff", 3, _cvff),
    },
}


def bonded_terms(
    kind: TermKind, data: Data, script: Script, places: Mapping[str, int]
) -> dict[tuple[TermKind, Atoms], FoundTerm]:
    """Form and parameters, in the file's units, of each term of a molecule.

    Args:
        kind: of the terms.
        data: the data file, with numbers for types.
        script: the input, likewise.
        places: for the number of each atom of the molecule its place in the species.

    Raises:
        PlacedError: something that our forms cannot say.
    """
    title = kind.capitalize()
    members = [row for row in data.sections.get(f"{title}s", []) if row.words[2] in places]
    if not members:
        return {}
    style = _style(kind, script, data.styles.get(f"{title} Coeffs", ""))
    count = max(whole(row.words[1]) for row in members)
    rows: dict[int, Row] = {}
    for row in [*data.sections.get(f"{title} Coeffs", []), *script.of(f"{kind}_coeff")]:
        with at(row.place):
            rows |= dict.fromkeys(numbers_of(row.words[0], count), row)
    found: dict[tuple[TermKind, Atoms], FoundTerm] = {}
    for member in members:
        with at(member.place):
            number = whole(member.words[1])
            if number not in rows:
                raise ValueError(f"{kind} type {number}: no coefficients")
            if len(member.words) != 2 + _ATOMS[kind]:
                raise ValueError(f"{len(member.words)} words; {2 + _ATOMS[kind]} are allowed")
            atoms = tuple(places[atom] for atom in member.words[2:])
        with at(rows[number].place):
            entry = _coefficients(kind, style, rows[number].words[1:])
        with at(member.place):
            key = term_key(kind, atoms)
            if key in found:
                entry = _both(kind, (found[key].form, found[key].parameters), entry)
            found[key] = FoundTerm(*entry, member.place)
    return found


def _style(kind: TermKind, script: Script, written: str) -> str:
    """The style of a kind; ``written`` behind the coefficients in the data file is the same."""
    row = script.last(f"{kind}_style")
    style, *more = row.words or ("",)
    with at(row.place):
        if style != "hybrid" and (more or style not in _READERS[kind]):
            allowed = ", ".join(_READERS[kind])
            raise ValueError(
                f"{kind}_style {' '.join(row.words) or 'is missing'}; allowed: {allowed}"
            )
    if written != style and written in (*_READERS[kind], "hybrid"):
        raise ValueError(
            f"{kind.capitalize()} Coeffs # {written}: of another style than {kind}_style {style}"
        )
    return style


def _coefficients(kind: TermKind, style: str, words: Words) -> Entry:
    name, values = (words[0], words[1:]) if style == "hybrid" else (style, words)
    if name not in _READERS[kind]:
        raise ValueError(f"{kind}_style {name}; allowed: {', '.join(_READERS[kind])}")
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        raise ValueError(f"{kind}_coeff {' '.join(values)}: numbers are allowed") from None
    return _READERS[kind][name](numbers)


def _both(kind: TermKind, one: Entry, other: Entry) -> Entry:
    """What two entries for the same atoms add up to, as the Fourier terms of CHARMM and AMBER."""
    if kind == "dihedral":
        return add_series(one, other)
    if kind == "improper" and one[0] == other[0]:
        return one[0], {name: value + other[1][name] for name, value in one[1].items()}
    raise ValueError(
        f"{kind}: two entries for the same atoms; allowed: of dihedrals, and of impropers of one "
        "style"
    )
