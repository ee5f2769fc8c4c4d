"""The PySCF engine: Hartree-Fock, Kohn-Sham, and density-fitted MP2 on top of Hartree-Fock."""

import warnings
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...checks import suggestion
from ...engine import Capabilities, Engine, Parameters
from ...interaction import Interaction
from ...job import Fragment
from ...potential import Electrostatics
from ...status import PointError
from ...units import BOHR, DEBYE, HARTREE
from .counterpoise import Counterpoise
from .electrostatics import electrostatics, solvated_electrostatics
from .guess import Memory
from .scf import STATE, converge_otherwise, density, dipole, factorised, occupied, tell

Array = NDArray[np.float64]

_AUXILIARY = "def2-universal-jkfit"
"""Fits the densities of clusters. It is smaller than PySCF's choices for the basis sets of Dunning,
and changes an interaction energy of dimethyl carbonate by less than 0.003 kcal/mol."""
_FIELD = 2e-3
"""Atomic units, by which polarizabilities are differences."""


class Pyscf(Engine):
    """A PySCF mean field, with MP2 where the settings ask for it.

    Args:
        symbols: element of each atom.
        charge: total charge, e.
        multiplicity: spin multiplicity, 2S + 1; open shells make a restricted method unrestricted.
        parameters: checked settings; ``mean_field``, ``structure``, ``density_fit``, ``gpu``,
            ``solvent`` and ``correlation`` are used.
        can: what the engine can do with them.

    Raises:
        ValueError: unknown basis set, functional, dispersion or attribute of the mean field.
    """

    def __init__(
        self,
        symbols: tuple[str, ...],
        charge: int,
        multiplicity: int,
        parameters: Parameters,
        can: Capabilities,
    ) -> None:
        self.can = can
        self.symbols, self.charge, self._spin = symbols, charge, multiplicity - 1
        self._attributes = dict(parameters["mean_field"])
        self._method = self._attributes.pop("method")
        if self._spin:
            self._method = self._method.replace("R", "U", 1)
        self._structure = _completed(parameters["structure"], symbols)
        self._density_fit = parameters.get("density_fit", False)
        self._gpu = parameters.get("gpu", False)
        spins = parameters.get("correlation")
        self._spins = (spins["opposite_spin"], spins["same_spin"]) if spins else None
        self._eps = parameters.get("solvent", {}).get("eps")
        self._memory = Memory()
        self._latest: tuple[bytes, Any] | None = None
        self._check_settings()

    def molecule(
        self, positions: Array, charge: int | None = None, real: Collection[int] | None = None
    ) -> Any:
        """PySCF's molecule at positions (n, 3), Å; atoms not ``real`` are only basis functions."""
        from pyscf import gto

        names = [
            s if real is None or i in real else f"ghost-{s}" for i, s in enumerate(self.symbols)
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a hint to install basis-set-exchange
            return gto.M(
                atom=list(zip(names, (positions / BOHR).tolist(), strict=True)),
                unit="Bohr",
                charge=self.charge if charge is None else charge,
                spin=self._spin,
                verbose=0,
                **self._structure,
            )

    def prepare(self, mol: Any, fitting: Any = None) -> Any:
        """The mean field of a molecule, with all settings, before its SCF.

        ``fitting`` are density-fitting integrals that exist already. They depend on the basis
        functions only: monomers in the basis of their dimer share those of the dimer.
        """
        from pyscf import dft, scf

        field = getattr(dft if self._method.endswith("KS") else scf, self._method)(mol)
        if self._density_fit:
            field = field.density_fit()
        for key, value in self._attributes.items():
            _assign(field, key, value, "parameters.mean_field")
        if self._eps is not None:
            field = field.PCM()
            field.with_solvent.method = "C-PCM"
            field.with_solvent.eps = self._eps
        if fitting is not None:
            field.with_df = fitting
        return field

    def fitting(self, mol: Any) -> Any:
        """The density-fitting integrals of a cluster; None without, and on a GPU, with its own."""
        from pyscf.df import DF

        shared = self._density_fit and not self._gpu
        return DF(mol, _AUXILIARY).build() if shared else None

    def solve(self, field: Any, guess: Array | None = None) -> Any:
        """Converge a mean field: by DIIS, else with a level shift, else by second order.

        What it took beyond DIIS is told by a `Remedy`.

        Raises:
            PointError: none of them converges.
        """
        if guess is None:
            guess = field.get_init_guess(field.mol, field.init_guess)
        guess = factorised(guess)
        if not self.iterate(field, guess):
            converge_otherwise(field, guess)
        if not field.converged:
            raise PointError(
                "scf_not_converged",
                f"{self._method}: neither DIIS nor a level shift nor second order converged; "
                "check charge and multiplicity, or raise mean_field.max_cycle",
            )
        dependent = field.mol.nao - field.mo_coeff.shape[-1]
        if dependent:
            tell(f"PySCF left out {dependent} basis functions that depend on the others")
        return field

    def once(self, field: Any, orbitals: Array) -> Any:
        """The energy of occupied orbitals (b, o), and the orbitals of their Fock matrix."""
        field.max_cycle = 0
        self.iterate(field, density((orbitals,)))
        return field

    def iterate(self, field: Any, guess: Array) -> bool:
        """Iterate by DIIS, and tell whether that converged.

        What a GPU came to is taken back, so that all else needs none.
        """
        worker = self._on_device(field)
        worker.kernel(dm0=guess)
        if self._gpu:
            state = ((name, getattr(worker, name)) for name in STATE)
            vars(field).update({k: v.get() if hasattr(v, "get") else v for k, v in state})
        return bool(field.converged)

    def _on_device(self, field: Any) -> Any:
        return field.to_gpu() if self._gpu else field

    def total_energy(self, field: Any) -> float:
        """Total energy (hartree) of a converged mean field, with frozen-core MP2 if asked for.

        MP2 takes the fitting integrals of the mean field.
        """
        if self._spins is None:
            return float(field.e_tot)
        from pyscf.data.elements import chemcore
        from pyscf.mp.dfmp2 import DFRMP2

        perturbation = DFRMP2(field, frozen=chemcore(field.mol))
        perturbation.kernel(with_t2=False)
        spins = perturbation.e_corr_os, perturbation.e_corr_ss
        return float(field.e_tot + np.dot(self._spins, spins))

    def correlation(self, field: Any, fitting: Any) -> float:
        """Energy (hartree) of frozen-core MP2 if asked for, in single precision.

        Args:
            field: orbitals and their energies.
            fitting: a `SinglePrecision` of integrals for Coulomb and exchange. In place of a set
                made for MP2 they change an interaction energy of dimethyl carbonate by 0.003
                kcal/mol, and need not be computed a second time.
        """
        if self._spins is None:
            return 0.0
        from pyscf.data.elements import chemcore

        from .single import mp2

        core, some = chemcore(field.mol), field.mo_occ > 0
        occupied, virtual = field.mo_coeff[:, some][:, core:], field.mo_coeff[:, ~some]
        return float(np.dot(self._spins, mp2(fitting, occupied, virtual, field.mo_energy[core:])))

    def solved(self, positions: Array) -> Any:
        """The converged mean field at positions (n, 3) in Å, started from those of near points."""
        key = positions.tobytes()
        if self._latest is not None and self._latest[0] == key:
            return self._latest[1]
        self._latest = None  # its integrals make room for the next ones
        field = self.prepare(self.molecule(positions))
        overlap = field.get_ovlp()
        orbitals = self._memory.guess(positions, overlap)
        field = self.solve(field, None if orbitals is None else density(orbitals))
        self._memory.add(positions, overlap, occupied(field))
        self._latest = key, field
        return field

    def evaluate(self, positions: Array, gradient: bool = True) -> tuple[float, Array | None]:
        """See `Engine.evaluate`."""
        field = self.solved(positions)
        energy = self.total_energy(field) * HARTREE
        if not gradient:
            return energy, None
        gradient = self._on_device(field).nuc_grad_method().kernel()
        return energy, np.asarray(gradient) * (HARTREE / BOHR)

    def dipole(self, positions: Array) -> Array:
        """See `Engine.dipole`."""
        return dipole(self.solved(positions))

    def polarizability(self, positions: Array) -> Array:
        """Static dipole polarizability, symmetric, shape (3, 3), Å³; raises PointError.

        By finite fields, for which dipoles are symmetric differences.
        """
        ground = self.solved(positions)
        bare, guess = ground.get_hcore(), ground.make_rdm1()
        response = np.zeros((3, 3))
        for axis, moment in enumerate(ground.mol.intor("int1e_r")):
            for sign in (1, -1):
                field = self.prepare(ground.mol, getattr(ground, "with_df", None))
                perturbed = bare + sign * _FIELD * moment
                field.get_hcore = lambda *_, core=perturbed: core
                change = dipole(self.solve(field, guess)) / DEBYE
                response[axis] += sign * change / (2 * _FIELD)
        return (response + response.T) / 2 * BOHR**3

    def hessian(self, positions: Array) -> Array:
        """Second derivatives of the energy, symmetric, shape (3n, 3n), eV/Å²; analytic.

        Raises:
            PointError: the SCF does not converge.
            NotImplementedError: PySCF has none for this method.
        """
        blocks = np.asarray(self._on_device(self.solved(positions)).Hessian().kernel())
        size = positions.size
        second = blocks.transpose(0, 2, 1, 3).reshape(size, size) * HARTREE / BOHR**2
        return np.asarray((second + second.T) / 2)  # the grid of a functional is not symmetric

    def electrostatics(self, positions: Array, grid: Array, conductor: bool) -> Electrostatics:
        """See `Engine.electrostatics`."""
        return (solvated_electrostatics if conductor else electrostatics)(self, positions, grid)

    def counterpoise(
        self, fragments: Sequence[Fragment], own: Callable[[Fragment], Any]
    ) -> Callable[[Array], Interaction]:
        """See `Engine.counterpoise`."""
        return Counterpoise(self, own, tuple(fragments)).evaluate

    def _check_settings(self) -> None:
        from pyscf.lib.exceptions import BasisNotFoundError

        spread = np.arange(3.0 * len(self.symbols)).reshape(-1, 3)
        try:
            mol = self.molecule(spread)
        except (BasisNotFoundError, KeyError) as error:
            reason = " ".join(str(error).split())
            raise ValueError(f"parameters.structure.basis: {reason}") from None
        field = self.prepare(mol)
        if self._method.endswith("KS"):
            try:
                field._numint.libxc.parse_xc(field.xc)
            except (KeyError, ValueError, NotImplementedError) as error:
                raise ValueError(f"parameters.mean_field.xc: {error.args[0]}") from None
        try:
            field.get_dispersion()
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"parameters.mean_field.disp: {error}") from None


def _completed(structure: Parameters, symbols: tuple[str, ...]) -> Parameters:
    """Settings with what PySCF leaves out in silence.

    A basis by element holds for ghost atoms too, which PySCF gives the default; and a basis that
    goes with an effective core potential brings it.
    """
    from pyscf.gto.mole import bse_predefined_ecp

    basis = structure["basis"]
    if isinstance(basis, dict):
        ghosts = {f"ghost-{s}": basis[s] for s in symbols if s in basis}
        return {**structure, "basis": basis | ghosts}
    ecp, _ = bse_predefined_ecp(basis, symbols)
    return {"ecp": ecp, **structure} if ecp else structure


def _assign(target: Any, key: str, value: Any, where: str) -> None:
    """Set an attribute that the target has; a dictionary sets the attributes of an attribute."""
    if not hasattr(target, key):
        names = tuple(name for name in vars(target) if not name.startswith("_"))
        raise ValueError(f"{where}: PySCF has no {key!r}{suggestion(key, names)}")
    present = getattr(target, key)
    if isinstance(value, dict) and not isinstance(present, dict):
        for inner, setting in value.items():
            _assign(present, inner, setting, f"{where}.{key}")
    elif callable(present):
        raise ValueError(f"{where}: {key!r} is not a setting")
    else:
        setattr(target, key, value)
