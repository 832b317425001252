# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Run in the guest, as scripts/guest --files conformance,guest.sh conformance.sh: the ABI's sentences, asked of /dev/netmap.
# shellcheck source=tests/kernel/guest.sh
. ./guest.sh
veth v0 v1
# The memory of the parameters' defaults, and all else with less of it.
insmod netmap.ko || exit 1
code=0
for name in info memory vale_frames; do
  ./conformance v0 $name || code=1
done
rmmod netmap || code=1
insmod netmap.ko "$POOLS" || exit 1
./conformance v0 || code=1
# A program of 32 bits finds the same.
if [ -x ./conformance32 ]; then
  ./conformance32 v0 || code=1
else
  echo "SKIPPED: no programs of 32 bits: the compiler makes none; libc6-dev-i386 and lib32gcc-12-dev let it"
fi
# Names and defaults of the parameters.
cd /sys/module/netmap/parameters || exit 1
for wanted in verbose=0 no_timestamp=0 no_pendintr=1 txsync_retry=2 fwd=0 admode=0 generic_hwcsum=0 generic_mit=100000 \
  generic_ringsize=1024 generic_rings=1 generic_txqdisc=1 ptnet_vnet_hdr=1 bridge_batch=1024 max_bridges=8; do
  got=$(cat "${wanted%=*}")
  [ "$got" = "${wanted#*=}" ] || { echo "FAILED: parameter $wanted is $got"; code=1; }
done
for pool in if ring buf; do
  for name in "${pool}_size" "${pool}_num" "${pool}_curr_size" "${pool}_curr_num" "priv_${pool}_size" "priv_${pool}_num"; do
    [ -r "$name" ] || { echo "FAILED: there is no parameter $name"; code=1; }
  done
done
cd /test || exit 1
# Each file has been closed: nothing may be left.
rmmod netmap || code=1
ip link del v0
exit $code
