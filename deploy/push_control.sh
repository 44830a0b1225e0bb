#!/bin/sh
# Hands the control (which release, its key, the notice, the numbers to call) and the ledgers of the
# stores (corrections and withdrawals) to every node of the edge within seconds of a change; a node
# that cannot be reached gets them as soon as it can. Runs until it is stopped:
#
#   push_control.sh /srv/sajili/portal/var/results edge@10.0.0.11:/srv/sajili/results edge@…
#
# The control arrives whole or not at all. A ledger only grows: its new bytes are appended where the
# node has all that came before, otherwise it is sent again whole; a node reads whole lines only. The
# stores are pushed before, and the public key that ledgers are checked by is brought by hand: this
# script never touches it. SSH names another program than ssh, SECONDS_BETWEEN another pause.
set -u
folder=$1
shift
ssh=${SSH:-ssh -o BatchMode=yes -o ConnectTimeout=2}
known=$(mktemp -d)
trap 'rm -rf "$known"' EXIT
trap 'exit 0' INT TERM

# replace NODE NAME: the file of that name, whole.
replace() {
    $ssh "${1%%:*}" "umask 027; cat > '${1#*:}/$2.pushed' && mv '${1#*:}/$2.pushed' '${1#*:}/$2'" \
        < "$known/$2"
}

# grow NODE NAME GIVEN: what the file has more than the copy that the node was given.
grow() {
    size=$(($(wc -c < "$3")))
    [ "$size" -gt 0 ] && head -c "$size" "$known/$2" | cmp -s - "$3" || return 1
    tail -c "+$((size + 1))" "$known/$2" |
        $ssh "${1%%:*}" "[ \$((\$(wc -c < '${1#*:}/$2'))) -eq $size ] && cat >> '${1#*:}/$2'"
}

# hand NODE NUMBER NAME: nothing where the node has it.
hand() {
    given="$known/given-$2-$3"
    cmp -s "$known/$3" "$given" && return 0
    case $3 in *.ledger) [ -e "$given" ] && grow "$1" "$3" "$given" ;; *) false ;; esac ||
        replace "$1" "$3" || { rm -f "$given"; return 1; }
    cp "$known/$3" "$given"
}

while :; do
    # Copied first: a file may be replaced, or grow, while it is sent.
    names=
    for path in "$folder/control.json" "$folder"/*.ledger; do
        name=${path##*/}
        cp "$path" "$known/$name" 2> /dev/null && names="$names $name"
    done
    at=0
    for node in "$@"; do
        at=$((at + 1))
        for name in $names; do
            hand "$node" "$at" "$name" || { echo "not reached: $node" >&2; break; }
        done
    done
    sleep "${SECONDS_BETWEEN:-1}" &
    wait $!
done
