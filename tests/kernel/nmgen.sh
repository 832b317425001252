# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Run in the guest, as scripts/guest --files nmgen,guest.sh nmgen.sh: nmgen on the kernel's ports, as its users type it.
# shellcheck source=tests/kernel/guest.sh
. ./guest.sh

# scenario FROM TO: frames from port to port, a probe in each, so few that an emulated machine keeps up.
scenario() {
  cat >/tmp/scenario.json <<END
{
  "schema": "nmgen-scenario/1",
  "name": "guest",
  "duration_s": 1,
  "warmup_s": 0.5,
  "probes": "every",
  "streams": {"udp": {"size_no_crc": 60, "ipv4": {"source": "198.18.0.1", "destination": "198.19.0.1"},
                      "udp": {"source_port": 1024, "destination_port": 1024}}},
  "senders": [{"port": "$1", "streams": ["udp"], "rate": {"pps": 2000}}],
  "receivers": [{"port": "$2"}]
}
END
}

# run WHAT FROM TO [1]: frames arrive, once. All of them and in order by a pipe, which gives back what has no room; elsewhere (1) those
# that a slow machine lets come, and a bridge that moves from processor to processor may change their order. The verdict may be that it
# was too slow to tell (3), or that frames were lost (1).
run() {
  may_lose=${4:-0}
  scenario "$2" "$3"
  # Until a hundred have come: how long that takes is the machine's affair.
  for duration in 1 4 16 64; do
    rm -f /tmp/record.json
    ./nmgen run /tmp/scenario.json --duration "$duration" --quiet --out /tmp/record.json >/tmp/said 2>&1
    code=$?
    tr -d ' \n' </tmp/record.json >/tmp/flat
    ! grep -q '"rx":{"frames":[1-9][0-9][0-9]' /tmp/flat || break
  done
  [ "$code" -eq 3 ] && code=0
  [ "$code" -eq 1 ] && [ "$may_lose" = 1 ] && code=0
  expect "$1: nmgen run" 0 test "$code" -eq 0
  for wanted in '"residence":"kernel"' '"simulated":false' '"duplicates":0' '"rx":{"frames":[1-9][0-9][0-9]'; do
    expect "$1: the record has $wanted" 0 grep -q "$wanted" /tmp/flat
  done
  [ "$may_lose" = 1 ] || expect "$1: nothing is lost, and all in order" 0 grep -q '"loss":{"frames":0,.*"reordered":0' /tmp/flat
  [ $failed -eq 0 ] || { cat /tmp/said; cut -c 1-3000 /tmp/flat; }
}

# refused CLAIM WORDS COMMAND...: exit code 2, and one sentence with these words.
refused() {
  claim=$1
  words=$2
  shift 2
  "$@" >/tmp/said 2>&1
  code=$?
  cat /tmp/said
  expect "$claim: refused" 0 test $code -eq 2
  expect "$claim: says why" 0 grep -q "$words" /tmp/said
  expect "$claim: in one line" 0 test "$(wc -l </tmp/said)" -eq 1
}

scenario "hosted:vale0:a" "hosted:vale0:b"
./nmgen run /tmp/scenario.json --quiet >/tmp/said 2>&1
code=$?
cat /tmp/said
if [ $code -ge 128 ]; then
  echo "SKIPPED: nmgen was compiled for a processor that is not emulated here; configure with -DNMGEN_NATIVE=OFF"
  exit 77
fi
expect "a switch in this process, without the module" 0 test $code -ne 2
refused "a port without the module" "modprobe\|insmod\|netmap.ko\|module" ./nmgen vale list
insmod netmap.ko "$POOLS" || exit 1
two_cables
carrier v0 v1 v2 v3

./nmgen machine >/tmp/said 2>&1
expect "machine finds the module" 0 grep -q "/dev/netmap" /tmp/said
./nmgen ports >/tmp/said 2>&1
expect "ports lists interfaces" 0 grep -q "netmap:v3" /tmp/said

run "veth" netmap:v0 netmap:v1 1
run "VALE" vale0:a vale0:b 1
run "a pipe" "netmap:x{1" "netmap:x}1"

# Two cables, and a bridge between their inner ends.
./nmgen bridge netmap:v1 netmap:v2 --quiet >/tmp/bridge 2>&1 &
bridge=$!
while ! grep -q "v1\|v2" /sys/kernel/debug/netmap/counters; do usleep 50000; done
run "a bridge" netmap:v0 netmap:v3 1
kill $bridge
wait $bridge
expect "the bridge ends as asked" 0 test $? -eq 0
cat /tmp/bridge

expect "vale new" 0 ./nmgen vale new left
expect "vale attach" 0 ./nmgen vale attach vale2:v1
expect "vale attach with its host stack" 0 ./nmgen vale attach vale2:left --host
expect "vale header" 0 ./nmgen vale header vale2:left 12
./nmgen vale list >/tmp/said 2>&1
cat /tmp/said
for port in vale2:v1 vale2:left "vale2:left^"; do
  expect "vale list has $port" 0 grep -qF "$port" /tmp/said
done
run "a switch with an interface" netmap:v0 vale2:sink 1
refused "an interface that is taken" "v1" ./nmgen vale attach vale3:v1
expect "vale detach" 0 ./nmgen vale detach vale2:v1
expect "vale detach left" 0 ./nmgen vale detach vale2:left
expect "vale delete" 0 ./nmgen vale delete left
scenario netmap:none netmap:v1
refused "an interface that is not there" "none" ./nmgen run /tmp/scenario.json
expect "rmmod" 0 rmmod netmap
ip link del v0
ip link del v2
exit $failed
