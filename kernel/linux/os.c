// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The rest of nm_os.h for Linux: allocation, client memory, log, time, waiting, region memory. */
#include <linux/compat.h>
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>

#include "nm_linux.h"

/* Bytes of the longest sentence in the log. */
#define MAX_SENTENCE	320

/*
 * Small pieces are rounded up to a power of two, which kmalloc aligns to its size: so each is
 * aligned to a cache line. Large ones need not be contiguous.
 */
void *nm_os_alloc(size_t size)
{
	if (size < PAGE_SIZE)
		size = roundup_pow_of_two(max_t(size_t, size, NM_CACHE_LINE));
	/* Sizes come from clients: what there is no memory for is refused, not warned of. */
	return kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
}

void nm_os_free(void *p)
{
	kvfree(p);
}

int nm_os_copy_in(void *to, u64 user_from, size_t len)
{
	return copy_from_user(to, u64_to_user_ptr(user_from), len) ? -EFAULT : 0;
}

int nm_os_copy_in_now(void *to, u64 user_from, size_t len)
{
	int error;

	pagefault_disable();
	error = nm_os_copy_in(to, user_from, len);
	pagefault_enable();
	return error;
}

int nm_os_fault_in(u64 user_from, size_t len)
{
	return fault_in_readable(u64_to_user_ptr(user_from), len) ? -EFAULT : 0;
}

int nm_os_copy_out(u64 user_to, const void *from, size_t len)
{
	return copy_to_user(u64_to_user_ptr(user_to), from, len) ? -EFAULT : 0;
}

void nm_os_timeval(struct NETMAP_TIMEVAL *tv)
{
	struct timespec64 now;

	ktime_get_real_ts64(&now);
	tv->tv_sec = now.tv_sec;
	tv->tv_usec = now.tv_nsec / NSEC_PER_USEC;
}

u64 nm_os_now_ns(void)
{
	return ktime_get_ns();
}

u64 nm_os_tsc_ticks(void)
{
	return get_cycles();
}

/* Names come from clients, with whatever bytes: one line is one line, and what it says is ours. */
void nm_os_log(struct nm_os *os, const char *format, ...)
{
	char text[MAX_SENTENCE];
	va_list args;
	char *at;

	if (!__ratelimit(&os->log_limit))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (at = text; *at; at++) {
		if (!isascii(*at) || !isprint(*at))
			*at = '?';
	}
	pr_info("netmap: %s\n", text);
}

int nm_os_vsnprintf(char *to, size_t size, const char *format, va_list args)
{
	return vsnprintf(to, size, format, args);
}

/*
 * The holder of a ring is off its processor: sleep a little, so that our priority does not keep it
 * off.
 */
void nm_os_yield(void)
{
	usleep_range(5, 20);
}

/* A task that is about to end has left its namespaces; it looks up no names any more. */
const void *nm_os_namespace(void)
{
	return current->nsproxy ? current->nsproxy->net_ns : NULL;
}

bool nm_os_client_is_32bit(void)
{
	return in_compat_syscall();
}

/* Wait queues */

void nm_os_waitq_init(struct nm_waitq *wq, bool for_room)
{
	init_waitqueue_head(&wq->head);
	wq->events = for_room ? EPOLLOUT | EPOLLWRNORM : EPOLLIN | EPOLLRDNORM;
}

/* A poller holds its file, the file its client, and the client the port of the queue. */
void nm_os_waitq_destroy(struct nm_waitq *wq)
{
	/* No fence: no thread can add itself any more. */
	WARN_ON_ONCE(waitqueue_active(&wq->head));
}

void nm_os_wait_record(struct nm_waiter *waiter, struct nm_waitq *wq)
{
	poll_wait(waiter->file, &wq->head, waiter->table);
}

/* wq_has_sleeper() has the fence that nm_os.h promises. */
void nm_os_wake(struct nm_waitq *wq)
{
	if (wq_has_sleeper(&wq->head))
		wake_up_interruptible_poll(&wq->head, wq->events);
}

void nm_os_wake_all(struct nm_waitq *wq)
{
	if (wq_has_sleeper(&wq->head))
		wake_up_interruptible(&wq->head);
}

/* Work */

static void run_work(struct work_struct *item)
{
	struct nm_work *work = container_of(item, struct nm_work, work);

	work->run(work);
}

void nm_os_work_init(struct nm_work *work, void (*run)(struct nm_work *work))
{
	INIT_WORK(&work->work, run_work);
	work->run = run;
}

/* The caller is where the frames are; the work stays on its processor. */
void nm_os_work_queue(struct nm_work *work)
{
	queue_work(system_highpri_wq, &work->work);
}

void nm_os_work_cancel(struct nm_work *work)
{
	cancel_work_sync(&work->work);
}

/*
 * Region memory. vmalloc_huge() takes large pages where there are any, which saves the core's
 * accesses most of their TLB misses, and splits them, so that each 4 KiB page can be mapped to
 * clients. It cannot grow, so a region gets all its buffers at the start, as the parameters say, and
 * some room for rings of later ports: an eighth, and HEADROOM. A request for more than
 * that gets -ENOMEM, and no process is killed for it; the memory is charged to the caller.
 */
#define HEADROOM	(4ull << 20)
/*
 * So much of all memory is left to others: vmalloc()'s page tables are asked for in a way that kills
 * for the last page, whatever its caller says.
 */
#define RESERVE_SHARE	32
#define REGION_GFP	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

int nm_os_mem_create(struct nm_os *os, struct nm_os_mem *mem, u64 size, u64 max_size)
{
	const u64 backed = PAGE_ALIGN(min(max_size, size + size / 8 + HEADROOM));
	const u64 pages = backed >> PAGE_SHIFT;
	const long available = si_mem_available();
	u64 i;

	if (available < 0 || pages + totalram_pages() / RESERVE_SHARE > (u64)available)
		return -ENOMEM;
	mem->phys = kvcalloc(pages, sizeof(*mem->phys), REGION_GFP);
	mem->base = mem->phys ? vmalloc_huge(backed, REGION_GFP) : NULL;
	if (!mem->phys || !mem->base) {
		nm_os_mem_destroy(mem);
		return -ENOMEM;
	}
	for (i = 0; i < pages; i++)
		mem->phys[i] = page_to_phys(vmalloc_to_page(mem->base + (i << PAGE_SHIFT)));
	mem->size = size;
	mem->backed = backed;
	return 0;
}

int nm_os_mem_grow(struct nm_os_mem *mem, u64 size)
{
	if (size > mem->backed)
		return -ENOMEM;
	if (size > mem->size)
		WRITE_ONCE(mem->size, size);
	return 0;
}

/* Clients have nothing mapped any more: a mapping holds its file. */
void nm_os_mem_destroy(struct nm_os_mem *mem)
{
	vfree(mem->base);
	kvfree(mem->phys);
	memset(mem, 0, sizeof(*mem));
}
