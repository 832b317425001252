#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# runner_test.sh SCRIPTS_GUEST: scripts/guest itself: a test that hangs, one that leaves something behind and one in which the kernel
# dies are named, each with its own lines, and take no other's result with them; where no guest can be had one sentence says why.
# shellcheck disable=SC2317  # check calls them
set -u
guest=$1
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
failed=0

# check WHAT COMMAND...
check() {
  local what=$1
  shift
  if "$@"; then
    echo "ok: $what"
  else
    echo "FAILED: $what"
    failed=1
  fi
}

# has FILE TEXT...: whether it has each of these.
has() {
  local file=$1 text
  shift
  for text; do
    grep -qF -- "$text" "$file" || { echo "no '$text' in:" && cat "$file"; return 1; }
  done
}

# refuses CODE TEXT COMMAND...: one line on standard error with this text, and the exit code.
refuses() {
  local wanted=$1 text=$2 code=0
  shift 2
  "$@" >/dev/null 2>"$work/said" || code=$?
  has "$work/said" "$text" && [[ $(wc -l <"$work/said") -eq 1 && $code -eq $wanted ]]
}

make() {
  printf 'echo "this is %s"\n%s\n' "$1" "$2" >"$work/$1.sh"
}
make good 'exit 0'
make bad 'exit 3'
make hangs 'sleep 1000000'
make leaves 'ip link add x0 type veth peer name x1; ip netns add lost; sleep 1000000 & exit 0'
make after 'ip link show x0 && exit 1; exit 0'
make dies 'echo c >/proc/sysrq-trigger'
make never 'exit 0'

options=(--no-module --results "$work/results")
check "memory that there is not" refuses 77 "--memory" "$guest" "${options[@]}" --memory 99999999 "$work/good.sh"
check "a kernel that nobody knows" refuses 2 "--kernel" "$guest" --kernel 1.0 "$work/good.sh"
check "a test without a limit" refuses 2 "SECONDS" "$guest" --test "$work/good.sh"
mkdir "$work/bin"
for file in /usr/bin/* /bin/*; do
  [[ ${file##*/} == qemu-system-x86_64 ]] || ln -sf "$file" "$work/bin/"
done
check "no QEMU" refuses 77 "qemu-system-x86_64 is not installed" \
  env NMGEN_INSTALL=no "PATH=$work/bin" "$guest" "${options[@]}" "$work/good.sh"
[[ $failed -eq 0 ]] || exit 1

# Limits are short where a test is to reach its own, and else what only a hang takes.
"$guest" "${options[@]}" --test "300 $work/good.sh" --test "300 $work/bad.sh" --test "3 $work/hangs.sh" --test "300 $work/leaves.sh" \
  --test "300 $work/after.sh" --test "300 $work/dies.sh" --test "300 $work/never.sh" >"$work/said" 2>&1
code=$?
cat "$work/said"
[[ $code -eq 77 ]] && exit 77
check "several of them failed" test "$code" -eq 1

# reported NAME CODE TEXT...
reported() {
  local name=$1 wanted=$2 code=0
  shift 2
  "$guest" --results "$work/results" --report "$name" >"$work/said" 2>&1 || code=$?
  has "$work/said" "$@" && [[ $code -eq $wanted ]]
}
check "one that passes" reported good 0 "this is good"
check "one that fails" reported bad 3 "this is bad"
check "one that hangs" reported hangs 1 "this is hangs" "FAILED: hangs hangs: it was stopped at its limit of 3 s" "sleep 1000000"
check "one that leaves things behind" reported leaves 1 "leaves something behind" "namespace lost" "interface x0" "process sleep"
check "the next finds it clean" reported after 0 "this is after"
check "one in which the kernel dies" reported dies 1 "this is dies" "the guest ended while it ran" "Kernel panic"
check "one that does not come to its turn" reported never 1 "FAILED: never did not come to its turn" "dies"
check "one that nobody has run" reported nobody 1 "no boot has run it"
exit $failed
