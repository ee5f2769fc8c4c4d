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

AIIDA_PATH=$(mktemp -d) system=
export AIIDA_PATH OMP_NUM_THREADS=1
trap 'stop_system_tests; rm -rf "$AIIDA_PATH"' EXIT

# Which end with what they have started.
stop_system_tests() {
    [[ -n $system ]] || return 0
    kill "$system" || true
    wait "$system" || true
}

cd "$root"
PATH=$root/.venv/bin:$PATH

say "ruff";               ruff check
say "ruff format";        ruff format --check
say "mypy";               mypy
say "import-linter";      lint-imports
say "Unit tests";         pytest -n logical tests/unit

# System tests mostly wait, for schedulers and daemons: they run beside the integration tests.
failed=false
pytest -vv tests/system >"$AIIDA_PATH/system.log" 2>&1 &
system=$!
# By files, whose tests share boxes and jobs that take long to make.
say "Integration tests";  pytest -n logical --dist loadfile tests/integration || failed=true
say "System tests, which ran meanwhile"
wait "$system" || failed=true
system=
cat "$AIIDA_PATH/system.log"

if [[ $services == false ]]; then
    say "NOT TESTED: Slurm, SSH, PostgreSQL and RabbitMQ, whose Debian packages are not installed:"
    say "apt-get install ${servers[*]}"
fi

[[ $failed == false ]]
