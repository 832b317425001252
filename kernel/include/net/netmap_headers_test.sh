#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Compiles each public header alone, pedantic, with every compiler at hand: as C11, as C++20, as a
# kernel file (against stand-ins for the few kernel headers it asks for). Then spoils a copy of
# netmap.h in one place after another: the ABI check must notice each.
# usage: netmap_headers_test.sh SOURCE_ROOT   (exit 0: all well; 1: what failed is on stderr)
set -u
root=$1
include=$root/kernel/include
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
ran=0
flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wundef -Werror"

fail() {
  echo "FAIL: $*" >&2
  failed=1
}

# compile COMPILER STANDARD LANGUAGE FILE [options]; errors go to $dir/log
compile() {
  cc=$1 std=$2 lang=$3 file=$4
  shift 4
  # shellcheck disable=SC2086
  "$cc" "-std=$std" $flags "$@" -x "$lang" -c "$file" -o "$dir/out.o" >"$dir/log" 2>&1
}

each_compiler() {  # each_compiler WHAT FILE [options]: C and C++, gcc and clang
  what=$1 file=$2
  shift 2
  for cc in gcc clang; do
    command -v $cc >/dev/null || continue
    ran=$((ran + 1))
    compile $cc c11 c "$file" "$@" || { fail "$what, $cc, C11"; cat "$dir/log" >&2; }
  done
  for cc in g++ clang++; do
    command -v $cc >/dev/null || continue
    ran=$((ran + 1))
    compile $cc c++20 c++ "$file" "$@" || { fail "$what, $cc, C++20"; cat "$dir/log" >&2; }
  done
}

for header in netmap.h netmap_user.h netmap_abi_check.h; do
  echo "#include <net/$header>" >"$dir/alone.c"
  each_compiler "$header alone" "$dir/alone.c" -I "$include"
  # Twice, and -O2, which sees more.
  echo "#include <net/$header>" >>"$dir/alone.c"
  each_compiler "$header twice" "$dir/alone.c" -I "$include" -O2
done
each_compiler "a client" "$include/net/netmap_client_check.c" -I "$include" -I "$root" -O2

# The kernel: no header of the C library may be reached, only these.
mkdir -p "$dir/kernel/linux"
cat >"$dir/kernel/linux/types.h" <<'END'
#pragma once
#define NULL ((void *)0)
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef unsigned long uintptr_t;
typedef long ptrdiff_t;
typedef unsigned long size_t;
typedef long ssize_t;
END
cat >"$dir/kernel/linux/stddef.h" <<'END'
#pragma once
#define offsetof(type, member) __builtin_offsetof(type, member)
END
cat >"$dir/kernel/linux/string.h" <<'END'
#pragma once
#include <linux/types.h>
void *memcpy(void *to, const void *from, size_t n);
END
cat >"$dir/kernel/linux/ioctl.h" <<'END'
#pragma once
#define _IOC(dir, type, nr, size) (((dir) << 30) | ((size) << 16) | ((type) << 8) | (nr))
#define _IO(type, nr) _IOC(0U, (unsigned int)(type), (nr), 0U)
#define _IOWR(type, nr, t) _IOC(3U, (unsigned int)(type), (nr), (unsigned int)sizeof(t))
END
printf '#include <net/netmap_user.h>\n#include <net/netmap_abi_check.h>\n' >"$dir/kernel.c"
for cc in gcc clang; do
  command -v $cc >/dev/null || continue
  ran=$((ran + 1))
  compile $cc gnu11 c "$dir/kernel.c" -D__KERNEL__ -nostdinc -ffreestanding \
    -I "$dir/kernel" -I "$include" || { fail "as a kernel file, $cc"; cat "$dir/log" >&2; }
done

# A header that is wrong must not pass.
spoil() {  # spoil WHAT SED_EXPRESSION
  mkdir -p "$dir/spoilt/net"
  cp "$include"/net/netmap_abi_check.h "$include"/net/netmap_abi_list.h "$dir/spoilt/net"
  sed -e "$2" "$include/net/netmap.h" >"$dir/spoilt/net/netmap.h"
  if cmp -s "$include/net/netmap.h" "$dir/spoilt/net/netmap.h"; then
    fail "$1: the expression $2 changed nothing in netmap.h"
  fi
  echo '#include <net/netmap_abi_check.h>' >"$dir/spoilt.c"
  for cc in gcc clang; do
    command -v $cc >/dev/null || continue
    ran=$((ran + 1))
    if compile $cc c11 c "$dir/spoilt.c" -I "$dir/spoilt"; then
      fail "$1: $cc accepts it"
    elif ! grep -Eq "static.assert(ion)? failed" "$dir/log"; then
      fail "$1: $cc refuses it, but not by an assertion"
      cat "$dir/log" >&2
    fi
  done
}
spoil "a field grown" 's/uint32_t num_slots;/uint64_t num_slots;/'
spoil "two fields exchanged" 's/uint32_t head;/uint32_t xx;/;s/uint32_t cur;/uint32_t head;/;s/uint32_t xx;/uint32_t cur;/'
spoil "a member of the legacy request gone" 's/uint32_t spare2\[1\];//'
spoil "an alignment lost" 's/ __attribute__((__aligned__(NM_CACHE_ALIGN)))//'
spoil "an ioctl number" "s/'i', 151,/'i', 152,/"
spoil "the size in NIOCCONFIG" 's/NM_IFRDATA_LEN\t256/NM_IFRDATA_LEN\t240/'
spoil "a flag" 's/NS_MOREFRAG\t0x0020/NS_MOREFRAG\t0x0080/'
spoil "a request type" 's/NETMAP_REQ_CSB_ENABLE = 15/NETMAP_REQ_CSB_ENABLE = 16/'

[ "$ran" -gt 0 ] || fail "no compiler found: install gcc or clang"
[ "$failed" -eq 0 ] && echo "$ran compilations as expected"
exit "$failed"
