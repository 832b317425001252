// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The rest of nm_os.h for Linux: allocation, client memory, log, time, waiting, region memory. */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/cred.h>
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

/* As a packet socket: the right is that of whoever opens, and the namespace stays with the file. */
void nm_os_caller_get(struct nm_os *os, struct nm_os_caller *caller)
{
	struct net *net = get_net(current->nsproxy->net_ns);

	*caller = (struct nm_os_caller){
		.ns = net,
		.user = __kuid_val(current_euid()),
		.may_open = ns_capable(net->user_ns, CAP_NET_ADMIN),
	};
}

void nm_os_caller_put(struct nm_os *os, const struct nm_os_caller *caller)
{
	put_net((struct net *)caller->ns);
}

/* A task that is about to end has left its namespaces; it lists nothing any more. */
const void *nm_os_namespace(struct nm_os *os)
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

/*
 * Work: what switches bring from interfaces, for as long as frames come. It takes its turns with
 * programs, of no higher priority than theirs, and keeps no other work from its processor.
 */
static struct workqueue_struct *work_queue;

int nm_os_work_start(void)
{
	work_queue = alloc_workqueue("netmap_switch", WQ_PERCPU | WQ_CPU_INTENSIVE, 0);
	return work_queue ? 0 : -ENOMEM;
}

/* All work is cancelled: no port is there. */
void nm_os_work_end(void)
{
	destroy_workqueue(work_queue);
}

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
	queue_work(work_queue, &work->work);
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

	if (available < 0 || pages + totalram_pages() / RESERVE_SHARE > (u64)available)
		return -ENOMEM;
	mem->base = vmalloc_huge(backed, REGION_GFP);
	if (!mem->base)
		return -ENOMEM;
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
	memset(mem, 0, sizeof(*mem));
}

/* Whether each buffer from @offset on is in one piece for the device. */
static bool is_contiguous(const struct nm_os_map *map, u64 offset, u32 size)
{
	const u64 end = map->num << PAGE_SHIFT;
	u64 page;

	if (IS_ALIGNED(offset, PAGE_SIZE) && PAGE_SIZE % size == 0)
		return true;
	for (; offset + size <= end; offset += size) {
		for (page = offset >> PAGE_SHIFT; page < (offset + size - 1) >> PAGE_SHIFT; page++) {
			if (map->pages[page + 1] != map->pages[page] + PAGE_SIZE)
				return false;
		}
	}
	return true;
}

/*
 * Page by page, as they lie. The whole region: a client may put any buffer into its slots. The
 * processor has written nothing yet that the device is to see: that is synced buffer by buffer.
 */
int nm_os_mem_map(struct nm_os *os, struct nm_os_device *device, struct nm_os_mem *mem, u64 offset,
		  u32 size, struct nm_os_map *map)
{
	const u64 pages = mem->backed >> PAGE_SHIFT;

	*map = (struct nm_os_map){ .dev = device->dev };
	map->pages = kvcalloc(pages, sizeof(*map->pages), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!map->pages)
		return -ENOMEM;
	for (map->num = 0; map->num < pages; map->num++) {
		struct page *page = vmalloc_to_page(mem->base + (map->num << PAGE_SHIFT));
		const dma_addr_t at = dma_map_page_attrs(map->dev, page, 0, PAGE_SIZE,
							 DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);

		if (dma_mapping_error(map->dev, at)) {
			nm_os_log(os, "%s cannot reach the memory of a region: its DMA mask, or its IOMMU's space, is too small",
				  dev_name(map->dev));
			nm_os_mem_unmap(map);
			return -ENOMEM;
		}
		map->pages[map->num] = at;
		map->sync = map->sync || dma_need_sync(map->dev, at);
		cond_resched();
	}
	if (is_contiguous(map, offset, size))
		return 0;
	nm_os_log(os, "%s cannot reach buffers of %u bytes, which cross pages; set the parameter buf_size to 2048 or 4096",
		  dev_name(map->dev), size);
	nm_os_mem_unmap(map);
	return -EINVAL;
}

void nm_os_mem_unmap(struct nm_os_map *map)
{
	while (map->num)
		dma_unmap_page_attrs(map->dev, map->pages[--map->num], PAGE_SIZE,
				     DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
	kvfree(map->pages);
	*map = (struct nm_os_map){ };
}

/* Mapped page by page, so synced page by page. */
void nm_os_map_sync(const struct nm_os_map *map, u64 offset, u32 len, bool to_device)
{
	while (len) {
		const u32 in_page = offset & ~PAGE_MASK;
		const u32 part = min_t(u32, len, PAGE_SIZE - in_page);
		const dma_addr_t page = map->pages[offset >> PAGE_SHIFT];

		if (to_device)
			dma_sync_single_range_for_device(map->dev, page, in_page, part,
							 DMA_BIDIRECTIONAL);
		else
			dma_sync_single_range_for_cpu(map->dev, page, in_page, part,
						      DMA_BIDIRECTIONAL);
		offset += part;
		len -= part;
	}
}
EXPORT_SYMBOL_GPL(nm_os_map_sync);

/* Coherent: aligned to its size's power of two, to a page at least. */
int nm_os_dma_alloc(struct nm_os_device *device, struct nm_os_dma *d, size_t size)
{
	dma_addr_t dma;

	*d = (struct nm_os_dma){ .size = size, .device = device };
	d->virt = dma_alloc_coherent(device->dev, size, &dma, GFP_KERNEL);
	d->dma = dma;
	return d->virt ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_GPL(nm_os_dma_alloc);

void nm_os_dma_free(struct nm_os_dma *d)
{
	if (d->virt)
		dma_free_coherent(d->device->dev, d->size, d->virt, d->dma);
	d->virt = NULL;
}
EXPORT_SYMBOL_GPL(nm_os_dma_free);
