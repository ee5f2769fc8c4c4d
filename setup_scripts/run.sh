#!/usr/bin/env bash
# Sets everything up and runs a study: setup_scripts/run.sh workflows/methanol.yaml
# What exists already is kept; the AiiDA profile is our own, in $AIIDA_PATH or ~/.aiida.
set -euo pipefail
shopt -s nullglob

# shellcheck source=setup_scripts/environments.sh
source "$(dirname "${BASH_SOURCE[0]}")/environments.sh"

[[ $# -ge 1 ]] || fail "no study given; usage: setup_scripts/run.sh STUDY.yaml [--protocol NAME]"
study=$1
shift
[[ -f $study ]] || fail "$study: no such file"
name=$(basename "${study%.*}")

build_environments
forcefield=$root/.venv/bin/aiida-forcefield

say "Study"
"$forcefield" launch "$study" --dry-run "$@"

say "AiiDA profile, computer and codes"
"$forcefield" setup --compute "$root/.venv-compute"

# Results of the same programs, computed elsewhere: AiiDA's cache replays them.
for archive in "$root/archive/$name"*.aiida; do
    say "Archive $(basename "$archive")"
    "$forcefield" adopt --wait 10 "$archive" || say "Without that archive, all is computed anew"
done

say "Launch"
"$forcefield" launch "$study" --wait --output "$root/results/$name" "$@"
