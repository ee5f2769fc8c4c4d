"""A machine that jobs are sent to: its computer and codes in AiiDA, and whether they work."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from aiida_forcefield.study.aiida_profile import LABELS, PLUGINS
from aiida_forcefield.study.errors import InputError

if TYPE_CHECKING:
    from aiida.orm import Computer

# AiiDA's daemon hands its own PYTHONPATH down, with which programs of the compute environment
# would import AiiDA's packages. Jobs side by side use the cores better than threads within one.
PREPEND_TEXT = "export OMP_NUM_THREADS=1\nunset PYTHONPATH"


@dataclass(frozen=True)
class Machine:
    """What AiiDA has to know of a machine.

    Attributes:
        hostname: as SSH knows it; also the label of the computer.
        transport, scheduler: names of AiiDA's plugins.
        workdir: absolute path of the folder in which jobs run; ``{username}`` is filled in.
        python, lammps: absolute paths of the programs there.
        prepend: shell lines in front of each job, such as ``module load lammps``.
        tasks: cores of a job.
    """

    hostname: str
    transport: str
    scheduler: str
    workdir: str
    python: str
    lammps: str
    prepend: str
    tasks: int

    @property
    def programs(self) -> dict[str, str]:
        """The program of the code of each role there."""
        return {"qm": self.python, "md": self.lammps, "openmm": self.python}

    def configuration(self) -> dict[str, dict[str, Any]]:
        """What ``verdi computer setup`` and ``verdi code create`` read, by the name of its file."""
        return {
            "computer": {
                "label": self.hostname,
                "hostname": self.hostname,
                "description": f"{self.scheduler} through {self.transport}",
                "transport": self.transport,
                "scheduler": self.scheduler,
                "shebang": "#!/bin/bash",
                "work_dir": self.workdir,
                "mpirun_command": "mpirun -np {tot_num_mpiprocs}",
                **({} if self.scheduler == "core.sge" else {"mpiprocs_per_machine": self.tasks}),
                "use_double_quotes": False,
                "prepend_text": self.prepend,
                "append_text": "",
            },
            **{
                LABELS[role]: {
                    "label": LABELS[role],
                    "computer": self.hostname,
                    "description": "made by aiida-forcefield setup",
                    "filepath_executable": program,
                    "default_calc_job_plugin": PLUGINS[role],
                    "use_double_quotes": False,
                    "prepend_text": PREPEND_TEXT,
                    "append_text": "",
                }
                for role, program in self.programs.items()
            },
        }

    def write(self, folder: Path) -> list[Path]:
        """Write the configuration as YAML."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, content in self.configuration().items():
            paths.append(folder / f"{name}.yaml")
            paths[-1].write_text(yaml.safe_dump(content, sort_keys=False))
        return paths

    def make_computer(self) -> "Computer":
        """Store and configure the computer, as SSH is configured."""
        from aiida.orm import Computer
        from aiida.transports.cli import transport_option_default

        content = self.configuration()["computer"]
        computer = Computer(
            label=content["label"],
            hostname=content["hostname"],
            description=content["description"],
            transport_type=content["transport"],
            scheduler_type=content["scheduler"],
            workdir=content["work_dir"],
        )
        computer.set_shebang(content["shebang"])
        computer.set_mpirun_command(content["mpirun_command"].split())
        computer.set_use_double_quotes(content["use_double_quotes"])
        computer.set_append_text(content["append_text"])
        self.set_jobs(computer)
        computer.store()
        options = dict(computer.get_transport_class().auth_options)
        try:
            computer.configure(
                **{
                    name: _typed(transport_option_default(name, computer), option)
                    for name, option in options.items()
                }
            )
        except BaseException:
            assert computer.pk is not None
            Computer.collection.delete(computer.pk)  # or the next run would keep it as it is
            raise
        return computer

    def set_jobs(self, computer: "Computer") -> None:
        """Set what may change while jobs ran already: the lines in front of each, and its cores."""
        computer.set_prepend_text(self.prepend)
        if self.scheduler != "core.sge":
            computer.set_default_mpiprocs_per_machine(self.tasks)

    def compare(self, computer: "Computer") -> None:
        """Compare with a computer of the same name that was made before.

        Raises:
            InputError: it is another one.
        """
        before = (computer.transport_type, computer.scheduler_type, computer.get_workdir())
        if before != (self.transport, self.scheduler, self.workdir):
            raise InputError(
                f"--hostname: there is a computer {self.hostname} already, {', '.join(before)}; "
                f"to make it anew: verdi computer relabel {self.hostname} {self.hostname}-before"
            )


def _typed(value: Any, option: Mapping[str, Any]) -> Any:
    """A default of a transport's option, which AiiDA may give as a text."""
    if option.get("switch"):
        return str(value) == "True"
    kind = option.get("type")
    return kind(value) if kind in (int, float) and value != "" else value
