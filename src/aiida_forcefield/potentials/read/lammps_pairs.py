"""Nonbonded interactions in a script and a data file of LAMMPS."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiida_forcefield.potentials.export.damping import DAMPING, section
from aiida_forcefield.potentials.forms import (
    FORMS,
    LENNARD_JONES,
    TANG_TOENNIES,
    Combination,
    Form,
    combine,
)
from aiida_forcefield.potentials.read.assign import FoundPair, Parameters
from aiida_forcefield.potentials.read.lammps_text import (
    Data,
    Row,
    Script,
    Words,
    number,
    numbers_of,
    whole,
)
from aiida_forcefield.potentials.read.places import at

Ends = tuple[int, int]

_PARAMETERS: Final = {
    "buck": ("exp6", ("A", "rho", "C6")),
    "born": ("born_mayer_huggins", ("A", "rho", "sigma", "C6", "C8")),
    "lj/cut": ("lennard_jones", ("epsilon", "sigma")),
}
_WALL: Final = "lj/cut"
COULOMB: Final = ("coul/cut", "coul/long", "coul/msm")
_TABLES: Final = ("linear", "lookup", "spline")
_STYLES: Final = (
    *_PARAMETERS,
    *(f"{base}/{law}" for base in _PARAMETERS for law in COULOMB),
    *COULOMB,
)
_CUTOFF: Final = 6.0
"""Least cutoff, Å: the fields here have none, so one that cuts the attraction off is not theirs."""
_MIX: Final[dict[str, Combination | None]] = {"geometric": "geometric", "arithmetic": None}
_SPECIAL: Final = {  # 1-4 scales of Lennard-Jones and of Coulomb's law
    "amber": (0.5, 0.8333333333),
    "charmm": (0.0, 0.0),
    "dreiding": (1.0, 1.0),
}


@dataclass(frozen=True)
class _Styles:
    """Of pair interactions: all names, that of the form, and that of Coulomb's law or ""."""

    names: tuple[str, ...]
    main: str
    coulomb: str
    hybrid: bool


def nonbonded(
    data: Data, script: Script, last: int, charged: bool
) -> tuple[Form, Callable[[int, int], FoundPair]]:
    """The form, and what acts between two atom types of LAMMPS, in the file's units.

    A table of damping is taken for what `write_damping` makes of the pairs; it is not looked at.

    Args:
        data: the data file, with numbers for types.
        script: the input, likewise.
        last: the highest atom type that counts.
        charged: whether some atom has a charge.

    Raises:
        PlacedError, ValueError: something that our forms cannot say.
    """
    row = script.last("pair_style")
    with at(row.place):
        styles = _styles(row.words)
    _check_written(data, row.words)
    if charged and not styles.coulomb:
        allowed = ", ".join(COULOMB)
        raise ValueError(f"pair_style: without coul, but atoms have charges; allowed: {allowed}")
    found: dict[Ends, Parameters] = {}
    others: dict[str, set[Ends]] = {name: set() for name in styles.names if name != styles.main}
    walls: dict[Ends, float] = {}
    for first, second, words, row in _rows(data, script, last):
        with at(row.place):
            ends = min(first, second), max(first, second)
            name, values = (words[0], words[1:]) if styles.hybrid else (styles.main, words)
            if name == styles.main:
                found[ends] = _parameters(name, values)
                continue
            if name not in others:
                allowed = ", ".join(styles.names)
                raise ValueError(f"pair_coeff {' '.join(words)}: allowed: {allowed}")
            others[name].add(ends)
            if name == "table" and tuple(values) != (DAMPING, section(*ends)):
                raise ValueError(f"pair_coeff {' '.join(words)}: no table but {DAMPING} is allowed")
            if name == _WALL:
                walls[ends] = _wall(styles, values)
            elif name in COULOMB:
                _check_cutoffs(f"pair_coeff {name}", values)
    form = FORMS[_PARAMETERS[_base(styles.main)][0]]
    if damped := others.get("table"):
        if form is not FORMS["born_mayer_huggins"] or damped != set(found):
            raise ValueError(f"{DAMPING}: allowed for all pairs of types or none, with born")
        form = TANG_TOENNIES
        found = {ends: _without_size(each) for ends, each in found.items()}
    rule = _rule(script)
    touched = set().union(*others.values())

    def between(one: int, other: int) -> FoundPair:
        ends = min(one, other), max(one, other)
        if charged and styles.coulomb in others and ends not in others[styles.coulomb]:
            raise ValueError(f"pair_coeff: no {styles.coulomb} for atom types {ends[0]}, {ends[1]}")
        known = found.get(ends) or _mixed(form, found, ends, rule, ends in touched)
        return FoundPair(known, walls.get(ends, 0.0))

    return form, between


def scales_14(script: Script) -> tuple[float, float]:
    """By how much atoms three bonds apart feel the form and Coulomb's law."""
    row = script.last("special_bonds")
    with at(row.place):
        return _scales(list(row.words))


def _scales(words: list[str]) -> tuple[float, float]:
    lj, coulomb = 0.0, 0.0
    while words:
        name, *words = words
        if name in _SPECIAL:
            lj, coulomb = _SPECIAL[name]
        elif name in ("lj", "coul", "lj/coul"):
            numbers, words = words[:3], words[3:]
            try:
                near, next_near, scale = map(float, numbers)
            except ValueError:
                raise ValueError(
                    f"special_bonds {' '.join((name, *numbers))}: three numbers are allowed"
                ) from None
            if not max(abs(near), abs(next_near)) <= 1e-9:
                raise ValueError(f"special_bonds {name}: 1-2 and 1-3 pairs must be 0")
            lj = lj if name == "coul" else scale
            coulomb = coulomb if name == "lj" else scale
        elif name in ("angle", "dihedral", "one/five") and words[:1] == ["no"]:
            words = words[1:]
        else:
            raise ValueError(f"special_bonds {' '.join((name, *words[:1]))}: cannot be read")
    return lj, coulomb


def _styles(words: Words) -> _Styles:
    """The parts of a ``pair_style``."""
    allowed = (
        f"pair_style {' '.join(words) or 'is missing'}: one of {', '.join(_PARAMETERS)} is "
        f"allowed, alone or with one of {', '.join(COULOMB)}"
    )
    hybrid = words[:1] == ("hybrid/overlay",)
    parts: dict[str, list[str]] = {}
    name = ""
    for word in words[hybrid:]:
        if word[:1].isalpha() and not (name == "table" and word in _TABLES):
            name = word
            if name in parts or name not in (*_STYLES, *["table"] * hybrid):
                raise ValueError(allowed)
            parts[name] = []
        elif name:
            parts[name].append(word)
        else:
            raise ValueError(allowed)
    forms = [each for each in parts if _base(each) in _PARAMETERS]
    mains = [each for each in forms if each != _WALL] or forms
    coulomb = [each for each in parts if each.endswith(COULOMB)]
    if len(mains) != 1 or len(coulomb) > 1:
        raise ValueError(allowed)
    for each, cutoffs in parts.items():
        if each != "table":
            _check_cutoffs(f"pair_style {each}", cutoffs)
    return _Styles(tuple(parts), mains[0], "".join(coulomb), hybrid)


def _check_written(data: Data, words: Words) -> None:
    """The style that stands behind coefficients in the data file is that of the input."""
    for title in ("Pair Coeffs", "PairIJ Coeffs"):
        written = data.styles.get(title, "")
        if written != words[0] and written in (*_STYLES, "hybrid", "hybrid/overlay"):
            raise ValueError(f"{title} # {written}: of another style than pair_style {words[0]}")


def _base(style: str) -> str:
    """The name of a style without Coulomb's law, of which shielded ones are another law."""
    name = style
    for law in COULOMB:
        name = name.removesuffix(f"/{law}")
    return name


def _check_cutoffs(where: str, words: Words) -> None:
    for word in words:
        try:
            long = float(word) >= _CUTOFF
        except ValueError:
            raise ValueError(f"{where}: {word!r}: a cutoff is a number") from None
        if not long:
            raise ValueError(
                f"{where}: a cutoff of {word} Å; allowed: {_CUTOFF:g} or more, as the force field "
                "that is read has none"
            )


def _rows(data: Data, script: Script, count: int) -> Iterator[tuple[int, int, Words, Row]]:
    """Both types and all words of each pair of types that has coefficients, in their order."""
    for title, ends in (("Pair Coeffs", (0, 0)), ("PairIJ Coeffs", (0, 1))):
        for row in data.sections.get(title, []):
            with at(row.place):
                i, j = (whole(row.words[end]) for end in ends)
            yield i, j, row.words[ends[1] + 1 :], row
    for row in script.of("pair_coeff"):
        with at(row.place):
            first, second, words = row.words[0], row.words[1], row.words[2:]
            pairs = [
                (i, j)
                for i in numbers_of(first, count)
                for j in numbers_of(second, count)
                if i <= j or "*" not in first + second
            ]
        yield from ((i, j, words, row) for i, j in pairs)


def _parameters(style: str, words: Words) -> dict[str, float]:
    names = _PARAMETERS[_base(style)][1]
    try:
        parameters = {name: float(words[place]) for place, name in enumerate(names)}
    except ValueError:
        raise ValueError(f"pair_coeff {' '.join(words)}: numbers are allowed") from None
    _check_cutoffs(f"pair_coeff {' '.join(words)}", words[len(names) :])
    if "C8" in parameters:
        parameters["C8"] *= -1
    return parameters


def _without_size(parameters: Parameters) -> dict[str, float]:
    """The parameters of a damped form from those of Born, Mayer and Huggins."""
    sigma = parameters["sigma"]
    if sigma:
        raise ValueError(f"pair_coeff: sigma = {sigma:g} with damping; allowed: 0")
    return {name: parameters[name] for name in TANG_TOENNIES.parameter_names}


def _wall(styles: _Styles, words: Words) -> float:
    """Where Lennard-Jones begins that ends at its minimum, purely repulsive."""
    _, sigma, *cutoff = map(number, words)
    if len(cutoff) != 1 or not abs(cutoff[0] - 2 ** (1 / 6) * sigma) < 1e-6:
        raise ValueError(f"pair_coeff {' '.join(words)}: {styles.main} and {_WALL} add up there")
    return cutoff[0]


def _rule(script: Script) -> Combination | None:
    rule: Combination | None = "geometric"  # LAMMPS' own for Lennard-Jones
    for row in script.of("pair_modify"):
        with at(row.place):
            if "mix" in row.words:
                mix = row.words[row.words.index("mix") + 1]
                if mix not in _MIX:
                    raise ValueError(f"pair_modify mix {mix}: allowed: {', '.join(_MIX)}")
                if "pair" in row.words:
                    raise ValueError(f"pair_modify {row}: mix is allowed for all styles alone")
                rule = _MIX[mix]  # the last one counts
    return rule


def _mixed(
    form: Form,
    found: Mapping[Ends, Parameters],
    ends: Sequence[int],
    rule: Combination | None,
    other: bool,
) -> dict[str, float]:
    """What acts between types that have no coefficients of the form together.

    Where they have some of another style, LAMMPS mixes none: between them the form does not act.
    """
    like = [found.get((end, end)) for end in ends]
    if form is not LENNARD_JONES or like[0] is None or like[1] is None:
        raise ValueError(f"atom types {ends[0]} and {ends[1]}: no pair coefficients")
    one, other_one = ([each[name] for name in form.parameter_names] for each in like if each)
    joint, _ = combine(form, one, other_one, rule)
    parameters = dict(zip(form.parameter_names, joint.tolist(), strict=True))
    return parameters | {"epsilon": 0.0} if other else parameters
