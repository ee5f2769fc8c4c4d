"""The cache must not replay old science."""

import ast

import pytest

from tests import science


def test_versions_move_with_the_science() -> None:
    found = list(science.differences(science.recorded(), science.present()))
    assert not found, (
        f"{'; '.join(found)}. Raise SCIENCE in the file of a calcfunction, or CACHE_VERSION of a "
        "CalcJob, then run `python -m tests.science`."
    )


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("forcefield.fit_force_field", "aiida_forcefield.fitting.residuals.energy"),
        ("forcefield.learn_profile", "aiida_forcefield.surrogate.learn"),
        ("forcefield.qm", "aiida_forcefield.runner.interaction"),
        ("forcefield.measure_property", "aiida_forcefield.dynamics.statistics"),
    ],
)
def test_the_science_of_a_calculation_is_reached(
    name: str, reached: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = next(each for each in science.calculations() if each.name == name)
    before, code = science.science_of(entry), science._code
    monkeypatch.setattr(science, "_code", lambda module: code(module) + "x" * (module == reached))
    assert science.science_of(entry) != before


def test_comments_and_docstrings_are_no_science() -> None:
    bare = science._code("aiida_forcefield.units")
    assert "Physical constants" not in bare
    assert ast.dump(ast.parse("1")) not in ("", bare)
