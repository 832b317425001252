/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a port's XDP program. */
#ifndef XDP_PROGRAM_H
#define XDP_PROGRAM_H

#include <linux/bpf.h>

#include "shared.h"

#define XDP_MAX_INSNS	96u
#define XDP_MAX_LABELS	8u

/* Instructions; jumps have the number of a label in @off until all are there. */
struct xdp_code {
	struct bpf_insn insns[XDP_MAX_INSNS];
	u32 num;
	u32 labels[XDP_MAX_LABELS];	/* the instruction at each */
};

/* As xdp_program(), without loading it. */
void xdp_write_program(struct xdp_code *code, const struct xdp_maps *maps, u32 num_rings, u32 chunk);

#endif /* XDP_PROGRAM_H */
