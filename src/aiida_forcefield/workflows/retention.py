"""Work directories of jobs, which nobody needs once what they hold is in the graph."""

from aiida.orm import CalcJobNode, ProcessNode
from aiida.orm.utils.remote import clean_mapping_remote_paths, get_calcjob_remote_paths


def clean_work_directories(study: ProcessNode) -> str:
    """Remove the work directories of all jobs of a study that ended well; those of others stay.

    Jobs from the cache have none of their own. A machine that does not answer keeps its folders.

    Returns:
        One line on what was done.
    """
    jobs = [
        node.pk
        for node in study.called_descendants
        if isinstance(node, CalcJobNode)
        and node.is_finished_ok
        and not node.base.caching.is_created_from_cache
    ]
    # AiiDA takes no PKs for all that there are.
    found = get_calcjob_remote_paths(jobs, only_not_cleaned=True) if jobs else None
    try:
        clean_mapping_remote_paths(found or {}, silent=True)
    except Exception as error:  # of whatever transport
        return f"work directories could not be cleaned: {error}; see `verdi calcjob cleanworkdir`"
    return f"cleaned {sum(map(len, (found or {}).values()))} work directories"
