# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Run in the guest, as scripts/guest --files traffic emulated.sh: frames over the emulated adapter, and interfaces that go away
# while they are open.
# shellcheck source=tests/kernel/guest.sh
. ./guest.sh

# later WHAT PORT COMMAND...: while PORT is polled, COMMAND takes its interface away: POLLERR, then EIO.
later() {
  what=$1
  ./traffic watch "$2" 20 >/tmp/watch 2>&1 &
  watcher=$!
  while ! grep -q ready /tmp/watch && kill -0 $watcher 2>/dev/null; do usleep 20000; done
  usleep 100000
  shift 2
  "$@"
  expect "$what: POLLERR and EIO" 0 wait $watcher
  grep -v ready /tmp/watch
}

veth() {
  ip link add v0 type veth peer name v1
  ip link set v0 up
  ip link set v1 up
}

insmod netmap.ko "$POOLS" || exit 1
veth
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
veth

# A NIC and its host stack, joined by a client: v1's namespace talks to this one as if nothing were between.
ip netns add far
ip link set v1 netns far
ip netns exec far ip address add 10.9.0.2/24 dev v1
ip netns exec far ip link set v1 up
ip address add 10.9.0.1/24 dev v0
ip link set v0 up
./traffic bridge v0 v0^ 60 >/tmp/bridge 2>&1 &
bridge=$!
while ! grep -q ready /tmp/bridge && kill -0 $bridge 2>/dev/null; do usleep 20000; done
expect "ping through host rings" 0 ping -c 3 -W 3 -q 10.9.0.2
dd if=/dev/zero bs=1M count=8 2>/dev/null | cat traffic netmap.ko - traffic >/tmp/file
# Each end closes when its input ends, so the receiver's lasts longer.
sleep 30 | ip netns exec far nc -l -p 5001 >/tmp/got &
usleep 500000
nc 10.9.0.2 5001 </tmp/file
usleep 500000
expect "TCP from this host, merged segments and all" 0 cmp /tmp/got /tmp/file
rm -f /tmp/got /tmp/file
kill $bridge
wait $bridge
cat /tmp/bridge
expect "ping after it closed" 0 ping -c 1 -W 3 -q 10.9.0.2

# Receive rings only: the host's own transmit goes on as ever, and what the client does not pass up is lost.
./traffic count v0/R 4 >/tmp/count 2>&1 &
counter=$!
while ! grep -q ready /tmp/count && kill -0 $counter 2>/dev/null; do usleep 20000; done
expect "ping with the receive rings taken" 1 ping -c 2 -W 1 -q 10.9.0.2
expect "count" 0 wait $counter
cat /tmp/count
expect "the host's requests left, and the answers came to the client" 0 grep -q 'counted [1-9]' /tmp/count
ip netns del far
usleep 500000
expect "gone with its namespace" 2 ./traffic hold v0 0

# Several rings: a ring that nobody has stays with the host. What veth sends on queue 2 its peer counts to queue 1.
rmmod netmap && insmod netmap.ko "$POOLS" generic_rings=4 generic_ringsize=256 || exit 1
ip link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1 numtxqueues 4 numrxqueues 4
ip link set v0 up
ip link set v1 up
pair "one ring to one ring" v0-2 v1-1/R 300 60
./traffic count v1-2/R 3 >/tmp/count 2>&1 &
counter=$!
while ! grep -q ready /tmp/count && kill -0 $counter 2>/dev/null; do usleep 20000; done
expect "send on a ring whose peer is the host's" 0 ./traffic send v0-2/T 300
expect "count on the other ring" 0 wait $counter
cat /tmp/count
expect "none of them came there" 1 grep -q 'counted 3[0-9][0-9]' /tmp/count
ip link del v0

# Real drivers, each with its pair on a cable.
for driver in e1000 e1000e virtio_net vmxnet3; do
  names=
  for name in /sys/class/net/*; do
    [ "$(basename "$(readlink "$name/device/driver")")" = $driver ] && names="$names $(basename "$name")"
  done
  # shellcheck disable=SC2086  # two words
  set -- $names
  [ $# -eq 2 ] || continue
  ip link set "$1" up promisc on
  ip link set "$2" up promisc on
  n=0
  while [ "$(cat "/sys/class/net/$1/carrier")$(cat "/sys/class/net/$2/carrier")" != 11 ] && [ $n -lt 50 ]; do
    usleep 100000
    n=$((n + 1))
  done
  usleep 500000
  # As many as the receiver has descriptors: a device drops what comes too fast, and that is no fault of ours.
  pair "$driver" "$1" "$2" 200 60
  pair "$driver back" "$2" "$1" 200 1514
done

veth
./traffic hold v0 3 &
usleep 300000
expect "rmmod while open" 1 rmmod netmap
wait
expect "rmmod" 0 rmmod netmap
expect "no device" 1 test -e /dev/netmap
exit $failed
