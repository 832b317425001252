# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Run in the guest, as scripts/guest --kernel-modules "$(cat stack.modules)" --files traffic,host,guest.sh stack.sh [FRAMES]: the emulated
# adapter and the host stack on the same interface: several queues, VLANs, bridges, and what the stack leaves to devices. FRAMES:
# how many are sent to find losses; an emulated processor sends some 20,000 a second.
# shellcheck source=tests/kernel/guest.sh
. ./guest.sh
frames=${1:-200000}
counters=/sys/kernel/debug/netmap/counters
parameters=/sys/module/netmap/parameters

# silent: v0 and v1 go up, and say nothing by themselves, as IPv6 does.
silent() {
  for name in v0 v1; do
    [ ! -d /proc/sys/net/ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/$name/disable_ipv6
    ip link set $name up
  done
  carrier v0 v1
}

# four: v0 and v1, of four queues each; v0 has an address and eight neighbours that never answer.
four() {
  ip link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1 numtxqueues 4 numrxqueues 4
  silent
  ip address add 10.9.0.1/24 dev v0
  for i in 2 3 4 5 6 7 8 9; do
    ip neighbour replace 10.9.0.$i lladdr 02:00:00:00:00:0$i dev v0
  done
}

# speak: the host sends a frame of ICMP to each neighbour: by their addresses they spread over the queues.
speak() {
  for i in 2 3 4 5 6 7 8 9; do
    ping -c 1 -W 1 -q 10.9.0.$i >/dev/null &
    pings="$pings $!"
  done
  # shellcheck disable=SC2086  # words
  wait $pings
  pings=
}
pings=

# left NAME: frames that have left by it.
left_by() { cat "/sys/class/net/$1/statistics/tx_packets"; }

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

# awaits PORT KIND FRAMES: in the background; sets waiter. come WHAT CODE: what it has come to.
awaits() {
  rm -f /tmp/wait
  ./host wait "$1" $patience "$2" "$3" >/tmp/wait &
  waiter=$!
  ready /tmp/wait $waiter
}
come() {
  expect "$1" "$2" wait $waiter
  grep -v ready /tmp/wait
}

# xps QUEUE: the host sends on that queue of v0, from whatever processor; -: it goes by the frames.
xps() {
  for i in 0 1 2 3; do
    mask=0
    [ "$i" != "$1" ] || mask=3
    echo $mask >/sys/class/net/v0/queues/tx-$i/xps_cpus
  done
}

# has MODULE: whether the kernel has it, loaded or built in; else what needs it is skipped, and that is said.
has() {
  [ ! -d "/sys/module/$1" ] || return 0
  echo "SKIPPED: $2: this kernel has no $1"
  return 1
}

insmod netmap.ko "$POOLS" || exit 1

# The whole interface: what the host sends stays in, whatever queue it is for, though the port has one ring.
four
held v0
was=$(left_by v0)
speak
expect "the whole interface: none of the host's frames leaves" 0 test "$(left_by v0)" -eq "$was"
released
was=$(left_by v0)
speak
expect "all of them leave when nobody has it" 0 test "$(left_by v0)" -eq $((was + 8))
expect "attach it with its host stack" 0 ./traffic attach vale2:v0 host
awaits vale2:x icmp 8
speak
come "all that the host sends goes through the switch" 0
expect "detach it" 0 ./traffic detach vale2:v0 -

# One ring of four: its queue, and no other. The stack chooses queues by XPS.
echo 4 >$parameters/generic_rings
xps 2
held v0-2/T
was=$(left_by v0)
speak
expect "its own queue: none of the host's frames leaves" 0 test "$(left_by v0)" -eq "$was"
released
held v0-1/T
was=$(left_by v0)
speak
expect "another queue: all of them leave" 0 test "$(left_by v0)" -eq $((was + 8))
released

# One ring, the only one, opened by its number: receive queue 0, and no other.
echo 1 >$parameters/generic_rings
rm -f /tmp/count
./traffic count v0-0/R 3600 >/tmp/count 2>&1 &
counter=$!
ready /tmp/count $counter
echo 4 >$parameters/generic_rings
came=$(cat /sys/class/net/v0/statistics/rx_packets)
expect "send to another receive queue" 0 ./traffic send v1-3/T 300
# shellcheck disable=SC2317  # until_true calls it
all_came() { [ $(($(cat /sys/class/net/v0/statistics/rx_packets) - came)) -ge 300 ]; }
until_true all_came
kill $counter
wait $counter
cat /tmp/count
expect "they are the host's" 0 grep -qx 'counted 0 frames' /tmp/count
held v1-3/T
echo 1 >$parameters/generic_rings
pair "the whole interface has them, in its one ring" v1-3/T v0 300 60
released
echo 4 >$parameters/generic_rings

# Through the stack's own way out a ring has the same queue.
xps -
echo 0 >$parameters/generic_txqdisc
pair "one ring to one ring, by the queueing discipline" v0-2 v1-1/R 300 60
echo 1 >$parameters/generic_txqdisc

# More host rings than receive queues, where the stack looks at the queue of a frame: a warning of its own would be a failure.
for i in 0 1 2 3; do echo 3 >/sys/class/net/v0/queues/rx-$i/rps_cpus; done
expect "a frame up from each of 9 host rings" 0 ./host up v0 9
ip link del v0

# A receiver that never syncs, in another namespace: the sender goes on, and what finds no room is counted there.
echo 1 >$parameters/generic_rings
ip netns add far
veth v0 v1
ip link set v1 netns far
ip netns exec far ip link set v1 up
carrier v0
rm -f /tmp/hold
ip netns exec far ./traffic hold v1 3600 >/tmp/hold &
holder=$!
ready /tmp/hold $holder
expect "send to a receiver that never syncs" 0 ./traffic send v0 12000
# What is under way when the sender ends comes soon.
tries=200
lost=0
while [ "$lost" -lt $((12000 - 8192)) ] && [ $tries -gt 0 ]; do
  usleep 50000
  lost=$(sed -n 's/^v1 rx0 .* full=\([0-9]*\) .*/\1/p' $counters)
  tries=$((tries - 1))
done
expect "what found no room is counted there" 0 test "$lost" -ge $((12000 - 8192))
sed -n '/^v[01] [rt]x0/p' $counters
released
ip netns del far
until_true [ ! -e /sys/class/net/v0 ]

# Frames of 1500 bytes, many times what all queues on their way hold: at the receiver's pace none is lost.
ip link add v0 type veth peer name v1
silent
expect "$frames frames of 1500 bytes at the receiver's pace" 0 ./traffic pace v0 v1 "$frames" 1500
expect "$frames frames of 60 bytes at the receiver's pace" 0 ./traffic pace v0 v1 "$frames" 60
# Faster than that, what is lost is counted where it was lost.
rm -f /tmp/count
./traffic count v1 3600 >/tmp/count 2>&1 &
counter=$!
ready /tmp/count $counter
expect "$frames frames of 1500 bytes as fast as it goes" 0 ./traffic send v0 "$frames" 1500
# All that has a place in the counters of the receiver, and of the sender.
accounted() {
  sed -n 's/^v1 rx0 .* slots=\([0-9]*\) .* full=\([0-9]*\) too_long=\([0-9]*\) no_memory=\([0-9]*\)$/\1 \2 \3 \4/p
    s/^v0 tx0 .* too_short=\([0-9]*\) too_long=\([0-9]*\) refused=\([0-9]*\) no_memory=\([0-9]*\)$/\1 \2 \3 \4/p' $counters |
    awk '{ sum += $1 + $2 + $3 + $4 } END { print sum }'
}
tries=200
while [ "$(accounted)" -lt "$frames" ] && [ $tries -gt 0 ]; do
  usleep 50000
  tries=$((tries - 1))
done
expect "each has come or is counted as lost" 0 test "$(accounted)" -eq "$frames"
sed -n '/^v[01] [rt]x0/p' $counters
kill $counter
wait $counter
cat /tmp/count
ip link del v0

# Sub-interfaces: what comes in for one is the client's as well, and goes to it when the client passes it up.
if has 8021q "VLAN sub-interfaces"; then
  ip netns add far
  veth v0 v1
  ip link set v1 netns far
  ip netns exec far ip link set v1 up
  ip link add link v0 name v0.5 type vlan id 5
  ip link set v0.5 up
  ip address add 10.9.5.1/24 dev v0.5
  ip netns exec far ip link add link v1 name v1.5 type vlan id 5
  ip netns exec far ip link set v1.5 up
  ip netns exec far ip address add 10.9.5.2/24 dev v1.5
  carrier v0
  expect "ping between sub-interfaces" 0 answers 10.9.5.2
  awaits v0/R tagged 10
  expect "send frames with its tag" 0 ip netns exec far ./traffic send v1 10 100 0x0005
  come "they come to the client" 0
  rm -f /tmp/bridge
  ./traffic bridge v0 "v0^" 3600 >/tmp/bridge 2>&1 &
  bridge=$!
  ready /tmp/bridge $bridge
  expect "ping between sub-interfaces through host rings" 0 answers 10.9.5.2
  grep '^v0 ' $counters
  kill $bridge
  wait $bridge
  cat /tmp/bridge
  ip netns del far
  until_true [ ! -e /sys/class/net/v0 ]
fi

# A bridge hands on what a client sends: at its other port, that is a frame of the host's.
if has bridge "bridges"; then
  two_cables
  ip link add br0 type bridge
  ip link set br0 up
  ip link set v1 master br0
  ip link set v2 master br0
  carrier v0 v2
  held v2/T
  awaits "v2^" test 10
  # To one station, which nobody knows: they are handed on as they are, and not copied.
  expect "send through a bridge" 0 ./host unicast v0 10
  come "it comes to the host ring of the bridge's other port" 0
  released
  ip link del br0
  ip link del v0
  ip link del v2
fi

# What is left to a device that has it: the CRC of SCTP.
four
if has sctp "SCTP"; then
  awaits v1 sctp 1
  expect "begin an SCTP association" 0 ./host sctp 10.9.0.2 -
  usleep 1000000
  # It has ended, or what it waits for does not come: a wrong CRC never comes right.
  kill $waiter 2>/dev/null
  come "its CRC is finished for a client" 0
fi

# Encryption: what goes into a host ring, and from there may go on the wire, is not plain.
if has esp4_offload "IPsec"; then
  key=0x000102030405060708090a0b0c0d0e0f10111213
  expect "an IPsec state" 0 ip xfrm state add src 10.9.0.1 dst 10.9.0.2 proto esp spi 0x10 mode transport \
    aead 'rfc4106(gcm(aes))' $key 128
  expect "an IPsec policy" 0 ip xfrm policy add src 10.9.0.1/32 dst 10.9.0.2/32 dir out \
    tmpl src 10.9.0.1 dst 10.9.0.2 proto esp mode transport
  held v0/T
  awaits "v0^" esp 3
  for i in 1 2 3; do ping -c 1 -W 1 -s 200 -q 10.9.0.2 >/dev/null; done
  usleep 1000000
  # It has ended, or what it waits for does not come.
  kill $waiter 2>/dev/null
  come "what IPsec is to protect comes encrypted" 0
  expect "and not plain" 0 grep -q ' icmp=0 .* esp-plain=0 ' /tmp/wait
  grep '^v0 driver' $counters
  released
  ip xfrm policy flush
  ip xfrm state flush
fi
ip link del v0

# netpoll sends where no lock of ours may be taken: it is refused.
if has netconsole "netpoll"; then
  expect "a persistent port" 0 ./traffic newif hp9 -
  ip link set hp9 up
  mkdir -p /tmp/config
  mount -t configfs config /tmp/config
  mkdir /tmp/config/netconsole/t
  echo hp9 >/tmp/config/netconsole/t/dev_name
  echo 10.9.0.1 >/tmp/config/netconsole/t/local_ip
  echo 10.9.0.2 >/tmp/config/netconsole/t/remote_ip
  # It says no.
  echo 1 2>/dev/null >/tmp/config/netconsole/t/enabled
  expect "netpoll does not take a persistent port's interface" 0 grep -qx 0 /tmp/config/netconsole/t/enabled
  echo "a line for the log" >/dev/kmsg
  [ "$(cat /tmp/config/netconsole/t/enabled)" -eq 0 ] || echo 0 >/tmp/config/netconsole/t/enabled
  rmdir /tmp/config/netconsole/t
  umount /tmp/config
  expect "delete the port" 0 ./traffic delif hp9 -
fi

# A device that merges frames in its own way stops that, for nobody could take them apart.
for name in /sys/class/net/*; do
  [ "$(basename "$(readlink "$name/device/driver")")" = vmxnet3 ] || continue
  name=${name##*/}
  ip link set "$name" up
  if ./host lro "$name" -; then
    expect "open one that merges frames" 0 ./traffic hold "$name" 0
    expect "it does not any more" 1 ./host lro "$name" -
  fi
  ip link set "$name" down
done

# Who brings frames into a switch has no more right to a processor than a program.
two_cables
expect "attach an interface" 0 ./traffic attach vale2:v0 nic
./traffic send v1 2000000000 >/dev/null 2>&1 &
flood=$!
./traffic count vale2:sink 36000 >/dev/null 2>&1 &
sink=$!
# nice_of WORKQUEUE: of the kernel's threads that have worked for it.
nice_of() {
  for file in /proc/[0-9]*/comm; do
    grep -qs "kworker.*$1" "$file" && awk '{ print $19 }' "${file%comm}stat" 2>/dev/null
  done
}
until_true grep -qs 'vale2:sink rx0 frames=[1-9]' $counters
found=
tries=200
while [ -z "$found" ] && [ $tries -gt 0 ]; do
  found=$(nice_of netmap_switch | head -n 1)
  tries=$((tries - 1))
done
expect "its thread is no better than others" 0 test "$found" = 0
kill -9 $flood $sink
wait $flood $sink
expect "detach it while it is busy" 0 ./traffic detach vale2:v0 -
ip link del v0
ip link del v2
expect "rmmod" 0 rmmod netmap
exit $failed
