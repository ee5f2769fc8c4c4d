"""From a valid study to a process of the daemon."""

from typing import TYPE_CHECKING, Any

from aiida_forcefield.study.errors import InputError

if TYPE_CHECKING:
    from aiida.orm import AbstractCode, ProcessNode

    from aiida_forcefield.data import ForceFieldData
    from aiida_forcefield.study.file import StudyFile

AT_A_TIME = 4
"""Studies, where nothing is noted of the computer."""
_ATTEMPTS = 6
"""To reach the broker, of ten seconds each: on a busy machine it takes more than one to start."""


def find_codes(profile: str, file: "StudyFile") -> dict[str, "AbstractCode"]:
    """The codes of a study.

    Raises:
        InputError: profile, daemon or a code is missing.
    """
    from aiida_forcefield.study.aiida_profile import find_code, load, require_daemon

    load(profile)
    codes = {role: find_code(role, label) for role, label in file.codes.items()}
    require_daemon(profile)
    return codes


def find_points(pk: int, file: "StudyFile") -> "ForceFieldData":
    """The force field of study PK, whose points another study of its species is to fit.

    Raises:
        InputError: there is none, or it is of other species or another level of QM.
    """
    from aiida_forcefield.study.aiida_profile import find_study
    from aiida_forcefield.workflows.earlier import earlier_of
    from aiida_forcefield.workflows.protocols.check import QM_SECTIONS

    study, where = find_study(pk), f"--points-of: study {pk}"
    if "force_field" not in study.outputs:
        raise InputError(f"{where} has no force field yet; see `status {pk}`")
    field: ForceFieldData = study.outputs.force_field
    try:
        earlier = earlier_of(field)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    if not earlier.is_of(file.system()):
        raise InputError(f"{where} is of {study.inputs.title.value}; allowed: one of {file.title}")
    for part in QM_SECTIONS:
        done = study.inputs.fit.parameters.get(part)
        if (done.get_dict() if done else None) != file.settings.get(part):
            raise InputError(
                f"{where} has other QM ({part}); allowed: the protocol and overrides of its QM"
            )
    return field


def submit_study(
    profile: str, file: "StudyFile", points_of: "ForceFieldData | None" = None
) -> "ProcessNode":
    """Submit a valid study to the daemon of a profile.

    With `points_of` it fits what that force field was fitted to.

    Raises:
        InputError: profile, daemon, broker or a code is missing, or the study does not fit them.
    """
    from aiida.engine import submit

    from aiida_forcefield.study.launched import fingerprint
    from aiida_forcefield.study.resources import defaults_of
    from aiida_forcefield.workflows.material import MaterialWorkChain

    study, codes = file.study, find_codes(profile, file)
    try:
        builder: Any = MaterialWorkChain.get_builder_from_protocol(
            title=file.title,
            species=file.sources(),
            mixture=file.mixture(),
            codes=codes,
            protocol=study.protocol,
            properties=study.properties,
            overrides=study.overrides,
            reference={name: value.model_dump() for name, value in study.reference.items()},
            options=_options(file, codes),
            points_of=points_of,
        )
    except ValueError as error:
        raise InputError(f"{file.path}: {error}") from None
    builder.metadata.label = file.title
    builder.metadata.description = fingerprint(file, points_of)
    if limit := defaults_of(codes["qm"]).get("jobs"):
        builder.fit.max_concurrent = min(builder.fit.max_concurrent.value, limit)
    _connect_anew(profile)
    return submit(builder)


def _connect_anew(profile: str) -> None:
    """Look for the broker once more.

    Whoever submits one study after another may outlive a broker: with ZeroMQ, any restart of the
    daemon brings another one, and what is handed to the one before never begins.

    Raises:
        NoDaemonError: it does not answer, as when it is just being started.
    """
    from aiida.manage import get_manager

    from aiida_forcefield.study.aiida_profile import NoDaemonError

    manager = get_manager()
    for attempt in range(1, _ATTEMPTS + 1):
        manager.reset_broker()
        manager.reset_runner()
        try:
            manager.get_runner()
            return
        except (ConnectionError, TimeoutError) as error:
            if attempt == _ATTEMPTS:
                raise NoDaemonError(
                    f"the broker of profile {profile!r} does not answer: {error}; see "
                    f"`verdi -p {profile} daemon status`"
                ) from None


def _options(file: "StudyFile", codes: dict[str, "AbstractCode"]) -> dict[str, dict[str, Any]]:
    from aiida_forcefield.study.resources import job_options

    asked = {role: step.model_dump(exclude_none=True) for role, step in file.study.resources}
    asked["fit"]["tasks"] = 1  # whatever the jobs of its computer have otherwise
    options = {}
    for role, code in codes.items():
        try:
            options[role] = job_options(code, asked[role], threads=role != "md")
        except ValueError as error:
            raise ValueError(f"resources.{role}.{error}") from None
    return options


def capacity(profile: str, file: "StudyFile") -> int:
    """Number of studies at a time whose jobs the computer of a study takes."""
    from aiida_forcefield.study.resources import defaults_of

    jobs = defaults_of(find_codes(profile, file)["qm"]).get("jobs")
    if jobs is None:
        return AT_A_TIME
    return max(1, int(jobs) // int(file.settings["max_concurrent"]))
