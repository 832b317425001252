/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What core/nm_os.h asks of its residence, for the Linux kernel: types, locks, memory order. */
#ifndef NM_OS_IMPL_H
#define NM_OS_IMPL_H

#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/prefetch.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/stdarg.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "nm_compat.h"

#ifndef CONFIG_64BIT
#error "netmap.ko is for 64-bit kernels: the layout of its shared memory is theirs"
#endif

/* The residence's context. @log_limit: how many sentences a second go into the kernel's log. */
struct nm_os {
	struct ratelimit_state log_limit;
};

#define NM_EXPORT		EXPORT_SYMBOL_GPL

/* Hints */

#define nm_likely(x)		likely(x)
#define nm_unlikely(x)		unlikely(x)
#define nm_prefetch(p)		prefetch(p)
#define nm_prefetch_write(p)	prefetchw(p)
#define NM_CACHE_LINE		64
#define NM_ALIGNED_CACHE	__aligned(NM_CACHE_LINE)

#define nm_cpu_relax()		cpu_relax()

/*
 * Since 6.4 memcpy() is one instruction only where short copies are fast too (FSRM); in user-mode
 * Linux it never is. For long ones that instruction is the fastest wherever the processor has it.
 */
static __always_inline void nm_copy_long(void *to, const void *from, size_t len)
{
#if defined(CONFIG_X86_64) && !defined(CONFIG_KASAN)	/* which looks at memcpy() only */
	if (static_cpu_has(X86_FEATURE_ERMS)) {
		asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
		return;
	}
#endif
	memcpy(to, from, len);
}

/* Memory order */

#define nm_read_once(x)			READ_ONCE(x)
#define nm_write_once(x, v)		WRITE_ONCE(x, v)
/* What each of these is for, and its partner, stand where the core uses them. */
#define nm_load_acquire(p)		smp_load_acquire(p)
/* As above. */
#define nm_store_release(p, v)		smp_store_release(p, v)
/* As above. */
#define nm_mb()				smp_mb()
/* As above. */
#define nm_dma_rmb()			dma_rmb()
/* As above. */
#define nm_dma_wmb()			dma_wmb()

static inline u32 nm_xchg_acquire(u32 *p, u32 v)
{
	return xchg_acquire(p, v);
}

/* Locks */

#define NM_ACQUIRES(lock)	__acquires(lock)
#define NM_RELEASES(lock)	__releases(lock)

struct nm_mutex {
	struct mutex mutex;
};

/* A macro, so that lockdep tells one lock of the core from another by where it is made. */
#define nm_mutex_init(lock)	mutex_init(&(lock)->mutex)

static inline void nm_mutex_destroy(struct nm_mutex *lock)
{
	mutex_destroy(&lock->mutex);
}

static inline void nm_mutex_lock(struct nm_mutex *lock)
{
	mutex_lock(&lock->mutex);
}

static inline void nm_mutex_unlock(struct nm_mutex *lock)
{
	mutex_unlock(&lock->mutex);
}

/* Softirqs forward frames too, so a holder keeps them away from its processor. */
struct nm_spin {
	spinlock_t lock;
};

#define nm_spin_init(spin)	spin_lock_init(&(spin)->lock)

static inline void nm_spin_lock(struct nm_spin *spin)
	__acquires(&spin->lock)
{
	spin_lock_bh(&spin->lock);
}

static inline void nm_spin_unlock(struct nm_spin *spin)
	__releases(&spin->lock)
{
	spin_unlock_bh(&spin->lock);
}

#define nm_spin_trylock(spin)	spin_trylock_bh(&(spin)->lock)

/*
 * Waiting: the queue that poll, select and epoll know; a waiter is one call of the file's poll.
 * @events: what a wake-up means, so that who waits for something else sleeps on
 */
struct nm_waitq {
	wait_queue_head_t head;
	__poll_t events;
};

struct nm_waiter {
	struct file *file;
	poll_table *table;
};

struct nm_work {
	struct work_struct work;
	void (*run)(struct nm_work *work);
};

/* Region memory: pages that are contiguous for the kernel only. */
struct nm_os_mem {
	u8 *base;
	u64 size;
	u64 backed;			/* bytes there are; @size may grow to it */
};

/* Whose DMA mask and IOMMU it is. A driver has one of these for its port. */
struct nm_os_device {
	struct device *dev;
};

/*
 * @pages: the device's address of each page
 * @sync: some of them are not the device's without nm_os_map_sync(): not coherent, or bounced
 */
struct nm_os_map {
	struct device *dev;
	dma_addr_t *pages;
	u64 num;
	bool sync;
};

static inline u64 nm_os_map_dma(const struct nm_os_map *map, u64 offset)
{
	return map->pages[offset >> PAGE_SHIFT] + (offset & ~PAGE_MASK);
}

void nm_os_map_sync(const struct nm_os_map *map, u64 offset, u32 len, bool to_device);

static inline void nm_os_map_to_device(const struct nm_os_map *map, u64 offset, u32 len)
{
	if (unlikely(map->sync))
		nm_os_map_sync(map, offset, len, true);
}

static inline void nm_os_map_to_cpu(const struct nm_os_map *map, u64 offset, u32 len)
{
	if (unlikely(map->sync))
		nm_os_map_sync(map, offset, len, false);
}

static inline void *nm_os_mem_at(const struct nm_os_mem *mem, u64 offset)
{
	return mem->base + offset;
}

#endif /* NM_OS_IMPL_H */
