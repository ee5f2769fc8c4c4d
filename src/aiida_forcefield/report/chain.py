"""A picture of the chain of a study, from the material to its property, with its own numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from aiida_forcefield.potentials.diagnostics import Diagnostics
from aiida_forcefield.properties import property_of
from aiida_forcefield.serial import assemble
from aiida_forcefield.study.rounding import with_error
from aiida_forcefield.style import (
    BLUE,
    BODY,
    GREEN,
    GREY,
    INK,
    SMALL,
    TITLE,
    VERMILION,
    WIDTH,
)
from aiida_forcefield.units import KCAL_PER_MOL

Results = Mapping[str, Any]

BOX = 1.86, 1.22  # inches
STEP = 2.28, 2.1  # from one box to the next
BASE = 0.55  # lower edge of the lower row
HEIGHT = 4.5
LINES = 4  # that fit into a box


@dataclass(frozen=True)
class Box:
    """One stage of the chain: where it stands, and what to say of it.

    Attributes:
        title: of the stage.
        column, row: its place; row 0 is the upper one.
        colour: of its heading.
        lines: what came out, at most four short lines.
    """

    title: str
    column: int
    row: int
    colour: str
    lines: tuple[str, ...]


def boxes(results: Results) -> tuple[Box, ...]:
    """The stages of a study with their numbers; a stage without result says so.

    Args:
        results: as in ``results.json``.
    """
    waiting = ("not there yet",)
    first = _first_property(results)
    title = property_of(first["property"]).title if first else "Property"
    return (
        Box("Material", 0, 0, BLUE, tuple(_matter(results))),
        Box("Species", 1, 0, BLUE, tuple(_species(results)) or waiting),
        Box("Reference", 2, 0, VERMILION, tuple(_reference(results)) or waiting),
        Box("Scans", 3, 0, BLUE, tuple(_scans(results)) or waiting),
        Box("QM points", 3, 1, VERMILION, tuple(_points(results))),
        Box("Force field", 2, 1, BLUE, tuple(_force_field(results)) or waiting),
        Box("Molecular dynamics", 1, 1, GREEN, tuple(_dynamics(results)) or waiting),
        Box(title, 0, 1, GREEN, tuple(_property(results)) or waiting),
    )


def draw_chain(results: Results, title: str) -> Figure:
    """The stages as boxes, and what flows between them as arrows."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT), aspect="equal")
    axes.set_axis_off()
    axes.text(0.1, HEIGHT - 0.12, title, va="top", size=TITLE + 1, weight="bold", color=INK)
    for box in boxes(results):
        _draw_box(axes, box)
    left, right, middle = 0.0, BOX[0], BOX[1] / 2
    for column in (0, 1, 2):
        _arrow(axes, (column, 0, right, middle), (column + 1, 0, left, middle))
        _arrow(axes, (column + 1, 1, left, middle), (column, 1, right, middle))
    below, above = 0.0, BOX[1]
    _arrow(axes, (3, 0, 0.5, below), (3, 1, 0.5, above), "structures\nto compute")
    _arrow(axes, (3, 1, 1.3, above), (3, 0, 1.3, below), "learn,\nor stop")
    _arrow(axes, (2, 0, 0.9, below), (2, 1, 0.9, above), "charges, Hessian,\ndispersion")
    if _has_rounds(results):
        _loop(
            axes, (1, 1, 0.95, below), (3, 1, 0.95, below), "more points: neighbours in the liquid"
        )
    return figure


def _matter(results: Results) -> Iterator[str]:
    species = results["species"]
    yield results["title"]
    if len(species) > 1:
        yield f"{len(species)} species"
    for each in species.values() if len(species) == 1 else ():
        yield each["smiles"] or "from a file"
    yield f"protocol {results['protocol']}"


def _species(results: Results) -> Iterator[str]:
    found = results["species"]
    if len(found) > 1:
        for name, species in [*found.items()][: LINES - (len(found) > LINES)]:
            yield f"{name}: {species['fraction']:.3g}, {_count(species['atom_types'], 'type')}"
        if len(found) > LINES:
            yield f"and {len(found) - LINES + 1} more"
        return
    for species in found.values():
        yield f"{species['atoms']} atoms, {_count(species['atom_types'], 'type')}"
        kinds = [kind for kind in ("bond", "angle", "dihedral", "improper") if species[kind]]
        yield "term types:" if kinds else "no bonded terms"
        for some in kinds[:2], kinds[2:]:
            if some:
                yield ", ".join(_count(species[name], name) for name in some)


def _reference(results: Results) -> Iterator[str]:
    if not (dipoles := results["dipoles"]):
        return
    yield from results["levels"]["reference"].split(" // ")
    if len(dipoles) == 1:
        (phases,) = dipoles.values()
        yield f"dipole {phases['gas']['qm']:.2f} D,"
        yield f"of the charges {phases['gas']['charges']:.2f} D"
    else:
        off = [abs(each["gas"]["charges"] - each["gas"]["qm"]) for each in dipoles.values()]
        yield "dipoles of the charges:"
        yield f"up to {max(off):.2f} D off"


def _scans(results: Results) -> Iterator[str]:
    if scans := results["scans"]:
        pairs = sum(scan["kind"] == "pair" for scan in scans)
        yield f"{len(scans) - pairs} of the molecule"
        yield f"{pairs} of pairs of molecules"
        yield f"{sum(scan['status'] == 'converged' for scan in scans)} of {len(scans)} converged"
        points = sum(scan["points"] for scan in scans)
        yield f"{points / len(scans):.1f} points each"


def _points(results: Results) -> Iterator[str]:
    qm = results["qm"]
    yield f"{qm['points']} points, {qm['failed_points']} failed"
    for part in ("molecule", "dimers"):
        yield f"{part}: {results['levels'][part].split(' // ')[0]}"
    yield f"{qm['cached_points']} cached; {qm['cpu_seconds']:.0f} CPU-s"


def _force_field(results: Results) -> Iterator[str]:
    if field := results["force_field"]:
        yield _count(sum(len(term["parameters"]) for term in field["terms"]), "parameter")
        yield "RMSE in kcal/mol:"
        found = _diagnostics(results)
        for label, kind in (("molecule", "energy"), ("dimers", "interaction")):
            error = found.total(kind) if found else None
            if error and error.prior is not None:
                start, end = (each / KCAL_PER_MOL for each in (error.prior, error.fitted))
                yield f"{label} {start:.2f} → {end:.2f}"


def _diagnostics(results: Results) -> Diagnostics | None:
    plain = (results["force_field"] or {}).get("diagnostics")
    return assemble(Diagnostics, plain, {}) if plain else None


def _has_rounds(results: Results) -> bool:
    """Whether there are points of a liquid."""
    found = _diagnostics(results)
    errors = found.by_origin("interaction") if found else ()
    return any(each.origin is not None and each.origin.sampling == "liquid" for each in errors)


def _dynamics(results: Results) -> Iterator[str]:
    if found := _first_property(results):
        production = found["production"]
        liquids = [each for each in results["simulations"].values() if each["phase"] == "liquid"]
        for liquid in liquids[:1]:
            yield f"LAMMPS, {sum(liquid['molecules'].values())} molecules"
        yield f"{found['temperature']:g} K, {found['pressure']:g} bar"
        yield f"{_count(len(production), 'run')} of {max(production):.0f} ps"


def _property(results: Results) -> Iterator[str]:
    for label, found in [*results["properties"].items()][:1]:
        error = found.get("uncertainty", found["standard_error"])
        yield f"{with_error(found['value'], error, 3)} {_unit(found)}"
        if measured := results["reference"].get(label):
            yield f"measured {measured['value']:#.3g} {_unit(measured)}"
            difference = f"{found['value'] / measured['value'] - 1:+.1%}"
            yield f"deviation {difference.replace('-', '−')}"
    if (more := len(results["properties"]) - 1) > 0:
        yield f"and {_count(more, 'other')}"


def _first_property(results: Results) -> Results | None:
    """The one that is shown; None before there is any."""
    return next(iter(results["properties"].values()), None)


def _unit(value: Results) -> str:
    return str(value["unit"]).replace("cm3", "cm³")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _corner(column: int, row: int) -> tuple[float, float]:
    """Lower left corner of a box."""
    return 0.15 + column * STEP[0], BASE + (1 - row) * STEP[1]


def _draw_box(axes: Axes, box: Box) -> None:
    x, y = _corner(box.column, box.row)
    frame = FancyBboxPatch(
        (x, y), *BOX, boxstyle="round,pad=0,rounding_size=0.08", fc="white", ec=box.colour, lw=1.3
    )
    axes.add_patch(frame)
    axes.text(
        x + 0.1, y + BOX[1] - 0.09, box.title, va="top", size=BODY, weight="bold", color=box.colour
    )
    axes.text(
        x + 0.1,
        y + BOX[1] - 0.33,
        "\n".join(box.lines),
        va="top",
        size=SMALL,
        color=INK,
        linespacing=1.4,
    )


Place = tuple[int, int, float, float]  # column and row of a box, and where on it, inches


def _point(place: Place) -> tuple[float, float]:
    x, y = _corner(*place[:2])
    return x + place[2], y + place[3]


def _arrow(axes: Axes, start: Place, end: Place, label: str = "") -> None:
    (x0, y0), (x1, y1) = _point(start), _point(end)
    axes.add_patch(
        FancyArrowPatch(
            (x0, y0),
            (x1, y1),
            arrowstyle="-|>",
            mutation_scale=11,
            color=GREY,
            shrinkA=2,
            shrinkB=2,
        )
    )
    if label:
        x, y = (x0 + x1) / 2 + 0.07, (y0 + y1) / 2
        axes.text(x, y, label, va="center", size=SMALL - 0.5, color=GREY, style="italic")


def _loop(axes: Axes, start: Place, end: Place, label: str) -> None:
    """An arrow from under one box to under another."""
    (x0, y0), (x1, y1) = _point(start), _point(end)
    axes.plot([x0, x0, x1], [y0, y0 - 0.25, y0 - 0.25], color=GREY, lw=1)
    axes.add_patch(
        FancyArrowPatch(
            (x1, y1 - 0.25), (x1, y1), arrowstyle="-|>", mutation_scale=11, color=GREY, shrinkA=0
        )
    )
    axes.text(
        (x0 + x1) / 2,
        y0 - 0.31,
        label,
        ha="center",
        va="top",
        size=SMALL - 0.5,
        color=GREY,
        style="italic",
    )
