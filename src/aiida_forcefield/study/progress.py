"""How far a study has come, read from the provenance graph."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from aiida_forcefield.study.aiida_profile import verdi
from aiida_forcefield.study.launched import IMPRECISE, standing

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

STALL_SECONDS = 600.0
UNBORN_SECONDS = 120.0
SET_BACK_SECONDS = 60.0
ENDED = ("finished", "excepted", "killed")


@dataclass(frozen=True)
class Progress:
    """A look at a study.

    Attributes:
        pk: of the study.
        state: ``finished``, ``failed``, or that of a process that goes on, such as ``waiting``.
        stage: what runs now, such as ``forcefield.scan (3), forcefield.qm (2)``.
        done: number of finished processes of each kind.
        failed: number of processes of each kind that did not end well.
        points: number of QM points.
        cached_points: how many of them the cache supplied.
        idle_seconds: time since anything last happened.
        silent_seconds: time since the engine last touched any process, if only to look at a job.
        message: what a finished study lacks, or why it failed, or "".
        paused: number of processes that the engine paused, as their machine did not answer.
        unborn: number of processes that were submitted long ago and have never begun.
        ahead_seconds: by how much the last event lies in the future.
    """

    pk: int
    state: str
    stage: str
    done: dict[str, int]
    failed: dict[str, int]
    points: int
    cached_points: int
    idle_seconds: float
    silent_seconds: float
    message: str
    paused: int = 0
    unborn: int = 0
    ahead_seconds: float = 0.0

    @property
    def over(self) -> bool:
        """Whether the study has ended, well or not."""
        return self.state in ("finished", "failed")

    @property
    def stalled(self) -> bool:
        """Whether the engine itself is silent; a job may run for hours without an event."""
        return not self.over and self.silent_seconds > STALL_SECONDS

    def summary(self) -> str:
        """One line."""
        scans = self.done.get("forcefield.scan", 0)
        text = f"{self.stage or self.state}; {scans} scans done; {self.points} QM points"
        if self.cached_points:
            text += f" ({self.cached_points} from the cache)"
        text += f"; last event {_duration(self.idle_seconds)} ago"
        if self.stalled:
            text += (
                f"; STALLED? see `{verdi()} daemon status` and `{verdi()} process report "
                f"{self.pk}`; `{verdi()} process repair` revives lost tasks"
            )
        return text

    def advice(self) -> list[str]:
        """What only the user can do, if anything."""
        report = []
        if self.paused:
            report.append(
                f"{self.paused} paused, as their machine did not answer: mend that, then "
                f"`{verdi()} process play --all`"
            )
        if self.unborn:
            report.append(
                f"{self.unborn} never begun, as after a crash of the broker: `{verdi()} daemon "
                f"stop`, `{verdi()} process repair`, `{verdi()} daemon start`"
            )
        if not self.over and self.ahead_seconds > SET_BACK_SECONDS:
            report.append(
                f"last event {_duration(self.ahead_seconds)} in the future, as where the clock was "
                f"set back: `{verdi()} daemon restart`, or no new job is looked at until then"
            )
        return report

    def lines(self) -> list[str]:
        """The whole report."""
        report = [f"study {self.pk}: {self.state}", self.summary()]
        report += [f"  {count:4d} {kind} done" for kind, count in sorted(self.done.items())]
        report += [f"  {count:4d} {kind} failed" for kind, count in sorted(self.failed.items())]
        report += self.advice()
        return report + ([self.message] if self.message else [])


def snapshot(study: "ProcessNode") -> Progress:
    """Look at a study now."""
    from aiida.common import timezone
    from aiida.orm import ProcessNode, QueryBuilder

    from aiida_forcefield.study.graph import RESTARTING, descendants, qm_batches
    from aiida_forcefield.workflows.submission import GIVEN_UP

    processes = descendants(study.pk)
    columns = ["process_type", "attributes.process_state", "attributes.exit_status"]
    columns += ["attributes.process_status", "attributes.paused", "ctime", "mtime"]
    query = QueryBuilder().append(ProcessNode, filters={"id": {"in": processes}}, project=columns)
    rows = query.all() if processes else []
    now = timezone.now()

    def never_begun(state: str | None, created: datetime) -> bool:
        return state == "created" and (now - created).total_seconds() > UNBORN_SECONDS

    own_state, message = standing(study)
    paused, unborn = int(study.paused), int(never_begun(own_state, study.ctime))
    running: Counter[str] = Counter()
    done: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    last: datetime = study.mtime if study.is_terminated else study.ctime
    touched: list[datetime] = [study.mtime]
    for process_type, state, exit_status, status, is_paused, created, changed in rows:
        if state not in ENDED:
            paused += bool(is_paused)
            unborn += never_begun(state, created)
        if status == GIVEN_UP or process_type in RESTARTING:  # another took its place
            continue
        kind = (process_type or "").rsplit(":", 1)[-1]
        active = state not in ENDED  # nor has one a state that is only just being stored
        # AiiDA touches a waiting job at every look at the scheduler: that is no event.
        last = max(last, created if active else changed)
        touched.append(changed)
        if active:
            running[kind] += 1
        elif state == "finished" and exit_status in (0, *IMPRECISE.get(kind, ())):
            done[kind] += 1
        else:
            failed[kind] += 1
    past = max((moment for moment in touched if moment <= now), default=now)
    batches = qm_batches(processes)
    return Progress(
        pk=cast(int, study.pk),
        state=own_state,
        stage=", ".join(f"{kind} ({count})" for kind, count in sorted(running.items())),
        done=dict(done),
        failed=dict(failed),
        points=sum(len(batch.statuses) for batch in batches),
        cached_points=sum(len(batch.statuses) for batch in batches if batch.cached),
        idle_seconds=max(0.0, (now - last).total_seconds()),
        silent_seconds=(now - past).total_seconds(),
        message=message,
        paused=paused,
        unborn=unborn,
        ahead_seconds=max(0.0, (max(touched) - now).total_seconds()),
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
