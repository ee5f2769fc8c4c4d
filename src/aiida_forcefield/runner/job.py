"""The job file: what is to be computed, read strictly."""

import json
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .lattice import check_crystal, read_cells

Array = NDArray[np.float64]
Parameters = dict[str, Any]

_MEAN_FIELDS = ("RHF", "UHF", "RKS", "UKS")
_XTB = ("GFN1-xTB", "GFN2-xTB", "IPEA1-xTB")
# Attributes of PySCF's mean field; those of its grids are checked against PySCF itself.
_MEAN_FIELD_KEYS = (
    "method",
    "xc",
    "disp",
    "nlc",
    "grids",
    "nlcgrids",
    "conv_tol",
    "conv_tol_grad",
    "max_cycle",
    "init_guess",
    "level_shift",
    "damp",
    "diis_space",
    "diis_start_cycle",
    "direct_scf_tol",
    "small_rho_cutoff",
    "max_memory",
)
_KEYS: dict[str, tuple[type | tuple[type, ...], tuple[str, ...] | None]] = {
    # key: (type of its value, keys allowed inside: None = any)
    "engine": (str, None),
    "mean_field": (dict, _MEAN_FIELD_KEYS),
    "structure": (dict, ("basis", "ecp")),
    "tblite": (dict, ("method",)),
    "density_fit": (bool, None),
    "gpu": (bool, None),
    "correlation": (str, None),
    "gradient": (bool, None),
    "hessian": (bool, None),
    "dipole": (bool, None),
    "polarizability": (bool, None),
    "c6": (bool, None),
    "solvent": (dict, ("eps",)),
    "relaxation": (dict, ("engine", "method", "max_steps", "hold", "freeze")),
    "interaction": (dict, ("counterpoise_fraction", "fragments")),
    "reference": (dict, ("shells", "density")),
    "crystal": (dict, ("mesh", "kmesh", "pseudo", "smallest_exponent")),
}
_JOB_KEYS = (
    "parameters",
    "symbols",
    "charge",
    "multiplicity",
    "positions",
    "cells",
    "constraint",
    "bonds",
    "split",
)


@dataclass(frozen=True)
class Constraint:
    """The coordinate that a scan varies: its atoms and, for each structure, its value (Å, degrees).

    Two atoms are a distance, three an angle, four a dihedral angle (or improper).
    """

    atoms: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Job:
    """A batch of structures of the same atoms, all computed in the same way.

    Attributes:
        parameters: the protocol's QM settings.
        symbols: element of each of the n atoms.
        charge: total charge, e.
        multiplicity: spin multiplicity, 2S + 1.
        positions: structures, shape (m, n, 3), Å.
        constraint: the driven coordinate, or None.
        bonds: pairs of bonded atoms that a relaxation must preserve, or None to check nothing.
        split: number of atoms of the first molecule of a dimer, or None.
        cells: lattice vectors of crystals, one a row, shape (m, 3, 3), Å; None for molecules.
    """

    parameters: Parameters
    symbols: tuple[str, ...]
    charge: int
    multiplicity: int
    positions: Array
    constraint: Constraint | None
    bonds: tuple[tuple[int, int], ...] | None
    split: int | None
    cells: Array | None = None

    @property
    def fragments(self) -> tuple[slice, ...]:
        """The atoms of each molecule of a cluster; empty for a single molecule."""
        n = len(self.symbols)
        sizes = self.parameters.get("interaction", {}).get("fragments")
        if sizes is None:
            sizes = [] if self.split is None else [self.split, n - self.split]
        ends = list(accumulate(sizes))
        return tuple(slice(end - size, end) for end, size in zip(ends, sizes, strict=True))


def read_job(path: Path) -> Job:
    """Read and check a job file.

    Raises:
        ValueError: anything in the file is unknown, missing, of the wrong type or contradictory;
            the message is one line.
    """
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    _check_keys("job", data, _JOB_KEYS)
    for key in ("parameters", "symbols", "positions"):
        if key not in data:
            raise ValueError(f"{key} is missing")
    try:
        positions = np.array(data["positions"], dtype=float)
    except (ValueError, TypeError):
        positions = np.empty(0)
    n = len(data["symbols"])
    if n == 0 or positions.ndim != 3 or positions.shape[1:] != (n, 3):
        raise ValueError(f"positions must be a list of structures of {n} atoms, x y z each")
    if not np.isfinite(positions).all():
        raise ValueError("positions must be finite numbers")
    job = Job(
        parameters=check_parameters(data["parameters"]),
        symbols=tuple(data["symbols"]),
        charge=_integer(data, "charge", 0),
        multiplicity=_integer(data, "multiplicity", 1),
        positions=positions,
        constraint=_constraint(data.get("constraint"), n, len(positions)),
        bonds=_bonds(data.get("bonds"), n),
        split=None if data.get("split") is None else _integer(data, "split", 0),
        cells=read_cells(data.get("cells"), len(positions)),
    )
    _check_together(job)
    return job


def check_parameters(parameters: Parameters) -> Parameters:
    """Check the keys and types of QM settings, and that the settings do not contradict each other.

    Raises:
        ValueError: with one line that names the key.
    """
    _check_keys("parameters", parameters, tuple(_KEYS))
    for key, value in parameters.items():
        kind, inner = _KEYS[key]
        if not isinstance(value, kind):
            raise ValueError(f"parameters.{key}: {value!r} has the wrong type")
        if inner is not None:
            _check_keys(f"parameters.{key}", value, inner)
    engine = parameters.get("engine")
    _check_choice("parameters.engine", engine, ("pyscf", "tblite"))
    if engine == "tblite" or "tblite" in parameters:
        method = parameters.get("tblite", {}).get("method")
        _check_choice("parameters.tblite.method", method, _XTB)
    if engine == "pyscf" or "reference" in parameters:
        method = parameters.get("mean_field", {}).get("method")
        _check_choice("parameters.mean_field.method", method, _MEAN_FIELDS)
        if "basis" not in parameters.get("structure", {}):
            raise ValueError("parameters.structure.basis is missing")
    if "correlation" in parameters:
        _check_choice("parameters.correlation", parameters["correlation"], ("mp2",))
        if engine != "pyscf" or parameters["mean_field"]["method"] != "RHF":
            raise ValueError("parameters.correlation: mp2 needs engine pyscf and method RHF")
        if not parameters.get("density_fit"):
            raise ValueError("parameters.correlation: mp2 needs density_fit: true")
        for key in ("gradient", "hessian", "dipole", "polarizability", "solvent"):
            if parameters.get(key):
                raise ValueError(f"parameters.{key}: not with correlation mp2")
    if parameters.get("polarizability") and (engine != "pyscf" or "reference" in parameters):
        raise ValueError("parameters.polarizability: needs engine pyscf, and no reference")
    if parameters.get("c6") and "crystal" not in parameters:
        raise ValueError("parameters.c6: is of crystals; of a molecule its reference has it")
    if parameters.get("gpu"):
        _check_gpu(parameters)
    if "solvent" in parameters:
        _check_solvent(parameters)
    if "relaxation" in parameters:
        _check_relaxation(parameters)
    if "reference" in parameters:
        _check_reference(parameters["reference"])
    if "interaction" in parameters:
        _check_interaction(parameters)
    if "crystal" in parameters:
        check_crystal(parameters)
    return parameters


def _check_relaxation(parameters: Parameters) -> None:
    settings = parameters["relaxation"]
    _check_choice("parameters.relaxation.engine", settings.get("engine"), ("pyscf", "tblite"))
    if settings["engine"] == "tblite":
        _check_choice("parameters.relaxation.method", settings.get("method"), _XTB)
    elif parameters["engine"] != "pyscf" or "correlation" in parameters:
        raise ValueError("parameters.relaxation.engine: pyscf needs engine pyscf without mp2")
    elif "method" in settings:
        raise ValueError("parameters.relaxation.method: only for tblite; pyscf takes mean_field")
    steps = settings.get("max_steps", 100)
    if not isinstance(steps, int) or steps < 1:
        raise ValueError(f"parameters.relaxation.max_steps: {steps!r} is not a positive integer")

    for index, atoms in enumerate(_list(settings, "hold")):
        if not isinstance(atoms, list) or not 2 <= len(set(atoms)) == len(atoms) <= 4:
            raise ValueError(f"parameters.relaxation.hold.{index}: {atoms!r} must be 2 to 4 atoms")
    _list(settings, "freeze")


def _list(settings: Parameters, key: str) -> list[Any]:
    value = settings.get(key, [])
    if not isinstance(value, list):
        raise ValueError(f"parameters.relaxation.{key}: {value!r} is not a list")
    return value


def _check_gpu(parameters: Parameters) -> None:
    if "mean_field" not in parameters:
        raise ValueError("parameters.gpu: needs a mean_field; tblite knows no GPU")
    for key in ("correlation", "crystal", "polarizability"):
        if parameters.get(key):
            raise ValueError(f"parameters.gpu: not with {key}, which runs on the processor")


def _check_solvent(parameters: Parameters) -> None:
    if parameters["engine"] != "pyscf":
        raise ValueError("parameters.solvent: needs engine pyscf")
    eps = parameters["solvent"].get("eps")
    if not _is_positive(eps) or eps <= 1:
        raise ValueError(f"parameters.solvent.eps: {eps!r} is not a number above 1")
    for key in ("interaction", "reference"):
        if key in parameters:
            raise ValueError(f"parameters.solvent: not with {key}")


def _check_reference(settings: Parameters) -> None:
    shells, density = settings.get("shells", [1.0]), settings.get("density", 1.0)
    if not isinstance(shells, list) or not shells or not all(map(_is_positive, shells)):
        raise ValueError(f"parameters.reference.shells: {shells!r} is no list of positive numbers")
    if not _is_positive(density):
        raise ValueError(f"parameters.reference.density: {density!r} is not a positive number")


def _is_positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < np.inf


def _check_interaction(parameters: Parameters) -> None:
    if "relaxation" in parameters or "reference" in parameters:
        raise ValueError(
            "parameters.interaction: dimers are rigid; leave out relaxation, reference"
        )
    for key in ("hessian", "dipole", "polarizability"):
        if parameters.get(key):
            raise ValueError(f"parameters.{key}: not with interaction")
    sizes = parameters["interaction"].get("fragments")
    if sizes is not None and not (
        isinstance(sizes, list)
        and len(sizes) > 1
        and all(isinstance(size, int) and size > 0 for size in sizes)
    ):
        raise ValueError(
            f"parameters.interaction.fragments: {sizes!r} must be the numbers of atoms of two or "
            "more molecules"
        )
    fraction = parameters["interaction"].get("counterpoise_fraction", 1.0)
    if not isinstance(fraction, (int, float)) or not 0.0 <= fraction <= 1.0:
        raise ValueError(
            f"parameters.interaction.counterpoise_fraction: {fraction!r} is not within 0 to 1"
        )
    if parameters["engine"] == "pyscf":
        if parameters.get("gradient"):
            raise ValueError("parameters.gradient: must be false with interaction and engine pyscf")
        if parameters["mean_field"]["method"].startswith("U"):
            raise ValueError("parameters.mean_field.method: interaction needs RHF or RKS")


def _check_together(job: Job) -> None:
    n = len(job.symbols)
    if (job.cells is None) != ("crystal" not in job.parameters):
        raise ValueError("cells: go with parameters.crystal; both are needed, or neither")
    if job.cells is not None and (job.constraint or job.split is not None):
        raise ValueError("constraint, split: are for molecules, not for crystals")
    if job.split is not None and not 0 < job.split < n:
        raise ValueError(f"split: {job.split} must leave atoms in both molecules, 1 to {n - 1}")
    if job.multiplicity < 1:
        raise ValueError(f"multiplicity: {job.multiplicity} is not a positive integer")
    if "correlation" in job.parameters and job.multiplicity != 1:
        raise ValueError("multiplicity: correlation mp2 needs closed shells, multiplicity 1")
    if "reference" in job.parameters and (job.constraint or "relaxation" not in job.parameters):
        raise ValueError("parameters.reference: needs relaxation, and no constraint")
    relaxation = job.parameters.get("relaxation", {})
    named = [*relaxation.get("freeze", []), *chain.from_iterable(relaxation.get("hold", []))]
    if not _indices(tuple(named), n):
        raise ValueError(f"parameters.relaxation: atoms to hold or freeze must be 0 to {n - 1}")
    if "interaction" in job.parameters:
        _check_fragments(job)


def _check_fragments(job: Job) -> None:
    parts = job.fragments
    if not parts:
        raise ValueError("split: an interaction energy needs the atoms of the first molecule")
    if parts[-1].stop != len(job.symbols):
        raise ValueError(
            f"parameters.interaction.fragments: {parts[-1].stop} atoms in all, "
            f"but the structures have {len(job.symbols)}"
        )
    alike = len({job.symbols[part] for part in parts}) == 1
    if job.multiplicity != 1 or (job.charge and (not alike or job.charge % len(parts))):
        raise ValueError("charge: interaction needs closed-shell molecules of equal charge")


def _constraint(data: Any, n: int, m: int) -> Constraint | None:
    if data is None:
        return None
    _check_keys("constraint", data, ("atoms", "values"))
    atoms, values = tuple(data.get("atoms", ())), tuple(data.get("values", ()))
    if not 2 <= len(atoms) <= 4 or len(set(atoms)) != len(atoms) or not _indices(atoms, n):
        raise ValueError(f"constraint.atoms: {list(atoms)} must be 2 to 4 atoms of 0 to {n - 1}")
    if len(values) != m or not all(isinstance(value, (int, float)) for value in values):
        raise ValueError(f"constraint.values: one number for each of the {m} structures is needed")
    return Constraint(atoms, values)


def _bonds(data: Any, n: int) -> tuple[tuple[int, int], ...] | None:
    if data is None:
        return None
    bonds = tuple((min(bond), max(bond)) for bond in data)
    if not all(len(bond) == 2 and _indices(tuple(bond), n) for bond in data):
        raise ValueError(f"bonds: must be pairs of atoms, 0 to {n - 1}")
    return bonds


def _indices(atoms: tuple[Any, ...], n: int) -> bool:
    return all(isinstance(atom, int) and 0 <= atom < n for atom in atoms)


def _integer(data: dict[str, Any], key: str, default: int) -> int:
    value = data.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{key}: {value!r} is not an integer")
    return value


def _check_keys(where: str, data: Any, allowed: tuple[str, ...]) -> None:
    if not isinstance(data, dict):
        raise ValueError(f"{where}: must be a JSON object")
    for key in data:
        if key not in allowed:
            raise ValueError(f"{where}: unknown key {key!r}{suggestion(key, allowed)}")


def _check_choice(where: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{where}: {value!r} is not one of {', '.join(allowed)}")


def suggestion(key: str, allowed: tuple[str, ...]) -> str:
    """What a misspelt key may have meant, as the end of a message."""
    close = get_close_matches(key, allowed, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; allowed: {', '.join(allowed)}"
