/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the hosted residence: the context that a kernel would keep in globals, and what device
 * models ask of it. Models and hosted drivers include this; clients include netmap_hosted.h only.
 */
#ifndef HOSTED_H
#define HOSTED_H

#include "netmap_hosted.h"
#include "nm_core.h"
#include "wire_time.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The log keeps the last sentences; the rest of a second's budget is dropped and counted. */
#define NMH_LOG_LINES		32
#define NMH_LOG_LINE_SIZE	256
#define NMH_LOG_PER_SECOND	20

struct nmh_log {
	pthread_mutex_t lock;
	char lines[NMH_LOG_LINES][NMH_LOG_LINE_SIZE];
	u64 written;		/* since the start; line i is in lines[i % NMH_LOG_LINES] */
	u64 second;		/* which the budget is for */
	u32 in_second;
	u64 dropped;
	bool to_stderr;
};

/*
 * A window of the device address space: where a device finds @size bytes that we have at @memory.
 */
struct nmh_dma_window {
	u64 dma;
	u64 size;		/* 0: there is none */
	u8 *memory;
	int fd;			/* of the file that backs all of it; -1: there is none */
};

/*
 * Device address bits inside a window; the windows are so far apart that an overrun hits no other.
 */
#define NMH_DMA_WINDOW_BITS	40

/**
 * struct nmh_watch - a file descriptor that a driver waits for; the driver's
 * @fd: one that epoll knows
 * @ready: called by a thread of the world, once for each nmh_watch_ask(); nm_kring_notify() is what
 *	it is for. It may not add or remove watches.
 *
 * The rest is watch.c's.
 */
struct nmh_watch {
	int fd;
	void (*ready)(void *arg);
	void *arg;
	struct nm_os *os;
	u64 id;
	struct nmh_watch *next;
};

struct nmh_watches {
	pthread_mutex_t lock;		/* all of this but @epoll_fd once it is there */
	struct nmh_watch *first;
	u64 last_id;
	int epoll_fd, stop_fd;
	bool runs;
	pthread_t thread;
};

struct nm_os {
	/* watch.c */
	struct nmh_watches watches;

	/* event.c */
	pthread_mutex_t wait_lock;	/* all wait queues and waiters */
	struct nm_waiter *alarms;	/* those with an alarm_ns, for the interrupt controller */
	u64 next_alarm_ns;		/* when the controller will look by itself; 0: never */
	u32 controller_word;		/* its futex: changes when it must look again */
	bool controller_runs;
	bool controller_stop;
	pthread_t controller;

	/* memory.c */
	struct nm_os_device device;	/* of all models */
	pthread_mutex_t dma_lock;
	struct nmh_dma_window *windows;	/* slot i: at i + 1 << the bits, or of size 0 */
	u32 num_windows;		/* slots */
	u32 used_windows;
	u32 next_window;		/* where to look first for a free slot */
	u32 dma_generation;		/* changes whenever a window goes away or grows */
	bool shared;
	int (*memory_file)(uint64_t size, uint32_t buf_size);	/* as in nmh_config */
	u32 buf_size;
	const char *memory_kind;

	/*
	 * os.c: whoever calls is this one, and may open. A world is a namespace and has one user;
	 * tests of what a kernel keeps apart say otherwise from call to call.
	 */
	struct nm_os_caller caller;
	u32 callers;			/* that the core has got and not put */

	struct nmh_wire *wire;		/* time of the simulated wires; NULL: the TSC */

	struct nmh_log log;
};

int nmh_os_init(struct nm_os *os, bool shared);
void nmh_os_destroy(struct nm_os *os);

/* The parts of nmh_os_init() and nmh_os_destroy(). */
int nmh_memory_init(struct nm_os *os, bool shared);
void nmh_memory_destroy(struct nm_os *os);
int nmh_event_init(struct nm_os *os);
void nmh_event_destroy(struct nm_os *os);
int nmh_watches_init(struct nm_os *os);
void nmh_watches_destroy(struct nm_os *os);

/* Of a world, for those that attach ports to it. */
struct nm_core *nmh_core(struct nmh *world);
struct nm_os *nmh_os(struct nmh *world);

struct nmh_refusal;

/**
 * struct nmh_attachment - what a driver attaches to the core
 * @config: copied
 * @device: the driver's data, nm_port_data()
 * @link: called once *@port is there and before any client finds it, for what the driver needs of
 *	its rings. Return: 0, or a negative errno with its sentence, and the port is gone again. NULL:
 *	nothing
 * @if_taken, @if_bad: remedies for a name that another port has, or that none can have
 */
struct nmh_attachment {
	const struct nm_driver_ops *ops;
	const struct nm_port_config *config;
	void *device;
	struct nm_port **port;
	int (*link)(struct nmh *world, void *device, struct nmh_refusal *reason);
	const char *if_taken, *if_bad;
};

/* Return: 0, or a negative errno with its sentence. */
int nmh_attach(struct nmh *world, const char *name, const struct nmh_attachment *attachment,
	       struct nmh_refusal *reason);

/* All but the names. */
void nmh_port_info_fill(struct nmh_port_info *info, const struct nm_port_config *config);

/**
 * nmh_dma_find() - the window that a device address lies in
 * @out: a copy, which a model may keep as long as nmh_dma_generation() does not change
 *
 * Any thread; takes a lock. Return: false, and @out->size = 0, where the address belongs to
 * nothing.
 */
bool nmh_dma_find(struct nm_os *os, u64 dma, struct nmh_dma_window *out);

/*
 * As nmh_dma_find(), for one access. Return: where the @len bytes at @dma are, NULL where not all
 * of them belong to one window.
 */
void *nmh_dma_resolve(struct nm_os *os, u64 dma, size_t len);

/* To be read before a kept window is used, once a sync. */
static inline u32 nmh_dma_generation(const struct nm_os *os)
{
	return nm_load_acquire(&os->dma_generation);
}

/* The @len bytes at @dma in a window that is at hand; NULL where they are not all in it. */
static inline u8 *nmh_dma_at(const struct nmh_dma_window *window, u64 dma, size_t len)
{
	/* An address below the window wraps to a huge offset. */
	const u64 offset = dma - window->dma;

	if (nm_unlikely(len > window->size || offset > window->size - len))
		return NULL;
	return window->memory + offset;
}

/* The log, oldest sentence first, a line each. Return: bytes written to @to without the final 0. */
size_t nmh_log_copy(struct nm_os *os, char *to, size_t size);

/* Descriptors of drivers: watch.c. */

/* Return: 0 or a negative errno. */
int nmh_watch_add(struct nm_os *os, struct nmh_watch *watch);

/* Lets the driver be told once, when there is one of @events (EPOLLIN, EPOLLOUT), also at once. */
void nmh_watch_ask(struct nmh_watch *watch, u32 events);

/*
 * Afterwards nobody is told any more, and asking is in vain. Before its descriptor is closed, and
 * before the port is detached whose rings are told.
 */
void nmh_watch_remove(struct nmh_watch *watch);

/**
 * struct nmh_queue_watch - wakes the clients of a queue whose device is one descriptor
 * @tx_fd: a duplicate for @tx, as epoll takes each descriptor once
 */
struct nmh_queue_watch {
	struct nmh_watch rx, tx;
	int tx_fd;
};

/* Return: 0 or a negative errno, and then nothing is watched. */
int nmh_queue_watch_add(struct nm_os *os, struct nmh_queue_watch *watch, int fd, struct nm_kring *rx,
			struct nm_kring *tx);

/* What a driver's deadline does: the client of @kr is woken once it can receive, or send. */
void nmh_queue_watch_ask(struct nmh_queue_watch *watch, const struct nm_kring *kr);

/* As nmh_watch_remove(); one that was not added, of memory that was zero, is left alone. */
void nmh_queue_watch_remove(struct nmh_queue_watch *watch);

/* Waiters: event.c. */

int nmh_waiter_init(struct nm_waiter *waiter, struct nm_os *os);
void nmh_waiter_destroy(struct nm_waiter *waiter);

/* How often the waiter has been woken; to be read before the rings are looked at. */
u32 nmh_waiter_wakeups(const struct nm_waiter *waiter);

/* Wakes it: sleepers, and the eventfd where there is one. */
void nmh_waiter_wake(struct nm_waiter *waiter);

/**
 * nmh_waiter_sleep() - sleep until woken
 * @seen: what nmh_waiter_wakeups() gave before the rings were looked at
 * @until_ns: nm_os_now_ns() time to give up at; 0 never
 *
 * Return: 0 when woken or late, -EINTR when a signal was handled.
 */
int nmh_waiter_sleep(struct nm_waiter *waiter, u32 seen, u64 until_ns);

/* The eventfd, made at the first call; negative errno where there is none to be had. */
int nmh_waiter_eventfd(struct nm_waiter *waiter);

/* Makes the eventfd not readable, if it is. */
void nmh_waiter_drain(struct nm_waiter *waiter);

/*
 * Lets the interrupt controller wake @waiter at @at_ns, instead of when it was told before; 0 takes
 * that back.
 */
void nmh_waiter_alarm(struct nm_waiter *waiter, u64 at_ns);

#ifdef __cplusplus
}
#endif

#endif /* HOSTED_H */
