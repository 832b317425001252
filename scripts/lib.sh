# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Shared by the scripts here: say progress, install packages, configure and build a preset.
# The caller has set -u and root (the project's root directory). All progress goes to standard error.

# shellcheck disable=SC2154  # root is the caller's
logs=$root/build/logs

# say TEXT: one line of progress.
say() {
  printf '%s\n' "$*" >&2
}

# die TEXT [CODE]: one sentence, then exit with CODE (default 1).
die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}

# tick LABEL LOG: until killed, show where the command that writes LOG has got to: in place on a terminal, a line a minute
# in a pipe. What ninja and ctest count ([3/80], 3/80) stands in the last lines of the log.
tick() {
  local label=$1 log=$2 start=$SECONDS where nap=60
  [[ -t 2 ]] && nap=0.5
  # The nap is killed with its ticker, and holds none of the caller's files: who reads our output sees its end at once.
  trap 'kill "$!" 2>/dev/null; exit' TERM
  while kill -0 "$$" 2>/dev/null; do
    sleep "$nap" >/dev/null 2>&1 &
    wait "$!"
    where=$(tail -n 20 "$log" 2>/dev/null | grep -oE '^ *\[?[0-9]+/[0-9]+' | tail -n 1 | tr -d ' [')
    if [[ -t 2 ]]; then
      printf '\r\033[K%s ... %d s%s' "$label" $((SECONDS - start)) "${where:+  $where}" >&2
    else
      say "$label ... $((SECONDS - start)) s${where:+, $where}"
    fi
  done
}

stop_ticker() {
  [[ -z $ticker ]] && return
  { kill "$ticker" && wait "$ticker"; } 2>/dev/null
  ticker=
}

# step LABEL LOG COMMAND...: run COMMAND quietly into LOG with its progress shown; if it fails, show the log's tail and
# where it is, and return its exit code. With step_quiet=1 a failure's log is left to the caller.
step_quiet=0
ticker=
trap 'stop_ticker' EXIT
step() {
  local label=$1 log=$2 code=0 start=$SECONDS
  shift 2
  mkdir -p "${log%/*}"
  : >"$log"
  tick "$label" "$log" &
  ticker=$!
  # In the foreground, so that Ctrl-C reaches it. It has no standard input: nothing here asks questions.
  "$@" >"$log" 2>&1 </dev/null || code=$?
  stop_ticker
  [[ -t 2 ]] && printf '\r\033[K' >&2
  if [[ $code -eq 0 ]]; then
    say "$label: $((SECONDS - start)) s"
  else
    say "$label: failed with exit code $code after $((SECONDS - start)) s"
    if [[ $step_quiet -eq 0 ]]; then
      tail -n 40 "$log" | sed 's/^/  | /' >&2
      say "  the whole log: $log"
    fi
  fi
  return "$code"
}

# installed NAME...: whether one of these packages is. A name that dpkg does not know is no failure of the others.
installed() {
  local states
  states=$(dpkg-query -W -f='${db:Status-Status}\n' "$@" 2>/dev/null)
  [[ $'\n'$states$'\n' == *$'\ninstalled\n'* ]]
}

# missing_packages WHEN...: the packages of these groups that are not installed, one a line; alternatives as a|b.
missing_packages() {
  local names when
  while read -r names when _; do
    [[ -z $names || $names == \#* || " $* " != *" $when "* ]] && continue
    # shellcheck disable=SC2086  # words
    installed ${names//|/ } || printf '%s\n' "$names"
  done <"$root/scripts/packages.txt"
}

# available A|B...: of each the first name that the package lists have, one a line; the first name where they have none.
available() {
  local names name
  for names; do
    for name in ${names//|/ }; do
      [[ $names == *"|"* ]] || break
      apt-cache show "$name" >/dev/null 2>&1 && break
      name=${names%%|*}
    done
    printf '%s\n' "$name"
  done
}

# One at a time, as apt-get does not wait for another's package lists; a shell of its own, which lets the lock go at its end.
apt_install() (
  apt=(apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
  exec 9>"$root/build/.apt-lock" && flock 9 || exit
  "${as_root[@]}" "${apt[@]}" update || exit
  mapfile -t names < <(available "$@")
  "${as_root[@]}" "${apt[@]}" install --no-install-recommends "${names[@]}"
)

# install_packages WHEN...: install what is missing of these groups (run, test), or say in one sentence how to.
# NMGEN_INSTALL=no skips it, for a system that has everything under other names.
install_packages() {
  local missing as_root=()
  [[ ${NMGEN_INSTALL:-yes} == no ]] && return
  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system: install the packages of scripts/packages.txt under the names of your system, then set NMGEN_INSTALL=no."
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -eq 0 ]] && return
  if [[ $EUID -ne 0 ]]; then
    if ! command -v sudo >/dev/null || { ! sudo -n true 2>/dev/null && ! { [[ -t 0 ]] && sudo -v; }; }; then
      mapfile -t missing < <(available "${missing[@]}")
      die "packages are missing and only root can install them: run 'apt-get update && apt-get install --no-install-recommends ${missing[*]}' as root."
    fi
    as_root=(sudo -n)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  step "install ${#missing[@]} packages" "$logs/install.log" apt_install "${missing[@]}"
}

# in_lock PRESET COMMAND...: run it while no other script of this tree configures or builds that preset.
in_lock() {
  mkdir -p "$root/build"
  flock "$root/build/.lock-$1" "${@:2}"
}

# configure PRESET [cmake option...]: configure build/PRESET if it is not, or if the presets or the options changed. A
# directory that was configured at another path, or for another processor, is emptied first.
configure() {
  local preset=$1 dir=$root/build/$1 cache=$root/build/$1/CMakeCache.txt stamp
  stamp="$root $* $(grep -m 1 '^flags' /proc/cpuinfo | sha256sum)"
  if [[ -f $dir/configured && -f $dir/build.ninja && $dir/configured -nt $root/CMakePresets.json &&
    $(<"$dir/configured") == "$stamp" ]]; then
    return
  fi
  if [[ -f $cache ]] && { [[ $(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache") != "$root" ]] ||
    { [[ -f $dir/configured ]] && [[ $(sha256_of "$(<"$dir/configured")") != $(sha256_of "$stamp") ]]; }; }; then
    rm -rf "$dir"
  fi
  step "configure $preset" "$logs/configure-$preset.log" in_lock "$preset" cmake -S "$root" --preset "$@" || return
  printf '%s\n' "$stamp" >"$dir/configured"
}

# sha256_of STAMP: the processor's part of a stamp that configure() wrote.
sha256_of() {
  grep -oE '[0-9a-f]{64}' <<<"$1"
}

# build PRESET [TARGET...]: build its targets, or all; silent where there is nothing to do.
build() {
  local preset=$1
  shift
  if ninja -C "$root/build/$preset" -n "$@" 2>/dev/null | grep -q 'no work to do'; then
    return
  fi
  step "build $preset" "$logs/build-$preset.log" in_lock "$preset" ninja -C "$root/build/$preset" "$@"
}
