"""The folder of a study's results: force field, numbers and pictures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aiida_forcefield.cli.files.programs import line, program_files, write_files
from aiida_forcefield.study.errors import InputError

if TYPE_CHECKING:
    from aiida.orm import ProcessNode
    from matplotlib.figure import Figure

    from aiida_forcefield.study.results import Results

MEANING = {
    "results.json": "all numbers, with all digits",
    "profiles.png": "every scan: QM, surrogate, force field",
    "dimers.png": "interaction energies: force field against QM",
    "chain.png": "the chain of this study",
}


def write_folder(
    study: "ProcessNode", results: "Results", folder: Path, program: str
) -> Iterator[str]:
    """Write all files of a study that has a force field; yields a line on each.

    Raises:
        InputError: the folder cannot be written, or the MD program cannot say the force field.
    """
    outputs = study.outputs
    files = program_files(
        program,
        outputs.force_field.value,
        outputs.system.value,
        {name: node.value.positions[0] for name, node in outputs.references.items()},
    )
    yield from write_files(folder, files)
    try:
        (folder / "results.json").write_text(
            json.dumps(results, indent=2, ensure_ascii=False) + "\n"
        )
        yield line(folder, "results.json", MEANING["results.json"])
        for name, figure in _pictures(study, results):
            from aiida_forcefield.style import DPI

            figure.savefig(folder / name, dpi=DPI)
            yield line(folder, name, MEANING[name])
    except OSError as error:
        raise InputError(f"--output: cannot write to {folder}: {error.strerror}") from None
    yield from _pressure(results)


def _pressure(results: "Results") -> Iterator[str]:
    """At which pressure a liquid of these files has the density of the study."""
    for label, result in results["properties"].items():
        if outward := result.get("three_body_pressure"):
            pressure = result["pressure"] - outward
            yield f"for the {label} of this study set the barostat to {pressure:.0f} bar,"
            yield "since these files lack three-body dispersion (docs/how-to/export.md)"


def _pictures(study: "ProcessNode", results: "Results") -> Iterator[tuple[str, "Figure"]]:
    from aiida_forcefield.report import draw_chain, draw_dimers, draw_profiles
    from aiida_forcefield.study.findings import collect_dimers, collect_profiles

    name = f"{results['title']}, protocol {results['protocol']}"
    profiles, dimers = collect_profiles(study), collect_dimers(study)
    yield "profiles.png", draw_profiles(profiles, f"{name}: profiles")
    yield "dimers.png", draw_dimers(dimers, f"{name}: two molecules")
    yield "chain.png", draw_chain(results, f"{name}: the chain")
