# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Run in the guest, as scripts/guest --files hostile,killed,blocked,traffic,guest.sh robust.sh [KILLS [SECONDS [SEED]]]: clients
# that are killed, that make others wait, that request all memory, and a hostile one; other clients must not notice.
# shellcheck source=tests/kernel/guest.sh
. ./guest.sh
kills=${1:-200}
seconds=${2:-15}
seed=${3:-$(date +%s)}
debug=/sys/kernel/debug/netmap

# Parameters are read while the module comes and goes.
(while :; do cat /sys/module/netmap/parameters/* >/dev/null 2>&1; done) &
reader=$!
i=0
while [ $i -lt 20 ]; do
  insmod netmap.ko "$POOLS" && rmmod netmap || failed=1
  i=$((i + 1))
done
kill $reader
wait $reader
expect "insmod and rmmod while parameters are read" 0 test $failed -eq 0

insmod netmap.ko "$POOLS" || exit 1
two_cables

# One of two processes is killed, again and again. The global region is held, so that its counters can be compared.
pairs="vale1:a vale1:b q{1 q}1 v0 v1"
# shellcheck disable=SC2086  # words
expect "killed, to begin with" 0 ./killed 3 1 $pairs
./traffic hold v0^ 36000 >/dev/null &
holder=$!
while [ "$(wc -l <$debug/regions)" -lt 1 ] || ! grep -q '^1 users=1' $debug/regions; do usleep 20000; done
cat $debug/regions
cp $debug/regions /tmp/before
# shellcheck disable=SC2086
expect "killed $kills times" 0 ./killed "$kills" "$seed" $pairs
cp $debug/regions /tmp/after
expect "memory is as it was" 0 diff /tmp/before /tmp/after
kill $holder
wait $holder

# What is made in a namespace goes with it: else the module could not be removed at the end.
ip netns add gone
expect "a persistent port in a namespace" 0 ip netns exec gone ./traffic newif hp9 -
expect "and it is open" 0 ip netns exec gone ./traffic hold vale4:hp9 0
rm -f /tmp/hold
ip link add m0 type veth peer name m1 netns gone
ip netns exec gone ./traffic hold hp9 3600 >/tmp/hold &
holder=$!
ready /tmp/hold $holder
ip netns del gone
# The holder is the last that is in it. The kernel takes a namespace away in its own time, and all its interfaces together.
kill $holder
wait $holder
until_true [ ! -e /sys/class/net/m0 ]
expect "no other namespace has it" 2 ./traffic hold hp9 0

./blocked wait
code=$?
[ $code -eq 77 ] || expect "a client that keeps the kernel waiting keeps nobody else" 0 test $code -eq 0
expect "a client that wants all memory" 0 ./blocked greedy
# A name is what a client says it is, and no line of the log.
expect "a name with a line of its own" 2 ./traffic hold "$(printf 'no\nforged line')" 0
dmesg | grep -q '\] forged line'
expect "nobody writes lines into the log" 1 test $? -eq 0

# Frames come into a switch from an interface without end: who takes it out does not wait for the last one.
expect "attach an interface" 0 ./traffic attach vale2:v0 nic
./traffic send v1 2000000000 >/dev/null 2>&1 &
flood=$!
./traffic count vale2:sink 36000 >/dev/null 2>&1 &
sink=$!
until_true grep -qs 'vale2:sink rx0 frames=[1-9]' $debug/counters
expect "detach it while frames come" 0 ./traffic detach vale2:v0 -
kill -9 $flood $sink
wait $flood $sink

# The hostile client, with an interface that comes and goes; and clients beside it.
./hostile "$seconds" "$seed" 4 v0 v0^ v1 v2 v3^ vale0:a vale0:b vale0:v1 vale1:c vale1:v2 "q{1" "q}1" "q{1" "v0{2" >/tmp/hostile 2>&1 &
hostile=$!
n=0
met=0
while kill -0 $hostile 2>/dev/null; do
  pair "pipe beside it" "good{1" "good}1" 1000 60 >/tmp/pair 2>&1
  pair "VALE beside it" vale7:x vale7:y 1000 1000 >>/tmp/pair 2>&1
  # In its own switch, where it may fill the receiver's ring: what arrives is as it was sent.
  ./traffic send vale0:x 2000000000 1000 >/dev/null 2>&1 &
  endless=$!
  expect "VALE with it" 0 ./traffic among vale0:y 500 $patience 1000 >>/tmp/pair 2>&1
  kill $endless
  wait $endless 2>/dev/null
  grep FAILED /tmp/pair && cat /tmp/pair
  ! grep -q "and [1-9][0-9]* of somebody else" /tmp/pair || met=$((met + 1))
  ip link set v2 down
  ip link set v2 up
  cat $debug/counters $debug/regions >/dev/null
  n=$((n + 1))
done
wait $hostile
expect "hostile for $seconds s" 0 test $? -eq 0
cat /tmp/hostile
echo "$n rounds of good clients beside it, $met of them among its frames"
./hostile clean
# What is down is up again, and works.
ip link set v2 up
pair "veth after it" v0 v1 500 60
pair "the other veth after it" v2 v3 500 60
pair "VALE after it" vale0:a vale0:b 500 60
cat $debug/regions
expect "nobody has buffers" 0 test "$(cat /sys/module/netmap/parameters/buf_curr_num)" -eq 0
ip link del v0
ip link del v2
until_true unused netmap
expect "rmmod" 0 rmmod netmap
exit $failed
