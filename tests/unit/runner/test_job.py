import json
from pathlib import Path
from typing import Any

import pytest

from aiida_forcefield.runner.job import Constraint, Fragment
from aiida_forcefield.runner.job_file import read_job

XTB = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}
MP2 = {
    "engine": "pyscf",
    "mean_field": {"method": "RHF"},
    "structure": {"basis": "sto-3g"},
    "density_fit": True,
    "correlation": {"opposite_spin": 1, "same_spin": 1.0},
}
HF = {
    "engine": "pyscf",
    "mean_field": {"method": "RHF"},
    "structure": {"basis": "sto-3g"},
}
EMT = {"engine": "ase", "ase": {"calculator": "emt"}}
PBC = {
    "engine": "pyscf",
    "mean_field": {"method": "RKS", "xc": "pbe"},
    "structure": {"basis": {"Li": "gth-dzvp-molopt-sr", "F": "gth-dzvp-molopt-sr"}},
    "crystal": {"pseudo": "gth-pbe", "mesh": [33, 33, 33], "kmesh": [2, 2, 2]},
}
GOOD: dict[str, Any] = {
    "parameters": XTB,
    "symbols": ["H", "F"],
    "positions": [[[0, 0, 0], [0, 0, 0.9]], [[0, 0, 0], [0, 0, 1.0]]],
}


CELL = [[0, 2, 2], [2, 0, 2], [2, 2, 0]]


def crystal(**section: Any) -> dict[str, Any]:
    """QM settings of a crystal with changes of their section ``crystal``."""
    return {"parameters": PBC | {"crystal": PBC["crystal"] | section}, "cells": [CELL, CELL]}


def write(folder: Path, job: Any) -> Path:
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    return path


def test_defaults(tmp_path: Path) -> None:
    job = read_job(write(tmp_path, GOOD))
    assert (job.charge, job.multiplicity, job.constraint, job.bonds) == (0, 1, None, None)
    assert job.fragments == ()
    assert job.positions.shape == (2, 2, 3)


def test_constraint_and_bonds(tmp_path: Path) -> None:
    more = {"constraint": {"atoms": [0, 1], "values": [0.9, 1.0]}, "bonds": [[1, 0]]}
    job = read_job(write(tmp_path, GOOD | more))
    assert job.constraint == Constraint((0, 1), (0.9, 1.0))
    assert job.bonds == ((0, 1),)


def test_fragments_have_their_atoms_and_charges(tmp_path: Path) -> None:
    ions = [{"atoms": 1, "charge": 1}, {"atoms": 1, "charge": -1, "multiplicity": 1}]
    job = read_job(
        write(tmp_path, GOOD | {"parameters": XTB | {"interaction": True}, "fragments": ions})
    )
    assert job.fragments == (Fragment(slice(0, 1), 1), Fragment(slice(1, 2), -1))


def test_cells(tmp_path: Path) -> None:
    job = read_job(write(tmp_path, GOOD | crystal()))
    assert job.cells is not None
    assert job.cells.shape == (2, 3, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"paramters": {}}, "unknown key 'paramters'; did you mean 'parameters'"),
        ({"parameters": XTB | {"relaxtion": {}}}, "did you mean 'relaxation'"),
        ({"parameters": {"engine": "psi4"}}, r"engine: 'psi4' is not one of .*pyscf, tblite"),
        ({"parameters": {"engine": "tblite"}}, "tblite.method: None is not one of GFN1"),
        ({"parameters": XTB | {"gradient": "yes"}}, "gradient: 'yes' has the wrong type"),
        ({"parameters": {"engine": "pyscf", "mean_field": {"method": "RHF"}}}, "basis is missing"),
        ({"parameters": {"engine": "pyscf", "mean_field": {"xcc": "pbe"}}}, "did you mean 'xc'"),
        (
            {"parameters": XTB | {"correlation": MP2["correlation"]}},
            "correlation: the engine tblite cannot do it; it can: dipole, gradient",
        ),
        ({"parameters": XTB | {"gpu": True}}, "gpu: the engine tblite cannot do it"),
        (
            {"parameters": MP2 | {"gpu": True}},
            "gpu: the engine pyscf with correlation cannot do it",
        ),
        (crystal() | {"parameters": PBC | {"gpu": True}}, "parameters.gpu: crystals take only"),
        (
            {"parameters": XTB | {"polarizability": True}},
            "parameters.polarizability: the engine tblite cannot do it",
        ),
        (
            {"parameters": XTB | {"c6": True}},
            "parameters.c6: is of crystals",
        ),
        (
            {"parameters": MP2 | {"polarizability": True}},
            "polarizability: the engine pyscf with correlation cannot do it",
        ),
        ({"parameters": MP2 | {"density_fit": False}}, "MP2 needs density_fit: true"),
        (
            {"parameters": MP2 | {"gradient": True}},
            "parameters.gradient: the engine pyscf with correlation cannot do it",
        ),
        ({"parameters": MP2, "multiplicity": 3}, "needs closed shells"),
        (
            {"parameters": MP2 | {"relaxation": {"engine": "pyscf"}}},
            "relaxation.engine: the engine pyscf with correlation cannot do it",
        ),
        (
            {"parameters": XTB | {"relaxation": {"engine": "pyscf"}}},
            "parameters.mean_field.method: None is not one of RHF",
        ),
        (
            {"parameters": MP2 | {"relaxation": {"engine": "tblite", "method": "GFN3-xTB"}}},
            "parameters.tblite.method: 'GFN3-xTB' is not one of GFN1-xTB",
        ),
        (
            {"parameters": MP2 | {"relaxation": {"engine": "pyscf", "method": "RHF"}}},
            "relaxation.method: the engine pyscf takes none; it takes mean_field, structure",
        ),
        ({"parameters": HF | {"interaction": {}}}, "interaction: {} has the wrong type"),
        (
            {"parameters": MP2 | {"correlation": "mp2"}},
            "correlation: 'mp2' has the wrong type",
        ),
        (
            {"parameters": MP2 | {"correlation": {"opposite_spin": 0.3}}},
            "correlation.same_spin: None is not a number of at least 0; both are 1 in plain MP2",
        ),
        (
            {"parameters": MP2 | {"correlation": {"opposite_spin": -1, "same_spin": 1}}},
            "correlation.opposite_spin: -1 is not a number",
        ),
        (
            {"parameters": MP2 | {"correlation": {"oposite_spin": 1, "same_spin": 1}}},
            "correlation: unknown key 'oposite_spin'; did you mean 'opposite_spin'",
        ),
        (
            {"parameters": MP2 | {"mean_field": {"method": "RKS", "xc": "pbe"}}},
            "correlation: MP2 needs mean_field.method RHF",
        ),
        (
            {"parameters": HF | {"interaction": True, "gradient": True}},
            "gradient: must be false with interaction and engine pyscf",
        ),
        (
            {"parameters": HF | {"interaction": True, "mean_field": {"method": "UHF"}}},
            "mean_field.method: interaction needs RHF or RKS",
        ),
        (
            {
                "parameters": HF | {"interaction": True},
                "fragments": [{"atoms": 1, "multiplicity": 2}] * 2,
            },
            "multiplicity: the counterpoise correction needs closed shells, 1",
        ),
        ({"parameters": XTB | {"interaction": True}}, "needs those of two or more molecules"),
        ({"split": 1}, "unknown key 'split'"),
        ({"fragments": [{"atoms": 1}]}, "fragments: 1 atoms in all, but the structures have 2"),
        ({"fragments": {"atoms": 2}}, "fragments: must be a list"),
        ({"fragments": [{"atoms": 2, "chrage": 1}]}, "fragments.0: unknown key 'chrage'; did you"),
        ({"fragments": [{"atoms": 0}, {"atoms": 2}]}, "fragments.0.atoms: 0 is not a positive"),
        ({"fragments": [{"atoms": 2, "charge": 0.5}]}, "fragments.0.charge: 0.5 is not an integer"),
        (
            {"fragments": [{"atoms": 1, "charge": 1}, {"atoms": 1, "charge": 1}]},
            "fragments: the charges 1, 1 must sum to charge, 0",
        ),
        (
            {"fragments": [{"atoms": 1}, {"atoms": 1}]},
            "multiplicity: 1 is impossible with 1 electrons",
        ),
        ({"symbols": ["H", "X"]}, "symbols: 'X' is not an element"),
        ({"positions": [[[0, 0, 0]]]}, "structures of 2 atoms"),
        ({"positions": [[[0, 0, 0], [0, 0, float("nan")]]]}, "finite"),
        ({"charge": 0.5}, "charge: 0.5 is not an integer"),
        ({"multiplicity": 0}, "multiplicity: 0 is not a positive integer"),
        ({"constraint": {"atoms": [0, 2], "values": [1, 1]}}, "2 to 4 atoms of 0 to 1"),
        ({"constraint": {"atoms": [0, 1], "values": [1]}}, "each of the 2 structures"),
        ({"bonds": [[0, 5]]}, "bonds: must be pairs of atoms, 0 to 1"),
        ({"cells": [CELL, CELL]}, "crystals can be computed by .*pyscf with crystal"),
        ({"parameters": PBC}, "crystal: needs the cells"),
        (crystal() | {"cells": [CELL]}, "three vectors for each of the 2 structures"),
        (crystal() | {"cells": [CELL, CELL[::-1]]}, "right-handed"),
        (crystal() | {"fragments": [{"atoms": 2}]}, "for molecules, not for crystals"),
        (crystal(mesh=[33, 33]), "crystal.mesh: .* must be three whole numbers above 0"),
        (crystal(mesh=[33, 33, 33.5]), "must be three whole numbers above 0"),
        (crystal(kmesh=[3, 3, 3]), "crystal.kmesh: .* must be three even numbers above 0"),
        (crystal(meshes=[33, 33, 33]), "unknown key 'meshes'; did you mean 'mesh'"),
        (crystal(pseudo="gth-pbee"), "pseudo: 'gth-pbee' is not one of gth-pbe, gth-pbesol"),
        (crystal(smallest_exponent=-1), "must be a number from 0 to below 1"),
        (
            {"parameters": PBC | {"density_fit": True}, "cells": [CELL, CELL]},
            "parameters.density_fit: crystals take only",
        ),
        ({"parameters": {"engine": "ase"}}, "ase.calculator: None must be the name"),
        ({"parameters": EMT | {"ase": {"calculator": "os.system"}}}, "must be the name"),
        ({"parameters": EMT | {"ase": {"calcluator": "emt"}}}, "did you mean 'calculator'"),
        ({"parameters": EMT | {"solvent": {"eps": 2}}}, "solvent: the engine ase with emt cannot"),
        (
            {"parameters": EMT | {"ase": {"calculator": "orca", "settings": {"command": "rm"}}}},
            "ase.settings.command: is not taken from a study",
        ),
        (
            {"parameters": EMT | {"ase": {"calculator": "gpaw", "box": [6, 6]}}},
            r"ase.box: \[6, 6\] must be three edges in Å",
        ),
        (
            {"parameters": EMT | {"ase": {"calculator": "sevenn"}, "dipole": True}},
            "dipole: the engine ase with sevenn cannot do it; it can: gradient, periodic, stress",
        ),
        (
            {"parameters": EMT | {"relaxation": {"engine": "ase"}}, "cells": [CELL, CELL]},
            "relaxation: crystals take only engine, gradient, c6, ase",
        ),
        (
            {"parameters": PBC | {"mean_field": {"method": "RHF"}}, "cells": [CELL, CELL]},
            "crystal: needs mean_field.method RKS",
        ),
        (
            {
                "parameters": PBC | {"mean_field": {"method": "RKS", "disp": "d3bj"}},
                "cells": [CELL, CELL],
            },
            "mean_field.disp: crystals take only",
        ),
    ],
)
def test_bad_input_is_named_in_one_line(tmp_path: Path, change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        read_job(write(tmp_path, GOOD | change))
    assert "\n" not in str(caught.value)


def test_files_that_are_no_jobs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read_job(tmp_path / "absent.json")
    (tmp_path / "job.json").write_text("{")
    with pytest.raises(ValueError, match="not JSON"):
        read_job(tmp_path / "job.json")
    with pytest.raises(ValueError, match="parameters is missing"):
        read_job(write(tmp_path, {}))
