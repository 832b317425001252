# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Run in the guest, as scripts/guest --files traffic,neighbour,guest.sh isolation.sh: who may open the device, and that no namespace
# and no other user reaches what docs/isolation.md says they do not.
# shellcheck source=tests/kernel/guest.sh
. ./guest.sh
EPERM=1
EINVAL=22

# owner NAMESPACE PORT: a program that has PORT open. $id: the number of its region.
owner() {
  rm -f /tmp/owner
  ip netns exec "$1" ./neighbour owner "$2" >/tmp/owner &
  owner=$!
  ready /tmp/owner $owner
  read -r id rest </tmp/owner
  echo "$2 has region $id"
}

# intact WHAT: the owner's memory is as it left it.
intact() {
  kill $owner
  expect "$1: its memory is as it was" 0 wait $owner
}

# logged SENTENCE COMMAND...: the log has it after that command, which is tried again where the log took no more sentences.
logged() {
  sentence=$1
  shift
  tries=30
  until "$@" 2>/dev/null; dmesg | grep -q "netmap: .*$sentence"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 1
  done
}

# alone: whether there is one region.
alone() {
  [ "$(wc -l </sys/kernel/debug/netmap/regions)" -eq 1 ]
}

# gone: whether b0 has gone with the other end of its cable.
gone() {
  ! ip netns exec blue ip link show b0 >/dev/null 2>&1
}

insmod netmap.ko "$POOLS" || exit 1

# Who may open. The device node is root's own, so its mode lets all of these.
expect "root opens" 0 ./neighbour open root
expect "root with no capability does not" $EPERM ./neighbour open none
expect "the log says why" 0 logged 'needs CAP_NET_ADMIN in the user namespace that owns' ./neighbour open none
expect "nor does root of a user namespace alone" $EPERM ./neighbour open userns
expect "nor who joins by number so" $EPERM ./neighbour join 1 userns
expect "root of a container opens" 0 ./neighbour open container
expect "and has memory of its own" 0 ./neighbour join 1 container
# The log takes 20 sentences in 5 s, of which this may be one.
read -r start rest </proc/uptime
sentences=$(dmesg | grep -c 'needs CAP_NET_ADMIN')
i=0
while [ $i -lt 60 ]; do
  ./neighbour open none 2>/dev/null
  i=$((i + 1))
done
read -r now rest </proc/uptime
more=$(($(dmesg | grep -c 'needs CAP_NET_ADMIN') - sentences))
seconds=$((${now%.*} - ${start%.*}))
echo "60 refusals in $seconds s, $more of them in the log"
expect "who is refused cannot fill the log" 0 test $more -le $((seconds / 5 + 2))

# Interfaces of two namespaces, joined by a cable: frames come, memory does not.
for name in red blue; do
  ip netns add $name
done
ip link add r0 netns red type veth peer name b0 netns blue
ip netns exec red ip link set r0 up
ip netns exec blue ip link set b0 up
sender="ip netns exec red ./traffic"
receiver="ip netns exec blue ./traffic"
pair "from namespace to namespace" r0 b0 500 60
sender=
receiver=
# The host stack's frames do not come in where no interface is.
owner red r0^
expect "its buffers are its namespace's" 0 test "$(ip netns exec red cat /sys/module/netmap/parameters/buf_curr_num)" -gt 0
expect "and no other's" 0 test "$(cat /sys/module/netmap/parameters/buf_curr_num)" -eq 0
expect "another namespace does not join them" $EINVAL ip netns exec blue ./neighbour join "$id" root
expect "the log says so" 0 logged "there is no memory region $id in this network namespace" ip netns exec blue ./neighbour join "$id" root
expect "nor does the first namespace" $EINVAL ./neighbour join "$id" root
expect "whatever it is called, a neighbour spoils its own only" 0 ip netns exec blue ./neighbour spoil 1 40 root
expect "so does the first namespace" 0 ./neighbour spoil 1 40 root
expect "and a container" 0 ./neighbour spoil 1 40 container
expect "an interface has no name elsewhere" 2 ip netns exec blue ./traffic hold r0 0
intact "interface"
expect "a file stays in its namespace" 0 ip netns exec red ./neighbour moved r0

# Private memory.
owner red vale1:a
expect "another namespace does not join a port's memory" $EINVAL ip netns exec blue ./neighbour join "$id" root
expect "nor by any number" 0 ip netns exec blue ./neighbour spoil 1 40 root
chmod 666 /dev/netmap
expect "another user does not" $EPERM ip netns exec red ./neighbour join "$id" 1000
expect "the log says so" 0 logged "memory region $id belongs to another user" ip netns exec red ./neighbour join "$id" 1000
expect "and spoils what all interfaces share only" 0 ip netns exec red ./neighbour spoil 1 40 1000
chmod 600 /dev/netmap
intact "VALE port"
owner red vale1:a
expect "its own user does" 0 ip netns exec red ./neighbour join "$id" root
kill $owner
wait $owner

# A switch of the same name is another one.
rm -f /tmp/count
ip netns exec blue ./traffic count vale1:b 3600 >/tmp/count 2>&1 &
counter=$!
ready /tmp/count $counter
expect "send in a switch of that name" 0 ip netns exec red ./traffic send vale1:a 100
kill $counter
wait $counter
expect "nothing came" 0 grep -q '^counted 0 ' /tmp/count
cat /tmp/count

# The interface of a persistent port goes back to its port when the namespace that it was moved to ends.
ip netns add side
expect "make a persistent port" 0 ip netns exec red ./traffic newif p0 -
expect "move its interface" 0 ip netns exec red ip link set p0 netns side
ip link add m0 type veth peer name m1 netns side
ip netns del side
until_true [ ! -e /sys/class/net/m0 ]
expect "its interface comes back" 0 ip netns exec red ip link show p0
expect "not to the first namespace" 1 ip link show p0
expect "delete it" 0 ip netns exec red ./traffic delif p0 -

# A namespace lasts as long as its files, and what is in it.
owner red r0
ip netns del red
usleep 500000
expect "an open file keeps its namespace" 0 ip netns exec blue ip link show b0
kill $owner
wait $owner
expect "and then it goes" 0 until_true gone
ip netns del blue
expect "no buffers are left" 0 test "$(cat /sys/module/netmap/parameters/buf_curr_num)" -eq 0
expect "no region is left but that of the first namespace" 0 until_true alone
cat /sys/kernel/debug/netmap/regions
until_true unused netmap
expect "rmmod" 0 rmmod netmap
exit $failed
