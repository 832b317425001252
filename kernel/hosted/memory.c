// SPDX-License-Identifier: BSD-2-Clause
/*
 * Region memory and device addresses.
 *
 * A region reserves the address space that it may ever need, so that it grows without moving. What
 * is in use is backed by the largest pages to be had: hugetlb pages if enough are free, else
 * ordinary memory in which the kernel is asked for transparent huge pages, or, where other
 * processes shall map it, a memfd. Every growth is a piece of its own, which may be of another kind
 * than the one before. A lack of huge pages is never an error.
 *
 * The device address space has one window a region or descriptor ring, NMH_DMA_WINDOW_BITS apart
 * with nothing between, so that a wild device address hits nothing, and a model says so, where on a
 * real machine it would hit another's memory.
 */
#include "hosted.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PAGE_HUGE	((u64)2 << 20)

/* A mapping that only keeps others out of our address space. */
#define NOTHING_THERE	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

#define KIND_HUGETLB	"2 MiB pages (hugetlb)"
#define KIND_THP	"2 MiB pages (transparent, as far as the system finds them)"
#define NONE_FREE	"and too few pages of vm.nr_hugepages are free)"
#define KIND_SHARED	"4 KiB pages (no huge pages: the memory is shared, " NONE_FREE
#define KIND_FILE	"4 KiB pages (no huge pages: a driver has its own kind of memory)"
#define KIND_SMALL	"4 KiB pages (no huge pages: transparent ones are off, " NONE_FREE

#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB	(21U << 26)
#endif

/* Memory behind a part of a region that a file descriptor stands for. */
struct nm_mem_piece {
	struct nm_mem_piece *next;
	u64 offset;
	u64 size;
	int fd;
};

static u64 round_up(u64 n, u64 to)
{
	return (n + to - 1) / to * to;
}

/* Device address windows */

static int windows_grow(struct nm_os *os)
{
	const u32 num = os->num_windows ? os->num_windows * 2 : 64;
	struct nmh_dma_window *windows;

	if (num >= 1u << (64 - NMH_DMA_WINDOW_BITS))
		return -ENOMEM;
	windows = realloc(os->windows, num * sizeof(*windows));
	if (!windows)
		return -ENOMEM;
	memset(windows + os->num_windows, 0, (num - os->num_windows) * sizeof(*windows));
	os->next_window = os->num_windows;
	os->windows = windows;
	os->num_windows = num;
	return 0;
}

/* Return: the device address of @memory, 0 where there is no room. */
static u64 window_add(struct nm_os *os, u8 *memory, u64 size)
{
	struct nmh_dma_window *window = NULL;
	u64 dma = 0;

	pthread_mutex_lock(&os->dma_lock);
	/*
	 * Half of the slots stay free: it takes as many allocations again until an address comes
	 * back.
	 */
	if (os->used_windows * 2 < os->num_windows || windows_grow(os) == 0) {
		while (os->windows[os->next_window].size)
			os->next_window = (os->next_window + 1) % os->num_windows;
		window = &os->windows[os->next_window];
		dma = (u64)(os->next_window + 1) << NMH_DMA_WINDOW_BITS;
		os->next_window = (os->next_window + 1) % os->num_windows;
		os->used_windows++;
		*window = (struct nmh_dma_window){ .dma = dma, .size = size, .memory = memory, .fd = -1 };
	}
	pthread_mutex_unlock(&os->dma_lock);
	return dma;
}

/* The slot of a device address; under dma_lock. */
static struct nmh_dma_window *window_slot(struct nm_os *os, u64 dma)
{
	const u64 i = dma >> NMH_DMA_WINDOW_BITS;

	return i >= 1 && i <= os->num_windows ? &os->windows[i - 1] : NULL;
}

/*
 * Under dma_lock. Release: who sees the new generation sees the new windows once it has the lock.
 */
static void windows_changed(struct nm_os *os)
{
	nm_store_release(&os->dma_generation, os->dma_generation + 1);
}

static void window_remove(struct nm_os *os, u64 dma)
{
	pthread_mutex_lock(&os->dma_lock);
	*window_slot(os, dma) = (struct nmh_dma_window){ .size = 0 };
	os->used_windows--;
	windows_changed(os);
	pthread_mutex_unlock(&os->dma_lock);
}

bool nmh_dma_find(struct nm_os *os, u64 dma, struct nmh_dma_window *out)
{
	const struct nmh_dma_window *window;

	*out = (struct nmh_dma_window){ .size = 0 };
	pthread_mutex_lock(&os->dma_lock);
	window = window_slot(os, dma);
	if (window && dma - window->dma < window->size)
		*out = *window;
	pthread_mutex_unlock(&os->dma_lock);
	return out->size != 0;
}

void *nmh_dma_resolve(struct nm_os *os, u64 dma, size_t len)
{
	struct nmh_dma_window window;

	return nmh_dma_find(os, dma, &window) ? nmh_dma_at(&window, dma, len) : NULL;
}

/*
 * Descriptor rings come from the allocator, not from a mapping of their own: AddressSanitizer then
 * sees a driver that runs past its end, and rings do not all begin in the same cache set.
 */
int nm_os_dma_alloc(struct nm_os_device *device, struct nm_os_dma *d, size_t size)
{
	void *memory;

	*d = (struct nm_os_dma){ .size = size, .device = device };
	if (size == 0 || size > (u64)1 << NMH_DMA_WINDOW_BITS || posix_memalign(&memory, 128, size))
		return -ENOMEM;
	memset(memory, 0, size);
	d->dma = window_add(device->os, memory, size);
	if (!d->dma) {
		free(memory);
		return -ENOMEM;
	}
	d->virt = memory;
	return 0;
}

void nm_os_dma_free(struct nm_os_dma *d)
{
	if (!d->virt)
		return;
	window_remove(d->device->os, d->dma);
	free(d->virt);
	d->virt = NULL;
}

/* Region memory */

static bool thp_is_off(void)
{
	char text[64] = "";
	int fd;

	if (prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1)
		return true;
	fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return !strstr(text, "[always]") && !strstr(text, "[madvise]");
}

/* The file that is the whole of a region's memory; the region's. -1: there is none. */
static void window_set_file(struct nm_os *os, u64 dma, int fd)
{
	pthread_mutex_lock(&os->dma_lock);
	window_slot(os, dma)->fd = fd;
	pthread_mutex_unlock(&os->dma_lock);
}

/*
 * A file for shared memory of @len bytes; hugetlb pages are reserved here or not at all. Return:
 * its descriptor or -1.
 */
static int memory_file(u64 len, bool huge)
{
	const unsigned int huge_flags = huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0;
	const int fd = memfd_create("netmap-region", MFD_CLOEXEC | huge_flags);
	void *probe;

	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)len))
		goto fail;
	if (huge) {
		/*
		 * The first shared mapping reserves the pages in the file, or fails: then the
		 * mapping in the region's own place can not fail for want of them, nor a later
		 * access.
		 */
		probe = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (probe == MAP_FAILED)
			goto fail;
		munmap(probe, len);
	}
	return fd;

fail:
	close(fd);
	return -1;
}

static int back_with_file(struct nm_os_mem *mem, u64 len, bool huge)
{
	struct nm_os *os = mem->os;
	u8 *at = mem->base + mem->backed;
	struct nm_mem_piece *piece = malloc(sizeof(*piece));

	if (!piece)
		return -ENOMEM;
	piece->fd = os->memory_file ? os->memory_file(len, os->buf_size) : memory_file(len, huge);
	if (piece->fd < 0)
		goto fail;
	if (mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, piece->fd, 0) ==
	    MAP_FAILED) {
		/* What was there may be gone: keep others out of our address space. */
		(void)mmap(at, len, PROT_NONE, MAP_FIXED | NOTHING_THERE, -1, 0);
		close(piece->fd);
		goto fail;
	}
	/* Helps where the administrator lets shared memory have them; nothing depends on it. */
	if (!huge && !os->memory_file)
		madvise(at, len, MADV_HUGEPAGE);
	piece->offset = mem->backed;
	piece->size = len;
	piece->next = mem->pieces;
	mem->pieces = piece;
	return 0;

fail:
	free(piece);
	return -ENOMEM;
}

/* Back the region up to @size at least. Return: 0 or -ENOMEM; *@kind says with what, in words. */
static int back(struct nm_os_mem *mem, u64 size, const char **kind)
{
	const u64 len = round_up(size, PAGE_HUGE) - mem->backed;
	u8 *at = mem->base + mem->backed;
	bool off;

	if (mem->os->memory_file) {
		if (back_with_file(mem, len, false))
			return -ENOMEM;
		*kind = KIND_FILE;
	} else if (back_with_file(mem, len, true) == 0) {
		*kind = KIND_HUGETLB;
	} else if (mem->os->shared) {
		if (back_with_file(mem, len, false))
			return -ENOMEM;
		*kind = KIND_SHARED;
	} else {
		if (mprotect(at, len, PROT_READ | PROT_WRITE))
			return -ENOMEM;
		off = madvise(at, len, MADV_HUGEPAGE) || thp_is_off();
		*kind = off ? KIND_SMALL : KIND_THP;
	}
	mem->backed += len;
	return 0;
}

int nm_os_mem_create(struct nm_os *os, struct nm_os_mem *mem, u64 size, u64 max_size)
{
	const u64 max = max_size > size ? max_size : size;
	const u64 reserve = round_up(max, PAGE_HUGE);
	const char *kind;
	u64 before;
	u8 *p;

	*mem = (struct nm_os_mem){ .os = os, .size = size, .max_size = max, .reserved = reserve };
	if (size == 0 || max > (u64)1 << NMH_DMA_WINDOW_BITS)
		return -ENOMEM;

	/* One huge page more, cut off on both sides, so that the base is aligned. */
	p = mmap(NULL, reserve + PAGE_HUGE, PROT_NONE, NOTHING_THERE, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	mem->base = (u8 *)(uintptr_t)round_up((uintptr_t)p, PAGE_HUGE);
	before = (u64)(mem->base - p);
	if (before)
		munmap(p, before);
	if (before < PAGE_HUGE)
		munmap(mem->base + reserve, PAGE_HUGE - before);

	if (back(mem, size, &kind))
		goto fail;
	mem->dma_base = window_add(os, mem->base, size);
	if (!mem->dma_base)
		goto fail;
	if (os->memory_file && mem->pieces && max == size)
		window_set_file(os, mem->dma_base, mem->pieces->fd);
	/*
	 * Relaxed: the words are constants, and which of two regions made at once is named does not
	 * matter.
	 */
	nm_write_once(os->memory_kind, kind);
	return 0;

fail:
	nm_os_mem_destroy(mem);
	return -ENOMEM;
}

int nm_os_mem_grow(struct nm_os_mem *mem, u64 size)
{
	struct nm_os *os = mem->os;
	const char *kind;

	if (size <= mem->size)
		return 0;
	if (size > mem->max_size || (size > mem->backed && back(mem, size, &kind)))
		return -ENOMEM;
	pthread_mutex_lock(&os->dma_lock);
	nm_write_once(mem->size, size);
	window_slot(os, mem->dma_base)->size = size;
	windows_changed(os);
	pthread_mutex_unlock(&os->dma_lock);
	return 0;
}

void nm_os_mem_destroy(struct nm_os_mem *mem)
{
	if (mem->dma_base)
		window_remove(mem->os, mem->dma_base);
	while (mem->pieces) {
		struct nm_mem_piece *piece = mem->pieces;

		mem->pieces = piece->next;
		close(piece->fd);
		free(piece);
	}
	if (mem->base)
		munmap(mem->base, mem->reserved);
	memset(mem, 0, sizeof(*mem));
}

/* The window grows with the memory, and is one piece. */
int nm_os_mem_map(struct nm_os *os, struct nm_os_device *device, struct nm_os_mem *mem, u64 offset,
		  u32 size, struct nm_os_map *map)
{
	(void)os;
	(void)device;
	(void)offset;
	(void)size;
	map->dma_base = mem->dma_base;
	return 0;
}

void nm_os_mem_unmap(struct nm_os_map *map)
{
	map->dma_base = 0;
}

int nmh_memory_init(struct nm_os *os, bool shared)
{
	struct nm_os_mem probe;

	pthread_mutex_init(&os->dma_lock, NULL);
	os->shared = shared;
	os->device.os = os;
	/*
	 * Regions come with their first client; a page's worth tells what kind they will be of, if
	 * enough is free then.
	 */
	if (nm_os_mem_create(os, &probe, PAGE_HUGE, PAGE_HUGE)) {
		pthread_mutex_destroy(&os->dma_lock);
		return -ENOMEM;
	}
	nm_os_mem_destroy(&probe);
	return 0;
}

void nmh_memory_destroy(struct nm_os *os)
{
	free(os->windows);
	pthread_mutex_destroy(&os->dma_lock);
}
