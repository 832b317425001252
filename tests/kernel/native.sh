# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Run in the guest, as scripts/guest --files traffic,stream,conformance,hostile,guest.sh native.sh [MB [SECONDS [SEED]]]: a driver
# that knows netmap (kernel/drivers/veth): frames, host rings, single rings, switches, and interfaces that go away, change and come
# back while they are open. MB: how much goes over TCP; SECONDS and SEED: of the hostile client.
# shellcheck source=tests/kernel/guest.sh
. ./guest.sh
mb=${1:-8}
seconds=${2:-10}
seed=${3:-$(date +%s)}
counters=/sys/kernel/debug/netmap/counters
admode=/sys/module/netmap/parameters/admode

# As many frames as a receive ring holds: a cable keeps nothing, and a receiver that is late loses what comes.
ring=1000

# nmveth NAME [WORD...]: NAME and NAMEp, which are each other's peer, set up.
nmveth() {
  # shellcheck disable=SC2086,SC2048  # words
  ip link add $* type nmveth
  ip link set "$1" up
  ip link set "$1p" up
}

# driver NAME: whose port NAME is. There is one once somebody has had it.
driver() {
  sed -n "s/^$1 driver=\([a-z_]*\) .*/\1/p" $counters
}

# held PORT: hold it in the background; sets holder.
held() {
  rm -f /tmp/hold
  ./traffic hold "$1" 3600 >/tmp/hold &
  holder=$!
  ready /tmp/hold $holder
}

released() {
  kill $holder
  wait $holder
}

insmod netmap.ko "$POOLS" || exit 1
expect "the driver's module" 0 insmod nmveth.ko
expect "a pair" 0 nmveth v0
expect "its peer has its name" 0 test -e /sys/class/net/v0p
expect "a name with no room for its peer's" 2 ip link add fifteenletters1 type nmveth
pair "native" v0 v0p $ring 60
expect "its port is the driver's" 0 test "$(driver v0)$(driver v0p)" = nmvethnmveth
expect "and has a link" 0 grep -q '^v0 driver=nmveth link=up' $counters
pair "native back" v0p v0 500 1000
pair "native, with a tag" v0 v0p 200 200 0x2005
ip link set v0 mtu 9000
ip link set v0p mtu 9000
pair "native, several slots a frame" v0 v0p 150 9000
expect "conformance" 0 ./conformance v0

# A client sends the same buffers again: nothing is swapped away.
held v0p/R
expect "send more than the receiver takes" 0 ./traffic send v0 5000
expect "what it could not take is counted" 0 test "$(cat /sys/class/net/v0p/statistics/rx_dropped)" -gt 0
released

# Who chooses the driver.
echo 2 >$admode
pair "emulated, where that is asked for" v0 v0p 300 60
expect "its port is the adapter's" 0 test "$(driver v0)" = emulated
held v0
echo 1 >$admode
expect "who has it keeps it" 0 test "$(driver v0)" = emulated
released
pair "native only" v0 v0p 300 60
expect "the driver's again" 0 test "$(driver v0)" = nmveth
ip link add e0 type veth peer name e1
expect "native only: veth has no such driver" 2 ./traffic hold e0 0
ip link del e0
echo 0 >$admode

# The stack's side: an interface as any other while nobody has it, and host rings.
through_host_rings "native" v0 v0p "$mb"
rm -f /tmp/count
./traffic count v0/R 3600 >/tmp/count 2>&1 &
counter=$!
ready /tmp/count $counter
expect "ping with the receive rings taken" 1 ping -c 1 -W 1 -q 10.9.0.2
kill $counter
expect "count" 0 wait $counter
cat /tmp/count
expect "the requests left, and the answers came to the client" 0 grep -q 'counted [1-9]' /tmp/count
ip neighbour flush dev v0
rm -f /tmp/pass
./traffic pass v0-0/R 3600 >/tmp/pass 2>&1 &
passer=$!
ready /tmp/pass $passer
expect "ping where ARP and ICMP are passed up" 0 answers 10.9.0.2
kill $passer
expect "pass" 0 wait $passer
cat /tmp/pass
tcp "native: TCP with nobody on it" - far 10.9.0.2 1
apart v0
while [ -e /sys/class/net/v0 ]; do usleep 20000; done
expect "both ends are gone with a namespace" 2 ./traffic hold v0 0

# A frame from a client to the other end's stack, and the other way.
nmveth v0
came=$(cat /sys/class/net/v0p/statistics/rx_packets)
expect "send to the peer's stack" 0 ./traffic send v0 300
expect "they came" 0 test $(($(cat /sys/class/net/v0p/statistics/rx_packets) - came)) -ge 300

# Single rings of four.
ip link del v0
nmveth v0 numtxqueues 4 numrxqueues 4
pair "one ring to one ring" v0-2 v0p-2/R 300 60
held v0p-1/R
came=$(cat /sys/class/net/v0p/statistics/rx_packets)
expect "send on a ring whose peer's is the host's" 0 ./traffic send v0-2/T 300
expect "they came to the host" 0 test $(($(cat /sys/class/net/v0p/statistics/rx_packets) - came)) -ge 300
expect "none of them came to the ring" 0 grep -q '^v0p rx1 .* slots=0 ' $counters
released

# Down and up, another name, another namespace, and removed, while it is polled.
later "set down" v0 ip link set v0 down
held v0
expect "a client may open what is down, and its syncs fail" 1 ./traffic send v0-3/T 1
ip link set v0 up
released
pair "up again" v0 v0p 300 60
expect "open while it is set down and up" 0 sh -c './traffic hold v0 1 & ip link set v0 down; ip link set v0 up; wait $!'
later "renamed" v0 sh -c 'ip link set v0 down; ip link set v0 name w0; ip link set w0 up'
pair "by its new name" w0 v0p 300 60
expect "by its old name" 2 ./traffic hold v0 0
ip netns add far
later "moved to a namespace" v0p ip link set v0p netns far
expect "not here" 2 ./traffic hold v0p 0
expect "there" 0 ip netns exec far ./traffic hold v0p 0
later "removed" w0 ip link del w0
ip netns del far

# A switch has it.
nmveth v0
expect "attach to a switch" 0 ./traffic attach vale2:v0 nic
pair "from the cable into a switch" v0p vale2:x 300 60
pair "from a switch to the cable" vale2:x v0p 300 60
ip link set v0 down
ip link set v0 up
pair "down and up in a switch" v0p vale2:x 300 60
expect "detach" 0 ./traffic detach vale2:v0 -
expect "attach with its host stack" 0 ./traffic attach vale2:v0 host
ip link del v0
expect "removed while in a switch" 1 ./traffic detach vale2:v0 -

# In mid-traffic: both ends open and close, go down and up.
nmveth v0
./traffic send v0 2000000000 >/tmp/flood 2>&1 &
flood=$!
i=0
bad=0
while [ $i -lt 30 ]; do
  ./traffic hold v0p 0 >/dev/null || bad=1
  ./traffic count v0p $patience 100 >/tmp/count || bad=1
  i=$((i + 1))
done
expect "bind and unbind in mid-traffic" 0 test $bad -eq 0
i=0
while [ $i -lt 30 ]; do
  ip link set v0p down
  ip link set v0p up
  i=$((i + 1))
done
expect "traffic goes on" 0 ./traffic count v0p $patience 100
expect "the sender is still there" 0 kill -0 $flood
ip link del v0
wait $flood
expect "and ends with its interface" 0 grep -q 'poll says' /tmp/flood

# Removed in mid-traffic, both ends open, again and again.
i=0
while [ $i -lt 20 ]; do
  nmveth v0
  ./traffic send v0 2000000000 >/dev/null 2>&1 &
  one=$!
  ./traffic send v0p 2000000000 >/dev/null 2>&1 &
  other=$!
  usleep 100000
  ip link del v0p || bad=1
  wait $one $other
  i=$((i + 1))
done
expect "removed while both ends send" 0 test $bad -eq 0

# A NIC of descriptors, whose cable leads back into it: DMA, and resets while a client has its rings, which a change of the MTU is.
expect "a NIC of descriptors" 0 insmod fake_nic.ko
ip link set fn0 up
pair "descriptors" fn0/T fn0/R 200 60
pair "descriptors, longer frames" fn0/T fn0/R 200 1500
expect "its port is the driver's" 0 test "$(driver fn0)" = fake_nic
held fn0/T
./traffic send fn0/T 1 1700 >/dev/null
expect "a frame that it does not take re-initialises its ring" 0 grep -q '^fn0 tx0 .* reinits=1 ' $counters
released
./traffic send fn0/T 2000000000 >/dev/null 2>&1 &
flood=$!
./traffic count fn0/R 3600 >/tmp/count 2>&1 &
counter=$!
ready /tmp/count $counter
i=0
while [ $i -lt 200 ]; do
  ip link set fn0 mtu $((1000 + i))
  i=$((i + 1))
done
expect "200 resets: the sender is still there" 0 kill -0 $flood
expect "and the receiver" 0 kill -0 $counter
kill $flood $counter
wait $flood
expect "count" 0 wait $counter
cat /tmp/count
grep '^fn0 [rt]x0' $counters
expect "nobody broke a rule" 0 grep -q '^fn0 tx0 .* reinits=0 ' $counters
expect "nobody did, of those that receive" 0 grep -q '^fn0 rx0 .* reinits=0 ' $counters
pair "descriptors after resets" fn0/T fn0/R 200 60
held fn0
ip link set fn0 down
ip link set fn0 up
released
pair "descriptors after down and up" fn0/T fn0/R 200 60
expect "a switch has it" 0 ./traffic attach vale3:fn0 nic
./traffic count vale3:x $patience 300 >/tmp/count 2>&1 &
counter=$!
ready /tmp/count $counter
./traffic send vale3:y 200 >/dev/null
expect "what the switch sends comes back" 0 wait $counter
expect "detach it" 0 ./traffic detach vale3:fn0 -
# A hostile client on both, which may use up the memory of all interfaces, and good ones elsewhere; they are set down and reset.
nmveth v0
./hostile "$seconds" "$seed" 4 v0 v0^ v0p v0p^ fn0 fn0^ vale0:a vale0:v0 vale0:fn0 "v0{2" >/tmp/hostile 2>&1 &
hostile=$!
n=0
while kill -0 $hostile 2>/dev/null; do
  pair "beside it" vale7:x vale7:y 500 60 >/tmp/pair 2>&1
  grep FAILED /tmp/pair && cat /tmp/pair
  ip link set v0p down
  ip link set v0p up
  ip link set fn0 mtu $((1000 + n))
  cat $counters >/dev/null
  n=$((n + 1))
done
wait $hostile
expect "hostile for $seconds s" 0 test $? -eq 0
cat /tmp/hostile
echo "$n rounds of good clients beside it"
./hostile clean
ip link set v0 up
ip link set v0p up
pair "after it" v0 v0p 500 60
pair "descriptors after it" fn0/T fn0/R 200 60

held fn0
expect "rmmod of it while open" 1 rmmod fake_nic
released
expect "rmmod of it" 0 rmmod fake_nic

# Modules are removed in order.
held v0
expect "rmmod of the driver while open" 1 rmmod nmveth
released
expect "rmmod of netmap while its driver is there" 1 rmmod netmap
expect "rmmod of the driver" 0 rmmod nmveth
expect "its interfaces are gone" 1 test -e /sys/class/net/v0
until_true unused netmap
expect "rmmod" 0 rmmod netmap

# Buffers that cross pages have no one address for a device. A driver without one does not mind.
expect "buffers of 3072 bytes" 0 insmod netmap.ko buf_num=2000 buf_size=3072
insmod nmveth.ko
insmod fake_nic.ko
nmveth v0
ip link set v0 mtu 9000
ip link set v0p mtu 9000
pair "native, buffers of 3072 bytes" v0 v0p 500 3000
expect "not for a device" 2 ./traffic hold fn0 0
dmesg >/tmp/log
expect "and the log says which are" 0 grep -q 'buffers of 3072 bytes, which cross pages; set the parameter buf_size' /tmp/log
rmmod fake_nic
rmmod nmveth
expect "rmmod at the end" 0 rmmod netmap
exit $failed
