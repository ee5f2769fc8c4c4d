"""The science behind each calculation, as a hash beside its version.

AiiDA's cache takes a calculation for the same as an earlier one if its inputs and its version are.
So whoever changes what a calculation computes raises its version: `SCIENCE` in the file of a
calcfunction, `CACHE_VERSION` of a CalcJob. `science.json` has for each calculation its version, and
the hash of all code of the science that it reaches by imports, without comments and docstrings.

    python -m tests.science                    # after versions were raised: write the new hashes
    python -m tests.science --unchanged NAME   # where the code of NAME changed and no result did
"""

import ast
import hashlib
import json
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import isclass
from pathlib import Path

import grimp

MANIFEST = Path(__file__).parent / "science.json"
SOURCE = Path(__file__).parents[1] / "src"
FLOORS = {
    *("topology", "scans", "surrogate", "potentials", "fitting", "dynamics", "properties"),
    *("jobs", "runner", "serial", "units"),
}
SHIPPED = {"forcefield.qm": "runner", "forcefield.openmm": "dynamics.openmm_job"}
"""Packages and modules that a job takes along without importing them."""
Manifest = dict[str, dict[str, int | str | None]]


def calculations() -> Iterator[EntryPoint]:
    """Our calcfunctions and CalcJobs."""
    for entry in entry_points(group="aiida.calculations"):
        if entry.name.startswith("forcefield."):
            yield entry


def version_of(entry: EntryPoint) -> int | None:
    """That of a calculation; a CalcJob begins without one.

    Raises:
        AttributeError: it has none.
    """
    found = entry.load()
    version: int | None = (
        found.CACHE_VERSION if isclass(found) else import_module(entry.module).SCIENCE
    )
    return version


@cache
def _graph() -> grimp.ImportGraph:
    graph = grimp.build_graph("aiida_forcefield")
    for module in {"aiida_forcefield.data", *graph.find_descendants("aiida_forcefield.data")}:
        graph.remove_module(module)  # knows all that nodes hold, and computes nothing
    return graph


def science_of(entry: EntryPoint) -> str:
    """Hash of all modules of the science that a calculation reaches, its own included."""
    reached = {entry.module, *_graph().find_upstream_modules(entry.module)}
    if package := SHIPPED.get(entry.name):
        root = f"aiida_forcefield.{package}"
        reached |= _graph().find_descendants(root) or {root}
    chosen = [
        module
        for module in sorted(reached)
        if module == entry.module
        or module.removeprefix("aiida_forcefield.").split(".")[0] in FLOORS
    ]
    return hashlib.sha256("".join(map(_code, chosen)).encode()).hexdigest()[:16]


@cache
def _code(module: str) -> str:
    """A module's syntax tree without docstrings."""
    path = SOURCE.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _is_docstring(each)]  # type: ignore[attr-defined]
    return f"{module}\n{ast.dump(tree)}\n"


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def present() -> Manifest:
    """Versions and hashes as they are now."""
    return {
        entry.name: {"version": version_of(entry), "science": science_of(entry)}
        for entry in sorted(calculations())
    }


def recorded() -> Manifest:
    """Versions and hashes as they were last written."""
    manifest: Manifest = json.loads(MANIFEST.read_text()) if MANIFEST.exists() else {}
    return manifest


def differences(before: Manifest, now: Manifest) -> Iterator[str]:
    """What moved without the other, one sentence each."""
    for name in sorted({*before, *now}):
        if name not in now:
            yield f"{name} is gone"
        elif name not in before:
            yield f"{name} is new"
        elif before[name] != now[name]:
            moved = [key for key in ("version", "science") if before[name][key] != now[name][key]]
            yield f"{name}: {' and '.join(moved)} changed"


def main() -> None:
    """Write the manifest, unless a version stayed where the science moved."""
    unchanged = sys.argv[2:] if sys.argv[1:2] == ["--unchanged"] else []
    before, now = recorded(), present()
    stale = [
        name
        for name, entry in now.items()
        if name in before
        and entry["science"] != before[name]["science"]
        and entry["version"] == before[name]["version"]
        and name not in unchanged
    ]
    if stale:
        sys.exit(
            f"The science of {', '.join(stale)} changed and the version did not. Raise SCIENCE or "
            "CACHE_VERSION; where no result changes, name them behind --unchanged."
        )
    MANIFEST.write_text(json.dumps(now, indent=2) + "\n")


if __name__ == "__main__":
    main()
