# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Run in the guest, as scripts/guest --files conformance conformance.sh: the ABI's sentences, asked of /dev/netmap.
insmod netmap.ko "$POOLS" || exit 1
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v1 up
./conformance v0
code=$?
# A program of 32 bits finds the same.
if [ -x ./conformance32 ]; then
  ./conformance32 v0 || code=1
else
  echo "SKIPPED: no programs of 32 bits: the compiler makes none; libc6-dev-i386 and lib32gcc-12-dev let it"
fi
# Each file has been closed: nothing may be left.
rmmod netmap || code=1
exit $code
