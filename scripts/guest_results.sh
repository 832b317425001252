# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What came of a guest's tests: build/logs/guest/KERNEL/NAME.log (what it printed), NAME.kernel.log (what the kernel said while it
# ran) and NAME.status (exit code and seconds). Sourced by scripts/guest, whose variables it takes.

# shellcheck disable=SC2154  # root, results, names and others are the caller's

# add_test SECONDS SCRIPT [ARGUMENT...]: one more for the guest.
add_test() {
  local limit=$1 script=$2 name=${2##*/}
  shift 2
  [[ -f $script ]] || die "$script is not a file: build it first, or give its path." 2
  name=${name%.sh}
  [[ " ${names[*]} " != *" $name "* ]] || die "two scripts have the name $name: rename one of them." 2
  names+=("$name")
  scripts+=("$script")
  lines+=("$name $limit $(printf '%q ' "/test/${script##*/}" "$@")")
  sum_s=$((sum_s + limit))
}

# begin_results: nothing is left of the last boot; whatever ends this script from here on, each test has a status.
begin_results() {
  mkdir -p "$results" && rm -f "$results"/*.log "$results"/*.status
  : >"$results/boot.log"
  why_not="the guest was not booted; what scripts/guest said before tells why."
  trap 'finish "$?"' EXIT
}

# skip REASON: in one sentence, with the remedy.
skip() {
  say "SKIPPED: $1"
  exit 77
}

# say TEXT: as lib.sh's; a reason to skip is that of each test, too.
say() {
  [[ $1 != SKIPPED:* ]] || why_not=${1#SKIPPED: }
  printf '%s\n' "$*" >&2
}

# finish CODE: the exit trap. A test without a status did not come to its turn.
finish() {
  local name code=1 word=FAILED
  stop_ticker
  [[ -z ${work-} ]] || rm -rf "$work"
  [[ $1 -ne 77 ]] || { code=77 word=SKIPPED; }
  for name in "${names[@]}"; do
    [[ ! -f $results/$name.status ]] || continue
    printf '%s: %s did not come to its turn: %s\n' "$word" "$name" "$why_not" >>"$results/$name.log"
    printf '%s 0\n' "$code" >"$results/$name.status"
  done
}

# split_output: what the guest prints, line by line as it comes, to standard output and into a log for each test; how each ended into
# its status.
split_output() {
  local line file=$results/boot.log begins='guest-test ([^ ]+) begins$' ends='^(.*)guest-test ([^ ]+) ends ([0-9]+) ([0-9]+)$'
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    if [[ $line =~ $begins ]]; then
      printf '%s\n' "${BASH_REMATCH[1]}" >>"$results/begun.log"
      file=$results/${BASH_REMATCH[1]}.log
      [[ ${#tests[@]} -eq 0 ]] || printf '== %s\n' "${BASH_REMATCH[1]}"
      continue
    fi
    if [[ $line =~ $ends ]]; then
      # What a test prints last may lack its end of line.
      [[ -z ${BASH_REMATCH[1]} ]] || printf '%s\n' "${BASH_REMATCH[1]}" | tee -a "$file"
      printf '%s %s\n' "${BASH_REMATCH[3]}" "${BASH_REMATCH[4]}" >"$results/${BASH_REMATCH[2]}.status"
      file=$results/boot.log
      continue
    fi
    printf '%s\n' "$line" | tee -a "$file"
  done
}

# split_kernel_log: boot.kernel.log, and one for each test.
split_kernel_log() {
  tr -d '\r' <"$work/kernel.log" | awk -v dir="$results" '
    BEGIN { file = dir "/boot.kernel.log"; printf "" >file }
    match($0, /guest-test [^ ]+ begins$/) {
      split(substr($0, RSTART), word, " ")
      file = dir "/" word[2] ".kernel.log"
    }
    { print >file }'
}

# fail_test NAME REASON: after what it printed.
fail_test() {
  local seconds=0
  [[ ! -s $results/$1.status ]] || read -r _ seconds <"$results/$1.status"
  printf 'FAILED: %s: %s\n' "$1" "$2" | tee -a "$results/$1.log"
  printf '1 %s\n' "$seconds" >"$results/$1.status"
}

# end_results CODE: QEMU has ended with it. Says what became of each test, and exits.
end_results() {
  local code=$1 name status seconds last='' failed=0 words how
  split_kernel_log
  [[ ! -s $results/begun.log ]] || last=$(tail -n 1 "$results/begun.log")
  how="QEMU ended with exit code $code"
  [[ $code -ne 124 && $code -ne 137 ]] || how="the guest was stopped after $stop_s s, and did not end its test by itself"
  # That a cable has two ends in the guest and none in a network is as it should be.
  sed -i '/is not connected to host network/d' "$work/errors"
  [[ ! -s $work/errors ]] || how+=": $(head -n 3 "$work/errors" | tr '\n' ' ')"
  # Before the first test: the kernel, or the machine.
  if [[ -z $last ]] || complained "$results/boot.kernel.log"; then
    why_not="the guest did not boot as it should ($how); the kernel's log: $results/boot.kernel.log"
    rm -f "$results"/*.status
    say "guest: $why_not"
    tail -n 5 "$results/boot.kernel.log" | sed 's/^/  | /' >&2
    exit 1
  fi
  for name in "${names[@]}"; do
    [[ -f $results/$name.kernel.log ]] || continue
    if [[ ! -s $results/$name.status ]]; then
      tail -n 5 "$results/$name.kernel.log" | sed 's/^/  | /' | tee -a "$results/$name.log"
      fail_test "$name" "the guest ended while it ran ($how); the kernel's log: $results/$name.kernel.log"
    fi
    if words=$(complained "$results/$name.kernel.log" 2>&1); then
      printf '%s\n' "$words" | tee -a "$results/$name.log"
      fail_test "$name" "the kernel complained while it ran"
    fi
  done
  # Its own words, where it went no further by itself.
  why_not=$(sed -n 's/^guest-test \(the guest is not clean .*\)/\1/p' "$results/boot.log")
  why_not=${why_not:-the guest ended in $last.}
  finish 0
  for name in "${names[@]}"; do
    read -r status seconds <"$results/$name.status"
    [[ $status -eq 0 || $status -eq 77 ]] || failed=1
    [[ ${#tests[@]} -eq 0 ]] || printf '%-12s %-9s %4s s\n' "$name" "$(verdict "$status")" "$seconds"
  done
  [[ $setup -eq 0 ]] || exit 0
  [[ ${#tests[@]} -gt 0 ]] || exit "$status"
  exit "$failed"
}

verdict() {
  case $1 in
  0) echo passed ;;
  77) echo skipped ;;
  *) echo "failed ($1)" ;;
  esac
}

# report_test DIR NAME: what it printed, and its exit code.
report_test() {
  local code seconds
  if [[ ! -s $1/$2.status ]]; then
    say "FAILED: $2: no boot has run it; run scripts/guest --test."
    return 1
  fi
  [[ ! -s $1/$2.log ]] || cat "$1/$2.log"
  read -r code seconds <"$1/$2.status"
  echo "$2: $(verdict "$code") after $seconds s of the guest's time"
  return "$code"
}
