#!/bin/sh
# packages.sh NAME...: installs the Debian packages that are missing; no service is started by it.
#
# While apt runs, policy-rc.d answers 101 ("forbidden") to every request to start a service
# (invoke-rc.d(8)); what stood there before is put back, whatever happens.
set -eu

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

policy=/usr/sbin/policy-rc.d
kept=$policy.kept.$$
log=$(mktemp)
restore() {
    rm -f "$policy" "$log"
    if [ -e "$kept" ] || [ -L "$kept" ]; then
        mv "$kept" "$policy"
    fi
}
if [ -e "$policy" ] || [ -L "$policy" ]; then
    mv "$policy" "$kept"
fi
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

quietly() {
    "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        return 1
    }
}
echo "Installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
quietly apt-get -q -o DPkg::Lock::Timeout=300 update
# shellcheck disable=SC2086  # one word per package
quietly apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install $missing
