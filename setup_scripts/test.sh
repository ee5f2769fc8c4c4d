#!/usr/bin/env bash
# Sets everything up and runs all checks and tests; a profile that the user has is not touched.
set -euo pipefail

# shellcheck source=setup_scripts/environments.sh
source "$(dirname "${BASH_SOURCE[0]}")/environments.sh"

build_environments
command -v gmx_d >/dev/null || (need_packages gromacs) || say "No GROMACS: its tests are skipped"
dpkg -s gpaw &>/dev/null || (need_packages gpaw gpaw-data) || say "No GPAW: its tests are skipped"
servers=() services=true
for package in slurm-wlm munge openssh-server openssl postgresql rabbitmq-server iproute2 gcc; do
    dpkg -s "$package" &>/dev/null || servers+=("$package")
done
[[ ${#servers[@]} -eq 0 ]] || (need_servers "${servers[@]}") || services=false

AIIDA_PATH=$(mktemp -d)
export AIIDA_PATH OMP_NUM_THREADS=1
trap 'rm -rf "$AIIDA_PATH"' EXIT

cd "$root"
PATH=$root/.venv/bin:$PATH

say "ruff";               ruff check
say "ruff format";        ruff format --check
say "mypy";               mypy
say "import-linter";      lint-imports
say "Unit tests";         pytest -n logical tests/unit
# By files, whose tests share boxes and jobs that take long to make.
say "Integration tests";  pytest -n logical --dist loadfile tests/integration
say "System tests";       pytest tests/system

if [[ $services == false ]]; then
    say "NOT TESTED: Slurm, SSH, PostgreSQL and RabbitMQ, whose Debian packages are not installed:"
    say "apt-get install ${servers[*]}"
fi
