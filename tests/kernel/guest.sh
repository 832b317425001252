# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Sourced by the scripts here: run, compare, remember what failed.
# shellcheck disable=SC2034  # failed is for the callers
failed=0

# took: sets took to the seconds since it was last called, with two decimals.
took() {
  # shellcheck disable=SC2034  # the rest of the line
  read -r now idle </proc/uptime
  now=${now%.*}${now#*.}
  took=$((now - before))
  before=$now
  [ $took -gt 9 ] || took=0$took
  [ ${#took} -gt 2 ] || took=0$took
  took=${took%??}.${took#"${took%??}"}
}
before=0
took

# expect WHAT CODE COMMAND...: run it, compare its exit code; and say what the time since the last one was, so that it is seen where
# a test's time goes.
expect() {
  what=$1
  code=$2
  shift 2
  "$@"
  got=$?
  took
  if [ "$got" -eq "$code" ]; then
    echo "ok: $what ($took s)"
  else
    echo "FAILED: $what: exit code $got, not $code"
    failed=1
  fi
}

# Seconds that only a hang takes: for programs that are told how long to wait.
patience=300

# until_true COMMAND...: wait for it. A script that hangs is ended at its own limit.
until_true() {
  while ! "$@"; do usleep 20000; done
}

# unused MODULE: whether nobody has it: what a namespace has goes some time after its last process.
unused() {
  [ "$(cat "/sys/module/$1/refcnt")" -eq 0 ]
}

# asleep PID: whether that process waits for something.
asleep() {
  grep -qs '^State:.[SD]' "/proc/$1/status"
}

# answers ADDRESS [COMMAND...]: wait until it answers a ping, which COMMAND sends; a hang is one that has none in $patience s.
answers() {
  address=$1
  shift
  tries=$((patience / 5))
  until "$@" ping -c 1 -W 5 -q "$address" >/tmp/ping 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { cat /tmp/ping; return 1; }
  done
}

# ready FILE PID: wait until the program with this process and this output says that it is ready, or has ended.
ready() {
  while ! grep -qs ready "$1" && kill -0 "$2" 2>/dev/null; do usleep 20000; done
}

# pair WHAT FROM TO FRAMES SIZE [VLAN]: numbered frames from one port to another, each checked. $sender and $receiver: other
# programs than ./traffic.
pair() {
  rm -f /tmp/receive
  ${receiver:-./traffic} receive "$3" "$4" $patience "$5" >/tmp/receive 2>&1 &
  receiver_id=$!
  ready /tmp/receive $receiver_id
  # shellcheck disable=SC2086  # no VLAN: no argument
  expect "$1: send" 0 ${sender:-./traffic} send "$2" "$4" "$5" $6
  # What did not leave does not come.
  [ $got -eq 0 ] || kill $receiver_id
  expect "$1: receive" 0 wait $receiver_id
  [ -z "${6-}" ] || expect "$1: every frame has it" 0 grep -q " $4 with a VLAN tag" /tmp/receive
  cat /tmp/receive
}

# tcp WHAT FROM TO ADDRESS MB: a TCP transfer, byte for byte, from namespace FROM to ADDRESS in namespace TO; - is this one.
tcp() {
  from=
  to=
  [ "$2" = - ] || from="ip netns exec $2"
  [ "$3" = - ] || to="ip netns exec $3"
  rm -f /tmp/stream
  $to ./stream receive 5001 "$5" >/tmp/stream 2>&1 &
  stream=$!
  ready /tmp/stream $stream
  # shellcheck disable=SC2086  # words
  expect "$1: send" 0 $from ./stream send "$4" 5001 "$5"
  # Without its sender it would wait for ever.
  [ $got -eq 0 ] || kill $stream
  expect "$1: receive" 0 wait $stream
  cat /tmp/stream
}

# later WHAT PORT COMMAND...: while PORT is polled, COMMAND takes its interface away: POLLERR, then EIO.
later() {
  what=$1
  rm -f /tmp/watch
  ./traffic watch "$2" $patience >/tmp/watch 2>&1 &
  watcher=$!
  ready /tmp/watch $watcher
  until_true asleep $watcher
  shift 2
  "$@"
  expect "$what: POLLERR and EIO" 0 wait $watcher
  grep -v ready /tmp/watch
}

# through_host_rings WHAT NEAR FAR MB: interface FAR goes to a namespace "far", NEAR and its host stack are joined by a client:
# ping, TCP where MB is not 0, and ping again after the client has closed.
through_host_rings() {
  ip netns add far
  ip link set "$3" netns far
  ip netns exec far ip address add 10.9.0.2/24 dev "$3"
  ip netns exec far ip link set "$3" up
  ip address add 10.9.0.1/24 dev "$2"
  ip link set "$2" up
  carrier "$2"
  rm -f /tmp/bridge
  ./traffic bridge "$2" "$2^" 3600 >/tmp/bridge 2>&1 &
  bridge=$!
  ready /tmp/bridge $bridge
  expect "$1: ping through host rings" 0 answers 10.9.0.2
  [ "$4" = 0 ] || tcp "$1: TCP from this host" - far 10.9.0.2 "$4"
  [ "$4" = 0 ] || tcp "$1: TCP to this host" far - 10.9.0.1 "$4"
  kill $bridge
  wait $bridge
  cat /tmp/bridge
  expect "$1: ping after it closed" 0 answers 10.9.0.2
}

# apart NEAR: undo what through_host_rings set up.
apart() {
  ip netns del far
  ip address flush dev "$1" 2>/dev/null
}

# veth NAME PEER: two interfaces that are each other's peer, set up.
veth() {
  ip link add "$1" type veth peer name "$2"
  ip link set "$1" up
  ip link set "$2" up
}

# two_cables: v0 to v1, and v2 to v3.
two_cables() {
  veth v0 v1
  veth v2 v3
}

# carrier NAME...: wait until each has a link.
carrier() {
  for name; do
    until_true grep -qsx 1 "/sys/class/net/$name/carrier"
  done
}

# link FROM TO: wait until a frame from port to port comes: a device that has its carrier may still drop what is sent.
link() {
  rm -f /tmp/link
  ./traffic count "$2" $patience 1 >/tmp/link 2>&1 &
  link=$!
  ready /tmp/link $link
  while kill -0 $link 2>/dev/null; do
    ./traffic send "$1" 1 >/dev/null
    usleep 20000
  done
  wait $link
}

# There is no link yet, or no more: set down and forgotten, as it was before.
unplug() {
  for name; do
    ip address flush dev "$name"
    ip link set "$name" down promisc off
  done
}
