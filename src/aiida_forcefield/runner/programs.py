"""Which programs a job needs, and whether the compute environment has them."""

import re
from importlib.metadata import PackageNotFoundError, version

from .engines import find_engine
from .job import Job
from .parameters import GUESS, engines_of, needs_guess
from .status import ProgramError

OLDEST = {
    "numpy": "1.24",
    "pyscf": "2.14",
    "pyscf-dispersion": "1.7",
    "tblite": "0.8",
    "geometric": "1.1",
    "dftd4": "4.3",
    "ase": "3.22",
}
"""The oldest version that does, of those packages of which not every version does."""


def find_programs(job: Job) -> dict[str, str]:
    """Versions of the programs that a job needs.

    Raises:
        ProgramError: one is missing or too old; the message tells the command that installs it.
    """
    found = {}
    for name in needed(job):
        wanted = f"'{name}>={OLDEST[name]}'" if name in OLDEST else name
        install = f"install it where the job runs: pip install {wanted}"
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            raise ProgramError("missing_program", f"{name} is missing; {install}") from None
        if name in OLDEST and _number(found[name]) < _number(OLDEST[name]):
            raise ProgramError("wrong_version", f"{name} {found[name]} is too old; {install}")
    if job.parameters.get("gpu"):
        found["gpu4pyscf"] = _gpu_version()
    return found


def _gpu_version() -> str:
    """Version of gpu4pyscf, of which there is a package for each version of CUDA."""
    try:
        import gpu4pyscf
    except Exception as error:  # CUDA and its libraries have many ways to be missing
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ProgramError(
            "missing_program",
            f"gpu: true needs gpu4pyscf and a GPU where the job runs ({reason}); "
            "pip install gpu4pyscf-cuda12x, or the one for its CUDA version; or leave out gpu",
        ) from None
    return str(gpu4pyscf.__version__)


def needed(job: Job) -> list[str]:
    """Names of the packages that a job needs."""
    names = ["numpy"]
    for engine, settings in engines_of(job.parameters):
        names += engine.packages(settings)
    if "relaxation" in job.parameters:
        names.append("geometric")
    if needs_guess(job.parameters):
        names += find_engine(GUESS["engine"]).packages(GUESS)
    if "reference" in job.parameters or job.parameters.get("c6"):
        names.append("dftd4")
    return list(dict.fromkeys(names))


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])
