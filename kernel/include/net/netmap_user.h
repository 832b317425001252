/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers for netmap clients: from a mapped region to its rings and buffers,
 * and round a ring. Compiles as C11 and as C++20, in the Linux kernel and out
 * of it. Nothing here calls the operating system, allocates or locks.
 *
 * A ring belongs to one thread at a time. Its tail moves only in that thread's
 * own sync (ioctl or poll), so the helpers read plain fields; what is shared
 * with another processor at any moment is the CSB, and its helpers say how.
 */
#ifndef NET_NETMAP_USER_H
#define NET_NETMAP_USER_H

#ifdef __KERNEL__
#include <linux/string.h>
#else
/* For IFNAMSIZ, which clients of this header have always been given. */
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#endif

#include <net/netmap.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ---------------------------------------------------------------------------
 * From the region to a port's rings and buffers.
 * ---------------------------------------------------------------------------
 */

/* The netmap_if at @ofs (nr_offset) bytes of the mapping that begins at @mem. */
static inline struct netmap_if *nm_if_at(void *mem, uint64_t ofs)
{
	return (struct netmap_if *)(void *)((char *)mem + ofs);
}

/*
 * The ring at place @i of ring_ofs[], or NULL if this file has not bound it:
 * its offset is 0 then, and would name the netmap_if itself.
 */
static inline struct netmap_ring *nm_ring_at(const struct netmap_if *nifp,
					     uint32_t i)
{
	ssize_t ofs = nifp->ring_ofs[i];

	if (ofs == 0)
		return NULL; /* C too. NOLINT(modernize-use-nullptr) */
	return (struct netmap_ring *)((uintptr_t)nifp + (uintptr_t)ofs);
}

/* TX ring @i: NIC rings first, host ring k is @i = ni_tx_rings + k. */
static inline struct netmap_ring *nm_tx_ring(const struct netmap_if *nifp,
					     uint32_t i)
{
	return nm_ring_at(nifp, i);
}

/*
 * RX ring @i: NIC rings first, host ring k is @i = ni_rx_rings + k. All TX
 * rings, of the NIC and of the host, come before them in ring_ofs[].
 */
static inline struct netmap_ring *nm_rx_ring(const struct netmap_if *nifp,
					     uint32_t i)
{
	return nm_ring_at(nifp, nifp->ni_tx_rings + nifp->ni_host_tx_rings + i);
}

/* First byte of buffer @buf_idx; 64-bit arithmetic, a region can pass 4 GiB. */
static inline char *nm_buf_at(const struct netmap_ring *ring, uint64_t buf_idx)
{
	return (char *)(uintptr_t)ring + ring->buf_ofs +
	       (int64_t)(buf_idx * ring->nr_buf_size);
}

/* Index of the buffer that @buf, anywhere in it, points into. */
static inline uint32_t nm_buf_idx_of(const struct netmap_ring *ring,
				     const void *buf)
{
	ptrdiff_t from_ring = (const char *)buf - (const char *)ring;

	return (uint32_t)((uint64_t)(from_ring - ring->buf_ofs) /
			  ring->nr_buf_size);
}

#define NETMAP_IF(mem, ofs)		nm_if_at((mem), (uint64_t)(ofs))
#define NETMAP_TXRING(nifp, i)		nm_tx_ring((nifp), (uint32_t)(i))
#define NETMAP_RXRING(nifp, i)		nm_rx_ring((nifp), (uint32_t)(i))
#define NETMAP_BUF(ring, buf_idx)	nm_buf_at((ring), (uint64_t)(buf_idx))
#define NETMAP_BUF_IDX(ring, buf)	nm_buf_idx_of((ring), (buf))

/*
 * ---------------------------------------------------------------------------
 * Offsets (NETMAP_REQ_OPT_OFFSETS): where in its buffer a frame begins. With
 * the option off offset_mask is 0: offsets read as 0 and writes change nothing.
 * ---------------------------------------------------------------------------
 */

/* Offset of the slot's frame in its buffer, in bytes. */
static inline uint64_t nm_slot_offset(const struct netmap_ring *ring,
				      const struct netmap_slot *slot)
{
	return slot->ptr & ring->offset_mask;
}

/* Set it; the bits of ptr outside the mask stay as they are. */
static inline void nm_slot_set_offset(const struct netmap_ring *ring,
				      struct netmap_slot *slot, uint64_t offset)
{
	slot->ptr = (slot->ptr & ~ring->offset_mask) |
		    (offset & ring->offset_mask);
}

/* First byte of the slot's frame. */
static inline char *nm_slot_data(const struct netmap_ring *ring,
				 const struct netmap_slot *slot)
{
	return nm_buf_at(ring, slot->buf_idx) + nm_slot_offset(ring, slot);
}

#define NETMAP_ROFFSET(ring, slot)	nm_slot_offset((ring), (slot))
#define NETMAP_WOFFSET(ring, slot, offset) \
	nm_slot_set_offset((ring), (slot), (uint64_t)(offset))
#define NETMAP_BUF_OFFSET(ring, slot)	nm_slot_data((ring), (slot))
#define NETMAP_BUF_WITH_OFFSET(ring, slot) nm_slot_data((ring), (slot))

/*
 * ---------------------------------------------------------------------------
 * Round a ring. No division: an index is always below num_slots.
 * ---------------------------------------------------------------------------
 */

/* The index after @i. */
static inline uint32_t nm_ring_next(const struct netmap_ring *ring, uint32_t i)
{
	return i + 1 == ring->num_slots ? 0 : i + 1;
}

#define NETMAP_RING_NEXT(ring, i)	nm_ring_next((ring), (i))

/*
 * Slots that the client owns, from head up to tail: frames to read on an RX
 * ring, room for frames on a TX ring. At most num_slots - 1.
 */
static inline uint32_t nm_ring_space(const struct netmap_ring *ring)
{
	uint32_t head = ring->head;
	uint32_t tail = ring->tail;

	return tail >= head ? tail - head : tail + ring->num_slots - head;
}

/* Whether the client owns no slot: nothing to read, no room to write. */
static inline int nm_ring_empty(const struct netmap_ring *ring)
{
	return ring->head == ring->tail;
}

/*
 * Whether a TX ring still has frames to send. When all are out, the client owns
 * every slot but the one that always stays empty: tail is just behind head.
 */
static inline int nm_tx_pending(const struct netmap_ring *ring)
{
	return nm_ring_next(ring, ring->tail) != ring->head;
}

/*
 * ---------------------------------------------------------------------------
 * Copying a frame.
 * ---------------------------------------------------------------------------
 */

/*
 * Copies @len bytes of a frame, and not one more; the two must not overlap. The
 * arguments are in this order, source first, because clients pass them so. The
 * library's copy takes the widest vectors that the processor has: blocks of
 * fixed size, compiled for the oldest x86-64, are no faster but for the very
 * shortest frames, and slower above 128 bytes (netmap_user_bench).
 */
static inline void nm_pkt_copy(const void *src, void *dst, int len)
{
	if (len > 0)
		memcpy(dst, src, (size_t)len);
}

#ifndef __KERNEL__
/*
 * ---------------------------------------------------------------------------
 * Control/status blocks: the client's side. The loop in the kernel reads and
 * writes the two words of a block at any moment, and they cannot be moved
 * together, so each side writes them in the order in which the other may see
 * one new and one old value without harm.
 * ---------------------------------------------------------------------------
 */

/*
 * Publish cur, then head. The release orders the slots and cur before head: a
 * reader that takes head first never sees it ahead of cur.
 */
static inline void nm_sync_kloop_appl_write(struct nm_csb_atok *atok,
					    uint32_t cur, uint32_t head)
{
	/* Slots before cur: the loop may act on either word alone. */
	__atomic_store_n(&atok->cur, cur, __ATOMIC_RELEASE);
	__atomic_store_n(&atok->head, head, __ATOMIC_RELEASE);
}

/*
 * Take hwtail, then hwcur: the loop writes them the other way round, so hwtail
 * is never newer than hwcur. The acquires order both before the slots are read.
 */
static inline void nm_sync_kloop_appl_read(const struct nm_csb_ktoa *ktoa,
					   uint32_t *hwtail, uint32_t *hwcur)
{
	*hwtail = __atomic_load_n(&ktoa->hwtail, __ATOMIC_ACQUIRE);
	*hwcur = __atomic_load_n(&ktoa->hwcur, __ATOMIC_ACQUIRE);
}
#endif

#ifdef __cplusplus
}
#endif

#endif /* NET_NETMAP_USER_H */
