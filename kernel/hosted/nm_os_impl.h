/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What core/nm_os.h asks of its residence, for user space: types, locks, memory order. Compiles as
 * C11 and as C++20.
 *
 * Every access that another thread may see goes through the __atomic builtins, relaxed ones
 * included, so that ThreadSanitizer knows what is meant; on the machines we care about a relaxed
 * access is a plain load or store.
 */
#ifndef NM_OS_IMPL_H
#define NM_OS_IMPL_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>

/* As in the kernel, so that one printf() format fits both residences. */
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef long long s64;

/* The residence's context, hosted.h: what would be globals in a kernel. */
struct nm_os;

/* One library: everybody may call everything. */
#define NM_EXPORT(function)	struct nm_os

/* Hints */

#define nm_likely(x)		__builtin_expect(!!(x), 1)
#define nm_unlikely(x)		__builtin_expect(!!(x), 0)
#define nm_prefetch(p)		__builtin_prefetch((p), 0, 3)
#define nm_prefetch_write(p)	__builtin_prefetch((p), 1, 3)
#define NM_CACHE_LINE		64
#define NM_ALIGNED_CACHE	__attribute__((aligned(NM_CACHE_LINE)))

static inline void nm_cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

/* The C library chooses by the processor and the length. */
static inline void nm_copy_long(void *to, const void *from, size_t len)
{
	memcpy(to, from, len);
}

/* Memory order */

#define nm_read_once(x)			__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define nm_write_once(x, v)		__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define nm_load_acquire(p)		__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define nm_store_release(p, v)		__atomic_store_n((p), (v), __ATOMIC_RELEASE)

static inline u32 nm_xchg_acquire(u32 *p, u32 v)
{
	return __atomic_exchange_n(p, v, __ATOMIC_ACQUIRE);
}

/*
 * GCC refuses __atomic_thread_fence() under ThreadSanitizer, which does not model it. The older
 * builtin gives the same instruction; what the fence orders are atomic accesses anyway, so nothing
 * is reported for want of it.
 */
#if defined(__SANITIZE_THREAD__)
#define nm_mb()		__sync_synchronize()
#else
#define nm_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

/*
 * The device is a model, called by the thread that drives it: the compiler's order is enough within
 * a thread, and the model's own locks order it between threads. What is left is to keep the
 * compiler from moving descriptor accesses.
 */
#define nm_dma_rmb()	__atomic_signal_fence(__ATOMIC_ACQUIRE)
#define nm_dma_wmb()	__atomic_signal_fence(__ATOMIC_RELEASE)

/* Locks */

#define NM_ACQUIRES(lock)
#define NM_RELEASES(lock)

struct nm_mutex {
	pthread_mutex_t mutex;
};

static inline void nm_mutex_init(struct nm_mutex *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
}

static inline void nm_mutex_destroy(struct nm_mutex *lock)
{
	pthread_mutex_destroy(&lock->mutex);
}

static inline void nm_mutex_lock(struct nm_mutex *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

static inline void nm_mutex_unlock(struct nm_mutex *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

struct nm_spin {
	u32 held;
};

/*
 * Looks before it gives up the processor: longer than any holder that runs keeps the lock, shorter
 * than a time slice.
 */
#define NM_SPIN_LOOKS	4096

static inline void nm_spin_init(struct nm_spin *lock)
{
	__atomic_store_n(&lock->held, 0u, __ATOMIC_RELAXED);
}

static inline bool nm_spin_trylock(struct nm_spin *lock)
{
	return !__atomic_load_n(&lock->held, __ATOMIC_RELAXED) && !nm_xchg_acquire(&lock->held, 1);
}

/*
 * Waits by reading, so that the cache line stays with the holder; yields, as the holder may have
 * been taken off its processor.
 */
static inline void nm_spin_lock(struct nm_spin *lock)
{
	u32 looks = 0;

	while (!nm_spin_trylock(lock)) {
		nm_cpu_relax();
		if (++looks == NM_SPIN_LOOKS) {
			looks = 0;
			sched_yield();
		}
	}
}

static inline void nm_spin_unlock(struct nm_spin *lock)
{
	__atomic_store_n(&lock->held, 0u, __ATOMIC_RELEASE);
}

/* Waiting; event.c explains it. */

struct nm_wait_link;

struct nm_waitq {
	u32 armed;			/* the list is not empty: what nm_os_wake() looks at */
	struct nm_os *os;		/* whose wait_lock guards it; set by the first record */
	struct nm_wait_link *links;
};

struct nm_waiter {
	struct nm_os *os;
	u32 wakeups;			/* futex of the sleepers; changed under os->wait_lock */
	u32 sleepers;			/* how many they are, under os->wait_lock */
	struct nm_wait_link *links;	/* all of this waiter's, under os->wait_lock */
	int event_fd;			/* -1 until asked for; set under os->wait_lock */
	bool signalled;			/* the eventfd is readable; as event_fd */
	bool incomplete;		/* a record failed for want of memory: no long sleep */
	u64 alarm_ns;			/* in os->alarms if not 0; under os->wait_lock */
	struct nm_waiter *next_alarm;
};

/* No interrupt here: it is the caller's thread that does it. */
struct nm_work {
	void (*run)(struct nm_work *work);
};

/* Memory; memory.c explains it. */

struct nm_mem_piece;

struct nm_os_mem {
	u8 *base;
	u64 size;			/* grows under os->dma_lock; read it with nm_read_once() */
	u64 max_size;
	u64 dma_base;
	struct nm_os *os;
	u64 backed;			/* bytes from base that have memory; at least size */
	u64 reserved;			/* bytes of address space from base */
	struct nm_mem_piece *pieces;
};

/* All devices of a world have one address space. */
struct nm_os_device {
	struct nm_os *os;
};

struct nm_os_map {
	u64 dma_base;
};

static inline u64 nm_os_map_dma(const struct nm_os_map *map, u64 offset)
{
	return map->dma_base + offset;
}

/* The model reads and writes the memory itself. */
static inline void nm_os_map_to_device(const struct nm_os_map *map, u64 offset, u32 len)
{
	(void)map;
	(void)offset;
	(void)len;
}

static inline void nm_os_map_to_cpu(const struct nm_os_map *map, u64 offset, u32 len)
{
	(void)map;
	(void)offset;
	(void)len;
}

static inline void *nm_os_mem_at(const struct nm_os_mem *mem, u64 offset)
{
	return mem->base + offset;
}

#endif /* NM_OS_IMPL_H */
