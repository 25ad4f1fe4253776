# Shared by the scripts: packages, a private copy of PostgreSQL, a throwaway cluster under a non-root user.
# Source it; it changes nothing until its functions are called.
#
# Variables: PGMAJOR (Debian's own: 15 on bookworm) chooses the PostgreSQL, KEEP=1 keeps the working folder.

set -euo pipefail

MLR_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The PostgreSQL that this Debian comes with.
default_pgmajor() {
    case $(. /etc/os-release && echo "${VERSION_CODENAME:-}") in
    bookworm) echo 15 ;;
    trixie) echo 17 ;;
    *) echo 18 ;;
    esac
}
PGMAJOR=${PGMAJOR:-$(default_pgmajor)}

say() { printf '\n== %s\n' "$*" >&2; }
die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Installs the Debian packages that are missing. Nothing happens when all are there.
ensure_packages() {
    local missing=() package sudo=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "Please install as root: apt-get install ${missing[*]}"
        sudo=(sudo)
    fi
    say "installing ${missing[*]}"
    "${sudo[@]}" apt-get update -qq >&2
    # PostgreSQL's package would make and start a cluster of its own; we want none.
    local quiet=/etc/postgresql-common/createcluster.d/mlregistry-no-cluster.conf
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql-common >&2 || true
    if [ -d "${quiet%/*}" ]; then
        echo 'create_main_cluster = false' | "${sudo[@]}" tee "$quiet" >/dev/null
    fi
    # Nor is any service to be started, PgBouncer for one; where the machine has a policy already, that one holds.
    local policy=/usr/sbin/policy-rc.d own_policy=
    if [ ! -e "$policy" ]; then
        own_policy=$policy
        printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
        "${sudo[@]}" chmod 755 "$policy"
    fi
    local status=0
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2 || status=$?
    "${sudo[@]}" rm -f "$quiet" ${own_policy:+"$own_policy"}
    return $status
}

# Makes the working folder $WORK, which goes away at exit with the cluster in it.
make_work() {
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/mlregistry.XXXXXX")
    chmod 755 "$WORK"
    [ "$(id -u)" -eq 0 ] && chown nobody:nogroup "$WORK"
    trap cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

cleanup() {
    local status=$?
    trap - EXIT
    stop_cluster || true
    if [ "${KEEP:-0}" = 1 ]; then
        say "kept $WORK"
    else
        rm -rf "$WORK"
    fi
    exit "$status"
}

# Runs a command as a user who is not root: nobody when we are root, ourselves otherwise.
as_user() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$WORK" USER=nobody LOGNAME=nobody "$@"
    else
        env HOME="$WORK" "$@"
    fi
}

# Copies PostgreSQL to $WORK/pg, where the extension can be installed without touching the system's.
copy_postgresql() {
    local lib=/usr/lib/postgresql/$PGMAJOR share=/usr/share/postgresql/$PGMAJOR
    [ -x "$lib/bin/postgres" ] || die "PostgreSQL $PGMAJOR is not in $lib"
    as_user mkdir -p "$WORK/pg/lib/postgresql" "$WORK/pg/share/postgresql" "$WORK/pg/include"
    as_user cp -r "$lib" "$WORK/pg/lib/postgresql/"
    as_user cp -r "$share" "$WORK/pg/share/postgresql/"
    as_user cp -r /usr/include/postgresql "$WORK/pg/include/"
    PGBIN=$WORK/pg/lib/postgresql/$PGMAJOR/bin
    PG_CONFIG=$PGBIN/pg_config
    export PATH=$PGBIN:$PATH PG_CONFIG
}

# Builds the sources of this checkout in $WORK/src and installs them into $WORK/pg. What has been built in the checkout is
# built anew, unless MLR_BUILT=1 says that it was for this PostgreSQL.
build_extension() {
    local built=(--exclude='*.o' --exclude='*.d' --exclude='*.so')
    [ "${MLR_BUILT:-0}" = 1 ] && built=(--exclude=tmp_check --exclude=./results --exclude=./output_iso)
    as_user mkdir -p "$WORK/src"
    tar -C "$MLR_ROOT" --exclude=.git "${built[@]}" --exclude='./build*' -cf - . |
        as_user tar -C "$WORK/src" --no-same-owner -xf -
    as_user make -s -C "$WORK/src" -j"$(nproc)" PG_CONFIG="$PG_CONFIG" >&2
    as_user make -s -C "$WORK/src" install PG_CONFIG="$PG_CONFIG" >&2
}

# Starts a cluster of its own: no TCP, socket in $WORK, nobody else gets in.
start_cluster() {
    as_user "$PGBIN/initdb" -D "$WORK/data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$WORK/initdb.log" ||
        die "initdb failed: $(cat "$WORK/initdb.log")"
    as_user tee -a "$WORK/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$WORK'
fsync = off
shared_buffers = 256MB
max_wal_size = 4GB
log_min_messages = warning
timezone = 'UTC'
CONF
    as_user "$PGBIN/pg_ctl" -D "$WORK/data" -l "$WORK/server.log" -w -t 60 start >/dev/null ||
        die "the server did not start: $(tail -20 "$WORK/server.log")"
    export PGHOST=$WORK PGPORT=5432 PGUSER=postgres
    unset PGDATABASE PGSERVICE PGPASSWORD PGOPTIONS PGSSLMODE
}

stop_cluster() {
    if [ -n "${PGBIN:-}" ] && [ -f "$WORK/data/postmaster.pid" ]; then
        as_user "$PGBIN/pg_ctl" -D "$WORK/data" -m immediate -w stop >/dev/null 2>&1
    fi
}

# The packages that building and running need.
base_packages() { echo "postgresql-$PGMAJOR postgresql-server-dev-$PGMAJOR g++ make"; }
