"""How far force fields are from QM, as tables and phrases."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from aiida_forcefield.cli.terminal.table import new_table
from aiida_forcefield.potentials.diagnostics import DataError, Diagnostics
from aiida_forcefield.serial import assemble
from aiida_forcefield.study.dimer_set import SHOWN
from aiida_forcefield.study.results import Results
from aiida_forcefield.units import KCAL_PER_MOL

OF_MOLECULES = {
    "energy": "energies",
    "torsion": "torsions, relaxed",
    "gradient": "gradients",
    "stress": "stresses",
    "hessian": "frequencies",
}
OF_DIMERS = {"interaction": "all", "virial": "change by distance"}
IN_KCAL = {"eV": "kcal/mol", "eV/Å": "kcal/mol/Å"}
"""Units that are shown for those of the errors."""


def print_comparison(
    own: Sequence[DataError], other: Sequence[DataError], name: str, console: Console
) -> None:
    """Print the errors of two force fields on the same points, by kind of point."""
    table = new_table("Errors on the QM points of the study (RMSE)", "", "study", name, "unit")
    several = len({species for each in own for species in each.species}) > 1
    for one, two in zip(own, other, strict=True):
        table.add_row(_label(one, several), *(_number(e, e.fitted) for e in (one, two)), _unit(one))
    console.print(table)
    if any(each.kind in OF_DIMERS for each in own):
        console.print(
            " Of dimers the study's column has the charges of the gas phase, as QM; a file has one "
            "set of charges, as a rule the liquid's."
        )


def errors_table(found: Diagnostics, several: bool) -> Table:
    """Errors with the prior's parameters, with the fitted ones, and of what a fit did without.

    Args:
        found: diagnostics of the fit.
        several: whether the system has several species.
    """
    table = new_table("Errors of the fit (RMSE)", "", "prior", "fitted", "left out", "unit")
    for label, error in _rows(found, several):
        numbers = (_number(error, each) for each in (error.prior, error.fitted, error.left_out))
        table.add_row(label, *numbers, _unit(error))
    return table


def remarks(found: Diagnostics, several: bool) -> Iterator[str]:
    """How three-body energies come out, which points the fit did without, and the rival forms."""
    if three := found.three_body:
        yield (
            f" three-body energies of {three.trimers} trimers: {three.slope:.2f} times those of "
            f"QM, RMSE {three.rmse / KCAL_PER_MOL:.2f} kcal/mol, with a damping of "
            f"{three.damping:.2f} ± {three.error:.2f}"
        )
    for each in found.outliers:
        of = f"{'-'.join(each.species)} " if several else ""
        yield f" {of}{each.origin.name}: {each.points} points disagree with all others; left out"
    forms = [
        f"{each.usual} {each.before:.2f}, {each.rival} {each.after:.2f}"
        + (" (taken)" if each.taken else "")
        for each in found.evidence
    ]
    if forms:
        yield f" cross-validation error / expected error, by form: {'; '.join(forms)}"


def foreseen(round_: Results, several: bool) -> str:
    """What a round in the liquid was foreseen within, before it was fitted."""
    errors = [assemble(DataError, each, {}) for each in round_["errors"]]
    phrases = []
    for each in errors:
        if each.kind == "energy":
            name = each.species[0] if several else "molecule"
        elif each.kind == "interaction" and each.origin:
            name = f"{'-'.join(each.species)} " * several + each.origin.name
        else:
            continue
        phrases.append(f"{name} {_number(each, each.fitted)}")
    return f"{', '.join(phrases)} kcal/mol"


def _rows(found: Diagnostics, several: bool) -> Iterator[tuple[str, DataError]]:
    whole = "cells" if found.total("stress") else "molecules" if several else "molecule"
    for kind, what in OF_MOLECULES.items():
        if error := found.total(kind):
            yield f"{whole}: {what}", error
    for kind, what in OF_DIMERS.items():
        if error := found.total(kind):
            yield f"dimers: {what}", error
    scans = []
    for error in found.by_origin("interaction"):
        if error.origin and error.origin.sampling == "scan":
            scans.append(error)
        else:
            yield _label(error, several), error
    if scans:  # ten or more: the worst speaks for all
        worst = max(scans, key=lambda error: error.fitted)
        assert worst.origin is not None  # as of all scans
        of = f"{'-'.join(worst.species)} " if several else ""
        yield f"dimers: worst scan, {of}{worst.origin.name}", worst


def _label(error: DataError, several: bool) -> str:
    """What an error is of: ``"molecule: energies"``, ``"dimers: water-methanol, random"``."""
    names = "-".join(error.species)
    if error.kind in OF_MOLECULES:
        return f"{names if several else 'molecule'}: {OF_MOLECULES[error.kind]}"
    origin = SHOWN.get(error.origin.sampling, error.origin.name) if error.origin else "all"
    return f"dimers: {f'{names}, ' if several else ''}{origin}"


def _unit(error: DataError) -> str:
    return IN_KCAL.get(error.unit, error.unit)


def _number(error: DataError, value: float | None) -> str:
    if value is None:
        return ""
    digits, scale = 0 if error.unit == "1/cm" else 2, KCAL_PER_MOL if error.unit in IN_KCAL else 1.0
    return f"{value / scale:.{digits}f}"
