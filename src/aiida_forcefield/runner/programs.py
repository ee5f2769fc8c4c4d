"""Which programs a job needs, and whether the compute environment has them."""

import re
from importlib.metadata import PackageNotFoundError, version

from .job import Job

OLDEST = {
    "numpy": "1.26",
    "pyscf": "2.14",
    "pyscf-dispersion": "1.7",
    "tblite": "0.8",
    "geometric": "1.1",
    "dftd4": "4.3",
}
"""The oldest version of each that the compute environment may have."""


class ProgramError(Exception):
    """A program is missing or too old; ``kind`` is ``missing_program`` or ``wrong_version``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def find_programs(job: Job) -> dict[str, str]:
    """Versions of the programs that a job needs.

    Raises:
        ProgramError: one is missing or too old; the message tells the command that installs it.
    """
    found = {}
    for name in needed(job):
        install = f"install it where the job runs: pip install '{name}>={OLDEST[name]}'"
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            raise ProgramError("missing_program", f"{name} is missing; {install}") from None
        if _number(found[name]) < _number(OLDEST[name]):
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
    settings = job.parameters
    relaxation = settings.get("relaxation", {})
    uses = {
        "numpy": True,
        "pyscf": True,
        "pyscf-dispersion": bool(settings.get("mean_field", {}).get("disp")),
        # Relaxations by PySCF begin with its second derivatives.
        "tblite": settings["engine"] == "tblite" or bool(relaxation),
        "geometric": bool(relaxation),
        "dftd4": "reference" in settings or bool(settings.get("c6")),
    }
    return [name for name, used in uses.items() if used]


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])
