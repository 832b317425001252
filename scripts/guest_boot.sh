# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The guest's file system and its machine. Sourced by scripts/guest, whose variables it takes.

# shellcheck disable=SC2154  # root, kernel, kernel_dir and others are the caller's

# add FILE TARGET: copy it into the guest's file system, with the shared libraries that it needs.
add() {
  local target=$work/root$2 library
  install -D "$1" "$target" || return
  while read -r library; do
    [[ -f $work/root$library ]] || install -D "$library" "$work/root$library" || return
  done < <(ldd "$1" 2>/dev/null | grep -oE '/[^ )]+' | sort -u)
}

# device_of NAME: sets device, what QEMU calls it, and driver, the modules that it needs.
device_of() {
  case $1 in
  e1000 | e1000e | vmxnet3)
    device=$1
    driver=("$1")
    ;;
  virtio)
    device=virtio-net-pci
    driver=(virtio_pci virtio_net)
    ;;
  *) die "--nic: '$1' is not one of e1000, e1000e, virtio, vmxnet3." 2 ;;
  esac
}

# pack_guest: make $work/initrd.
pack_guest() {
  local file name target number=100 modules=(veth tun dummy "${kernel_modules[@]}") device driver
  for name in "${nics[@]}"; do
    device_of "$name"
    modules+=("${driver[@]}")
  done
  mkdir -p "$work/root/bin" "$work/root/test" "$work/root/modules"
  add "$(command -v busybox)" /bin/busybox || return
  # Busybox's shell takes its own ip for any other.
  add "$(command -v dash)" /sbin/sh || return
  add "$(command -v ip)" /sbin/ip || return
  for file in "${scripts[@]}" "${files[@]}"; do
    add "$file" "/test/${file##*/}" || return
  done
  # In the order in which they are to be loaded; one that is built in has no file.
  for name in "${modules[@]}"; do
    modprobe -d "$kernel_dir/root" -S "$kernel_release" --show-depends "$name" 2>/dev/null | sed -n 's/^insmod \([^ ]*\).*/\1/p'
  done | awk '!seen[$0]++' >"$work/modules"
  while read -r file; do
    target=$work/root/modules/$number-$(basename "$file" .xz)
    case $file in
    *.xz) xz -dc "$file" >"$target" || return ;;
    *) cp "$file" "$target" || return ;;
    esac
    number=$((number + 1))
  done <"$work/modules"
  printf '%s\n' "${lines[@]}" >"$work/root/tests"
  install -m 755 "$root/scripts/guest_init" "$work/root/init" || return
  (cd "$work/root" && find . -print0 | cpio --null -o -H newc --quiet >"$work/initrd")
}

# boot_guest: run it. What the tests print goes to standard output, and with the kernel's log into $results (guest_results.sh).
# Return: QEMU's exit code; 124 or 137: it was stopped, $stop_s seconds after its start.
boot_guest() {
  local accel=(-accel 'tcg,thread=multi') qemu i device driver patience
  [[ -z $icount ]] || accel=(-accel 'tcg,thread=single' -icount "shift=$icount,sleep=off")
  qemu=(qemu-system-x86_64 "${accel[@]}" -cpu max -smp "$cpus" -m "$memory" -display none -no-reboot -nic none)
  for i in "${!nics[@]}"; do
    device_of "${nics[i]}"
    qemu+=(-netdev "hubport,id=h$i,hubid=$((i / 2))")
    qemu+=(-device "$device,netdev=h$i,mac=$(printf '52:54:00:00:00:%02x' $((i + 1))),romfile=")
  done
  # An emulated processor may get no turn of the machine's for a while; a real hang lasts longer than this, in seconds.
  patience="watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=300 workqueue.watchdog_thresh=300 sysctl.kernel.hung_task_timeout_secs=300"
  # ACPI's programs take a checked kernel more than the 30 s that it allows for them, and then interrupts have no routes. The
  # tables of before ACPI say the same.
  [[ $kernel != debug ]] || patience+=" acpi=off"
  # The kernel talks on the first serial line, the tests on the second: neither spoils the other's lines.
  qemu+=(-kernel "$kernel_dir/root/boot/vmlinuz-$kernel_release" -initrd "$work/initrd"
    -append "console=ttyS0 loglevel=5 panic=-1 oops=panic mitigations=off nmi_watchdog=0 no_timer_check tsc=reliable $patience"
    -serial "file:$work/kernel.log" -serial stdio -monitor none)
  # Each test is ended at its own limit; this is for a guest that is beyond that. Boot and end are allowed five minutes, and a
  # minute for what is left behind.
  stop_s=$((sum_s + 300 + 60 * ${#names[@]}))
  : >"$work/kernel.log"
  timeout --foreground -k 5 "$stop_s" "${qemu[@]}" </dev/null 2>"$work/errors" | split_output
  return "${PIPESTATUS[0]}"
}
