"""What the machine did to a job, which is never a fault of what the job computes."""

from aiida.engine import ExitCode
from aiida.parsers.parser import Parser

NO_MEMORY = (
    *(
        "MemoryError",
        "Memory allocation still failed",
        "malloc(",
        "bad_alloc",
        "Failed to allocate",
    ),
    *("oom_kill", "oom-kill", "job killed: mem", "job killed: vmem"),
)
"""In the last words of Python, OpenBLAS, PySCF, C++ and LAMMPS; of Slurm's cgroups and PBS."""
NO_TIME = ("job killed: walltime",)
"""Of PBS; AiiDA knows those of Slurm."""
DISK_FULL = ("No space left on device", "Disk quota exceeded", "the disk is full")
NOT_THERE = ("No such file or directory", "command not found")
"""Of the shell, where it finds no program; of programs that miss a file of their own."""
MACHINE = (
    *(*DISK_FULL, *NOT_THERE, *NO_MEMORY),
    *("Stale file handle", "Input/output error", "Remote I/O error", "Read-only file system"),
    *("Transport endpoint is not connected", "Unexpected end of"),
    *("Could not open", "Could not read any atom", "Failed to read coordinates"),
)
"""Of programs whose machine failed: memory is short, or a file of theirs is gone or cut short."""


class JobParser(Parser):
    """A parser that tells a job whose machine failed from one that cannot be done."""

    def cut_short(self, words: str = "", done: str = "") -> ExitCode:
        """Why a job ended before it had all its results.

        Args:
            words: what its program said last; where it is empty, its standard error.
            done: how far it came, if that is known.
        """
        words = words or self.complaint
        if self.scheduler_verdict:
            return self.scheduler_verdict
        if says(words, NO_MEMORY):
            return self.exit_codes.ERROR_SCHEDULER_OUT_OF_MEMORY
        if says(words, NO_TIME):
            return self.exit_codes.ERROR_SCHEDULER_OUT_OF_WALLTIME
        reason = "; ".join(filter(None, [done, self._last_words(words)]))
        return self.exit_codes.ERROR_INCOMPLETE.format(reason=reason)

    @property
    def scheduler_verdict(self) -> ExitCode | None:
        """What the scheduler's output led to, such as 110 (memory) or 120 (walltime)."""
        if not self.node.exit_status:
            return None
        return ExitCode(self.node.exit_status, self.node.exit_message, invalidates_cache=True)

    def _last_words(self, words: str) -> str:
        if not self.retrieved.base.repository.list_object_names():
            return "its work directory was gone when it ended"
        return f"its last words were: {words.splitlines()[-1]}" if words else "it did not say why"

    @property
    def complaint(self) -> str:
        """What the job wrote to its standard error."""
        return self.text(self.node.get_option("scheduler_stderr") or "").strip()

    def text(self, name: str) -> str:
        """What is in a file that was retrieved; nothing where it is not there."""
        try:
            content: bytes = self.retrieved.base.repository.get_object_content(name, "rb")
        except OSError:
            return ""
        return content.decode(errors="replace")


def says(words: str, signs: tuple[str, ...]) -> bool:
    """Whether one of the signs is among the words of a program."""
    return any(sign in words for sign in signs)
