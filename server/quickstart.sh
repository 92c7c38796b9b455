#!/bin/sh
# From a clean clone to a nameserver that answers, as root on Debian 12:
#
#   sh server/quickstart.sh [--port N]     install, build, start a private MariaDB and mydns, ask it
#   sh server/quickstart.sh --stop         end both
#
# Everything it makes lies in build/quickstart (data, configuration, MariaDB's log, and "env" which says
# where things are) and in one directory of /tmp for the sockets and the log of mydns, since the server
# reopens it as nobody. No service of the system is touched or
# started. Running it again keeps the data. With MYDNS_BUILD_DIR set, programs built there are used.
set -eu
cd "$(dirname "$0")/.."
top=$(pwd)
dir=$top/build/quickstart
conf=$dir/mydns.conf
admin_conf=$dir/dnsadm.conf
database=mydns

say() {
    printf '== %s\n' "$*"
}
fail() {
    printf 'quickstart: %s\n' "$*" >&2
    exit 1
}

# Run something that matters only when it fails.
quietly() {
    "$@" >"$dir/command.log" 2>&1 || {
        cat "$dir/command.log" >&2
        fail "failed: $*"
    }
}

# Wait for a command to succeed, at most 30 seconds.
wait_for() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || return 1
        sleep 0.2
    done
}

# What was used last time.
recorded() {
    [ ! -f "$dir/env" ] || sed -n "s/^$1=//p" "$dir/env"
}

sql() {
    mariadb --no-defaults --socket="$socket" "$@"
}

database_runs() {
    [ -S "$socket" ] && sql -e 'SELECT 1' >/dev/null 2>&1
}

# The ids of running programs NAME that were given ARGUMENT. Files with ids may be gone (rm -rf
# build), or tell of somebody else by now.
running() { # NAME ARGUMENT
    for process in /proc/[0-9]*; do
        name=
        read -r name 2>/dev/null <"$process/comm" || continue
        [ "$name" = "$1" ] || continue
        ! tr '\0' '\n' 2>/dev/null <"$process/cmdline" | grep -qxF -e "$2" ||
            echo "${process#/proc/}"
    done
}

# Where process 1 waits for no child, as in many containers, what has ended stays as a zombie.
has_ended() {
    ! kill -0 "$1" || grep -q '^State:.Z' "/proc/$1/status"
}

end_running() { # NAME ARGUMENT
    for pid in $(running "$1" "$2"); do
        kill "$pid"
        wait_for has_ended "$pid" || fail "$1 ($pid) does not end"
    done
}

stop_server() {
    end_running mydns "$conf"
}

stop_database() {
    end_running mariadbd "--datadir=$dir/data"
}

port_taken() {
    hex=$(printf ':%04X' "$port")
    cat /proc/net/udp /proc/net/udp6 2>/dev/null |
        awk -v port="$hex" 'substr($2, length($2) - 4) == port { found = 1 } END { exit !found }' &&
        return 0
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | # 0A: listening
        awk -v port="$hex" 'substr($2, length($2) - 4) == port && $4 == "0A" { found = 1 }
            END { exit !found }'
}

# For a shell: in quotes where it needs them.
quoted() {
    case $1 in
    *[!A-Za-z0-9_/.-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
    esac
}

password() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

port=
stop=no
while [ $# -gt 0 ]; do
    case $1 in
    --port)
        [ $# -ge 2 ] || fail "--port needs a number"
        port=$2
        shift
        ;;
    --port=*) port=${1#--port=} ;;
    --stop) stop=yes ;;
    *) fail "usage: sh server/quickstart.sh [--port N] [--stop]" ;;
    esac
    shift
done
port=${port:-$(recorded PORT)}
port=${port:-5300}
case $port in
*[!0-9]* | ??????* | 0*) fail "not a port: $port" ;;
esac
[ "$port" -le 65535 ] || fail "not a port: $port"

socket=$(recorded SOCKET)
run=${socket%/*}

if [ "$stop" = yes ]; then
    stop_server
    stop_database
    case $run in
    /tmp/mydns-quickstart.*) rm -rf "$run" ;;
    esac
    say "stopped; the data stays in build/quickstart"
    exit 0
fi

[ "$(id -u)" = 0 ] || fail "has to run as root"
mkdir -p "$dir"

say "packages"
sh server/packages.sh cmake ninja-build gcc libc6-dev pkg-config libmariadb-dev libevent-dev \
    libldns-dev libsodium-dev libjansson-dev libsmartcols-dev libidn2-dev libcap-ng-dev \
    libssl-dev mariadb-server mariadb-client bind9-dnsutils

if [ -z "${MYDNS_BUILD_DIR:-}" ]; then
    say "build"
    quietly cmake --preset release
    quietly cmake --build --preset release --target mydns dnsadm
fi
build=${MYDNS_BUILD_DIR:-$top/build/release}

say "database"
if [ ! -d "$run" ]; then
    # The server reads as nobody, and a clone below /root is out of its reach: hence /tmp.
    run=$(mktemp -d /tmp/mydns-quickstart.XXXXXX)
    socket=$run/mysql.sock
fi
mkdir -p "$run/server"
chown nobody "$run/server"
chmod 755 "$run"
cat >"$dir/env" <<END
SOCKET=$socket
DATABASE=$database
PORT=$port
END
if ! database_runs; then
    stop_server
    stop_database # one that hangs, or whose socket was lost
    rm -f "$socket"
    mkdir -p "$run/tmp" # mariadbd removes at start what others have in the same tmpdir
    chown mysql "$run/tmp" "$run"
    # A clone below /root is out of reach for mysql, too.
    as=mysql
    setpriv --reuid=mysql --regid=mysql --clear-groups test -x "$dir" || as=root
    if [ ! -d "$dir/data" ]; then
        rm -rf "$dir/data.new"
        mkdir "$dir/data.new"
        chown "$as" "$dir/data.new"
        ln -sfn "$dir" "$run/here" # mariadb-install-db cuts a path at its blanks
        quietly mariadb-install-db --no-defaults --user="$as" --datadir="$run/here/data.new" \
            --tmpdir="$run/tmp" --skip-test-db --innodb-log-file-size=16M
        mv "$dir/data.new" "$dir/data"
    fi
    chown -R "$as" "$dir/data"
    setsid mariadbd --no-defaults --user="$as" --datadir="$dir/data" --socket="$socket" \
        --pid-file="$run/mysql.pid" --tmpdir="$run/tmp" --skip-networking --server-id=1 \
        --log-bin=binlog --binlog-format=ROW --expire-logs-days=1 --innodb-log-file-size=16M \
        --innodb-buffer-pool-size=64M >>"$dir/mariadb.log" 2>&1 </dev/null &
    wait_for database_runs || fail "MariaDB does not start, see $dir/mariadb.log"
fi
sql -e "CREATE DATABASE IF NOT EXISTS $database"
sql "$database" <sql/schema.sql

# Three accounts: one reads, one writes, one follows the binary log. Passwords stay as they were made
# the first time.
secret() { # FILE OPTION
    kept=
    [ ! -f "$1" ] || kept=$(sed -n "s/^$2 = //p" "$1")
    echo "${kept:-$(password)}"
}
umask 077
reader=$(secret "$conf" db-password)
follower=$(secret "$conf" feed-password)
writer=$(secret "$admin_conf" db-password)
sed -e '/mydnsfeed@/s/^-- //' -e "s/READER_PASSWORD/'$reader'/" -e "s/WRITER_PASSWORD/'$writer'/" \
    -e "s/FEED_PASSWORD/'$follower'/" sql/accounts.sql | sql
sql <<END
ALTER USER mydns@localhost IDENTIFIED BY '$reader';
ALTER USER mydnsfeed@localhost IDENTIFIED BY '$follower';
ALTER USER dnsadm@localhost IDENTIFIED BY '$writer';
END
cat >"$conf" <<END
# Written by quickstart.sh; see mydns.conf(5).
db-socket = $socket
database = $database
db-user = mydns
db-password = $reader
listen = 127.0.0.1:$port
user = nobody
group = nogroup
log = $run/server/mydns.log
pidfile = $run/server/mydns.pid
ignore-minimum = yes
feed-user = mydnsfeed
feed-password = $follower
snapshot-file = $run/server/snapshot
END
cat >"$admin_conf" <<END
# Written by quickstart.sh; see dnsadm(8).
db-socket = $socket
database = $database
db-user = dnsadm
db-password = $writer
default-ns = ns1.example.com, ns2.example.com
default-mbox = hostmaster.example.com
default-ip = 192.0.2.1
control-socket = $run/server/mydns.sock
END

say "example.com"
"$build/admin/dnsadm" -c "$admin_conf" add-domain example.com --if-not-exists

say "mydns"
stop_server
if port_taken; then
    fail "port $port is in use by another program; choose one with --port N"
fi
"$build/server/mydns" -c "$conf" -b
ask="dig -p $port @127.0.0.1"
answers() {
    $ask +time=1 +tries=1 www.example.com A | grep -q 'status: NOERROR'
}
wait_for answers || {
    tail -20 "$run/server/mydns.log" >&2
    fail "no answer from 127.0.0.1 port $port, see $run/server/mydns.log"
}
echo "\$ $ask www.example.com"
$ask www.example.com

dnsadm="$(quoted "$build/admin/dnsadm") -c $(quoted "$admin_conf")"
cat <<END
Next:
  change a row   mariadb -S $socket $database -e "UPDATE rr SET data = '192.0.2.2' WHERE data = '192.0.2.1'"
  and see it     $ask +short www.example.com
  add a domain   $dnsadm add-domain example.net
  look around    $dnsadm show example.com
  how it is      $dnsadm status
  the log        $run/server/mydns.log
  stop both      sh server/quickstart.sh --stop
END
