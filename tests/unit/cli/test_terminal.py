"""The results of a study as tables."""

from io import StringIO

import pytest
from aiida.orm import WorkChainNode
from rich.console import Console

from aiida_forcefield.cli.terminal.results import print_results
from aiida_forcefield.study.results import collect_results


def test_table_shows_errors_flags_and_deviation(hydrogen: WorkChainNode) -> None:
    console = Console(width=80, record=True, file=StringIO())
    print_results(collect_results(hydrogen), console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    words = [" ".join(line.split()) for line in text.splitlines()]
    assert "H1-H1 4.70 ± 0.10 1.900 ± 0.050* 0.7400 ± 0.0010" in words
    assert "bond H1-H1, D: at upper bound" in words
    assert any(line.startswith("1 scf_not_converged: The electronic") for line in words)
    assert "* as uncertain as its prior: the data do not determine it" in words
    assert "dimers: all 0.50 0.25 kcal/mol" in words
    assert "dimers: worst scan, pair H1-H1 0.75 0.35 kcal/mol" in words
    assert "predicted 0.8000 ± 0.0303" in words
    assert "of which statistics ± 0.0040" in words
    assert "with the pressure of pairs known to 400 bar from 40 of them ± 0.0300" in words
    assert "with the pressure beyond pairs known to 25 bar ± 0.0020" in words
    assert "with +312 bar outwards from three-body dispersion" in words
    assert "with -95 bar outwards from induction beyond pairs" in words
    assert "measured (a handbook) 0.7863" in words
    assert "deviation +1.7%" in words
    be_careful = words.index("Be careful")
    assert words[be_careful + 1] == "- 1 of 3 QM points failed."
    assert words[be_careful + 2].startswith("- The pressure of pairs is known to 400 bar, not")


@pytest.mark.parametrize(
    ("flaw", "expected"),
    [
        (None, "bond H1-H1: uncertain by 14% of its window, after 16 points"),
        ("the energy jumps", "bond H1-H1: the energy jumps, after 16 points"),
    ],
)
def test_table_says_why_a_scan_has_not_converged(
    hydrogen: WorkChainNode, flaw: str | None, expected: str
) -> None:
    scan = {"name": "bond H1-H1", "status": "unmet", "error_estimate": 0.137, "points": 16}
    results = collect_results(hydrogen) | {"scans": [{**scan, "flaw": flaw}]}
    console = Console(width=80, record=True, file=StringIO())
    print_results(results, console)
    text = console.export_text()
    assert "1 scans, 0 converged" in text
    assert expected in text
