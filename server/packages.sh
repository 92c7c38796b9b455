#!/bin/sh
# packages.sh NAME...: installs the Debian packages that are missing; no service is started by it.
#
# While apt runs, policy-rc.d answers 101 ("forbidden") to every request to start a service
# (invoke-rc.d(8)); what stood there before is put back, whatever happens. After a SIGKILL or a
# loss of power the next run does so, knowing its own file by its second line.
set -eu

policy=/usr/sbin/policy-rc.d
kept=$policy.kept-for-mydns
mark='# Made by packages.sh of mydns while it installs.'
is_ours() {
    grep -qxF "$mark" "$policy" 2>/dev/null
}
there() {
    [ -e "$1" ] || [ -L "$1" ]
}
restore() {
    if is_ours; then
        rm -f "$policy"
        ! there "$kept" || mv "$kept" "$policy"
    fi
}
if [ "$(id -u)" = 0 ]; then
    exec 9</usr/sbin
    flock 9 # one at a time
    restore
fi

missing=
for package; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || state=
    [ "$state" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "To install, as root: apt-get install$missing" >&2
    exit 1
fi

log=$(mktemp)
trap 'restore; rm -f "$log"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
! there "$policy" || mv "$policy" "$kept"
printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
chmod 755 "$policy"

quietly() {
    "$@" >"$log" 2>&1 9<&- || {
        cat "$log" >&2
        return 1
    }
}
echo "Installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
quietly apt-get -q -o DPkg::Lock::Timeout=300 update
# shellcheck disable=SC2086  # one word per package
quietly apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install $missing
