// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sending by XDP live frames: each call gives the kernel the slots' buffers as chunks of the memory that it
 * shares with us, and the program copies each frame once, into the memory that the interface's driver sends
 * from.
 */
#include "xdp.h"

#include <unistd.h>

/* How long the first frames may take. */
#define PROVE_TRIES	200
#define PROVE_US	500

/* What frames of a call begin as; the program writes over it. */
static const u8 model[XDP_LIVE_LARGEST];

/* The length of the call's model: near @len, and such that the program finds the ring. */
static u32 model_length(const struct xdp_device *device, u32 ring, u32 len)
{
	const u32 n = device->rings.queues;
	const u32 model_len = len - len % n + ring;

	return model_len < XDP_MIN_FRAME ? model_len + n : model_len > XDP_LIVE_LARGEST ? model_len - n : model_len;
}

/* Frames from slot @i on go into the call. Return: their number, or a negative errno for the first. */
static int collect(struct nm_kring *kr, u32 i, struct xdp_call *call, u32 most, u32 *model_len)
{
	const struct xdp_queue *q = xdp_queue_of(kr);
	const struct nm_bufs bufs = kr->bufs;
	const u32 lim = kr->num_slots - 1;
	u32 num = 0;

	while (i != kr->rhead && num < XDP_CALL_FRAMES) {
		struct nm_tx_frame frame;

		if (!nm_tx_frame_get(kr, &bufs, i, &frame))
			break;
		if (nm_unlikely(frame.len > most))
			return num ? (int)num : -EMSGSIZE;
		if (!num)
			*model_len = model_length(q->device, kr->ring_id, frame.len);
		call->slots[num++] = (struct xdp_frame_slot){
			.chunk = q->device->first_chunk + frame.view[0].buf_idx,
			.len = (u16)frame.len,
			.change = (int16_t)((int)frame.len - (int)*model_len),
		};
		i = nm_next(i, lim);
	}
	return (int)num;
}

/* Counts what the program has taken. Return: whether it could send all of that. */
static bool account(struct xdp_queue *q, const struct xdp_call *call, u32 taken)
{
	const u32 refused = nm_read_once(call->refused);
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < taken; i++)
		bytes += call->slots[i].len;
	xdp_count(&q->sent, taken - refused, bytes);
	return !refused;
}

/*
 * A veth counts what its other end has taken or refused; it counts nothing where that does not look for frames at
 * all, and they are lost. Return: 0, or -ENOLINK.
 */
static int prove(struct xdp_device *device, const struct nmh_netif *before)
{
	struct nmh_netif now;
	u32 tries;
	int error;

	for (tries = 0; tries < PROVE_TRIES; tries++) {
		error = nmh_netif_read(device->netif.index, &now);
		if (error)
			return error;
		if (now.tx_packets != before->tx_packets || now.tx_dropped != before->tx_dropped) {
			nm_write_once(device->proved, true);
			return 0;
		}
		usleep(PROVE_US);
	}
	return -ENOLINK;
}

int xdp_live_txsync(struct nm_kring *kr)
{
	struct xdp_queue *q = xdp_queue_of(kr);
	struct xdp_device *device = q->device;
	struct xdp_call *call = q->call;
	int error = 0;

	/* The kernel drops what it is given for an interface that is down, and tells nobody. */
	if (kr->hwcur != kr->rhead)
		error = xdp_check_interface(device);
	while (kr->hwcur != kr->rhead && !error) {
		const bool proved = nm_read_once(device->proved);
		u32 taken, model_len = 0;
		struct nmh_netif before;
		int num = collect(kr, kr->hwcur, call, nm_read_once(device->mtu) + XDP_MTU_EXTRA, &model_len);

		if (num <= 0) {
			error = num;
			break;
		}
		call->next = 0;
		call->refused = 0;
		call->end = (u32)num;
		if (nm_unlikely(!proved))
			nmh_netif_read(device->netif.index, &before);
		error = xdp_send(device->program, model, model_len, (u32)num);
		taken = nm_read_once(call->next);
		if (nm_unlikely(!proved) && taken) {
			const int proof = prove(device, &before);

			if (proof) {
				error = proof;
				break;
			}
		}
		kr->hwcur = nm_add(kr->hwcur, taken, kr->num_slots);
		if (!account(q, call, taken) && !error)
			error = -EMSGSIZE;
		/* A signal came, or memory is short: the rest is for the next sync. */
		if (error == -EINTR || error == -ENOMEM)
			error = 0;
		if (taken < (u32)num)
			break;
	}
	kr->hwtail = nm_prev(kr->hwcur, kr->num_slots - 1);
	return error;
}
