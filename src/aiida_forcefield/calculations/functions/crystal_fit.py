"""Calcfunctions of the force field of a crystal: what QM is to compute, and the fit to it."""

from aiida.engine import calcfunction
from aiida.orm import ArrayData, Data, Dict, StructureData

from aiida_forcefield.calculations.functions.lattice import primitive_cell
from aiida_forcefield.data import ForceFieldData, PointsData, StructuresData, SystemData
from aiida_forcefield.fitting import Settings, assemble_cells, fit_force_field
from aiida_forcefield.potentials.electrostatics import FixedCharges
from aiida_forcefield.scans.crystal_qm import CrystalSettings, crystal_parameters
from aiida_forcefield.scans.lattice import random_cells
from aiida_forcefield.topology.ions import ions_of

SCIENCE = 1
"""Raised where results change by what this file imports: the cache looks at the file alone."""

SAMPLING = ("count", "strain", "displacement", "seed")


@calcfunction
def sample_cells(crystal: StructureData, sampling: Dict, settings: Dict) -> dict[str, Data]:
    """Cells to which a force field is fitted, and how QM computes them.

    Args:
        crystal: any cell of it; its primitive one is taken.
        sampling: arguments of `random_cells`.
        settings: of `CrystalSettings`. Gradients and stresses are computed in any case, and
            k-points have half of the spacing, as the stress of a shear needs them.

    Returns:
        ``structures``, the first of them the crystal as it is, and ``parameters``.

    Raises:
        ValueError: other keys than these, or values that are not allowed.
    """
    _check_keys("sampling", sampling, SAMPLING)
    _check_keys("settings", settings, tuple(CrystalSettings.__annotations__))
    primitive = primitive_cell(crystal)
    structures = random_cells(primitive, **sampling.get_dict())
    assert structures.cells is not None
    content = settings.get_dict()
    finer = {"gradient": True, "k_spacing": content["k_spacing"] / 2}
    chosen = CrystalSettings(**content | finer)
    parameters = crystal_parameters(primitive.symbols, structures.cells, "displacement", chosen)
    return {
        "structures": StructuresData(structures),
        "parameters": Dict({**parameters, "c6": True}),
    }


@calcfunction
def perceive_ions(crystal: StructureData, charges: Dict) -> SystemData:
    """The ions of a crystal's primitive cell, one species for each element, with its charge, e.

    Raises:
        ValueError: as `ions_of`.
    """
    return SystemData(ions_of(primitive_cell(crystal), charges.get_dict()))


@calcfunction
def fit_crystal(
    system: SystemData, properties: ArrayData, settings: Dict, **points: PointsData
) -> ForceFieldData:
    """The nonbonded parameters of a crystal's ions, from energies, gradients and stresses.

    Args:
        system: of `perceive_ions`.
        properties: `c6` of the cells, (s, n, n) in eV Å⁶, whose mean tells the prior.
        settings: of `fitting.Settings`.
        points: of the structures of `sample_cells`, all with the same parameters: on another grid
            or other k-points the energies would have another offset.

    Raises:
        ValueError: no point, or points of another crystal.
    """
    ions = system.value
    whole = {name: float(species.charge) for each, species in ions for name in ions.types_of(each)}
    data = assemble_cells(
        ions, [node.value for _, node in sorted(points.items())], properties.get_array("c6")
    )
    chosen = Settings(**settings.get_dict())
    return ForceFieldData(fit_force_field(ions, FixedCharges(whole, whole), data, chosen))


def _check_keys(field: str, node: Dict, allowed: tuple[str, ...]) -> None:
    found = node.get_dict()
    if odd := {*found} ^ {*allowed}:
        raise ValueError(f"{field}: {', '.join(sorted(odd))}; must have {', '.join(allowed)}")
