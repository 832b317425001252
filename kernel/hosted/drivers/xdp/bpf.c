// SPDX-License-Identifier: BSD-2-Clause
#include "bpf.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "program.h"

/*
 * Frames that the kernel hands to the interface's driver at a time; after them the receiving end of a veth runs. Its
 * queue has 256 places, of which up to 15 are free and not yet usable again (ptr_ring zeroes 16 at a time): more
 * frames than the rest would be dropped.
 */
#define LIVE_BATCH	240u

static int bpf(int command, union bpf_attr *attr)
{
	const long result = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return result < 0 ? -errno : (int)result;
}

/* Names show in bpftool(8). */
static int map_create(u32 type, u32 value_size, u32 num, u32 flags, const char *name)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = sizeof(u32),
		.value_size = value_size,
		.max_entries = num,
		.map_flags = flags,
	};

	snprintf(attr.map_name, sizeof(attr.map_name), "%s", name);
	return bpf(BPF_MAP_CREATE, &attr);
}

int xdp_array(u32 size, u32 num)
{
	return map_create(BPF_MAP_TYPE_ARRAY, size, num, BPF_F_MMAPABLE, "nmgen_memory");
}

int xdp_socket_map(u32 num)
{
	return map_create(BPF_MAP_TYPE_XSKMAP, sizeof(u32), num, 0, "nmgen_sockets");
}

int xdp_device_map(void)
{
	return map_create(BPF_MAP_TYPE_DEVMAP, sizeof(u32), 1, 0, "nmgen_out");
}

int xdp_map_set(int map, u32 key, u32 value)
{
	union bpf_attr attr = {
		.map_fd = (u32)map, .key = (uintptr_t)&key, .value = (uintptr_t)&value, .flags = BPF_ANY,
	};

	return bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

int xdp_map_remove(int map, u32 key)
{
	union bpf_attr attr = { .map_fd = (u32)map, .key = (uintptr_t)&key };

	return bpf(BPF_MAP_DELETE_ELEM, &attr);
}

int xdp_program(const struct xdp_maps *maps, u32 num_rings, u32 chunk)
{
	struct xdp_code code;
	union bpf_attr attr = { 0 };

	xdp_write_program(&code, maps, num_rings, chunk);
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)code.insns;
	attr.insn_cnt = code.num;
	attr.license = (uintptr_t)"Dual BSD/GPL";
	snprintf(attr.prog_name, sizeof(attr.prog_name), "nmgen_xdp");
	return bpf(BPF_PROG_LOAD, &attr);
}

int xdp_link(int program, int index, u32 flags)
{
	union bpf_attr attr = {
		.link_create = {
			.prog_fd = (u32)program,
			.target_ifindex = (u32)index,
			.attach_type = BPF_XDP,
			.flags = flags,
		},
	};

	return bpf(BPF_LINK_CREATE, &attr);
}

int xdp_link_change(int link, int program)
{
	union bpf_attr attr = { .link_update = { .link_fd = (u32)link, .new_prog_fd = (u32)program } };

	return bpf(BPF_LINK_UPDATE, &attr);
}

int xdp_send(int program, const void *model, u32 len, u32 num)
{
	union bpf_attr attr = {
		.test = {
			.prog_fd = (u32)program,
			.data_in = (uintptr_t)model,
			.data_size_in = len,
			.repeat = num,
			.batch_size = num < LIVE_BATCH ? num : LIVE_BATCH,
			.flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		},
	};

	return bpf(BPF_PROG_TEST_RUN, &attr);
}
