# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Run in the guest, as scripts/guest --files traffic,stream,cable,guest.sh emulated.sh [MB]: frames over the emulated adapter, and
# interfaces that go away while they are open. MB: how much goes over TCP, 8 where it is not said.
# shellcheck source=tests/kernel/guest.sh
. ./guest.sh
mb=${1:-8}

# taps QUEUES: tap0 and tap1, up, whose other sides the program $cable joins.
taps() {
  rm -f /tmp/cable
  ./cable tap0 tap1 "$1" >/tmp/cable &
  cable=$!
  ready /tmp/cable $cable
  ip link set tap0 up
  ip link set tap1 up
}

insmod netmap.ko "$POOLS" || exit 1
veth v0 v1
pair "veth" v0 v1 2000 60
pair "veth back" v1 v0 500 1000
pair "veth, with a tag" v0 v1 200 200 0x2005
ip link set v0 mtu 9000
ip link set v1 mtu 9000
pair "veth, several slots a frame" v0 v1 200 9000
expect "no such interface" 2 ./traffic hold nothere 0
later "set down" v0 ip link set v0 down
ip link set v0 up
pair "veth, up again" v0 v1 100 60
later "renamed" v0 sh -c 'ip link set v0 down; ip link set v0 name w0; ip link set w0 up'
pair "by its new name" w0 v1 100 60
expect "by its old name" 2 ./traffic hold v0 0
later "removed" v1 ip link del v1
veth v0 v1

# Who is woken: an epoll that had the file before it was bound.
rm -f /tmp/epoll
./traffic epoll v0 $patience >/tmp/epoll 2>&1 &
waiter=$!
ready /tmp/epoll $waiter
./traffic send v1 1 >/dev/null
expect "epoll, added before REGISTER, wakes" 0 wait $waiter
cat /tmp/epoll

# v1's namespace talks to this one as if nothing were between. Segments are merged where there is no device.
through_host_rings "veth" v0 v1 "$mb"

# Receive rings only: the host's own transmit goes on as ever, and what the client does not pass up is lost.
# The rings stay taken until the ping has given up, whatever comes before its answer.
rm -f /tmp/count
./traffic count v0/R 3600 >/tmp/count 2>&1 &
counter=$!
ready /tmp/count $counter
came=$(cat /sys/class/net/v0/statistics/rx_packets)
# shellcheck disable=SC2317  # until_true calls it
one_came() { [ "$(cat /sys/class/net/v0/statistics/rx_packets)" -gt "$came" ]; }
expect "ping with the receive rings taken" 1 ping -c 1 -W 1 -q 10.9.0.2
until_true one_came
kill $counter
expect "count" 0 wait $counter
cat /tmp/count
expect "the host's requests left, and the answers came to the client" 0 grep -q 'counted [1-9]' /tmp/count

# A client that passes ARP and ICMP up, and nothing else.
ip neighbour flush dev v0
rm -f /tmp/pass
./traffic pass v0-0/R 3600 >/tmp/pass 2>&1 &
passer=$!
ready /tmp/pass $passer
expect "ping where ARP and ICMP are passed up" 0 answers 10.9.0.2
rm -f /tmp/server
ip netns exec far ./stream receive 5002 1 >/tmp/server &
server=$!
ready /tmp/server $server
./stream send 10.9.0.2 5002 1 &
talker=$!
# Its answer has come, and is lost.
until_true grep -q both /tmp/pass
kill $talker
expect "TCP where it is not" 143 wait $talker
kill $server $passer
wait $server
expect "pass" 0 wait $passer
cat /tmp/pass
ip netns del far
# The kernel takes a namespace away in its own time.
while [ -e /sys/class/net/v0 ]; do usleep 20000; done
expect "gone with its namespace" 2 ./traffic hold v0 0

# Several rings: a ring that nobody has stays with the host. What veth sends on queue 2 its peer counts to queue 1.
ip link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1 numtxqueues 4 numrxqueues 4
ip link set v0 up
ip link set v1 up
parameters=/sys/module/netmap/parameters
expect "one ring, as the parameter says" 0 ./traffic hold v0-0 0
expect "no second" 2 ./traffic hold v0-1 0
echo 4 >$parameters/generic_rings
echo 256 >$parameters/generic_ringsize
pair "one ring to one ring" v0-2 v1-1/R 300 60
rm -f /tmp/count
came=$(cat /sys/class/net/v1/statistics/rx_packets)
./traffic count v1-2/R 3600 >/tmp/count 2>&1 &
counter=$!
ready /tmp/count $counter
expect "send on a ring whose peer is the host's" 0 ./traffic send v0-2/T 300
# shellcheck disable=SC2317  # until_true calls it
all_came() { [ $(($(cat /sys/class/net/v1/statistics/rx_packets) - came)) -ge 300 ]; }
until_true all_came
kill $counter
expect "count on the other ring" 0 wait $counter
cat /tmp/count
expect "none of them came there" 1 grep -q 'counted 3[0-9][0-9]' /tmp/count
ip link del v0

# Real drivers, each with its pair on a cable. They find their links together.
nics_of() {
  for name in /sys/class/net/*; do
    [ "$(basename "$(readlink "$name/device/driver")")" = "$1" ] && echo "${name##*/}"
  done
}
drivers="e1000 e1000e virtio_net vmxnet3"
for driver in $drivers; do
  for name in $(nics_of "$driver"); do ip link set "$name" up promisc on; done
done
for driver in $drivers; do
  # shellcheck disable=SC2046  # two words
  set -- $(nics_of "$driver")
  [ $# -eq 2 ] || continue
  carrier "$1" "$2"
  link "$1" "$2"
  # As many as the receiver has descriptors: a device drops what comes too fast, and that is no fault of ours.
  pair "$driver" "$1" "$2" 200 60
  pair "$driver back" "$2" "$1" 200 1514
  through_host_rings "$driver" "$1" "$2" 0
  apart "$1"
  # What was in another namespace comes back in its own time.
  until_true [ -e "/sys/class/net/$2" ]
  unplug "$1" "$2"
done

# Taps, whose other sides a program joins.
taps 1
pair "tap" tap0 tap1 300 60
pair "tap back" tap1 tap0 300 1514
through_host_rings "tap" tap0 tap1 1
later "its program ends" tap0 kill $cable
apart tap0

# Taps of two queues, of which one goes while a client has both rings: what it sends on that one leaves by the other.
taps 2
pair "tap, its second ring" tap0-1/T tap1 300 60
./traffic hold tap0 3600 >/tmp/hold &
holder=$!
ready /tmp/hold $holder
kill -USR1 $cable
while [ -d /sys/class/net/tap0/queues/tx-1 ] || [ -d /sys/class/net/tap1/queues/tx-1 ]; do usleep 20000; done
pair "tap, its second ring without a queue" tap0-1/T tap1 300 60
kill $holder
wait $holder
expect "no second ring when nobody has the tap any more" 2 ./traffic hold tap0-1 0
pair "tap, its only ring" tap0-0/T tap1 300 60
kill $cable
wait $cable

# Parameters, each with what it changes.
cd $parameters || exit 1
veth v0 v1
echo 0 >generic_txqdisc
pair_in_test() { (cd /test && pair "$@" && exit $failed) || failed=1; }
pair_in_test "by the interface's queueing discipline" v0 v1 300 60
echo 1 >generic_txqdisc
echo 0 >no_pendintr
pair_in_test "a sync takes what a wake-up was for" v0 v1 300 60
echo 1 >no_pendintr

# segments FILE: what comes to a client of v1 of a TCP connection that nobody answers. v0 leaves checksums to the device.
segments() {
  rm -f "$1"
  /test/traffic sums v1 $patience 1 >"$1" 2>&1 &
  sums=$!
  ready "$1" $sums
  /test/stream send 10.9.0.2 5001 1 2>/dev/null &
  talker=$!
  expect "sums" 0 wait $sums
  kill $talker
  wait $talker
  cat "$1"
}
ip address add 10.9.0.1/24 dev v0
ip neighbour replace 10.9.0.2 lladdr 02:00:00:00:00:09 dev v0
segments /tmp/sums
expect "checksums are finished for a client" 0 grep -q ': [1-9][0-9]* right, 0 wrong' /tmp/sums
echo 1 >generic_hwcsum
segments /tmp/sums
expect "with generic_hwcsum they come as they are" 0 grep -q ': 0 right, [1-9][0-9]* wrong' /tmp/sums
echo 0 >generic_hwcsum
echo 1 >verbose
expect "a request that succeeds" 0 /test/traffic hold v1 0
dmesg >/tmp/log
expect "is in the log with verbose" 0 grep -q 'request 1 on "v1": done' /tmp/log
echo 0 >verbose
cd /test || exit 1
ip link del v0

veth v0 v1
rm -f /tmp/hold
./traffic hold v0 3600 >/tmp/hold &
holder=$!
ready /tmp/hold $holder
expect "rmmod while open" 1 rmmod netmap
kill $holder
wait $holder
expect "rmmod" 0 rmmod netmap
expect "no device" 1 test -e /dev/netmap
ip link del v0
exit $failed
