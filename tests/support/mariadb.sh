#!/bin/sh
# A MariaDB of its own for a test. Its files live in DIR, it listens on the Unix socket DIR/sock.
#
#   mariadb.sh start DIR [mariadbd options]   prints the socket when the server answers
#   mariadb.sh stop DIR                       ends the server and removes DIR
set -eu

command=$1
dir=$2
shift 2
tries=300
pause=0.1

# Wait until "$@" succeeds, at most 30 seconds.
wait_for() {
    left=$tries
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep "$pause"
    done
}
answers() { mariadb-admin --no-defaults -S "$dir/sock" -u root ping >"$dir/ping" 2>&1; }
ended() { ! kill -0 "$pid" 2>/dev/null; }

case $command in
start)
    mkdir -p "$dir/tmp"
    as_root=
    [ "$(id -u)" -ne 0 ] || as_root=--user=root
    # A tmpdir of its own: a starting mariadbd deletes the temporary tables of others in a shared one.
    mariadb-install-db --no-defaults $as_root --datadir="$dir/data" --tmpdir="$dir/tmp" --skip-test-db \
        --innodb-log-file-size=8M --auth-root-authentication-method=normal >"$dir/install.log" 2>&1
    mariadbd --no-defaults $as_root --datadir="$dir/data" --tmpdir="$dir/tmp" --socket="$dir/sock" \
        --pid-file="$dir/pid" --skip-networking --performance-schema=0 --skip-name-resolve \
        --innodb-log-file-size=8M --innodb-buffer-pool-size=32M --key-buffer-size=1M \
        --innodb-flush-log-at-trx-commit=0 "$@" >"$dir/log" 2>&1 </dev/null &
    if ! wait_for answers; then
        cat "$dir/log" >&2
        exit 1
    fi
    echo "$dir/sock"
    ;;
stop)
    if [ -s "$dir/pid" ]; then
        pid=$(cat "$dir/pid")
        kill -9 "$pid" 2>/dev/null || true
        wait_for ended
    fi
    rm -rf "$dir"
    ;;
*)
    echo "usage: mariadb.sh start|stop DIR [mariadbd options]" >&2
    exit 2
    ;;
esac
