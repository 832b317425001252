# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# sync_speed.sh CALLS ROUNDS: run by scripts/guest or scripts/uml with --module tests/kernel/sync_speed. Prints a line a round and
# shape (sync_speed.c says of what), the shapes in turns.
insmod netmap.ko buf_num=16384 || exit 1
# Nobody else sends on these interfaces.
ipv6=/proc/sys/net/ipv6/conf/default/disable_ipv6
[ ! -f $ipv6 ] || echo 1 >$ipv6
ip link add v0 type veth peer name v1 || exit 1
ip link set v0 up
ip link set v1 up
insmod sync_speed.ko "calls=$1" || exit 1
round=0
while [ "$round" -lt "$2" ]; do
  for file in /sys/kernel/debug/sync_speed/*; do
    line=$(cat "$file") || exit 1
    echo "$line"
  done
  round=$((round + 1))
done
rmmod sync_speed && rmmod netmap && ip link del v0
