"""A cluster on this machine: Slurm behind an SSH server, both on loopback and in one folder."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "sshd", "ssh-keygen")
PACKAGES = ("munge", "slurm-wlm", "openssh-server", "openssh-client", "openssh-sftp-server")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HOST = "cluster"
"""As the SSH client knows it."""

SLURM = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={slurmctld}
SlurmdPort={slurmd}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=1900
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=100000
ReturnToService=2
KillWait=1
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""

SSHD = """\
Port {ssh}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
MaxStartups 100
MaxSessions 100
Subsystem sftp internal-sftp
SetEnv SLURM_CONF={folder}/slurm.conf PATH={path}
"""

# Where a file says so, the answer of sbatch is long under way.
SLOW_SBATCH = """\
#!/bin/bash
{sbatch} "$@"
status=$?
[ ! -e {folder}/slow ] || sleep 60
exit $status
"""

CLIENT = """\
Host {name} 127.0.0.1
  HostName 127.0.0.1
  Port {ssh}
  User {user}
  IdentityFile {folder}/key
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/home/.ssh/known_hosts
"""


def missing_programs() -> list[str]:
    """Programs of a cluster that this machine lacks."""
    return [name for name in PROGRAMS if shutil.which(name, path=SYSTEM_PATH) is None]


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    condition: Callable[[], object], what: str, seconds: float = 30.0, pause: float = 0.1
) -> None:
    """Wait until something is so, and fail where that does not happen."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never came within {seconds:.0f} s: {what}"
        time.sleep(pause)


@dataclass
class Cluster:
    """Services of a cluster, each a process in the foreground that a test may kill and start.

    ``home`` is the HOME in which an SSH client finds the host ``cluster``.
    """

    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """HOME of a client."""
        return self.folder / "home"

    @property
    def work(self) -> Path:
        """Where jobs run."""
        return self.folder / "work"

    def prepare(self) -> None:
        """Write keys and configuration."""
        self.folder.chmod(0o755)
        for name in ("bin", "state", "spool", "home/.ssh", "work"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        host = socket.gethostname().split(".")[0]
        user = subprocess.check_output(["id", "-un"], text=True).strip()
        values = {"folder": self.folder, "host": host, "user": user, "name": HOST}
        values |= {"path": f"{self.folder}/bin:{SYSTEM_PATH}"}
        values |= {port: free_port() for port in ("slurmctld", "slurmd", "ssh")}
        (self.folder / "slurm.conf").write_text(SLURM.format(**values))
        (self.folder / "sshd_config").write_text(SSHD.format(**values))
        (self.home / ".ssh" / "config").write_text(CLIENT.format(**values))
        for key in ("key", "host_key"):
            path = self.folder / key
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path]
            subprocess.run(command, check=True)
        public = (self.folder / "host_key.pub").read_text()
        (self.home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{values['ssh']} {public}")
        sbatch = self.folder / "bin" / "sbatch"
        found = shutil.which("sbatch", path=SYSTEM_PATH)
        sbatch.write_text(SLOW_SBATCH.format(sbatch=found, folder=self.folder))
        sbatch.chmod(0o755)
        secret = self.folder / "munge.key"
        secret.write_bytes(os.urandom(1024))
        secret.chmod(0o400)

    def start(self) -> None:
        """Start all services and wait for the node."""
        for name in ("munged", "slurmctld", "slurmd", "sshd"):
            self.start_service(name)
        wait_until(lambda: "idle" in self.run("sinfo", "-h", "-o", "%T"), "an idle node")

    def start_service(self, name: str) -> None:
        """Start one service."""
        folder = self.folder
        munge = ["--force", "--foreground", f"--socket={folder}/munge.socket"]
        munge += [f"--key-file={folder}/munge.key", f"--pid-file={folder}/munge.pid"]
        munge += [f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed"]
        arguments = {
            "munged": munge,
            "slurmctld": ["-D"],
            "slurmd": ["-D"],
            "sshd": ["-D", "-e", "-f", f"{folder}/sshd_config"],
        }[name]
        program = shutil.which(name, path=SYSTEM_PATH)
        assert program
        if name == "sshd":
            Path("/run/sshd").mkdir(exist_ok=True)
        with (folder / f"{name}.out").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [program, *arguments], env=self.environment, stdout=output, stderr=output
            )
        if name == "munged":
            wait_until((folder / "munge.socket").exists, "munge's socket")

    def stop_service(self, name: str, number: int = signal.SIGTERM) -> None:
        """Stop one service; jobs that run go on."""
        process = self.processes.pop(name)
        process.send_signal(number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """Cancel all jobs and stop all services."""
        if "slurmctld" in self.processes:
            self.run("scancel", "--full", *self.jobs(), check=False)
        for name in reversed(list(self.processes)):
            self.stop_service(name)

    @property
    def environment(self) -> dict[str, str]:
        """Of the services and of Slurm's commands."""
        return {"PATH": SYSTEM_PATH, "SLURM_CONF": f"{self.folder}/slurm.conf", "LANG": "C"}

    def run(self, *command: str, check: bool = True) -> str:
        """Output of one of Slurm's commands."""
        result = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert result.returncode == 0 or not check, result.stdout + result.stderr
        return result.stdout

    def jobs(self, state: str = "all") -> list[str]:
        """Ids of the jobs that Slurm holds, of those in a state."""
        return self.run("squeue", "-h", "-o", "%i", "-t", state).split()
