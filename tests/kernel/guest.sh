# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Sourced by the scripts here: run, compare, remember what failed.
# shellcheck disable=SC2034  # failed is for the callers
failed=0
# expect WHAT CODE COMMAND...: run it, compare its exit code.
expect() {
  what=$1
  code=$2
  shift 2
  "$@"
  got=$?
  if [ "$got" -eq "$code" ]; then
    echo "ok: $what"
  else
    echo "FAILED: $what: exit code $got, not $code"
    failed=1
  fi
}

# pair WHAT FROM TO FRAMES SIZE [VLAN]: numbered frames from one port to another, each checked.
pair() {
  ./traffic receive "$3" "$4" 20 "$5" >/tmp/receive 2>&1 &
  receiver=$!
  while ! grep -q ready /tmp/receive && kill -0 $receiver 2>/dev/null; do usleep 20000; done
  # shellcheck disable=SC2086  # no VLAN: no argument
  expect "$1: send" 0 ./traffic send "$2" "$4" "$5" $6
  expect "$1: receive" 0 wait $receiver
  cat /tmp/receive
}
