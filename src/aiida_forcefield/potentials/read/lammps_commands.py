"""Which commands of LAMMPS are read, and which change no energy; any other is refused."""

from collections.abc import Mapping
from typing import Final, get_args

from aiida_forcefield.potentials.read.lammps_text import Row, Script, Words, number
from aiida_forcefield.potentials.read.places import at
from aiida_forcefield.topology.species import TermKind

_KINDS: Final = ("pair", *get_args(TermKind))
_STYLES: Final = ("atom_style", *(f"{kind}_style" for kind in _KINDS))
_READ: Final = (*_STYLES, *(f"{kind}_coeff" for kind in _KINDS), "units", "mass", "special_bonds")
"""Commands whose arguments their readers check."""
HARMLESS: Final = (
    *("run_style", "minimize", "min_style", "min_modify", "timestep", "reset_timestep"),
    *("velocity", "timer", "replicate", "reset_atoms"),
    *("atom_modify", "balance", "boundary", "box", "comm_style", "neighbor", "newton", "package"),
    *("processors", "suffix", "group", "region", "variable"),
    *("compute", "compute_modify", "uncompute", "unfix", "fix_modify"),
    *("angle_write", "bond_write", "dihedral_write", "pair_write"),
    *("dump", "dump_modify", "undump", "echo", "info", "log", "print", "restart"),
    *("thermo", "thermo_modify", "thermo_style"),
    *("write_coeff", "write_data", "write_dump", "write_restart"),
)
"""Commands that change no energy, whatever their arguments."""
FIXES: Final = (
    *("nve", "nvt", "npt", "nph", "nvk", "nve/limit"),
    *("temp/berendsen", "temp/csld", "temp/csvr", "temp/rescale", "press/berendsen"),
    *("deform", "momentum", "recenter", "balance", "dt/reset", "halt"),
    *("ave/atom", "ave/chunk", "ave/correlate", "ave/histo", "ave/time"),
    *("print", "store/force", "store/state", "vector"),
)
"""Fixes that move and measure atoms by the forces that they feel, and add none."""
_KSPACE: Final = ("ewald", "pppm", "pppm/cg", "pppm/stagger", "msm", "msm/cg", "none")
_KEYWORDS: Final[Mapping[str, Mapping[str, int]]] = {
    "pair_modify": {
        **dict.fromkeys(["pair", "mix", "shift", "tail", "table", "tabinner", "neigh/trim"], 1),
        "nofdotr": 0,
    },
    "kspace_modify": {
        **dict.fromkeys(["collective", "cutoff/adjust", "diff", "eigtol", "fftbench"], 1),
        **dict.fromkeys(["force", "gewald", "minorder", "order", "overlap", "splittol"], 1),
        **dict.fromkeys(["kmax/ewald", "mesh"], 3),
        "pressure/scalar": 1,
    },
    "neigh_modify": dict.fromkeys(
        ["binsize", "check", "cluster", "delay", "every", "once", "one", "page"], 1
    ),
    "run": dict.fromkeys(["start", "stop", "pre", "post"], 1) | {"upto": 0},
    "comm_modify": {**dict.fromkeys(["mode", "cutoff", "vel"], 1), "cutoff/multi": 2},
    "read_data": {
        **{f"extra/{kind}/types": 1 for kind in ("atom", *get_args(TermKind))},
        **{f"extra/{kind}/per/atom": 1 for kind in (*get_args(TermKind), "special")},
        "group": 1,
    },
}
"""Keywords that are read or change no energy, and how many words follow each."""
_LEADING: Final = ("read_data", "run")
"""Commands with a word before the keywords."""
_VALUES: Final = {"dielectric": 1.0, "dimension": 3.0}
"""Commands that change no energy with this value."""


def check_commands(script: Script) -> None:
    """Refuse a script that has commands which are not read and may change energies.

    Raises:
        PlacedError: it has one, a style that follows another of its kind, a second data file, or
            a variable in a command that is read.
    """
    found: dict[str, Words] = {}
    for row in script.commands:
        with at(row.place):
            _check(row)
            name, *arguments = row.words
            first = found.setdefault(name, arguments)
            if name in _STYLES and first != arguments:
                raise ValueError(f"{row}: follows another {name}; one is allowed")
            if name == "read_data" and first is not arguments:
                raise ValueError(f"{row}: a second data file; one is allowed")


def _check(row: Row) -> None:
    name, *arguments = row.words
    if name in HARMLESS:
        return
    if name == "fix":
        if len(arguments) < 3 or arguments[2] not in FIXES:
            raise ValueError(
                f"{row}: changes the energy or the forces, or is not known here; leave it out to "
                f"read the force field without it; allowed: {', '.join(FIXES)}"
            )
    elif name in _KEYWORDS:
        _check_keywords(row, arguments[name in _LEADING :], _KEYWORDS[name])
    elif name == "kspace_style":
        if not arguments or arguments[0] not in _KSPACE:
            raise ValueError(f"{row}: allowed: {', '.join(_KSPACE)}")
    elif name in _VALUES:
        if [number(word) for word in arguments] != [_VALUES[name]]:
            raise ValueError(f"{row}: not carried out; allowed: {name} {_VALUES[name]:g}")
    elif name not in _READ:
        raise ValueError(
            f"{row}: not carried out; leave it out if it changes no energy, else write what it "
            "leads to instead"
        )
    elif any("$" in word for word in arguments):
        raise ValueError(f"{row}: variables are not put in; write their values")


def _check_keywords(row: Row, words: Words, known: Mapping[str, int]) -> None:
    while words:
        if words[0] not in known:
            raise ValueError(f"{row}: {words[0]} is not read; allowed: {', '.join(known)}")
        if len(words) <= known[words[0]]:
            raise ValueError(f"{row}: {words[0]} has too few words")
        words = words[1 + known[words[0]] :]
