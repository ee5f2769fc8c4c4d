"""What others would do to know a curve: how many points they need, told the truth.

Each peer is given one point more at a time until its largest error is within the tolerance, which
nobody could know in practice: the counts are the fewest that could do.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

MOST = 80  # points
GAUSSIAN_PROCESS_MOST = 20


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve to be learned.

    Attributes:
        energy, slope: of coordinates, shape (n,), eV and eV per Å or degree.
        grid: coordinates at which errors count, shape (g,), from end to end of the window.
        circle: whether both ends are the same.
        inverse: whether to sample and interpolate in 1/x.
        goal: largest error borne, eV.
    """

    energy: Function
    slope: Function
    grid: Array
    circle: bool
    inverse: bool
    goal: float

    def unit(self, x: Array) -> Array:
        """x or 1/x, scaled to [-1, 1]."""
        t, (low, high) = self._turned(x), sorted(self._turned(self.grid[[0, -1]]))
        return np.asarray((2 * t - low - high) / (high - low))

    def back(self, u: Array) -> Array:
        """The inverse of `unit`."""
        low, high = sorted(self._turned(self.grid[[0, -1]]))
        return self._turned((low + high + u * (high - low)) / 2)

    def _turned(self, x: Array) -> Array:
        return np.asarray(1 / x if self.inverse else x)

    def error(self, predicted: Array) -> float:
        """Largest error of energies on the grid once a constant is taken out, eV."""
        off = predicted - self.energy(self.grid)
        return float(np.ptp(off)) / 2


def spline(curve: Curve, count: int) -> float:
    """Error of a cubic spline through an even grid."""
    u = np.linspace(-1, 1, count + curve.circle)
    y = curve.energy(curve.back(u))
    if curve.circle:
        y[-1] = y[0]
    fitted = CubicSpline(u, y, bc_type="periodic" if curve.circle else "not-a-knot")
    return curve.error(fitted(curve.unit(curve.grid)))


def polynomial(curve: Curve, count: int, slopes: bool) -> float:
    """Error of the polynomial through the Chebyshev nodes (and its slopes there)."""
    u = np.cos(np.pi * (np.arange(count) + 0.5) / count)
    x = curve.back(u)
    degree = (2 if slopes else 1) * count - 1
    columns, values = chebyshev.chebvander(u, degree), curve.energy(x)
    if slopes:
        step = 1e-6
        rate = (curve.back(u + step) - curve.back(u - step)) / (2 * step)
        derivative = chebyshev.chebder(np.eye(degree + 1))
        columns = np.vstack([columns, chebyshev.chebval(u, derivative).T])
        values = np.append(values, curve.slope(x) * rate)
    coefficients = np.linalg.lstsq(columns, values, rcond=None)[0]
    return curve.error(chebyshev.chebval(curve.unit(curve.grid), coefficients))


def trigonometric(curve: Curve, count: int, slopes: bool) -> float:
    """Error of the trigonometric polynomial through even angles (and its slopes there)."""
    x = curve.grid[0] + 360 * np.arange(count) / count
    orders = np.arange(1, (count - 1 if slopes else (count - 1) // 2) + 1)

    def basis(angle: Array) -> Array:
        phase = np.radians(angle)[:, None] * orders
        return np.hstack([np.ones((len(angle), 1)), np.cos(phase), np.sin(phase)])

    columns, values = basis(x), curve.energy(x)
    if slopes:
        phase, rate = np.radians(x)[:, None] * orders, np.radians(orders)
        columns = np.vstack(
            [
                columns,
                np.hstack([0 * columns[:, :1], -rate * np.sin(phase), rate * np.cos(phase)])
                * np.degrees(1),
            ]
        )
        values = np.append(values, curve.slope(x) * np.degrees(1))
    coefficients = np.linalg.lstsq(columns, values, rcond=None)[0]
    return curve.error(basis(curve.grid) @ coefficients)


def spectral(curve: Curve, count: int, slopes: bool) -> float:
    """Chebyshev on a line, trigonometric on a circle."""
    return (trigonometric if curve.circle else polynomial)(curve, count, slopes)


def fewest(curve: Curve, error: Callable[[Curve, int], float], first: int) -> int:
    """The fewest points that suffice, `MOST` where more are needed."""
    counts = range(first, MOST)
    return next((n for n in counts if error(curve, n) <= curve.goal), MOST)


def gaussian_process(curve: Curve, bars: float) -> tuple[int, int, bool]:
    """scikit-learn's plain Gaussian process, its length and height of maximum likelihood.

    Its next point is where its standard deviation is largest.

    Returns:
        Points until it is right, points until it says so (error bars within the tolerance at 3
        points or more), and whether it then is.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, ExpSineSquared

    warnings.simplefilter("ignore", ConvergenceWarning)
    shape = ExpSineSquared(1.0, 2 * 360 / 360) if curve.circle else RBF(0.5)
    if curve.circle:
        shape = ExpSineSquared(1.0, 2.0, periodicity_bounds="fixed")
    u = np.array([-0.9, 0.0, 0.9])
    grid = curve.unit(curve.grid)
    right = said = 0
    honest = False
    for count in range(3, GAUSSIAN_PROCESS_MOST + 1):
        model = GaussianProcessRegressor(
            ConstantKernel(1.0, (1e-3, 1e5)) * shape, alpha=1e-10, normalize_y=True, random_state=0
        )
        y = curve.energy(curve.back(u))
        model.fit(u[:, None], y)
        mean, std = model.predict(grid[:, None], return_std=True)
        good = curve.error(mean) <= curve.goal
        right = right or count * good
        if not said and bars * std.max() <= curve.goal:
            said, honest = count, good
        if right and said:
            break
        u = np.append(u, grid[std.argmax()])
    most = GAUSSIAN_PROCESS_MOST
    return right or most, said or most, honest
