"""Torsion profiles of force fields, all else relaxed in the field, against those of QM.

    python benchmarks/torsions.py archive/NAME.aiida ... -o FILE.json

Each archive holds a finished study. Its force field is that in the archive and that which a fit
with the present code makes of the same points. Around the full circle of each scan of a dihedral,
the dihedral is held by a spring, the molecule relaxes from the nearest structures of QM, and its
energy without the spring is compared with the learned profile where the dihedral then is. One
offset is free. openff-bespokefit reports 0.4 kcal/mol for such profiles (J. T. Horton et al., J.
Chem. Inf. Model. 62, 5622 (2022)); the target here is 0.25.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from aiida.common.log import override_log_level
from aiida.manage.configuration import profile_context
from aiida.orm import Data, ProcessNode, QueryBuilder
from aiida.storage.sqlite_temp import SqliteTempBackend
from aiida.tools.archive import import_archive
from aiida_forcefield.calculations.fit import fit_force_field
from numpy.typing import NDArray
from scipy.optimize import minimize

from aiida_forcefield.potentials import ForceField, molecule_energies
from aiida_forcefield.scans import Scan
from aiida_forcefield.scans.coordinates import evaluate
from aiida_forcefield.study.findings import in_order, scan_nodes
from aiida_forcefield.surrogate import Surrogate
from aiida_forcefield.topology import Species
from aiida_forcefield.units import KCAL_PER_MOL

Array = NDArray[np.float64]

STEP = 15  # degrees
SPRING = 10.0  # eV/rad²
STARTS = 3
TARGET = 0.25  # kcal/mol


def main() -> None:
    """Compare all studies, print what was found, and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archives", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    report = {}
    for archive in arguments.archives:
        with opened(archive) as study:
            report[archive.stem] = compare(study, archive.stem)
    arguments.output.write_text(json.dumps(report, indent=2) + "\n")


@contextmanager
def opened(archive: Path) -> Iterator[ProcessNode]:
    """The study in an archive, in a profile that is gone afterwards."""
    with profile_context(SqliteTempBackend.create_profile(archive.stem)):
        with override_log_level():
            import_archive(archive)
        query = QueryBuilder().append(
            ProcessNode, filters={"process_type": "aiida.workflows:forcefield.material"}
        )
        yield query.one()[0]


def compare(study: ProcessNode, name: str) -> dict[str, dict[str, dict[str, float]]]:
    """RMSE and largest error, kcal/mol, of each dihedral scan, in both force fields."""
    species = study.outputs.species.value
    fields = {
        "as archived": study.outputs.force_field.value,
        "as fitted now": refitted(study.outputs.force_field),
    }
    found: dict[str, dict[str, dict[str, float]]] = {}
    for node in scan_nodes(study):
        scan = Scan(**node.inputs.scan.get_dict())
        if scan.kind != "dihedral" or not scan.periodic:
            continue
        points = in_order(node.outputs.points)
        relaxed = np.concatenate([part.positions[part.ok] for part in points])
        structures = np.concatenate([study.outputs.reference.value.positions, relaxed])
        profile = node.outputs.surrogate.value
        for label, field in fields.items():
            off = errors(field, species, scan, structures, profile)
            result = {"rmse": float(np.sqrt(np.mean(off**2))), "largest": float(np.abs(off).max())}
            found.setdefault(scan.name, {})[label] = result
            print(f"{name}: {scan.name}, {label}: {result}, met: {result['rmse'] <= TARGET}")
    return found


def refitted(node: Data) -> ForceField:
    """The force field that the present code fits to the points of an archived one."""
    links = node.creator.base.links.get_incoming().all()
    inputs = {link.link_label: link.node for link in links if isinstance(link.node, Data)}
    field: ForceField = fit_force_field.__wrapped__(**inputs).value
    return field


def errors(
    field: ForceField, species: Species, scan: Scan, structures: Array, profile: Surrogate
) -> Array:
    """Force field minus QM around the circle, shape (m,), kcal/mol, mean taken off.

    Args:
        field: the force field, with the charges that it has in simulations.
        species: its molecule.
        scan: of a dihedral.
        structures: relaxed by QM, shape (s, n, 3), Å.
        profile: what was learned of QM.
    """
    known = evaluate(structures, [scan.atoms])[0][:, 0]
    angles = np.radians(np.arange(-180, 180, STEP))
    nearest = np.argsort(np.abs(_turn(known, angles[:, None])), axis=1)[:, :STARTS]
    asked = np.repeat(angles, STARTS)
    energy, reached = held(field, species, scan.atoms, structures[nearest.ravel()], asked)
    best = energy.reshape(-1, STARTS).argmin(axis=1) + STARTS * np.arange(len(angles))
    qm = np.interp(np.degrees(reached[best]), profile.grid, profile.mean)
    off: Array = (energy[best] - qm) / KCAL_PER_MOL
    return off - off.mean()


def held(
    field: ForceField, species: Species, atoms: tuple[int, ...], starts: Array, angles: Array
) -> tuple[Array, Array]:
    """Energies, eV, and dihedrals, radians, (s,), at the minima with springs to angles, (s,)."""

    def energy(flat: Array) -> tuple[float, Array]:
        x = flat.reshape(starts.shape)
        bare, gradient = molecule_energies(field, species, x)
        phi, by = evaluate(x, [atoms])
        away = _turn(phi[:, 0], angles)
        gradient[:, list(atoms)] += 2 * SPRING * away[:, None, None] * by[:, 0]
        return float(bare.sum() + SPRING * away @ away), gradient.ravel()

    options = {"maxiter": 10000, "maxfun": 10000, "maxcor": 30, "gtol": 1e-4, "ftol": 1e-14}
    found = minimize(energy, starts.ravel(), jac=True, method="L-BFGS-B", options=options)
    x = found.x.reshape(starts.shape)
    return molecule_energies(field, species, x)[0], evaluate(x, [atoms])[0][:, 0]


def _turn(one: Array, other: Array) -> Array:
    """By how much dihedrals are beyond others, within half a turn."""
    return np.angle(np.exp(1j * (one - other)))


if __name__ == "__main__":
    main()
