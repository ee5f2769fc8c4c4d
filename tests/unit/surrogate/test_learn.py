import numpy as np
import pytest

from aiida_forcefield.surrogate import Observations, Settings, first_values, learn

CAP = 0.65


def bond(rng):
    depth, alpha, centre = rng.uniform(3, 6), rng.uniform(1.3, 2.8), rng.uniform(1.1, 1.6)
    wave, phase = rng.uniform(5, 12), rng.uniform(0, 6)
    size = rng.uniform(0, 0.01)

    def energy(r):
        u = 1 - np.exp(-alpha * (r - centre))
        return depth * u**2 + size * np.sin(wave * (r - centre) + phase) - 3000

    return "bond", centre - 0.2, centre + 0.25, energy


def angle(rng):
    k, cubic, quartic = rng.uniform(2, 5), rng.uniform(-0.5, 0.5), rng.uniform(0, 0.8)

    def energy(theta):
        d = np.radians(theta - 110)
        return k * d**2 * (1 + cubic * d + quartic * d**2)

    return "angle", 88, 131, energy


def torsion(rng):
    n, phase = np.arange(1, 7), rng.uniform(0, 6, 6) * rng.integers(2)
    height = rng.normal(0, 1, 6) * [0.05, 0.08, 0.08, 0.01, 0.005, 0.01]

    def energy(phi):
        return (height * (1 - np.cos(n * np.radians(phi)[:, None] - phase))).sum(1)

    return "dihedral", -180, 180, energy


def pair(rng):
    a, rho, c6 = 10 ** rng.uniform(2.5, 3.3), rng.uniform(0.24, 0.32), rng.uniform(10, 60)
    c3 = rng.uniform(-2, 2)

    def energy(r):
        return a * np.exp(-r / rho) - c6 / (r**6 + 3) + c3 / r**3

    r = np.linspace(1.2, 4, 400)
    lower = r[(energy(r) < 0.5).argmax()]
    return "pair", lower, lower + 5, energy


def run(profile, rng, settings, slopes=True):
    """Learn a profile; returns the surrogate and its error in units of the tolerance."""
    kind, lower, upper, energy = profile
    x, y, dy = np.empty(0), np.empty(0), np.empty(0)
    proposals = first_values(kind, lower, upper, settings)
    while len(proposals):
        x = np.append(x, proposals)
        y = np.append(y, energy(proposals) + rng.normal(0, settings.noise, len(proposals)))
        slope = (energy(proposals + 1e-4) - energy(proposals - 1e-4)) / 2e-4
        dy = np.append(dy, slope if slopes else np.full(len(proposals), np.nan))
        learned = learn(kind, lower, upper, Observations(x, y, dy), settings)
        proposals = learned.proposals
    truth = energy(learned.grid)
    truth, window = truth - truth.min() * (kind != "pair"), min(np.ptp(truth), CAP)
    cap = truth.min() + CAP
    error = np.abs(np.minimum(truth, cap) - np.minimum(learned.mean, cap)).max()
    return learned, error / max(settings.tolerance * window, 3 * settings.noise)


@pytest.mark.parametrize(("batch", "typical"), [(1, 7), (6, 6)])
def test_a_stop_can_be_trusted_and_is_early(batch, typical):
    stops, errors, points = 0, [], []
    for case in range(40):
        rng = np.random.default_rng([3, case])
        draw = (bond, angle, torsion, pair)[case % 4]
        settings = Settings(batch=batch, noise=(1e-5, 1e-4, 1e-3)[case % 3], max_points=20)
        learned, error = run(draw(rng), rng, settings, slopes=draw is not pair)
        if learned.status == "converged":
            stops += 1
            errors.append(error)
            points.append(len(learned.observations))
    assert stops >= 34
    assert np.mean(np.array(errors) <= 1) >= 0.9
    assert np.median(points) <= typical


def test_slopes_save_points():
    counts = []
    for slopes in (True, False):
        learned, _ = run(
            torsion(np.random.default_rng(5)), np.random.default_rng(0), Settings(), slopes
        )
        counts.append(len(learned.observations))
    assert counts[0] < counts[1]


def test_a_known_morse_curve_costs_four_points():
    kind, lower, upper = "bond", 1.27, 1.62

    def energy(r):
        return 4.5 * (1 - np.exp(-2.1 * (r - 1.42))) ** 2

    learned, error = run((kind, lower, upper, energy), np.random.default_rng(0), Settings())
    assert learned.status == "converged"
    assert error < 1
    assert len(learned.observations) <= 4
    assert learned.error_estimate <= 0.01


def test_it_says_when_the_points_are_spent():
    settings = Settings(tolerance=1e-3, noise=1e-6, max_points=5)
    learned, _ = run(torsion(np.random.default_rng(1)), np.random.default_rng(0), settings)
    assert learned.status == "unmet"
    assert len(learned.observations) == 5
    assert not len(learned.proposals)


def test_a_point_out_of_line_is_not_the_end():
    x = np.array([1.22, 1.45, 1.68, 1.3])
    energy, slope = 12 * (x - 1.45) ** 2, 24 * (x - 1.45)
    settings = Settings(noise=1e-5)
    assert learn("bond", 1.2, 1.7, Observations(x, energy, slope), settings).status == "converged"
    energy[-1] += 0.03
    spoilt = learn("bond", 1.2, 1.7, Observations(x, energy, slope), settings)
    assert spoilt.status == "learning"


def test_what_lies_above_the_cap_is_not_sampled():
    x = np.array([1.3, 1.5, 1.7])
    points = Observations(x, 40 * (x - 1.5) ** 2, 80 * (x - 1.5))
    learned = learn("bond", 1.0, 2.0, points, Settings(energy_cap=0.5, tolerance=1e-3))
    assert (np.abs(learned.proposals - 1.5) < 0.25).all()


def test_weights_are_shares_of_the_window_below_the_cap():
    x = np.array([-20.0, 0, 5, 10, 40])
    energy = 1e-4 * x**2
    points = Observations(x, np.where(x == 40, 9, energy), np.full(5, np.nan))
    learned = learn("improper", -20, 20, points, Settings())
    np.testing.assert_allclose(learned.weights, [0.25, 0.3125, 0.125, 0.3125, 0], atol=0.01)
    assert learned.weights.sum() == pytest.approx(1)


def test_weights_go_round_the_circle():
    x = np.array([-170.0, -90, 0, 90])
    points = Observations(x, 0.01 * np.cos(np.radians(x)), np.full(4, np.nan))
    learned = learn("dihedral", -180, 180, points, Settings())
    np.testing.assert_allclose(learned.weights * 360, [90, 85, 90, 95], atol=3)


@pytest.mark.parametrize("kind", ["bond", "pair"])
def test_it_goes_on_where_every_point_failed(kind):
    points = Observations([], [], [], failed=[1.3, 1.6])
    learned = learn(kind, 1.2, 1.7, points, Settings())
    assert learned.status == "learning"
    assert np.abs(learned.proposals - [[1.3], [1.6]]).min() > 0.01


@pytest.mark.parametrize(
    ("kind", "lower", "upper"),
    [("bond", 1.2, 1.6), ("angle", 90, 130), ("dihedral", -180, 180), ("pair", 1.6, 6)],
)
def test_many_exact_and_repeated_points_do_no_harm(kind, lower, upper):
    x = np.append(np.linspace(lower, upper, 30), [lower, lower])
    t = (x - lower) / (upper - lower)
    energy, slope = 0.5 * np.sin(6 * t), 3 * np.cos(6 * t) / (upper - lower)
    settings = Settings(noise=1e-9, max_points=40)
    learned = learn(kind, lower, upper, Observations(x, energy, slope), settings)
    assert np.isfinite(learned.mean).all()
    assert np.isfinite(learned.std).all()
