"""Which settings the PySCF engine takes, checked without PySCF."""

from typing import Any

from ...checks import check_choice, is_integer, is_positive
from ...engine import Parameters, Section

MEAN_FIELDS = ("RHF", "UHF", "RKS", "UKS")
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
SPINS = ("opposite_spin", "same_spin")
"""Parts of the correlation energy of MP2, each with a factor."""
SECTIONS: dict[str, Section] = {
    "mean_field": (dict, _MEAN_FIELD_KEYS),
    "structure": (dict, ("basis", "ecp")),
    "density_fit": (bool, None),
    "correlation": (dict, SPINS),
    "solvent": (dict, ("eps",)),
    "gpu": (bool, None),
    "crystal": (dict, ("mesh", "kmesh", "pseudo", "smallest_exponent")),
}

PSEUDOPOTENTIALS = ("gth-pbe", "gth-pbesol", "gth-pade", "gth-blyp", "gth-bp", "gth-olyp")
"""Of the functionals PBE, PBEsol, LDA, BLYP, BP86 and OLYP; each has its own."""
_CRYSTAL_SECTIONS = ("engine", "mean_field", "structure", "gradient", "c6", "crystal")
_CRYSTAL_MEAN_FIELD = ("method", "xc", "conv_tol", "max_cycle")


def check_settings(parameters: Parameters) -> None:
    """Check the sections of PySCF.

    Raises:
        ValueError: with one line that names the key.
    """
    method = parameters.get("mean_field", {}).get("method")
    check_choice("parameters.mean_field.method", method, MEAN_FIELDS)
    if "basis" not in parameters.get("structure", {}):
        raise ValueError("parameters.structure.basis is missing")
    if "correlation" in parameters:
        _check_correlation(parameters)
    if parameters.get("gpu") and parameters.get("polarizability"):
        raise ValueError("parameters.gpu: not with polarizability, which runs on the processor")
    if "solvent" in parameters:
        eps = parameters["solvent"].get("eps")
        if not is_positive(eps) or eps <= 1:
            raise ValueError(f"parameters.solvent.eps: {eps!r} is not a number above 1")
    if parameters.get("interaction") and method.startswith("U"):
        raise ValueError("parameters.mean_field.method: interaction needs RHF or RKS")
    if "crystal" in parameters:
        _check_crystal(parameters)


def _check_correlation(parameters: Parameters) -> None:
    for spin in SPINS:
        factor = parameters["correlation"].get(spin)
        if factor != 0 and not is_positive(factor):
            raise ValueError(
                f"parameters.correlation.{spin}: {factor!r} is not a number of at least 0; "
                "both are 1 in plain MP2"
            )
    if parameters["mean_field"]["method"] != "RHF":
        raise ValueError("parameters.correlation: MP2 needs mean_field.method RHF")
    if not parameters.get("density_fit"):
        raise ValueError("parameters.correlation: MP2 needs density_fit: true")


def _check_crystal(parameters: Parameters) -> None:
    for key in parameters:
        if key not in _CRYSTAL_SECTIONS:
            raise ValueError(f"parameters.{key}: crystals take only {', '.join(_CRYSTAL_SECTIONS)}")
    if parameters["mean_field"]["method"] != "RKS":
        raise ValueError("parameters.crystal: needs mean_field.method RKS")
    for key in parameters["mean_field"]:
        if key not in _CRYSTAL_MEAN_FIELD:
            allowed = ", ".join(_CRYSTAL_MEAN_FIELD)
            raise ValueError(f"parameters.mean_field.{key}: crystals take only {allowed}")
    for key, step in (("mesh", 1), ("kmesh", 2)):
        counts = parameters["crystal"].get(key)
        if not isinstance(counts, list) or [_is_multiple(n, step) for n in counts] != [True] * 3:
            kind = "even numbers" if step == 2 else "whole numbers"
            raise ValueError(f"parameters.crystal.{key}: {counts!r} must be three {kind} above 0")
    exponent = parameters["crystal"].get("smallest_exponent", 0.0)
    if not isinstance(exponent, (int, float)) or not 0 <= exponent < 1:
        raise ValueError(
            f"parameters.crystal.smallest_exponent: {exponent!r} must be a number from 0 to below 1"
        )
    check_choice("parameters.crystal.pseudo", parameters["crystal"].get("pseudo"), PSEUDOPOTENTIALS)


def _is_multiple(number: Any, step: int) -> bool:
    return is_integer(number) and number > 0 and number % step == 0
