"""How good a fit is: its errors by kind of data and origin, and what was found on the way."""

from collections.abc import Iterator
from dataclasses import dataclass

from aiida_forcefield.potentials.forms import Kind
from aiida_forcefield.scans.origin import Origin


@dataclass(frozen=True)
class DataError:
    """Root-mean-square errors of one kind of data, weighted as in the fit.

    Attributes:
        kind: of data, such as ``"interaction"``.
        unit: of the errors.
        points: how many points tell of it.
        fitted: error after the fit, or of any force field.
        prior: before the fit; None where that is not known.
        left_out: of each scan or set as a fit without it foresees it; None where that is not known.
        species: of the points, by name; empty for all points of the kind.
        origin: of the points; None for all points of the kind.
    """

    kind: str
    unit: str
    points: int
    fitted: float
    prior: float | None = None
    left_out: float | None = None
    species: tuple[str, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True)
class Foresight:
    """How well a fit foresees single points without which it is made.

    Attributes:
        data: what they are of: ``"molecule"`` (energies, gradients, stresses), ``"torsion"``,
            ``"interaction"`` or ``"virial"``.
        error: root mean square, in units of the standard errors that the settings expect.
    """

    data: str
    error: float


@dataclass(frozen=True)
class Outliers:
    """Points that disagree with the others and were left out.

    Attributes:
        species: of the points, by name.
        origin: of the points.
        points: how many.
    """

    species: tuple[str, ...]
    origin: Origin
    points: int


@dataclass(frozen=True)
class Barrier:
    """What keeps two atom types from falling into each other.

    Attributes:
        types: names of the two.
        height: of the inner maximum above the lowest energy farther out, eV.
        low: whether it is lower than was asked for.
    """

    types: tuple[str, str]
    height: float
    low: bool


@dataclass(frozen=True)
class LooseMotion:
    """A motion that QM holds at the minimum and the force field does not.

    Attributes:
        species: name.
        frequency: in QM, 1/cm.
        fitted: of the same motion in the force field, 1/cm; negative where its energy falls.
        types: of the atoms that move most.
    """

    species: str
    frequency: float
    fitted: float
    types: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """The comparison by which a form was chosen.

    Attributes:
        kind: of interaction.
        usual: name of the form, or ``"combination_rule"``, that was there before.
        rival: that was tried in its place; ``"pairs"`` are parameters of their own for all pairs.
        before: foresight with the one, as of `Foresight`.
        after: with the other.
        taken: whether the rival was.
    """

    kind: Kind
    usual: str
    rival: str
    before: float
    after: float
    taken: bool


@dataclass(frozen=True)
class ThreeBody:
    """How a polarizable field reproduces what three molecules have beyond their pairs.

    Attributes:
        damping: a, with which it does so best.
        error: its standard error.
        trimers: how many told it.
        slope: of the field's energies over those of QM, through the origin; NaN where these are
            zero.
        rmse: of the energies, eV.
    """

    damping: float
    error: float
    trimers: int
    slope: float
    rmse: float


@dataclass(frozen=True)
class Diagnostics:
    """What a fit says of itself.

    Attributes:
        errors: of each kind of data all in all, and by origin.
        foresight: of single points.
        outliers: points that were left out.
        barriers: of all pairs of atom types.
        reduced_chi2: χ² over the number of data beyond those that parameters take up.
        condition: of the Jacobian, in units of the widths of the prior.
        undetermined: number of parameters that the data leave as uncertain as their prior.
        converged: whether the optimum was found, with all that is relaxed at rest.
        unsettled: by how much, eV, profiles along dihedrals changed when they were last relaxed.
        evidence: by which forms were chosen; empty where they were given.
        loose: motions of a species that QM holds and the force field does not; None where all are
            held.
        three_body: of a polarizable field whose damping was fitted; None of others.
    """

    errors: tuple[DataError, ...]
    foresight: tuple[Foresight, ...]
    outliers: tuple[Outliers, ...]
    barriers: tuple[Barrier, ...]
    reduced_chi2: float
    condition: float
    undetermined: int
    converged: bool
    unsettled: float
    evidence: tuple[Evidence, ...] = ()
    loose: tuple[LooseMotion, ...] | None = None
    three_body: ThreeBody | None = None

    def total(self, kind: str) -> DataError | None:
        """The errors of all data of a kind; None where there are none."""
        return next((e for e in self.errors if e.kind == kind and e.origin is None), None)

    def by_origin(self, kind: str) -> Iterator[DataError]:
        """Those of a kind, by the origin of its points."""
        return (e for e in self.errors if e.kind == kind and e.origin is not None)

    def points(self, kind: str) -> int:
        """How many points tell of a kind of data."""
        found = self.total(kind)
        return found.points if found else 0

    def foreseen(self, data: str) -> float:
        """As of `Foresight`; 0 where there are no such points."""
        return next((each.error for each in self.foresight if each.data == data), 0.0)
