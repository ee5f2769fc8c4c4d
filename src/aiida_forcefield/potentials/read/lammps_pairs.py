"""Nonbonded interactions in a script and a data file of LAMMPS."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
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
from aiida_forcefield.potentials.read.assign import Parameters
from aiida_forcefield.potentials.read.lammps_text import Script, Words, numbers_of

_PARAMETERS: Final = {
    "buck": ("exp6", ("A", "rho", "C6")),
    "born": ("born_mayer_huggins", ("A", "rho", "sigma", "C6", "C8")),
    "lj/cut": ("lennard_jones", ("epsilon", "sigma")),
}
COULOMB: Final = ("coul/cut", "coul/long", "coul/msm")
_BESIDE: Final = (*COULOMB, "table", "linear", "lookup", "spline", "pppm", "ewald", "msm")
"""What may stand beside the names of forms in a hybrid style; numbers may, too."""
_MIX: Final[dict[str, Combination | None]] = {"geometric": "geometric", "arithmetic": None}
_SPECIAL: Final = {  # 1-4 scales of Lennard-Jones and of Coulomb's law
    "amber": (0.5, 0.8333333333),
    "charmm": (0.0, 0.0),
    "dreiding": (1.0, 1.0),
}


def nonbonded_pairs(
    sections: Mapping[str, Sequence[Words]], commands: Script, types: Mapping[str, int]
) -> tuple[Form, dict[tuple[str, str], Parameters]]:
    """The form, and its parameters in the file's units for each pair of atom types.

    A table of damping is taken for what `write_damping` makes of the pairs; it is not looked at.

    Args:
        sections: of the data file.
        commands: of the script.
        types: number in LAMMPS of each atom type.
    """
    style, *rest = commands.last("pair_style") or ("",)
    hybrid = style.startswith("hybrid")
    styles = [word for word in rest if word[0].isalpha()] if hybrid else [style]
    bases = [base for each in styles if (base := _base(each)) not in _BESIDE]
    used = list(dict.fromkeys(base for base in bases if base in _PARAMETERS))
    main = used[0] if used else ""
    wrong = len(used) < len({*bases}) or len({*used} - {"lj/cut"}) > 1
    if not used or wrong or (hybrid and style != "hybrid/overlay"):
        allowed = ", ".join(_PARAMETERS)
        raise ValueError(f"pair_style {' '.join((style, *rest))}: one of {allowed} is allowed")
    found: dict[tuple[int, int], Parameters] = {}
    damped: set[tuple[int, int]] = set()
    for first, second, words in _rows(sections, commands, hybrid, max(types.values())):
        base, values = (_base(words[0]), words[1:]) if hybrid else (main, words)
        ends = min(first, second), max(first, second)
        if base == main:
            found[ends] = _parameters(main, values)
        elif base == "table":
            if tuple(values) != (DAMPING, section(*ends)):
                raise ValueError(f"pair_coeff {' '.join(words)}: no table but {DAMPING} is allowed")
            damped.add(ends)
        elif not _is_wall(values):
            raise ValueError(f"pair_coeff {first} {second}: {main} and {base} add up there")
    form = FORMS[_PARAMETERS[main][0]]
    if damped:
        if main != "born" or damped != set(found):
            raise ValueError(f"{DAMPING}: allowed for all pairs of types or none, with born")
        form = TANG_TOENNIES
        found = {ends: _without_size(each) for ends, each in found.items()}
    rule = _rule(commands)
    pairs = {}
    for i, j in combinations_with_replacement(types, 2):
        numbers = tuple(sorted((types[i], types[j])))
        known = found.get((numbers[0], numbers[1]))
        pairs[i, j] = known or _mixed(form, found, numbers, rule)
    return form, pairs


def has_coulomb(commands: Script) -> bool:
    """Whether charges act."""
    return any(word.endswith(COULOMB) for word in commands.last("pair_style"))


def scales_14(commands: Script) -> tuple[float, float]:
    """By how much atoms three bonds apart feel the form and Coulomb's law."""
    lj, coulomb = 0.0, 0.0
    words = list(commands.last("special_bonds"))
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
            if max(near, next_near) > 1e-9:
                raise ValueError(f"special_bonds {name}: 1-2 and 1-3 pairs must be 0")
            lj = lj if name == "coul" else scale
            coulomb = coulomb if name == "lj" else scale
        else:
            raise ValueError(f"special_bonds {name}: cannot be read")
    return lj, coulomb


def _base(style: str) -> str:
    """The name of a style without Coulomb's law, of which shielded ones are another law."""
    name = style
    for law in COULOMB:
        name = name.removesuffix(f"/{law}")
    return name


def _rows(
    sections: Mapping[str, Sequence[Words]], commands: Script, hybrid: bool, count: int
) -> Iterator[tuple[int, int, Words]]:
    """Both types and all words of each pair of types that has coefficients, in their order."""
    for row in sections.get("Pair Coeffs", []):
        yield int(row[0]), int(row[0]), row[1:]
    for row in sections.get("PairIJ Coeffs", []):
        yield int(row[0]), int(row[1]), row[2:]
    for row in commands.of("pair_coeff"):
        first, second, words = row[0], row[1], row[2:]
        if hybrid and _base(words[0]) not in (*_PARAMETERS, "table"):
            continue
        for i in numbers_of(first, count):
            for j in numbers_of(second, count):
                if i <= j or "*" not in first + second:
                    yield i, j, words


def _parameters(style: str, words: Words) -> dict[str, float]:
    names = _PARAMETERS[style][1]
    try:
        parameters = {name: float(words[place]) for place, name in enumerate(names)}
    except ValueError:
        raise ValueError(f"pair_coeff {' '.join(words)}: numbers are allowed") from None
    if "C8" in parameters:
        parameters["C8"] *= -1
    return parameters


def _without_size(parameters: Parameters) -> dict[str, float]:
    """The parameters of a damped form from those of Born, Mayer and Huggins."""
    sigma = parameters["sigma"]
    if sigma:
        raise ValueError(f"pair_coeff: sigma = {sigma:g} with damping; allowed: 0")
    return {name: parameters[name] for name in TANG_TOENNIES.parameter_names}


def _is_wall(words: Words) -> bool:
    """Whether Lennard-Jones ends at its minimum, purely repulsive."""
    sigma, cutoff = float(words[1]), words[2:]
    return bool(cutoff) and abs(float(cutoff[0]) - 2 ** (1 / 6) * sigma) < 1e-6


def _rule(commands: Script) -> Combination | None:
    rule: Combination | None = "geometric"  # LAMMPS' own for Lennard-Jones
    for words in commands.of("pair_modify"):
        if "mix" in words:
            mix = words[words.index("mix") + 1]
            if mix not in _MIX:
                raise ValueError(f"pair_modify mix {mix}: allowed: {', '.join(_MIX)}")
            rule = _MIX[mix]  # the last one counts
    return rule


def _mixed(
    form: Form,
    found: Mapping[tuple[int, int], Parameters],
    numbers: Sequence[int],
    rule: Combination | None,
) -> dict[str, float]:
    like = [found.get((number, number)) for number in numbers]
    if form is not LENNARD_JONES or like[0] is None or like[1] is None:
        raise ValueError(f"atom types {numbers[0]} and {numbers[1]}: no pair coefficients")
    one, other = ([each[name] for name in form.parameter_names] for each in like if each)
    joint, _ = combine(form, one, other, rule)
    return dict(zip(form.parameter_names, joint.tolist(), strict=True))
