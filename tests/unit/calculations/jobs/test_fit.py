"""The joint fit, its validation and what is taken from a liquid, through the provenance graph."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from aiida.orm import ArrayData, Dict, Int, Str
from aiida_forcefield.calculations.fit import (
    CHOICES,
    fit_force_field,
    validate_force_field,
)
from aiida_forcefield.calculations.fit_points import molecule_points

from aiida_forcefield.calculations.functions.calibration import counterpoise_of
from aiida_forcefield.calculations.functions.dimers import sample_liquid
from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.potentials import Settings, field_errors, interaction_energies
from aiida_forcefield.scans import Counterpoise, Points, liquid_dimers, stretched

from ...potentials.synthetic_fields import Case, build
from ...potentials.test_errors import points_of

pytestmark = pytest.mark.usefixtures("storage")

CALIBRATION = {"weak": 0.7, "bonded": 0.5, "weak_error": 0.05, "bonded_error": 0.02, "bases": []}


@pytest.fixture(scope="module")
def methanol() -> Case:
    return build("methanol")


@pytest.fixture(scope="module")
def points(methanol: Case) -> dict[str, Points]:
    """What QM would give were the true field it, once dimers are corrected by 0.7 and 0.5."""
    found = {"thermal": points_of(methanol, "thermal", 0, 20)}
    for label, places in (("random", slice(0, 25)), ("liquid", slice(25, 45))):
        case = replace(methanol, dimers=methanol.dimers[places])
        count = len(case.dimers)
        dimers = points_of(case, f"dimers {label}", 6, count)
        f = Counterpoise(0.7, 0.5).fractions(case.species, dimers.positions)
        gained = np.full(count, -0.05)
        corrected = dimers.energies - (1 - f) * gained
        found[label] = replace(
            dimers,
            energies=corrected + 0.5 * gained,
            corrected=corrected,
            uncorrected=corrected + gained,
        )
    return found


@pytest.fixture(scope="module")
def data(methanol: Case, points: dict[str, Points], storage: object) -> dict[str, object]:
    alone = replace(methanol, molecules=methanol.reference.positions[None])
    field = methanol.forcefield
    return {
        "species": SpeciesData(methanol.species),
        "reference": PointsData(points_of(alone, "reference", 0, 1)),
        "properties": ArrayData(
            {"hessian": methanol.reference.hessian, "c6": methanol.reference.c6}
        ),
        "charges": Dict({"liquid": field.charges, "gas": field.gas_charges}),
        "settings": Dict({}),
        **{f"points_{label}_00": PointsData(part) for label, part in points.items()},
    }


def error(field: ForceFieldData, case: Case) -> float:
    """Root mean square error of interaction energies of dimers that no fit has seen, eV."""
    unseen = case.dimers[45:]
    truth = interaction_energies(case.forcefield, case.species, unseen)
    difference = interaction_energies(field.value, case.species, unseen) - truth
    return float(np.sqrt(np.mean(difference[truth < 0] ** 2)))


def test_interaction_energies_are_corrected_before_they_are_fitted(
    methanol: Case, data: dict[str, object]
) -> None:
    right = fit_force_field(**data, calibration=Dict(CALIBRATION))
    wrong = fit_force_field(**data)
    assert error(right, methanol) < 0.3 * error(wrong, methanol)


def test_slopes_of_dihedral_scans_alone_are_fitted(points: dict[str, Points]) -> None:
    """By radian, where scans have them by degree; a bond's are by its length."""
    alone = points["thermal"]
    part = replace(alone, slopes=np.linspace(0.0, 0.01, len(alone.ok)))
    labels = ("dihedral H1-C1-O1-H2", "bond C1-O1")
    groups = {label: [replace(part, label=label)] for label in labels}
    found = molecule_points([alone], groups, dict.fromkeys(groups))
    assert found.slopes is not None
    by_radian = part.slopes[part.ok] * 180 / np.pi
    nothing = np.full(len(by_radian), np.nan)
    np.testing.assert_allclose(found.slopes, np.concatenate([nothing, by_radian, nothing]))


def test_each_choice_changes_the_field_and_only_its_own_part(
    methanol: Case, data: dict[str, object]
) -> None:
    calibration = Dict(CALIBRATION)
    usual = fit_force_field(**data, calibration=calibration).value
    energies = interaction_energies(usual, methanol.species, methanol.dimers)
    for name in CHOICES:
        varied = fit_force_field(**data, calibration=calibration, variation=Str(name)).value
        assert (varied.charges != usual.charges) is (name == "charges")
        if name != "charges":
            changed = interaction_energies(varied, methanol.species, methanol.dimers)
            assert np.abs(changed - energies).max() > 1e-4, name


def test_validation_is_of_corrected_energies(
    methanol: Case, points: dict[str, Points], data: dict[str, object]
) -> None:
    field, species = ForceFieldData(methanol.forcefield), SpeciesData(methanol.species)
    new = {"liquid_0_00": data["points_liquid_00"], "thermal_0_00": data["points_thermal_00"]}
    found = validate_force_field(species, field, Dict({}), Dict(CALIBRATION), **new).get_dict()
    assert found["points"] == 19 + 19  # one of each failed
    assert found["dimers: liquid"] < 1e-9
    assert found["molecule: energies"] < 1e-9
    plain = validate_force_field(species, field, Dict({}), **new).get_dict()
    expected = field_errors(methanol.forcefield, methanol.species, [points["liquid"]], Settings())
    assert plain["dimers: liquid"] == pytest.approx(expected["dimers: liquid"])
    assert plain["dimers: liquid"] > 1e-3


def test_what_changes_by_distance_is_matched_and_corrected_alike(
    methanol: Case, points: dict[str, Points], data: dict[str, object]
) -> None:
    near = points["liquid"]
    far = replace(near, positions=stretched(near.positions), label="dimers stretched")
    truth = interaction_energies(methanol.forcefield, methanol.species, far.positions)
    # The correction is that of the dimer as it was found, whose fraction goes with its geometry.
    f = Counterpoise(0.7, 0.5).fractions(methanol.species, near.positions)
    corrected = truth + (1 - f) * 0.05
    statuses = ("ok", "ok", "ok", "scf_not_converged", *near.statuses[4:])
    far = replace(
        far, energies=truth, corrected=corrected, uncorrected=corrected - 0.05, statuses=statuses
    )
    field, species = ForceFieldData(methanol.forcefield), SpeciesData(methanol.species)
    new = {"liquid_0_00": data["points_liquid_00"], "stretched_0_00": PointsData(far)}
    found = validate_force_field(species, field, Dict({}), Dict(CALIBRATION), **new).get_dict()
    assert found["dimers: moved apart"] < 1e-6
    assert found["points"] == near.ok.sum()
    assert set(found) == {"dimers: liquid", "dimers: moved apart", "points"}
    right = {f"points_{label}": node for label, node in new.items()}
    kept = {k: node for k, node in data.items() if k != "points_liquid_00"} | right
    fitted = fit_force_field(**kept, calibration=Dict(CALIBRATION)).value
    assert fitted.diagnostics["dimer_points"] == 25 - 1 + near.ok.sum()
    # Corrected by their own geometry, they would have missed the truth by ten times as much.
    assert fitted.diagnostics["rmse_virial"] < 0.02


def test_what_is_taken_from_a_liquid(methanol: Case) -> None:
    rng = np.random.default_rng(1)
    sites = np.stack(np.meshgrid(*[np.arange(3.0)] * 3), axis=-1).reshape(-1, 3) * 4.1
    shape = methanol.reference.positions - methanol.reference.positions.mean(axis=0)
    frame = shape + sites[:, None] + rng.normal(0, 0.2, (27, 1, 3))
    frames = ArrayData({"positions": frame[None], "box": np.full((1, 3), 12.3)})
    size = len(methanol.forcefield.vector)
    field = replace(methanol.forcefield, covariance=1e-4 * np.eye(size))
    sampling = {"liquid": 9, "uncertain": 4, "thermal": 3, "batch": 3, "seed": 7}
    found = sample_liquid(
        SpeciesData(methanol.species),
        ForceFieldData(field),
        frames,
        Dict({"engine": "pyscf", "relaxation": {"engine": "tblite"}, "gradient": True}),
        Dict(sampling),
        Dict({}),
        Int(2),
        pressure=Dict({"wanted": 5}),
    )
    assert found.pop("rigid").get_dict() == {"engine": "pyscf", "gradient": True}
    sizes = {label: len(node.value.positions) for label, node in found.items()}
    assert sizes == {
        "thermal_2_00": 3,
        "liquid_2_00": 3,
        "liquid_2_01": 2,
        "stretched_2_00": 3,
        "stretched_2_01": 2,
        "uncertain_2_00": 3,
        "uncertain_2_01": 1,
    }
    dimers = [node.value.positions for label, node in found.items() if "thermal" not in label]
    assert len(np.unique(np.concatenate(dimers), axis=0)) == 14
    drawn = liquid_dimers(methanol.species, frame[None], np.full((1, 3), 12.3), 85, 9)[:5]
    np.testing.assert_array_equal(np.concatenate(dimers[:2]), drawn)
    np.testing.assert_array_equal(np.concatenate(dimers[2:4]), stretched(drawn))


def test_counterpoise_of_a_calibration() -> None:
    assert counterpoise_of(None) is None
    counterpoise = counterpoise_of(Dict(CALIBRATION))
    assert counterpoise is not None
    assert asdict(counterpoise).items() <= CALIBRATION.items()
