"""Which forms a molecule wants, by how well a fit with them foresees points it has not seen."""

from collections.abc import Mapping, Sequence
from contextlib import ContextDecorator
from dataclasses import replace
from itertools import combinations
from typing import Final

from threadpoolctl import threadpool_limits

from aiida_forcefield.potentials.fit import fit_force_field
from aiida_forcefield.potentials.forcefield import ForceField, Kind, pair_name
from aiida_forcefield.potentials.forms import (
    CHIRAL_FOURIER,
    FOURIER6,
    HARMONIC_BOND,
    Form,
)
from aiida_forcefield.potentials.points import DimerPoints, MoleculePoints
from aiida_forcefield.potentials.prior import Reference
from aiida_forcefield.potentials.settings import Settings
from aiida_forcefield.topology.species import Species

RIVALS: Final[tuple[Form, ...]] = (HARMONIC_BOND, FOURIER6, CHIRAL_FOURIER)
"""Forms that are tried beside the usual ones; the last in chiral molecules only, as in all
others energies are the same to the left and to the right."""
GAIN: Final = 0.05
"""By how much the error of unseen points must fall for a rival to be taken: by this share of
itself, or of what the forms are expected to miss, where that is larger."""

_ONE_THREAD: Final[ContextDecorator] = threadpool_limits.wrap(limits=1, user_api="blas")
"""Where jobs keep all cores at work, as on a laptop, threads wait for one another: a fit of ten
seconds takes five minutes."""


@_ONE_THREAD
def fit_chosen_forms(
    species: Species,
    reference: Reference,
    charges: Mapping[str, float],
    gas_charges: Mapping[str, float],
    molecule_points: MoleculePoints,
    dimer_points: Sequence[DimerPoints],
    settings: Settings | None = None,
) -> ForceField:
    """The fit with those forms, and those pairs of atom types, that evidence speaks for.

    Args and errors as `fit_force_field`. Where the settings say which form a kind of interaction
    shall have, no other is tried.

    Returns:
        The force field. Its diagnostics have the ``foresight`` of each form that was tried, named
        like ``"foresight harmonic_bond"``, and of ``combination_rule`` and ``pairs``, where all
        pairs of atom types have parameters of their own about what the rule makes of them.
    """
    settings = settings or Settings()
    data = (species, reference, charges, gas_charges, molecule_points, dimer_points, settings)
    forms = settings.form_of_kind
    best = fit_force_field(*data, forms)
    tried: dict[str, float] = {}
    for rival in RIVALS:
        usual = forms[rival.kind].name
        # Methyl groups have a form of their own, whatever other dihedrals have.
        if rival.kind in settings.forms or usual not in {term.form for term in best.terms}:
            continue
        if rival is CHIRAL_FOURIER and not species.is_chiral:
            continue
        trial = fit_force_field(*data, forms | {rival.kind: rival})
        before, after = (_evidence(field, rival.kind) for field in (best, trial))
        tried |= {usual: before, rival.name: after}
        if _gains(before, after) and not _leaves_out_more(trial, best):
            best, forms[rival.kind] = trial, rival
    pairs = [pair_name(i, j) for i, j in combinations(species.type_names, 2)]
    if pairs and dimer_points:
        trial = fit_force_field(*data, forms, pairs)
        before, after = (field.diagnostics["foresight_interaction"] for field in (best, trial))
        tried |= {"combination_rule": before, "pairs": after}
        if _gains(before, after) and not _leaves_out_more(trial, best):
            best = trial
    evidence = {f"foresight {name}": value for name, value in tried.items()}
    return replace(best, diagnostics=best.diagnostics | evidence)


def _evidence(field: ForceField, kind: Kind) -> float:
    """Error of unseen points: of dihedrals along relaxed profiles, if there are any."""
    along = field.diagnostics["foresight_torsion"] if kind == "dihedral" else 0.0
    return along or field.diagnostics["foresight"]


def _gains(before: float, after: float) -> bool:
    return before - after > GAIN * max(before, 1.0)


def _leaves_out_more(rival: ForceField, best: ForceField) -> bool:
    """Whether a rival leaves out more points: it shall not gain by what it cannot describe."""
    return any(
        n > best.diagnostics.get(name, 0)
        for name, n in rival.diagnostics.items()
        if name.startswith("outliers ")
    )
