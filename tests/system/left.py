"""Run by `verdi run`: work directories that jobs of a study left although they ended well, as JSON.

left.py PK
"""

import json
import sys
from pathlib import Path

from aiida.orm import CalcJobNode, load_node

study = load_node(int(sys.argv[1]))
jobs = [job for job in study.called_descendants if isinstance(job, CalcJobNode)]
folders = [Path(job.get_remote_workdir()) for job in jobs if job.is_finished_ok]
print(json.dumps([str(folder) for folder in folders if (folder / "_aiidasubmit.sh").exists()]))
