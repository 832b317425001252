/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the core asks of its residence, and nothing else does.
 *
 * The residence puts a header "nm_os_impl.h" in the include path (kernel/linux or kernel/hosted)
 * which defines, as types, macros or inline functions, everything that is listed here. Those that
 * are real functions are declared below, so that both residences have the same prototypes.
 *
 * Types            u8 u16 u32 u64 (unsigned long long) s64 bool size_t va_list
 *                  struct nm_os        the residence's context, given to the core at its creation
 *                  struct nm_mutex     sleeping mutex, for the control path
 *                  struct nm_spin      spinning lock, held for a few microseconds at most
 *                  struct nm_waitq     where pollers of a ring wait
 *                  struct nm_waiter    one poller (a file in the kernel, a hosted descriptor)
 *                  struct nm_work      something to do in a moment, see below
 *                  struct nm_os_mem    one piece of region memory, see below
 *                  struct nm_os_device a device that reaches memory by addresses of its own (DMA)
 *                  struct nm_os_map    region memory as such a device reaches it, see below
 *
 * Locks            void nm_mutex_init(struct nm_mutex *), _destroy, _lock, _unlock
 *                  void nm_spin_init(struct nm_spin *), _lock, _unlock; bool _trylock
 *
 *                  NM_ACQUIRES(x), NM_RELEASES(x)     for checkers: a function returns with the lock
 *                                                                taken, or let go
 *
 * Memory order     nm_read_once(x), nm_write_once(x, v)          one plain load or store, not torn,
 *                                                                not repeated
 *                  nm_load_acquire(&x), nm_store_release(&x, v)
 *                  u32 nm_xchg_acquire(u32 *p, u32 v)            atomic exchange
 *                  nm_mb()                                       full fence
 *                  nm_dma_rmb(), nm_dma_wmb()                    order accesses to memory that a
 *                                                                device shares
 *                  nm_cpu_relax()
 *
 * Copies           void nm_copy_long(void *to, const void *from, size_t len)
 *                                                                memcpy(), for 256 bytes and more
 *
 * Names            errno values, POLLIN and its kin, memcpy(), memset(), strcmp() and the like
 *
 * Modules          NM_EXPORT(function);          after its definition: a driver in another module
 *                                                may call it
 *
 * Hints            nm_likely(x), nm_unlikely(x), nm_prefetch(p), nm_prefetch_write(p),
 *                  NM_CACHE_LINE (64), NM_ALIGNED_CACHE
 */
#ifndef NM_OS_H
#define NM_OS_H

#include "nm_os_impl.h"
#include "net/netmap.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * nm_os_alloc() - zeroed memory for the core's own structures, aligned to a cache line
 * @size: bytes, any size; the residence picks an allocator that copes with 100 kB and more
 *
 * May sleep. Return: NULL when there is none.
 */
void *nm_os_alloc(size_t size);
void nm_os_free(void *p);

/**
 * nm_os_copy_in() - copy from the memory of the client that called
 * Return: 0, or -EFAULT
 */
int nm_os_copy_in(void *to, u64 user_from, size_t len);
int nm_os_copy_out(u64 user_to, const void *from, size_t len);

/*
 * The same for a caller that holds a ring: it does not wait for a missing page, which might never
 * come or need a lock of the caller, but returns -EFAULT. nm_os_fault_in() brings such pages in and
 * waits as long as it takes, so its caller must hold nothing. Return: 0, or -EFAULT if there is no
 * such memory.
 */
int nm_os_copy_in_now(void *to, u64 user_from, size_t len);
int nm_os_fault_in(u64 user_from, size_t len);

/* Wall-clock time, for the ts field of receive rings. */
void nm_os_timeval(struct NETMAP_TIMEVAL *tv);

/* Nanoseconds of a clock that only goes forward; the clock of nm_driver_ops.deadline. */
u64 nm_os_now_ns(void);

/* Cycle counter, for statistics. */
u64 nm_os_tsc_ticks(void);

/**
 * nm_os_log() - a sentence for the log of the residence (rate-limited there)
 * @format: as printf(), no newline
 */
void nm_os_log(struct nm_os *os, const char *format, ...) __attribute__((format(printf, 2, 3)));
int nm_os_vsnprintf(char *to, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/* Let another thread run; only where sleeping is allowed. */
void nm_os_yield(void);

/**
 * struct nm_os_caller - the thread that opens a client
 * @ns: its network namespace, which stays until nm_os_caller_put(): compared, never followed. NULL
 *	where there is only one
 * @user: its user
 * @may_open: it may control the network of @ns
 */
struct nm_os_caller {
	const void *ns;
	u32 user;
	bool may_open;
};

void nm_os_caller_get(struct nm_os *os, struct nm_os_caller *caller);
void nm_os_caller_put(struct nm_os *os, const struct nm_os_caller *caller);

/* The network namespace of the calling thread, as in struct nm_os_caller, but it may end. */
const void *nm_os_namespace(struct nm_os *os);

/* Whether the calling thread's program has pointers of 32 bits, and so a ring_ofs of such words. */
bool nm_os_client_is_32bit(void);

/*
 * Wait queues. A poller calls nm_os_wait_record() between its first look at a ring and its second;
 * a wake-up that comes after the record is never lost. nm_os_wake() orders itself after earlier
 * stores of its caller. It wakes those who wait for frames or, where the queue is @for_room, for
 * slots to send in; nm_os_wake_all() wakes all whatever they wait for, as the ring goes.
 */
void nm_os_waitq_init(struct nm_waitq *wq, bool for_room);
void nm_os_waitq_destroy(struct nm_waitq *wq);
void nm_os_wait_record(struct nm_waiter *waiter, struct nm_waitq *wq);
void nm_os_wake(struct nm_waitq *wq);
void nm_os_wake_all(struct nm_waitq *wq);

/*
 * Work: nm_os_work_queue(), from any context, has @run called soon by a thread that holds nothing
 * and may sleep; once for all calls that come before it begins. A residence whose drivers have no
 * interrupts calls it at once. nm_os_work_cancel() forgets a call that has not begun, and waits for
 * one that has.
 */
void nm_os_work_init(struct nm_work *work, void (*run)(struct nm_work *work));
void nm_os_work_queue(struct nm_work *work);
void nm_os_work_cancel(struct nm_work *work);

/**
 * nm_os_mem_create() - memory that clients can map: one range of offsets, zeroed, backed as it is
 * touched
 * @mem: filled in: base (kernel address of offset 0), size
 * @size: bytes wanted now
 * @max_size: bytes that nm_os_mem_grow() may reach later without moving the base; at least @size
 *
 * Return: 0, or -ENOMEM
 */
int nm_os_mem_create(struct nm_os *os, struct nm_os_mem *mem, u64 size, u64 max_size);
int nm_os_mem_grow(struct nm_os_mem *mem, u64 size);
void nm_os_mem_destroy(struct nm_os_mem *mem);

/**
 * nm_os_mem_map() - let a device reach region memory
 * @device: stays valid until nm_os_mem_unmap()
 * @mem: also what it grows by later
 * @offset: of the first buffer, the rest follow each other to the end of the memory
 * @size: of a buffer; each is contiguous for the device, or the map is refused
 * @map: filled in
 *
 * May sleep. Return: 0, -ENOMEM, -EINVAL (buffers are not contiguous; a sentence is in the log).
 */
int nm_os_mem_map(struct nm_os *os, struct nm_os_device *device, struct nm_os_mem *mem, u64 offset,
		  u32 size, struct nm_os_map *map);
void nm_os_mem_unmap(struct nm_os_map *map);

/*
 * void *nm_os_mem_at(const struct nm_os_mem *mem, u64 offset): kernel address of the byte at @offset.
 * u64 nm_os_map_dma(const struct nm_os_map *map, u64 offset): the device's address of it.
 * void nm_os_map_to_device(const struct nm_os_map *map, u64 offset, u32 len): what the processor has
 * written there is the device's to see; where caches and bounce buffers are not the device's too.
 * void nm_os_map_to_cpu(...): the other way.
 * All are inline, for the hot path.
 */

/*
 * Descriptor rings: memory that a driver shares with its device, zeroed, aligned to 128 bytes at
 * least.
 */
struct nm_os_dma {
	void *virt;
	u64 dma;
	size_t size;
	struct nm_os_device *device;
};

int nm_os_dma_alloc(struct nm_os_device *device, struct nm_os_dma *d, size_t size);
void nm_os_dma_free(struct nm_os_dma *d);

#ifdef __cplusplus
}
#endif

#endif /* NM_OS_H */
