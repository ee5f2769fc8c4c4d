"""The PySCF engine: Hartree-Fock, Kohn-Sham, density-fitted MP2, and crystals."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ...engine import Abilities, CrystalEngine, Declaration, Engine, Parameters, Sections
from ...job import Job
from .settings import SECTIONS, check_settings

SHARE = 0.8
"""Of the memory, for the arrays that PySCF plans by; the rest is for what it does not count."""


class _Pyscf(Declaration):
    name = "pyscf"
    can: ClassVar[Abilities] = {
        "crystal": frozenset({"periodic", "gradient", "stress"}),
        "correlation": frozenset({"correlation", "counterpoise", "potential"}),
        "": frozenset(
            {
                "gradient",
                "hessian",
                "dipole",
                "polarizability",
                "potential",
                "counterpoise",
                "solvent",
                "gpu",
            }
        ),
    }
    sections: ClassVar[Sections] = SECTIONS
    level = ("mean_field", "structure", "density_fit")

    def check(self, parameters: Parameters) -> None:
        check_settings(parameters)

    def method(self, parameters: Mapping[str, Any]) -> str:
        field, basis = parameters["mean_field"], parameters["structure"]["basis"]
        method = field.get("xc") or field["method"]
        if spins := parameters.get("correlation"):
            method = "MP2" if set(spins.values()) == {1} else "SCS-MP2"
        if dispersion := field.get("disp"):
            method += f"-{dispersion}"
        if not isinstance(basis, str):
            basis = basis.get("default", "mixed basis")
        return f"{method.upper()}/{basis}"

    def packages(self, parameters: Parameters) -> tuple[str, ...]:
        dispersion = parameters["mean_field"].get("disp")
        return ("pyscf", "pyscf-dispersion") if dispersion else ("pyscf",)

    def start(self, threads: int, kilobytes: int | None) -> None:
        """Have PySCF use the processor well, and keep on disk what the memory does not hold."""
        from .kernels import choose_kernels

        choose_kernels()
        from pyscf import gto, lib

        lib.num_threads(threads)
        if kilobytes is not None:
            gto.Mole.max_memory = SHARE * kilobytes / 1000  # MB

    def molecule(
        self, symbols: tuple[str, ...], charge: int, multiplicity: int, parameters: Parameters
    ) -> Engine:
        from .mean_field import Pyscf

        can = self.capabilities(parameters)
        return Pyscf(symbols, charge, multiplicity, parameters, can)

    def crystal(self, job: Job, parameters: Parameters) -> CrystalEngine:
        from .crystal import Crystal

        return Crystal(job, self.capabilities(parameters))


DECLARATION = _Pyscf()
