"""The AiiDA profile that a command works in, and what must be there before a study starts."""

from typing import TYPE_CHECKING

from aiida_forcefield.study.errors import InputError

if TYPE_CHECKING:
    from aiida.manage.configuration import Profile
    from aiida.orm import AbstractCode, ProcessNode

STUDY = "aiida.workflows:forcefield.material"
"""Process type of a study."""
PLUGINS = {
    "qm": "forcefield.qm",
    "md": "forcefield.md",
    "openmm": "forcefield.openmm",
    "fit": "forcefield.fit_force_field",
}
"""Default plugin of the code of each role."""
LABELS = {"qm": "compute", "md": "lammps", "openmm": "openmm", "fit": "forcefield"}
"""Of the codes that `setup` registers."""


class NoDaemonError(InputError):
    """The daemon of a profile, or its broker, is not running."""


def load(name: str) -> "Profile":
    """Load the profile.

    Raises:
        InputError: there is no such profile, or its storage cannot be opened.
    """
    from aiida import load_profile
    from aiida.common.exceptions import AiidaException
    from aiida.manage.configuration import get_config

    known = get_config(create=True).profile_names
    if name not in known:
        raise InputError(
            f"profile {name!r} does not exist; existing: {', '.join(known) or 'none'}; "
            "`aiida-forcefield setup` makes one"
        )
    try:
        return load_profile(name, allow_switch=True)
    except AiidaException as error:
        raise InputError(f"profile {name!r} cannot be loaded: {error}") from None


def loaded() -> "Profile":
    """The profile that was loaded before."""
    from aiida.manage import get_manager

    profile = get_manager().get_profile()
    assert profile is not None
    return profile


def require_daemon(name: str) -> None:
    """Check that the daemon of the profile runs, without which a study would wait for ever.

    Raises:
        NoDaemonError: it does not.
    """
    from aiida.engine.daemon.client import get_daemon_client

    if not get_daemon_client(name).is_daemon_running:
        raise NoDaemonError(
            f"the daemon of profile {name!r} is not running; "
            f"start it with `aiida-forcefield -p {name} setup` or `verdi -p {name} daemon start`"
        )


def verdi() -> str:
    """AiiDA's own command for the loaded profile, which need not be the user's default."""
    return f"verdi -p {loaded().name}"


def find_code(role: str, label: str) -> "AbstractCode":
    """The code with a label.

    Args:
        role: ``qm``, ``md``, ``openmm`` or ``fit``.
        label: such as ``compute@localhost``.

    Raises:
        InputError: no such code, several, or one that runs another program.
    """
    from aiida.common.exceptions import MultipleObjectsError, NotExistent
    from aiida.orm import load_code

    try:
        code = load_code(label)
    except NotExistent:
        raise InputError(
            f"codes.{role}: there is no code {label!r}; `aiida-forcefield setup` registers "
            f"{', '.join(f'{each}@localhost' for each in LABELS.values())}; `{verdi()} code list` "
            "shows all"
        ) from None
    except (MultipleObjectsError, ValueError) as error:
        raise InputError(f"codes.{role}: {label!r} is no code: {error}") from None
    if code.default_calc_job_plugin != PLUGINS[role]:
        raise InputError(
            f"codes.{role}: {label!r} is a code for {code.default_calc_job_plugin or 'no plugin'}; "
            f"allowed: a code whose default plugin is {PLUGINS[role]}"
        )
    return code


def find_study(pk: int) -> "ProcessNode":
    """The process node of a launched study.

    Raises:
        InputError: no node has this PK, or it is no study.
    """
    from aiida.common.exceptions import NotExistent
    from aiida.orm import ProcessNode, load_node

    try:
        node = load_node(pk)
    except NotExistent:
        raise InputError(f"PK {pk}: there is no such node in this profile") from None
    if not isinstance(node, ProcessNode) or node.process_type != STUDY:
        studies = f"`{verdi()} process list -a -L MaterialWorkChain`"
        raise InputError(f"PK {pk} is a {type(node).__name__}, no study; {studies} shows them")
    return node
