// SPDX-License-Identifier: BSD-2-Clause
/*
 * The program of a port, written instruction by instruction, so that no compiler for BPF is needed to build or
 * to run nmgen. It does two things, told apart by the interface that a frame came from:
 *
 *	receive:	return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);
 *
 *	send:		call = &calls[length of the model % num_rings];
 *			if (call->next >= call->end)
 *				return XDP_DROP;
 *			slot = &call->slots[call->next++ & MASK];
 *			if (slot->change && bpf_xdp_adjust_tail(ctx, slot->change))
 *				goto refuse;
 *			if (bpf_xdp_store_bytes(ctx, 0, memory[slot->chunk] + XDP_HEADROOM, slot->len))
 *				goto refuse;
 *			if (bpf_redirect_map(&out, 0, XDP_DROP) == XDP_REDIRECT)
 *				return XDP_REDIRECT;
 *		refuse:	call->refused++;
 *			return XDP_DROP;
 *
 * A call has no argument that a program of a native link could read, and rings send at the same time: so the
 * length of the frame that a call gives as the model of its frames says which ring it is for.
 */
#include "program.h"

/* In a network namespace the loopback interface is always the first, and calls come from there. */
#define LOOPBACK_INDEX	1

enum label { AT_SEND = 1, AT_LENGTH_IS_RIGHT, AT_REFUSE, AT_DROP, AT_EXIT };

enum reg { R0, R1, R2, R3, R4, CONTEXT = 6, CALL = 7, SLOT = 8, LEN = 9, STACK = 10 };

static struct bpf_insn *emit(struct xdp_code *code, u8 op, u8 dst, u8 src, int16_t off, int32_t imm)
{
	struct bpf_insn *insn = &code->insns[code->num++];

	*insn = (struct bpf_insn){ .code = op, .dst_reg = dst & 15, .src_reg = src & 15, .off = off, .imm = imm };
	return insn;
}

static void move(struct xdp_code *code, u8 dst, u8 src)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void set(struct xdp_code *code, u8 dst, int32_t imm)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

/* @op: BPF_ADD, BPF_AND, ... with a constant. */
static void alu(struct xdp_code *code, u8 op, u8 dst, int32_t imm)
{
	emit(code, BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

/* @size: BPF_W or BPF_H. */
static void load(struct xdp_code *code, u8 size, u8 dst, u8 src, int16_t off)
{
	emit(code, BPF_LDX | size | BPF_MEM, dst, src, off, 0);
}

static void store(struct xdp_code *code, u8 dst, int16_t off, u8 src)
{
	emit(code, BPF_STX | BPF_W | BPF_MEM, dst, src, off, 0);
}

static void set_map(struct xdp_code *code, u8 dst, int map)
{
	/* NOLINTNEXTLINE(misc-redundant-expression): two of the code's three parts happen to be 0. */
	emit(code, BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0, map);
	emit(code, 0, 0, 0, 0, 0);
}

static void call(struct xdp_code *code, int32_t helper)
{
	emit(code, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

static void jump(struct xdp_code *code, u8 op, u8 dst, int32_t imm, enum label to)
{
	emit(code, BPF_JMP | op | BPF_K, dst, 0, (int16_t)to, imm);
}

static void jump_by(struct xdp_code *code, u8 op, u8 dst, u8 src, enum label to)
{
	emit(code, BPF_JMP | op | BPF_X, dst, src, (int16_t)to, 0);
}

static void put_label(struct xdp_code *code, enum label label)
{
	code->labels[label] = code->num;
}

/* R0: the element of @map whose index is on the stack, or 0. */
static void look_up(struct xdp_code *code, int map)
{
	set_map(code, R1, map);
	move(code, R2, STACK);
	alu(code, BPF_ADD, R2, -4);
	call(code, BPF_FUNC_map_lookup_elem);
}

static void find_call(struct xdp_code *code, const struct xdp_maps *maps, u32 num_rings)
{
	if (num_rings > 1) {
		move(code, R1, CONTEXT);
		call(code, BPF_FUNC_xdp_get_buff_len);
		alu(code, BPF_MOD, R0, (int32_t)num_rings);
	} else {
		set(code, R0, 0);
	}
	store(code, STACK, -4, R0);
	look_up(code, maps->calls);
	jump(code, BPF_JEQ, R0, 0, AT_DROP);
	move(code, CALL, R0);
}

static void take_slot(struct xdp_code *code)
{
	load(code, BPF_W, SLOT, CALL, offsetof(struct xdp_call, next));
	load(code, BPF_W, R1, CALL, offsetof(struct xdp_call, end));
	jump_by(code, BPF_JGE, SLOT, R1, AT_DROP);
	move(code, R1, SLOT);
	alu(code, BPF_ADD, R1, 1);
	store(code, CALL, offsetof(struct xdp_call, next), R1);
	/* For the verifier, which does not know how large call->end is. */
	alu(code, BPF_AND, SLOT, XDP_CALL_FRAMES - 1);
	alu(code, BPF_MUL, SLOT, sizeof(struct xdp_frame_slot));
	emit(code, BPF_ALU64 | BPF_ADD | BPF_X, SLOT, CALL, 0, 0);
	alu(code, BPF_ADD, SLOT, offsetof(struct xdp_call, slots));
}

static void set_length(struct xdp_code *code)
{
	load(code, BPF_H, LEN, SLOT, offsetof(struct xdp_frame_slot, len));
	load(code, BPF_H, R2, SLOT, offsetof(struct xdp_frame_slot, change));
	jump(code, BPF_JEQ, R2, 0, AT_LENGTH_IS_RIGHT);
	/* Its sign. */
	alu(code, BPF_LSH, R2, 48);
	alu(code, BPF_ARSH, R2, 48);
	move(code, R1, CONTEXT);
	call(code, BPF_FUNC_xdp_adjust_tail);
	jump(code, BPF_JNE, R0, 0, AT_REFUSE);
	put_label(code, AT_LENGTH_IS_RIGHT);
}

static void copy_frame(struct xdp_code *code, const struct xdp_maps *maps, u32 chunk)
{
	load(code, BPF_W, R1, SLOT, offsetof(struct xdp_frame_slot, chunk));
	store(code, STACK, -4, R1);
	look_up(code, maps->memory);
	jump(code, BPF_JEQ, R0, 0, AT_REFUSE);
	jump(code, BPF_JGT, LEN, (int32_t)(chunk - XDP_HEADROOM), AT_REFUSE);
	jump(code, BPF_JEQ, LEN, 0, AT_REFUSE);
	move(code, R3, R0);
	alu(code, BPF_ADD, R3, XDP_HEADROOM);
	move(code, R1, CONTEXT);
	set(code, R2, 0);
	move(code, R4, LEN);
	call(code, BPF_FUNC_xdp_store_bytes);
	jump(code, BPF_JNE, R0, 0, AT_REFUSE);
}

static void leave(struct xdp_code *code, const struct xdp_maps *maps)
{
	set_map(code, R1, maps->out);
	set(code, R2, 0);
	set(code, R3, XDP_DROP);
	call(code, BPF_FUNC_redirect_map);
	jump(code, BPF_JEQ, R0, XDP_REDIRECT, AT_EXIT);

	put_label(code, AT_REFUSE);
	load(code, BPF_W, R1, CALL, offsetof(struct xdp_call, refused));
	alu(code, BPF_ADD, R1, 1);
	store(code, CALL, offsetof(struct xdp_call, refused), R1);
	put_label(code, AT_DROP);
	set(code, R0, XDP_DROP);
	put_label(code, AT_EXIT);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static bool is_jump(const struct bpf_insn *insn)
{
	const u8 op = BPF_OP(insn->code);

	return BPF_CLASS(insn->code) == BPF_JMP && op != BPF_CALL && op != BPF_EXIT;
}

void xdp_write_program(struct xdp_code *code, const struct xdp_maps *maps, u32 num_rings, u32 chunk)
{
	u32 i;

	*code = (struct xdp_code){ .num = 0 };
	move(code, CONTEXT, R1);
	load(code, BPF_W, R1, CONTEXT, offsetof(struct xdp_md, ingress_ifindex));
	jump(code, BPF_JEQ, R1, LOOPBACK_INDEX, AT_SEND);
	set_map(code, R1, maps->sockets);
	load(code, BPF_W, R2, CONTEXT, offsetof(struct xdp_md, rx_queue_index));
	set(code, R3, XDP_PASS);
	call(code, BPF_FUNC_redirect_map);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);

	put_label(code, AT_SEND);
	find_call(code, maps, num_rings);
	take_slot(code);
	set_length(code);
	copy_frame(code, maps, chunk);
	leave(code, maps);
	for (i = 0; i < code->num; i++) {
		struct bpf_insn *insn = &code->insns[i];

		if (is_jump(insn))
			insn->off = (int16_t)(code->labels[insn->off] - (i + 1));
	}
}
