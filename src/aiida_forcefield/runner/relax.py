"""Relaxation to the minimum, with or without coordinates and atoms held, by geomeTRIC."""

import logging
import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bonds import check_bonds
from .coordinate import Coordinate
from .engine import Engine
from .status import PointError
from .units import BOHR, HARTREE
from .vibrations import hessian

Array = NDArray[np.float64]

STRAYED = 1e-3
"""Å: a frozen atom that moved farther was not frozen."""


@dataclass(frozen=True)
class Relaxer:
    """Relaxes structures of one molecule.

    Attributes:
        symbols: element of each of the n atoms.
        bonds: bonded pairs that have to survive, or None to check nothing.
        engine: gives energies and gradients.
        cheap: gives the second derivatives to begin with, where `engine` is dear; None for
            geomeTRIC's own guess.
        max_steps: most steps of one relaxation.
        held: coordinates that keep the values that they start with.
        frozen: atoms that stay where they are.
    """

    symbols: tuple[str, ...]
    bonds: tuple[tuple[int, int], ...] | None
    engine: Engine
    cheap: Engine | None = None
    max_steps: int = 100
    held: tuple[Coordinate, ...] = ()
    frozen: tuple[int, ...] = ()

    def relax(
        self, positions: Array, coordinate: Coordinate | None = None, target: float = 0.0
    ) -> Array:
        """The nearest minimum, shape (n, 3), Å, with the coordinate at the target if given.

        Raises:
            PointError: it does not converge, the constraint is not met, or bonds changed.
        """
        from geometric.errors import GeomOptNotConvergedError, LinearTorsionError

        if len(positions) == 1:
            return positions
        targets = {held: held.value(positions) for held in self.held}
        if coordinate is not None:
            targets[coordinate] = target
        for driven in targets:
            driven.check_not_linear(positions)
        optimizer = self._optimizer(positions, coordinate, target)
        try:
            with tempfile.TemporaryDirectory() as folder:
                optimizer.dirname = folder
                optimizer.optimizeGeometry()
        except GeomOptNotConvergedError:
            raise PointError(
                "relaxation_not_converged", f"no minimum within {self.max_steps} steps"
            ) from None
        except LinearTorsionError:
            raise PointError(
                "near_linear_angle", "the dihedral angle met three atoms in line"
            ) from None
        final = np.asarray(optimizer.X).reshape(-1, 3) * BOHR
        for driven, value in targets.items():
            driven.check_not_linear(final)
            if driven.distance(final, value) > driven.tolerance:
                raise PointError(
                    "constraint_not_met",
                    f"the {driven.words} is {driven.value(final):.4f}, not {value:.4f}",
                )
        strayed = np.linalg.norm(final - positions, axis=1)[list(self.frozen)].max(initial=0.0)
        if strayed > STRAYED:
            raise PointError("constraint_not_met", f"a frozen atom moved by {strayed:.4f} Å")
        if self.bonds is not None:
            driven = coordinate.atoms if coordinate else ()
            check_bonds(self.symbols, final, self.bonds, driven)
        return final

    def _optimizer(self, positions: Array, coordinate: Coordinate | None, target: float) -> Any:
        import geometric.nifty
        from geometric.engine import Engine as GeometricEngine
        from geometric.internal import DelocalizedInternalCoordinates
        from geometric.molecule import Molecule
        from geometric.optimize import Optimizer
        from geometric.params import OptParams
        from geometric.prepare import parse_constraints

        geometric.nifty.logger.setLevel(logging.ERROR)
        evaluate = self.engine.evaluate

        class Adapter(GeometricEngine):  # type: ignore[misc]
            def calc_new(self, coords: Array, dirname: str) -> dict[str, Any]:
                energy, gradient = evaluate(coords.reshape(-1, 3) * BOHR)
                assert gradient is not None
                return {
                    "energy": energy / HARTREE,
                    "gradient": gradient.ravel() * (BOHR / HARTREE),
                }

        molecule = Molecule()
        molecule.elem, molecule.xyzs = list(self.symbols), [positions.copy()]
        if self.bonds is not None:
            molecule.bonds = list(self.bonds)
            molecule.top_settings["read_bonds"] = True
        molecule.build_topology()
        held, values = None, None
        if text := self._constraints(coordinate, target):
            held, values = parse_constraints(molecule, text)
        internals = DelocalizedInternalCoordinates(
            molecule,
            build=True,
            connect=False,
            addcart=False,
            constraints=held,
            cvals=values[0] if values else None,
            # The default algorithm stops short of the constrained minimum: 0.02 eV/Å were left
            # across the constraint for an angle of methanol, against 1e-4 with this one.
            conmethod=1 if held else 0,
        )
        # Tight where gradients are exact and cheap; DFT gradients carry the noise of the grid.
        tight = self.engine.can.cheap
        settings = OptParams(
            convergence_set="GAU_TIGHT" if tight else "GAU",
            maxiter=self.max_steps,
            hess_data=self._second_derivatives(positions),
            frequency=False,
        )
        start = positions.ravel() / BOHR
        adapter = Adapter(molecule)
        return Optimizer(start, molecule, internals, adapter, ".", settings, print_info=False)

    def _second_derivatives(self, positions: Array) -> list[list[float]] | None:
        """Hessian of the cheap engine in hartree/bohr², where it has one."""
        if self.cheap is None:
            return None
        try:
            second = hessian(self.cheap, positions)
        except PointError:
            return None
        guess: list[list[float]] = (second * (BOHR**2 / HARTREE)).tolist()
        return guess

    def _constraints(self, coordinate: Coordinate | None, target: float) -> str:
        """All constraints in geomeTRIC's words."""
        lines = [held.words for held in self.held]
        if self.frozen:
            lines.append("xyz " + ",".join(str(atom + 1) for atom in self.frozen))
        if lines:
            lines.insert(0, "$freeze")
        if coordinate is not None:
            lines.append(coordinate.constraint(target))
        return "\n".join(lines)
