"""Which forms a system wants, by how well a fit with them foresees points it has not seen."""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from aiida_forcefield.fitting.data import FitData
from aiida_forcefield.fitting.fit import ONE_THREAD, PHYSICAL, fit_force_field
from aiida_forcefield.fitting.priors.prior import PriorSource, TypePair
from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.potentials.diagnostics import Diagnostics, Evidence
from aiida_forcefield.potentials.electrostatics import FieldElectrostatics
from aiida_forcefield.potentials.forcefield import ForceField, Kind, pair_types
from aiida_forcefield.potentials.forms import (
    CHIRAL_FOURIER,
    FORMS,
    FOURIER6,
    HARMONIC_BOND,
    Form,
)
from aiida_forcefield.topology.system import System

RIVALS: Final[tuple[Form, ...]] = (HARMONIC_BOND, FOURIER6, CHIRAL_FOURIER)
"""Forms that are tried beside the usual ones; the last in chiral molecules only, as in all
others energies are the same to the left and to the right."""
GAIN: Final = 0.05
"""By how much the error of unseen points must fall for a rival to be taken: by this share of
itself, or of what the forms are expected to miss, where that is larger."""


@dataclass(frozen=True)
class Choice:
    """What a fit shall have.

    Attributes:
        forms: name of the form of each kind of interaction.
        pairs: pairs of atom types that have nonbonded parameters of their own.
    """

    forms: dict[Kind, str]
    pairs: tuple[TypePair, ...] = ()

    @property
    def form_of_kind(self) -> dict[Kind, Form]:
        """The forms, as `fit_force_field` wants them."""
        return {kind: FORMS[name] for kind, name in self.forms.items()}


@ONE_THREAD
def choose_forms(
    system: System,
    electrostatics: FieldElectrostatics,
    data: FitData,
    settings: Settings | None = None,
    priors: PriorSource = PHYSICAL,
) -> tuple[Choice, ForceField]:
    """Choose those forms, and those pairs of atom types, that evidence speaks for.

    Args and errors as `fit_force_field`. Where the settings say which form a kind of interaction
    shall have, no other is tried.

    Returns:
        The choice, and the fit with it. Its diagnostics have the evidence.
    """
    settings = settings or Settings()
    forms = settings.form_of_kind

    def fit(forms: dict[Kind, Form], pairs: tuple[TypePair, ...] = ()) -> ForceField:
        return fit_force_field(system, electrostatics, data, settings, forms, pairs, priors)

    best, evidence = fit(forms), []
    for rival in RIVALS:
        usual = forms[rival.kind].name
        # Methyl groups have a form of their own, whatever other dihedrals have.
        if rival.kind in settings.forms or usual not in {term.form for term in best.terms}:
            continue
        if rival is CHIRAL_FOURIER and not any(each.is_chiral for each in system.species):
            continue
        trial = fit(forms | {rival.kind: rival})
        found = _compared(rival.kind, usual, rival.name, best, trial)
        evidence.append(found)
        if found.taken:
            best, forms[rival.kind] = trial, rival
    pairs = tuple(pair_types(i, j) for i, j in combinations(system.type_names, 2))
    own: tuple[TypePair, ...] = ()
    if pairs and data.dimers:
        trial = fit(forms, pairs)
        found = _compared("nonbonded", "combination_rule", "pairs", best, trial)
        evidence.append(found)
        if found.taken:
            best, own = trial, pairs
    choice = Choice({kind: form.name for kind, form in forms.items()}, own)
    return choice, replace(best, diagnostics=replace(_of(best), evidence=tuple(evidence)))


def _compared(kind: Kind, usual: str, rival: str, best: ForceField, trial: ForceField) -> Evidence:
    """The comparison of two fits by their error of unseen points."""
    before, after = (_evidence(_of(field), kind) for field in (best, trial))
    gains = before - after > GAIN * max(before, 1.0)
    return Evidence(kind, usual, rival, before, after, gains and not _leaves_out_more(trial, best))


def _evidence(found: Diagnostics, kind: Kind) -> float:
    """Error of unseen points: of dihedrals along relaxed profiles, if there are any."""
    if kind == "nonbonded":
        return found.foreseen("interaction")
    along = found.foreseen("torsion") if kind == "dihedral" else 0.0
    return along or found.foreseen("molecule")


def _leaves_out_more(rival: ForceField, best: ForceField) -> bool:
    """Whether a rival leaves out more points: it shall not gain by what it cannot describe."""
    left_out = {(each.species, each.origin): each.points for each in _of(best).outliers}
    return any(
        each.points > left_out.get((each.species, each.origin), 0) for each in _of(rival).outliers
    )


def _of(field: ForceField) -> Diagnostics:
    assert field.diagnostics is not None
    return field.diagnostics
