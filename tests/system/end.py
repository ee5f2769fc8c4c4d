"""Run by `verdi run`, while no daemon runs: ends a process as if it had been killed."""

import sys

from aiida.orm import load_node

process = load_node(int(sys.argv[1]))
process.set_process_state("killed")
process.delete_checkpoint()
process.seal()
