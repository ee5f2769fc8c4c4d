"""Run by `verdi run`: submits a batch of points of water or a leg, or tells what became of it.

batch.py submit COMPUTER POINTS OPTIONS FIRST PARAMETERS    prints the PK
batch.py leg COMPUTER OPTIONS SEED                          prints the PK
batch.py report PK                                          prints JSON
"""

import json
import sys

import numpy as np
from aiida.engine import submit
from aiida.orm import CalcJobNode, Dict, load_code, load_node

from aiida_forcefield.data import StructuresData
from aiida_forcefield.scans import Cluster, Origin, Structures
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.workflows.job import MdWorkChain
from aiida_forcefield.workflows.qm import QmWorkChain
from tests.argon import leg


def submit_batch(computer: str, points: str, options: str, first: str, parameters: str) -> int:
    """Water, stretched by factors that no other batch has, so that nothing comes from the cache."""
    water = from_smiles("O")
    factors = float(first) + 0.001 * np.arange(int(points))
    positions = np.array([water.conformers[0] * factor for factor in factors])
    qm = {
        "code": load_code(f"compute@{computer}"),
        "structures": StructuresData(
            Structures.rigid(Origin("thermal"), Cluster.of(water), positions)
        ),
        "parameters": Dict(json.loads(parameters)),
        "metadata": {"options": json.loads(options)},
    }
    return submit(QmWorkChain, qm=qm).pk


def submit_leg(computer: str, options: str, seed: str) -> int:
    """Argon, with velocities that no other leg has."""
    job = {
        "code": load_code(f"lammps@{computer}"),
        "metadata": {"options": json.loads(options)},
        **leg(seed=int(seed)),
    }
    return submit(MdWorkChain, job=job).pk


def report(pk: str) -> dict[str, object]:
    """How the batch or leg stands, and what its jobs did."""
    batch = load_node(int(pk))
    jobs = sorted((j for j in batch.called if isinstance(j, CalcJobNode)), key=lambda job: job.pk)
    parts = [job.outputs.points.value for job in jobs if "points" in job.outputs]
    points = batch.outputs.points.value if "points" in batch.outputs else None
    return {
        "state": batch.process_state.value,
        "exit_status": batch.exit_status,
        "statuses": points.statuses if points else [],
        "energies": points.energies.tolist() if points else [],
        "computed": int(sum(part.ok.sum() for part in parts)),
        "jobs": [
            {
                "exit_status": job.exit_status,
                "job_id": job.get_job_id(),
                "folder": job.get_remote_workdir(),
                "state": job.process_state.value if job.process_state else "created",
                "paused": job.paused,
                "seconds": job.get_option("max_wallclock_seconds"),
                "kilobytes": job.get_option("max_memory_kb"),
            }
            for job in jobs
        ],
    }


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    commands = {"submit": submit_batch, "leg": submit_leg, "report": report}
    print(json.dumps(commands[command](*arguments)))
