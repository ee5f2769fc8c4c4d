"""The PySCF engine of crystals: Kohn-Sham with GTH pseudopotentials, k-points and plane-wave FFTs.

Densities live on a uniform grid (FFTDF). Where atomic orbitals are computed anew in each cycle they
take most of the time of an SCF; and by time reversal half of the k-points are enough.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyscf.pbc.dft.numint import KNumInt

from ...engine import Capabilities, CrystalEngine
from ...job import Job
from ...lattice import half_of_shifted_mesh
from ...status import PointError, Remedy
from ...units import BOHR, HARTREE
from .guess import NEAR

Array = NDArray[np.float64]

_LEVEL_SHIFT = 0.5
"""Hartree."""
_MEMORY = 6000
"""MB: the orbitals of a whole grid go in one block, as those of a block are kept."""
GAP = 0.01
"""Hartree: with a smaller gap between bands the crystal may be a metal, for which k-points are
summed otherwise."""
DEPENDENT = 1e-7
"""Smallest eigenvalue of an overlap matrix at which basis functions are still independent."""


class Orbitals(KNumInt):
    """PySCF's integrator, which computes the orbitals of a geometry once and keeps them.

    In each cycle of an SCF the exchange-correlation energy asks for them with their first
    derivatives, and the Coulomb energy without.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[tuple[bytes, bytes], list[Any]] = {}

    def eval_ao(self, cell: Any, coords: Any, kpts: Any = None, deriv: int = 0, **more: Any) -> Any:
        """Orbitals and their derivatives at points (g, 3), bohr, for each k-point."""
        evaluate = KNumInt.eval_ao
        if deriv > 1:
            return evaluate(cell, coords, kpts, deriv, **more)
        key = coords.tobytes(), np.asarray(kpts).tobytes()
        if key not in self._kept:
            self._kept[key] = evaluate(cell, coords, kpts, 1, **more)
        orbitals = self._kept[key]
        return orbitals if deriv else [values[0] for values in orbitals]


class Crystal(CrystalEngine):
    """Energies, forces and stresses of the cells of a job.

    Raises:
        ValueError: unknown basis set, pseudopotential or functional, or one with exact exchange.
    """

    def __init__(self, job: Job, can: Capabilities) -> None:
        self.can = can
        self._symbols, self._settings = job.symbols, job.parameters
        self._latest: tuple[Array, Array, Array] | None = None
        self._check_settings(job)

    def evaluate(
        self, lattice: Array, positions: Array, derivatives: bool
    ) -> tuple[float, Array | None, Array | None]:
        """See `CrystalEngine.evaluate`."""
        field = self._solved(lattice, positions)
        energy = float(field.e_tot) * HARTREE
        if not derivatives:
            return energy, None, None
        slopes = field.nuc_grad_method()
        gradient = slopes.kernel() * (HARTREE / BOHR)
        stress = slopes.get_stress()
        return energy, gradient, (stress + stress.T) / 2 * (HARTREE / BOHR**3)

    def _solved(self, lattice: Array, positions: Array) -> Any:
        field = self._prepare(lattice, positions)
        _check_independent(field)
        guess = None
        if self._latest is not None:
            guess, *before = self._latest
            apart = max(
                np.abs(a - b).max() for a, b in zip(before, (lattice, positions), strict=True)
            )
            if apart > NEAR:
                guess = None
        field.kernel(dm0=guess)
        if not field.converged:
            field.level_shift = _LEVEL_SHIFT
            field.kernel(dm0=guess)
            if not field.converged:
                raise PointError(
                    "scf_not_converged",
                    "neither DIIS nor a level shift converged; raise mean_field.max_cycle",
                )
            field.level_shift = 0.0
            warnings.warn("the SCF converged only with a level shift", Remedy, stacklevel=2)
        _check_insulator(field)
        self._latest = np.asarray(field.make_rdm1()), lattice, positions
        return field

    def _prepare(self, lattice: Array, positions: Array) -> Any:
        from pyscf.pbc import dft, gto

        section = self._settings["crystal"]
        cell = gto.Cell()
        # Diffuse functions are made up for by those of neighbours, on which they nearly depend.
        cell.exp_to_discard = section.get("smallest_exponent", 0.0)
        cell.build(
            dump_input=False,
            parse_arg=False,
            a=lattice / BOHR,
            atom=list(zip(self._symbols, (positions / BOHR).tolist(), strict=True)),
            unit="Bohr",
            basis=self._settings["structure"]["basis"],
            pseudo=section["pseudo"],
            # The same for all cells of a scan: a cutoff energy would let it jump.
            mesh=section["mesh"],
            verbose=0,
        )
        kpts = cell.get_abs_kpts(half_of_shifted_mesh(section["kmesh"]))
        field = dft.KRKS(cell, kpts)
        attributes = {k: v for k, v in self._settings["mean_field"].items() if k != "method"}
        field.set(max_memory=_MEMORY, **attributes)
        field._numint = field.with_df._numint = Orbitals()
        return field

    def _check_settings(self, job: Job) -> None:
        from pyscf.dft import libxc
        from pyscf.lib.exceptions import BasisNotFoundError

        if job.charge or job.multiplicity != 1:
            raise ValueError(
                f"charge, multiplicity: {job.charge}, {job.multiplicity}; a cell must be neutral "
                "and have closed shells"
            )
        functional = self._settings["mean_field"].get("xc", "")
        try:
            kind = libxc.xc_type(functional)
        except (KeyError, ValueError) as error:
            raise ValueError(f"parameters.mean_field.xc: {error.args[0]}") from None
        if kind not in ("LDA", "GGA") or libxc.is_hybrid_xc(functional):
            raise ValueError(
                f"parameters.mean_field.xc: {functional!r}; crystals take an LDA or a GGA without "
                "exact exchange"
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a hint to install basis-set-exchange
                self._prepare(job.cells[0], job.positions[0])
        except (BasisNotFoundError, KeyError, RuntimeError) as error:
            reason = " ".join(str(error).partition(" in /")[0].split())  # without PySCF's files
            raise ValueError(
                f"parameters.structure.basis, crystal.pseudo: PySCF does not have it: {reason}"
            ) from None


def _check_independent(field: Any) -> None:
    smallest = min(np.linalg.eigvalsh(overlap)[0] for overlap in field.get_ovlp())
    if smallest < DEPENDENT:
        raise PointError(
            "linear_dependence",
            f"the overlap of the basis functions has the eigenvalue {smallest:.1e}",
        )


def _check_insulator(field: Any) -> None:
    energies, occupied = np.array(field.mo_energy), np.array(field.mo_occ) > 0
    gap = energies[~occupied].min(initial=np.inf) - energies[occupied].max()
    if gap < GAP:
        raise PointError("no_band_gap", f"the gap between bands is only {gap * HARTREE:.2f} eV")
