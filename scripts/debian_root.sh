# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Debian 12 or 13 in a directory under build/debian/, for scripts/try_debian, scripts/package --try and the kernels that only a newer
# Debian has. build/debian/N/base is what debootstrap makes, and stays as it is; work is done in copies of it. Sourced after
# lib.sh; needs root.

# shellcheck disable=SC2154  # root and logs are the caller's

# debian_codename VERSION: prints the name that the archive has for it.
debian_codename() {
  case $1 in
  12) echo bookworm ;;
  13) echo trixie ;;
  *) return 1 ;;
  esac
}

# debian_base VERSION: make build/debian/VERSION/base unless it is there. Exit code 77 after one sentence: not to be had.
debian_base() {
  local version=$1 dir=$root/build/debian/$1 code=0
  if [[ $EUID -ne 0 ]]; then
    say "SKIPPED: only root can create a Debian $version in $dir: run it with sudo."
    return 77
  fi
  if ! unshare --mount --pid --fork true 2>/dev/null; then
    say "SKIPPED: mount and PID namespaces cannot be created here: run it outside a container, or in a privileged one."
    return 77
  fi
  [[ -f $dir/base/made ]] && return
  enough_disk 5 || return 77
  (install_packages package) || {
    say "SKIPPED: debootstrap cannot be installed: apt-get needs a network and Debian's archive."
    return 77
  }
  mkdir -p "$dir"
  # A failure is said in one sentence, which follows.
  step_quiet=1
  step "make a Debian $version" "$logs/debian-$version.log" flock "$dir/lock" \
    bash -c "root='$root'; . '$root/scripts/debian_root.sh'; make_base '$version'" || code=$?
  # shellcheck disable=SC2034  # step's
  step_quiet=0
  [[ $code -eq 0 ]] && return
  say "SKIPPED: a Debian $version cannot be created: debootstrap needs a network and Debian's archive; its log: $logs/debian-$version.log"
  return 77
}

# enough_disk GIB: whether so much is free under build/, else one sentence.
enough_disk() {
  local free
  free=$(df --output=avail -k "$root/build" | tail -n 1)
  [[ $free -ge $(($1 * 1024 * 1024)) ]] && return
  say "SKIPPED: $((free / 1024)) MiB are free under build/, and $1 GiB are needed: remove files there, or use a larger disk."
  return 1
}

# archive_of CODENAME: where this system takes that part of Debian from.
archive_of() {
  # shellcheck disable=SC2016  # apt-get's own variables
  apt-get indextargets --format '$(CODENAME) $(REPO_URI)' | sed -n "s/^$1 //p" | head -n 1
}

# make_base VERSION: the archive is the one that this system itself uses, and so are apt's proxies.
make_base() {
  local version=$1 dir=$root/build/debian/$1 codename own archive security
  [[ -f $dir/base/made ]] && return
  codename=$(debian_codename "$version") || return
  own=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
  archive=$(archive_of "$own")
  security=$(archive_of "$own-security")
  if [[ -z $archive ]]; then
    echo "apt-get indextargets lists no archive of $own: run apt-get update first"
    return 1
  fi
  rm -rf --one-file-system "$dir/new"
  mkdir -p "$dir/new" "$dir/packages/partial"
  debootstrap --variant=minbase "--cache-dir=$dir/packages" "$codename" "$dir/new" "$archive" || return
  apt-config dump | grep -E '^(Acquire::(Check-|https?|ftp|proxy|Retries)|Acquire "")' >"$dir/new/etc/apt/apt.conf.d/99host"
  # Downloads are kept, in a directory that all tries share.
  echo 'Binary::apt-get::APT::Keep-Downloaded-Packages "true";' >>"$dir/new/etc/apt/apt.conf.d/99host"
  cp -a /etc/apt/auth.conf.d "$dir/new/etc/apt/" || return
  # https archives of a company's own are known by its certificates.
  [[ $archive != https* ]] || { mkdir -p "$dir/new/etc/ssl" && cp -aL /etc/ssl/certs "$dir/new/etc/ssl/"; } || return
  cp -L /etc/resolv.conf /etc/hosts "$dir/new/etc/" || return
  printf 'deb %s %s main\n' "$archive" "$codename" >"$dir/new/etc/apt/sources.list"
  more_archives "$dir" "$codename" "$archive" "$security" || return
  touch "$dir/new/made" && rm -rf --one-file-system "$dir/base" && mv "$dir/new" "$dir/base"
}

# more_archives DIR CODENAME ARCHIVE SECURITY: add updates, security and backports, each where this machine reaches it.
more_archives() {
  local dir=$1 sources=$1/new/etc/apt/sources.list line
  for line in "$3 $2-updates" "${4:-none} $2-security" "$3 $2-backports"; do
    cp "$sources" "$dir/sources"
    printf 'deb %s main\n' "$line" >>"$sources"
    debian_in "$dir/new" apt-get -q -o APT::Update::Error-Mode=any update && continue
    echo "not reachable, skipped: $line"
    cp "$dir/sources" "$sources"
  done
  rm -f "$dir/sources"
  debian_in "$dir/new" apt-get -q update
}

# debian_copy VERSION NAME: build/debian/VERSION/NAME becomes a copy of the base that costs nothing where overlayfs is there, and
# is as fresh as that. Sets debian_dir, for debian_in.
debian_copy() {
  local dir=$root/build/debian/$1
  debian_dir=$dir/$2
  debian_remove "$debian_dir" || return
  mkdir -p "$debian_dir/upper" "$debian_dir/work" "$debian_dir/root" || return
  if unshare --mount --propagation private mount -t overlay overlay \
    -o "lowerdir=$dir/base,upperdir=$debian_dir/upper,workdir=$debian_dir/work" "$debian_dir/root" 2>/dev/null; then
    touch "$debian_dir/overlay"
  else
    rmdir "$debian_dir/root" && cp -a --reflink=auto "$dir/base" "$debian_dir/root"
  fi
}

# debian_remove DIR: a copy, and what was made in it. Mounts are of debian_in's processes only, and ended with them.
debian_remove() {
  rm -rf --one-file-system "$1"
}

# debian_in DIR [--bind FROM:TO]... COMMAND...: run it there, as root, in a mount namespace and a PID namespace of its own: its
# mounts and whatever it started end with it, be it killed. DIR is a copy, or a whole root directory. Environment: only apt's proxies.
debian_in() {
  local dir=$1 binds=()
  shift
  while [[ $1 == --bind ]]; do
    binds+=("$2")
    shift 2
  done
  unshare --mount --pid --fork --kill-child --propagation private bash -c "$(declare -f debian_enter); debian_enter \"\$@\"" \
    debian_in "$dir" "${#binds[@]}" "${binds[@]}" "$@"
}

# debian_enter DIR COUNT BIND... COMMAND...: in those namespaces.
debian_enter() {
  local dir=$1 count=$2 at=$1 name version=${1%/*}
  shift 2
  if [[ -d $dir/root && ! -d $dir/usr ]]; then
    at=$dir/root
    # Over the base beside it, wherever the tree has been moved to.
    [[ ! -f $dir/overlay ]] ||
      mount -t overlay overlay -o "lowerdir=$version/base,upperdir=$dir/upper,workdir=$dir/work" "$at" || return
  fi
  mkdir -p "$at/var/cache/apt/archives" "$version/packages/partial"
  mount -t proc proc "$at/proc" && mount --rbind /sys "$at/sys" && mount --rbind /dev "$at/dev" &&
    mount -t tmpfs tmpfs "$at/run" && mount --bind "$version/packages" "$at/var/cache/apt/archives" || return
  for ((; count > 0; count--)); do
    name=${1#*:}
    mkdir -p "$at$name" && mount --bind "${1%%:*}" "$at$name" || return
    shift
  done
  local keep=()
  for name in http_proxy https_proxy no_proxy; do
    [[ -z ${!name-} ]] || keep+=("$name=${!name}")
  done
  exec chroot "$at" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "${keep[@]}" "$@"
}
