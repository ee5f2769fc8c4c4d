#!/usr/bin/env bash
# PostgreSQL and RabbitMQ on this machine, for AiiDA profiles in production.
#
#   setup_scripts/services.sh start          make what is missing, and start both
#   setup_scripts/services.sh profile NAME   make an AiiDA profile that uses them
#   setup_scripts/services.sh status
#   setup_scripts/services.sh stop
#
# The programs are Debian's; the servers are our own, in $AIIDA_FORCEFIELD_SERVICES or
# ~/.aiida/services (root: /var/lib/aiida-forcefield). They listen on loopback only, on ports and
# with passwords that are made at random at the first start and kept in secrets.env beside the data.
set -euo pipefail

# shellcheck source=setup_scripts/environments.sh
source "$(dirname "${BASH_SOURCE[0]}")/environments.sh"

if [[ $EUID -eq 0 ]]; then
    default=/var/lib/aiida-forcefield
else
    default=${AIIDA_PATH:-$HOME}/.aiida/services
fi
folder=${AIIDA_FORCEFIELD_SERVICES:-$default}
secrets=$folder/secrets.env
umask 077

# Neither server may run as root: there, each runs as the user that its package made.
as() {
    local user=$1
    shift
    if [[ $EUID -eq 0 ]]; then
        runuser -u "$user" -- "$@"
    else
        "$@"
    fi
}

find_servers() {
    local missing=()
    postgres=$(find /usr/lib/postgresql -name pg_ctl -printf '%h\n' 2>/dev/null | sort -V | tail -n 1)
    [[ -n $postgres ]] || missing+=(postgresql)
    [[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] || missing+=(rabbitmq-server)
    [[ ${#missing[@]} -eq 0 ]] && return
    need_servers "${missing[@]}"
    postgres=$(find /usr/lib/postgresql -name pg_ctl -printf '%h\n' | sort -V | tail -n 1)
}

make_secrets() {
    local ports
    mkdir -p "$folder"
    [[ $EUID -ne 0 ]] || chmod 711 "$folder" # the servers' users pass through
    [[ -f $secrets ]] && return
    ports=$(python3 - <<'PY'
import socket
probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
print(*(probe.getsockname()[1] for probe in probes))
PY
    )
    read -r postgres_port broker_port node_port epmd_port <<<"$ports"
    cat >"$secrets" <<END
postgres_port=$postgres_port
broker_port=$broker_port
node_port=$node_port
epmd_port=$epmd_port
admin_password=$(openssl rand -hex 24)
database_password=$(openssl rand -hex 24)
broker_password=$(openssl rand -hex 24)
END
}

admin() { PGPASSWORD=$admin_password "$postgres/psql" -h 127.0.0.1 -p "$postgres_port" -U admin -qAt "$@"; }

start_postgres() {
    local data=$folder/postgres options
    install -d -m 700 "$data"
    [[ $EUID -ne 0 ]] || chown postgres "$data"
    if ! as postgres test -d "$data/data"; then
        as postgres tee "$data/password" <<<"$admin_password" >/dev/null
        as postgres "$postgres/initdb" -D "$data/data" -U admin -E UTF8 --locale=C.UTF-8 \
            --auth=scram-sha-256 --pwfile="$data/password" >/dev/null
        as postgres rm "$data/password"
    fi
    as postgres "$postgres/pg_ctl" -D "$data/data" status >/dev/null && return
    options="-p $postgres_port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -N 200"
    as postgres "$postgres/pg_ctl" -D "$data/data" -l "$data/log" -o "$options" -w start >/dev/null ||
        fail "PostgreSQL did not start; see $data/log"
    admin postgres <<END
DO \$\$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aiida') THEN
        CREATE ROLE aiida LOGIN PASSWORD '$database_password';
    END IF;
END \$\$;
END
}

# Runs one of RabbitMQ's programs on our node.
rabbitmq() {
    local program=$1 data=$folder/rabbitmq
    shift
    as rabbitmq env HOME="$data" RABBITMQ_NODENAME="forcefield$broker_port@localhost" \
        RABBITMQ_MNESIA_BASE="$data/mnesia" RABBITMQ_LOG_BASE="$data/log" \
        RABBITMQ_CONFIG_FILE="$data/rabbitmq.conf" RABBITMQ_CONF_ENV_FILE=/dev/null \
        RABBITMQ_ADVANCED_CONFIG_FILE="$data/advanced.config" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$data/enabled_plugins" \
        RABBITMQ_PID_FILE="$data/pid" RABBITMQ_DIST_PORT="$node_port" \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
        ERL_EPMD_PORT="$epmd_port" ERL_EPMD_ADDRESS=127.0.0.1 \
        "/usr/lib/rabbitmq/bin/$program" "$@"
}

start_rabbitmq() {
    local data=$folder/rabbitmq
    if [[ ! -d $data ]]; then
        install -d -m 700 "$data"
        cat >"$data/rabbitmq.conf" <<END
listeners.tcp.1 = 127.0.0.1:$broker_port
default_user = aiida
default_pass = $broker_password
END
        # A process of AiiDA may run for weeks before it acknowledges its task.
        echo '[{rabbit, [{consumer_timeout, undefined}]}].' >"$data/advanced.config"
        echo '[].' >"$data/enabled_plugins"
        [[ $EUID -ne 0 ]] || chown -R rabbitmq "$data"
    fi
    rabbitmq rabbitmqctl status >/dev/null 2>&1 && return
    as rabbitmq rm -f "$data/pid" # of a server that was killed
    (cd / && rabbitmq rabbitmq-server -detached) >/dev/null 2>&1
    rabbitmq rabbitmqctl wait --timeout 60 "$data/pid" >/dev/null 2>&1 ||
        fail "RabbitMQ did not start; see $data/log"
}

report() {
    if as postgres "$postgres/pg_ctl" -D "$folder/postgres/data" status >/dev/null 2>&1; then
        echo "running  PostgreSQL on 127.0.0.1:$postgres_port"
    else
        echo "stopped  PostgreSQL"
    fi
    if rabbitmq rabbitmqctl status >/dev/null 2>&1; then
        echo "running  RabbitMQ on 127.0.0.1:$broker_port"
    else
        echo "stopped  RabbitMQ"
        epmd -port "$epmd_port" -kill >/dev/null 2>&1 || true # which asking has started
    fi
}

make_profile() {
    local name=$1 verdi=$root/.venv/bin/verdi
    [[ $name =~ ^[a-z][a-z0-9_]*$ ]] || fail "profile: a name has small letters, digits and _"
    [[ -x $verdi ]] || fail "there is no $verdi; setup_scripts/run.sh builds it"
    PATH=$root/.venv/bin:$PATH
    if "$verdi" profile show "$name" >/dev/null 2>&1; then
        echo "kept  profile $name"
        return
    fi
    [[ $(admin postgres -c "SELECT 1 FROM pg_database WHERE datname = '$name'") == 1 ]] ||
        admin postgres -c "CREATE DATABASE $name OWNER aiida TEMPLATE template0"
    config=$(mktemp) # not as options: these everyone on the machine could read
    trap 'rm -f "$config"' EXIT
    cat >"$config" <<END
profile: $name
email: aiida@localhost
first_name: AiiDA
last_name: forcefield
institution: '-'
broker: none
set_as_default: false
database_hostname: 127.0.0.1
database_port: $postgres_port
database_username: aiida
database_password: $database_password
database_name: $name
repository_uri: file://${AIIDA_PATH:-$HOME}/.aiida/repository/$name
END
    "$verdi" profile setup core.psql_dos --non-interactive --config "$config" >/dev/null
    printf '%s\n' "$broker_password" | "$verdi" profile configure-broker core.rabbitmq --force \
        --broker-protocol amqp --broker-username aiida --broker-host 127.0.0.1 \
        --broker-port "$broker_port" --broker-virtual-host '' "$name" >/dev/null 2>&1 ||
        fail "verdi could not connect profile $name to RabbitMQ" # its report shows the password
    while read -r option value; do
        "$verdi" -p "$name" config set "$option" "$value" >/dev/null 2>&1
    done <<END
caching.enabled_for aiida.calculations:forcefield.*
runner.poll.interval 1
daemon.default_workers 2
daemon.timeout 30
warnings.rabbitmq_version false
END
    echo "made  profile $name; next: aiida-forcefield -p $name setup"
}

command=${1:-}
find_servers
case $command in
    start | profile)
        make_secrets
        # shellcheck source=/dev/null
        source "$secrets"
        start_postgres
        start_rabbitmq
        if [[ $command == start ]]; then
            report
        else
            make_profile "${2:-}"
        fi
        ;;
    status | stop)
        [[ -f $secrets ]] || fail "there are no services in $folder; make them with: $0 start"
        # shellcheck source=/dev/null
        source "$secrets"
        if [[ $command == stop ]]; then
            rabbitmq rabbitmqctl stop "$folder/rabbitmq/pid" >/dev/null 2>&1 || true
            as postgres "$postgres/pg_ctl" -D "$folder/postgres/data" -m fast -w stop >/dev/null 2>&1 || true
        fi
        report
        ;;
    *) fail "usage: $0 start | profile NAME | status | stop" ;;
esac
