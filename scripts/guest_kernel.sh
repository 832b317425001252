# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Kernels for the guest: Debian's own packages, unpacked under build/guest/VERSION/ and never installed; those that this Debian has
# no package of, from a newer Debian in a directory; and "debug", built from Debian's source of 6.1 as guest_debug.config says.
# Sourced after lib.sh and debian_root.sh.

# shellcheck disable=SC2154  # root and logs are the caller's

# Kernels that are taken from Debian 13's backports, with their compiler, whatever this system is.
newer_kernels=(7.3)
newer_debian=13

# guest_kernel VERSION: fetch and unpack it unless it is there. Sets kernel_dir (build/guest/VERSION), kernel_release,
# kernel_headers (what a module is built with) and kernel_debian (the Debian that it is built in; empty: this system). Exit code
# 77: not to be had, after one sentence.
guest_kernel() {
  local version=$1 code=0 size reason
  kernel_dir=$root/build/guest/$version
  kernel_debian=
  mkdir -p "$kernel_dir"
  if [[ $version == debug ]]; then
    debug_kernel
    return
  fi
  if [[ -f $kernel_dir/release ]]; then
    read -r kernel_release size <"$kernel_dir/release"
    if [[ $(stat -c %s "$kernel_dir/root/boot/vmlinuz-$kernel_release" 2>/dev/null) != "$size" ]]; then
      say "guest: the image of Linux $kernel_release under build/guest/$version/ is truncated or missing; it is fetched again."
      rm -f "$kernel_dir/release"
    fi
  fi
  if [[ " ${newer_kernels[*]} " == *" $version "* ]]; then
    kernel_debian=$root/build/debian/$newer_debian/kernel-$version
    debian_base "$newer_debian" || return
  fi
  if [[ ! -f $kernel_dir/release || ( -n $kernel_debian && ! -f $kernel_debian/ready ) ]]; then
    enough_disk 5 || return 77
    reason=$(kernel_is_packaged "$version") || {
      say "SKIPPED: $reason"
      return 77
    }
    # A failure is said in one sentence, which follows.
    step_quiet=1
    step "fetch Linux $version" "$logs/guest-kernel-$version.log" locked "$kernel_dir/lock" fetch_kernel "$version" || code=$?
    step_quiet=0
    if [[ $code -ne 0 ]]; then
      say "SKIPPED: Debian's Linux $version packages cannot be downloaded: apt-get download needs a network and Debian's archive with its security updates; try apt-get update."
      return 77
    fi
  fi
  read -r kernel_release size <"$kernel_dir/release"
  # shellcheck disable=SC2034  # for the callers
  kernel_headers=$kernel_dir/root/usr/src/linux-headers-$kernel_release
  [[ -z $kernel_debian ]] || kernel_headers=/usr/src/linux-headers-$kernel_release
}

# locked FILE COMMAND...: run it while nobody else holds that file.
locked() {
  local file=$1
  shift
  (flock 9 && "$@") 9>"$file"
}

# dependency PACKAGE PATTERN: the exact package that a meta-package stands for now.
dependency() {
  "${apt[@]}" apt-cache depends "$1" 2>/dev/null | sed -n "s/^ *Depends: \($2\)\$/\1/p" | head -n 1
}

# newest_image VERSION: the newest linux-image package of it, by its exact name.
newest_image() {
  "${apt[@]}" apt-cache search --names-only "^linux-image-$1[.][^ ]*-amd64\$" 2>/dev/null | cut -d' ' -f1 |
    grep -vE -- '-(rt|cloud)-amd64$' | sort -V | tail -n 1
}

# kernel_is_packaged VERSION: whether package lists have it; if not, prints why it is skipped.
kernel_is_packaged() {
  local apt=()
  [[ -z $kernel_debian && -n $(newest_image "$1") ]] && return
  [[ -n $kernel_debian ]] && return
  echo "$(. /etc/os-release && echo "$PRETTY_NAME") has no package of Linux $1; scripts/guest --help lists which Debian has which."
  return 1
}

# fetch_kernel VERSION: into build/guest/VERSION/; the file "release" is written last.
fetch_kernel() {
  local version=$1 dir=$root/build/guest/$1 apt=() image headers release kbuild common part debs
  [[ -f $dir/release && ( -z $kernel_debian || -f $kernel_debian/ready ) ]] && return
  if [[ -n $kernel_debian ]]; then
    [[ -f $kernel_debian/ready ]] || debian_copy "$newer_debian" "${kernel_debian##*/}" || return
    apt=(debian_in "$kernel_debian" --bind "$dir:$dir")
  fi
  image=$(newest_image "$version")
  if [[ -z $image ]]; then
    echo "the package lists have no linux-image-$version"
    return 1
  fi
  release=${image#linux-image-}
  headers=linux-headers-$release
  debs=("$image")
  # From 7 on the image, its modules and the lists of these are packages of their own.
  for part in base binary modules; do
    part=$(dependency "$image" "linux-$part-.*")
    [[ -z $part ]] || debs+=("$part")
  done
  if [[ -z $kernel_debian ]]; then
    kbuild=$(dependency "$headers" 'linux-kbuild-.*')
    common=$(dependency "$headers" 'linux-headers-.*-common')
    debs+=("$headers" "$kbuild" "$common")
  else
    "${apt[@]}" apt-get -q -y --no-install-recommends install "$headers" make sparse || return
    # Newer kernels ask this whether they can be checked, and the package has left it out.
    # shellcheck disable=SC2016  # the shell over there
    "${apt[@]}" sh -c 'file=/usr/src/$0/scripts/checker-valid.sh
      [ -e "$file" ] || { printf "#!/bin/sh\necho 1\n" >"$file" && chmod 755 "$file"; }' "$headers" || return
  fi
  mkdir -p "$dir/debs" && rm -rf "$dir/root" "$dir/debs"/*.deb
  # Each by its exact name: a pattern would fetch gigabytes.
  # shellcheck disable=SC2016  # the shell's own
  "${apt[@]}" bash -c 'cd "$0" && apt-get -q -o APT::Sandbox::User=root download "$@"' "$dir/debs" "${debs[@]}" || return
  local deb
  for deb in "$dir/debs"/*.deb; do
    dpkg -x "$deb" "$dir/root" || return
  done
  rm -f "$dir/debs"/*.deb
  # A newer Debian has /lib in /usr.
  [[ -d $dir/root/lib/modules ]] || ln -sfn usr/lib "$dir/root/lib"
  if [[ -z $kernel_debian ]]; then
    use_headers_here "$dir/root" "$headers" "$common" "$kbuild" || return
  fi
  depmod -b "$dir/root" "$release" || return
  # And the image lies among its modules.
  [[ -f $dir/root/boot/vmlinuz-$release ]] ||
    install -D "$dir/root/lib/modules/$release/vmlinuz" "$dir/root/boot/vmlinuz-$release" || return
  [[ -z $kernel_debian ]] || touch "$kernel_debian/ready"
  printf '%s %s\n' "$release" "$(stat -c %s "$dir/root/boot/vmlinuz-$release")" >"$dir/release"
}

# use_headers_here ROOT HEADERS COMMON KBUILD: what the packages name by absolute paths is here under ROOT.
use_headers_here() {
  local src=$1/usr/src headers=$2 common=$3 kbuild=$4 name of
  sed -i "s#/usr/src/#../#g" "$src/$headers/Makefile" || return
  for name in scripts tools; do
    for of in "$headers" "$common"; do
      [[ ! -L $src/$of/$name ]] || ln -sfn "../../lib/$kbuild/$name" "$src/$of/$name"
    done
  done
}

# guest_source VERSION: Debian's kernel source, unpacked, for kernels of our own. Sets kernel_source
# (build/guest/VERSION/source), which is read only: build with O=. Exit code 77: not to be had, after one sentence.
guest_source() {
  local version=$1 code=0
  kernel_source=$root/build/guest/$version/source
  [[ -f $kernel_source/unpacked ]] && return
  mkdir -p "${kernel_source%/*}"
  step_quiet=1
  step "fetch the source of Linux $version" "$logs/guest-source-$version.log" locked "$root/build/guest/$version/lock" \
    fetch_source "$version" || code=$?
  # shellcheck disable=SC2034  # step's
  step_quiet=0
  [[ $code -eq 0 ]] && return
  say "SKIPPED: Debian's package linux-source-$version cannot be downloaded: apt-get download needs Debian 12's archives (for 6.12 with its security updates) and a network."
  return 77
}

# debug_kernel: as guest_kernel. Anew where its configuration has changed since, or Debian's source has.
debug_kernel() {
  local config=$root/scripts/guest_debug.config code=0 stamp
  (install_packages kernel) || return 77
  guest_source 6.1 || return
  stamp=$(cat "$config" "$kernel_source/Makefile" | sha256sum)
  if [[ ! -f $kernel_dir/release || $(cat "$kernel_dir/stamp" 2>/dev/null) != "$stamp" ]]; then
    enough_disk 5 || return 77
    rm -f "$kernel_dir/release"
    step "build the debug kernel" "$logs/guest-kernel-debug.log" locked "$kernel_dir/lock" \
      build_debug_kernel "$kernel_source" "$kernel_dir" "$config" || code=$?
    if [[ $code -ne 0 ]]; then
      say "guest: the debug kernel cannot be built."
      return 1
    fi
    printf '%s\n' "$stamp" >"$kernel_dir/stamp"
  fi
  kernel_release=$(<"$kernel_dir/release")
  # shellcheck disable=SC2034  # for the callers
  kernel_headers=$kernel_dir/build
}

# build_debug_kernel SOURCE DIR CONFIG: into DIR/build and DIR/root; the file "release" is written last.
build_debug_kernel() {
  local source=$1 dir=$2 config=$3 make
  make=(make -C "$source" "O=$dir/build" ARCH=x86 CC=gcc-12 HOSTCC=gcc-12 KBUILD_BUILD_HOST=guest KBUILD_BUILD_USER=nmgen)
  rm -rf "$dir/root"
  mkdir -p "$dir/build" "$dir/root/boot" || return
  "${make[@]}" KCONFIG_ALLCONFIG="$config" allnoconfig || return
  # What another option has made impossible is said, not left out.
  local line
  while read -r line; do
    [[ $line == CONFIG_* ]] || continue
    grep -qxF -- "$line" "$dir/build/.config" || {
      echo "$line: this kernel does not support it"
      return 1
    }
  done <"$config"
  "${make[@]}" -j "$(nproc)" bzImage modules || return
  local release
  release=$(<"$dir/build/include/config/kernel.release")
  "${make[@]}" INSTALL_MOD_PATH="$dir/root" modules_install || return
  cp "$dir/build/arch/x86/boot/bzImage" "$dir/root/boot/vmlinuz-$release" || return
  printf '%s\n' "$release" >"$dir/release"
}

# fetch_source VERSION: into build/guest/VERSION/source/; the file "unpacked" is written last.
fetch_source() {
  local version=$1 dir=$root/build/guest/$1 archive=/usr/src/linux-source-$1.tar.xz
  [[ -f $dir/source/unpacked ]] && return
  if [[ ! -f $archive ]]; then
    mkdir -p "$dir/debs" && rm -rf "$dir/debs"/*.deb "$dir/debs/source"
    (cd "$dir/debs" && apt-get -q -o APT::Sandbox::User=root download "linux-source-$version") || return
    dpkg -x "$dir/debs"/linux-source-*.deb "$dir/debs/source" || return
    archive=$dir/debs/source$archive
  fi
  rm -rf "$dir/source" && mkdir "$dir/source" && tar -xJf "$archive" -C "$dir/source" --strip-components=1 || return
  rm -rf "$dir/debs"/*.deb "$dir/debs/source"
  touch "$dir/source/unpacked"
}

# guest_module [ROOM]: build netmap.ko for the kernel of the last guest_kernel call, or the module whose sources are in ROOM, a
# directory of the project; warnings are errors, and so are sparse's where it is installed. Sets module to the file;
# native drivers' modules are beside netmap.ko. Sources
# are copied to build/guest/VERSION/module/, as a module's objects are written beside them.
guest_module() {
  local room=${1:-kernel/linux} checks=()
  module_file "$kernel_dir" "$room"
  if [[ -n $kernel_debian ]] || command -v sparse >/dev/null; then
    # Debian 13's sparse does not know what newer kernels have: typeof does for what is checked, and a constant for a string's length.
    checks=(C=1 'CHECK=sparse -Wsparse-error -D__typeof_unqual__=__typeof__ -D__builtin_strlen=-1+sizeof')
  fi
  step "build ${module##*/} for $kernel_release" "$logs/guest-module-$kernel_release.log" locked "$kernel_dir/lock" \
    build_module "$kernel_dir" "$kernel_headers" "$room" "${checks[@]}"
}

# module_file DIR ROOM: sets module to what build_module makes of that.
module_file() {
  local name=${2##*/}
  [[ $2 == kernel/linux ]] && name=netmap
  # shellcheck disable=SC2034  # for the callers
  module=$1/module/${2##*/}/$name.ko
}

# build_module DIR HEADERS ROOM [make variable...]: in DIR/module/, by the build directory of a kernel.
build_module() {
  local dir=$1/module headers=$2 own=$3 room within=() cc
  shift 3
  [[ -z ${kernel_debian-} ]] || within=(debian_in "$kernel_debian" --bind "$dir:$dir")
  mkdir -p "$dir"
  # The compiler that the kernel was built with.
  cc=$("${within[@]}" sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\).*/\1/p' "$headers/.config") || return
  if [[ ${#within[@]} -eq 0 ]] && ! command -v "$cc" >/dev/null; then
    echo "$cc, with which this kernel was built, is not installed: apt-get install ${cc#*-linux-gnu-}"
    return 1
  fi
  for room in kernel/core kernel/drivers kernel/include "$own"; do
    mkdir -p "$dir/${room##*/}"
    (cd "$root/$room" && find . -type d -print0) | (cd "$dir/${room##*/}" && xargs -0 mkdir -p) || return
    (cd "$root/$room" && find . -type f \( -name '*.[ch]' -o -name Kbuild -o -name Makefile -o -name '*.cmake' -o -name '*.mk' \) -print0) |
      (cd "$root/$room" && xargs -0 cp -pu --parents -t "$dir/${room##*/}") || return
  done
  # Without BTF, which needs the whole vmlinux.
  "${within[@]}" make -C "$headers" M="$dir/${own##*/}" CONFIG_DEBUG_INFO_BTF_MODULES= W=1 "CC=$cc" NM_CFLAGS=-Werror \
    -j "$(nproc)" "$@" modules
}

# complained LOG: whether a kernel's log has a warning or worse in it; then shows the first.
complained() {
  local words='WARNING: |BUG: |BUG [a-z0-9_-]+ \(|Oops|Kernel panic|general protection fault|blocked for more than|detected stall|self-detected stall'
  words+='|possible .*deadlock|possible recursive locking|inconsistent lock state|INFO: trying to register|leaked|KASAN:|UBSAN:|ODEBUG:|refcount_t:'
  words+='|list_(add|del) corruption|unreferenced object|Out of memory|invoked oom-killer|workqueue lockup|waiting for .* to become free'
  grep -qE "$words" "$1" || return
  say "${0##*/}: the kernel complained; its log: $1"
  grep -nE -m 3 -A 30 "$words" "$1" | head -n 60 | sed 's/^/  | /' >&2
}
