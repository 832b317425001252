# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Run in the guest, as scripts/guest --files traffic,stream,prefilled,guest.sh switch.sh [MB]: VALE, pipes, and clients that are killed.
# MB: how much goes over TCP, 8 where it is not said.
# shellcheck source=tests/kernel/guest.sh
. ./guest.sh
mb=${1:-8}

insmod netmap.ko "$POOLS" || exit 1
pair "VALE" vale1:a vale1:b 1000 60
pair "VALE, long frames" vale1:a vale1:b 300 1500
pair "VALE, several slots a frame" vale1:a vale1:b 200 9000
pair "pipe" "p{1" "p}1" 1000 60
pair "pipe, several slots a frame" "p}2" "p{2" 200 9000
for loop in pipe_60 pipe_1500; do
  expect "pipe, buffers filled once, $loop" 0 ./prefilled $loop 20000
done

# Programs of 32 bits among those of 64.
if [ -x ./traffic32 ]; then
  sender=./traffic32
  pair "32 bits to 64, VALE" vale1:a vale1:b 1000 60
  pair "32 bits to 64, pipe" "p{1" "p}1" 1000 60
  sender=
  receiver=./traffic32
  pair "64 bits to 32, VALE" vale1:a vale1:b 300 1500
  pair "64 bits to 32, pipe" "p{1" "p}1" 300 1500
  receiver=
else
  echo "SKIPPED: no programs of 32 bits: the compiler makes none; libc6-dev-i386 and lib32gcc-12-dev let it"
fi

# Two namespaces, each with an interface whose other end is in a switch: they talk to each other.
for i in 1 2; do
  ip netns add "side$i"
  ip link add "v$i" type veth peer name "w$i"
  ip link set "w$i" netns "side$i"
  ip link set "v$i" up
  ip netns exec "side$i" ip address add "10.7.0.$i/24" dev "w$i"
  ip netns exec "side$i" ip link set "w$i" up
  expect "attach v$i" 0 ./traffic attach "vale2:v$i" nic
done
expect "ping from namespace to namespace" 0 answers 10.7.0.2 ip netns exec side1
tcp "TCP from namespace to namespace" side1 side2 10.7.0.2 "$mb"
expect "rmmod with interfaces in a switch" 1 rmmod netmap
expect "open what is in a switch" 2 ./traffic hold v1 0
expect "detach" 0 ./traffic detach vale2:v1 -
expect "an attached interface is removed" 0 ip link del v2
expect "open what was detached" 0 ./traffic hold v1 0
ip link del v1

# The interface and its host stack in one switch: this host talks to a client of the switch's other interface.
ip link add v0 type veth peer name v1
ip link set v1 netns side1
ip netns exec side1 ip address add 10.8.0.1/24 dev v1
ip netns exec side1 ip link set v1 up
ip address add 10.8.0.2/24 dev v0
ip link set v0 up
expect "attach with the host stack" 0 ./traffic attach vale3:v0 host
expect "ping through the switch" 0 answers 10.8.0.1
expect "detach it" 0 ./traffic detach vale3:v0 -
expect "ping without it" 0 answers 10.8.0.1
ip netns del side1
ip netns del side2

# Persistent ports are interfaces: their host stacks, one in each of two namespaces, talk through the switch.
for i in 1 2; do
  ip netns add "side$i"
  expect "make p$i" 0 ./traffic newif "p$i" -
  expect "p$i is an interface" 0 ip link show "p$i"
  expect "it is not deleted as others are" 2 ip link del "p$i"
  ip link set "p$i" netns "side$i"
  expect "attach p$i with its host stack" 0 ./traffic attach "vale4:p$i" host
  ip netns exec "side$i" ip address add "10.6.0.$i/24" dev "p$i"
  ip netns exec "side$i" ip link set "p$i" up
done
expect "ping between persistent ports" 0 answers 10.6.0.2 ip netns exec side1
tcp "TCP between persistent ports" side1 side2 10.6.0.2 "$mb"
expect "its host rings are the switch's" 2 ./traffic hold p1^ 0
expect "its other rings are for clients" 0 ./traffic hold p1 0
# A client of the port sees what the stack behind it asks for.
rm -f /tmp/count
./traffic count p1 $patience 1 >/tmp/count 2>&1 &
counter=$!
ready /tmp/count $counter
ip netns exec side2 ping -c 1 -W 1 -q 10.6.0.99 >/dev/null
expect "count" 0 wait $counter
expect "a client of the port sees the switch's broadcasts" 0 grep -q 'counted [1-9]' /tmp/count
expect "delete what is in a switch" 1 ./traffic delif p1 -
for i in 1 2; do
  expect "detach p$i" 0 ./traffic detach "vale4:p$i" -
  expect "delete p$i" 0 ./traffic delif "p$i" -
  expect "it is gone" 1 ip netns exec "side$i" ip link show "p$i"
done
# Those of a namespace end with it, also in a switch.
expect "make one in a namespace" 0 ip netns exec side1 ./traffic newif p3 -
expect "attach it there" 0 ip netns exec side1 ./traffic attach vale5:p3 host
expect "rmmod with a persistent port" 1 rmmod netmap
ip netns del side1
ip netns del side2

# A sender and a receiver that does nothing: what is lost is counted where it was lost.
rm -f /tmp/hold
./traffic hold vale1:full 3600 >/tmp/hold &
holder=$!
ready /tmp/hold $holder
./traffic send vale1:e 3000 >/dev/null &
talker=$!
expect "drops are counted" 0 until_true grep -Eqs 'vale1:full rx0 frames=1023 full=1977 misfit=0' /sys/kernel/debug/netmap/counters
cat /sys/kernel/debug/netmap/counters
kill $holder $talker 2>/dev/null
wait

# Clients inside the kernel, which measure: each checks that all its frames came.
insmod sync_speed.ko calls=3
for name in pipe-256 pipe-512 vale_none-512 vale_one-512 vale_two-256 vale_one_1500-512 vale_one_1500-256-512 empty_call-0; do
  expect "sync_speed: $name" 0 grep -q ' calls=3 min=.* median=[1-9]' /sys/kernel/debug/sync_speed/$name
done
ipv6=/proc/sys/net/ipv6/conf/default/disable_ipv6
[ ! -f $ipv6 ] || echo 1 >$ipv6
veth v0 v1
[ ! -f $ipv6 ] || echo 0 >$ipv6
expect "sync_speed: emulated-512" 0 grep -q ' calls=3 min=.* median=[1-9]' /sys/kernel/debug/sync_speed/emulated-512
ip link del v0
rmmod sync_speed

cd /sys/module/netmap/parameters || exit 1
expect "no buffers are left" 0 test "$(cat buf_curr_num)" -eq 0
cd /test || exit 1
expect "rmmod" 0 rmmod netmap
exit $failed
