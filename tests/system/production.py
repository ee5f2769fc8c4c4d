"""PostgreSQL and RabbitMQ as `setup_scripts/services.sh` makes them."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .cluster import wait_until

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "setup_scripts" / "services.sh"


def missing_servers() -> list[str]:
    """Programs of the services that this machine lacks."""
    found = {
        "pg_ctl": any(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")),
        "rabbitmq-server": Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists(),
        "openssl": shutil.which("openssl"),
    }
    return [name for name, there in found.items() if not there]


@dataclass(frozen=True)
class Services:
    """Both servers, in one folder."""

    folder: Path

    def run(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """Output of the script."""
        result = subprocess.run(
            [SCRIPT, *arguments],
            env={**(environment or os.environ), "AIIDA_FORCEFIELD_SERVICES": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    @property
    def secrets(self) -> dict[str, str]:
        """Ports and passwords."""
        text = (self.folder / "secrets.env").read_text()
        return dict(re.findall(r"^(\w+)=(\w+)$", text, re.MULTILINE))

    def kill_rabbitmq(self) -> None:
        """End RabbitMQ as no server should be ended."""
        (path,) = (self.folder / "rabbitmq").glob("pid")
        os.kill(int(path.read_text()), 9)

    def end_postgres(self) -> None:
        """End PostgreSQL and with it all connections, at once."""
        data = self.folder / "postgres" / "data"
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, 2)  # the "fast" shutdown
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the end of PostgreSQL")
