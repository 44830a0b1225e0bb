#!/bin/sh
# Hands the control (which release, its key, the notice, the numbers to call) to every node of the
# edge within seconds of a change, whole or not at all; a node that cannot be reached gets it as soon
# as it can. Runs until it is stopped:
#
#   push_control.sh /srv/sajili/portal/var/results edge@10.0.0.11:/srv/sajili/results edge@…
#
# The stores are pushed before; SSH names another program than ssh, SECONDS_BETWEEN another pause.
set -u
folder=$1
shift
ssh=${SSH:-ssh -o BatchMode=yes -o ConnectTimeout=2}
known=$(mktemp -d)
trap 'rm -rf "$known"' EXIT
trap 'exit 0' INT TERM

push() {
    host=${1%%:*}
    path=${1#*:}
    $ssh "$host" "umask 027; cat > '$path/control.json.pushed' && mv '$path/control.json.pushed' '$path/control.json'" \
        < "$known/control.json"
}

while :; do
    # Copied first: the file may be replaced while it is sent.
    if cp "$folder/control.json" "$known/control.json" 2> /dev/null; then
        at=0
        for node in "$@"; do
            at=$((at + 1))
            if ! cmp -s "$known/control.json" "$known/$at"; then
                push "$node" && cp "$known/control.json" "$known/$at" || echo "not reached: $node" >&2
            fi
        done
    fi
    sleep "${SECONDS_BETWEEN:-1}" &
    wait $!
done
