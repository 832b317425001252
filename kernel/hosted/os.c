// SPDX-License-Identifier: BSD-2-Clause
/* The rest of nm_os.h for user space: allocation, client memory, log, time. */
#include "hosted.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

void *nm_os_alloc(size_t size)
{
	void *p;

	if (posix_memalign(&p, NM_CACHE_LINE, size ? size : 1))
		return NULL;
	memset(p, 0, size);
	return p;
}

void nm_os_free(void *p)
{
	free(p);
}

/*
 * The client is this process, but its pointers are as wild as any. The kernel copies for us and
 * says -EFAULT where a plain copy would crash. A sandbox may forbid the call, with an error of its
 * choice; then a wild pointer crashes, as it does in any library.
 */
static int copy(void *to, const void *from, size_t len, bool in)
{
	void *source = (void *)(uintptr_t)from;
	const struct iovec here = { .iov_base = in ? to : source, .iov_len = len };
	const struct iovec there = { .iov_base = in ? source : to, .iov_len = len };
	const ssize_t done = in ? process_vm_readv(getpid(), &here, 1, &there, 1, 0) :
				  process_vm_writev(getpid(), &here, 1, &there, 1, 0);

	if (done == (ssize_t)len)
		return 0;
	if (done < 0 && errno != EFAULT) {
		memcpy(to, from, len);
		return 0;
	}
	return -EFAULT;
}

int nm_os_copy_in(void *to, u64 user_from, size_t len)
{
	return copy(to, (const void *)(uintptr_t)user_from, len, true);
}

/* The client is in the call: its memory is there, or never will be. */
int nm_os_copy_in_now(void *to, u64 user_from, size_t len)
{
	return nm_os_copy_in(to, user_from, len);
}

int nm_os_fault_in(u64 user_from, size_t len)
{
	(void)user_from;
	(void)len;
	return -EFAULT;
}

int nm_os_copy_out(u64 user_to, const void *from, size_t len)
{
	return copy((void *)(uintptr_t)user_to, from, len, false);
}

static u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
}

void nm_os_timeval(struct NETMAP_TIMEVAL *tv)
{
	gettimeofday(tv, NULL);
}

/* The clock that futex timeouts are in, event.c. */
u64 nm_os_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

u64 nm_os_tsc_ticks(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	u64 ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	return nm_os_now_ns();
#endif
}

void nm_os_yield(void)
{
	sched_yield();
}

void nm_os_work_init(struct nm_work *work, void (*run)(struct nm_work *work))
{
	work->run = run;
}

void nm_os_work_queue(struct nm_work *work)
{
	work->run(work);
}

void nm_os_work_cancel(struct nm_work *work)
{
	(void)work;
}

void nm_os_caller_get(struct nm_os *os, struct nm_os_caller *caller)
{
	*caller = os->caller;
	__atomic_fetch_add(&os->callers, 1u, __ATOMIC_RELAXED);
}

void nm_os_caller_put(struct nm_os *os, const struct nm_os_caller *caller)
{
	(void)caller;
	__atomic_fetch_sub(&os->callers, 1u, __ATOMIC_RELAXED);
}

const void *nm_os_namespace(struct nm_os *os)
{
	return os->caller.ns;
}

bool nm_os_client_is_32bit(void)
{
	return false;
}

int nm_os_vsnprintf(char *to, size_t size, const char *format, va_list args)
{
	return vsnprintf(to, size, format, args);
}

/* Under log->lock. */
static char *log_next_line(struct nmh_log *log)
{
	return log->lines[log->written++ % NMH_LOG_LINES];
}

static void log_show(const struct nmh_log *log, const char *line)
{
	if (log->to_stderr)
		fprintf(stderr, "netmap: %s\n", line);
}

void nm_os_log(struct nm_os *os, const char *format, ...)
{
	struct nmh_log *log = &os->log;
	const u64 second = nm_os_now_ns() / 1000000000u;
	va_list args;
	char *line;

	pthread_mutex_lock(&log->lock);
	if (second != log->second) {
		log->second = second;
		log->in_second = 0;
		if (log->dropped) {
			line = log_next_line(log);
			snprintf(line, NMH_LOG_LINE_SIZE,
				 "%llu more messages were dropped, at most %d per second are kept",
				 log->dropped, NMH_LOG_PER_SECOND);
			log_show(log, line);
			log->dropped = 0;
		}
	}
	if (log->in_second == NMH_LOG_PER_SECOND) {
		log->dropped++;
	} else {
		log->in_second++;
		line = log_next_line(log);
		va_start(args, format);
		vsnprintf(line, NMH_LOG_LINE_SIZE, format, args);
		va_end(args);
		log_show(log, line);
	}
	pthread_mutex_unlock(&log->lock);
}

size_t nmh_log_copy(struct nm_os *os, char *to, size_t size)
{
	struct nmh_log *log = &os->log;
	size_t len = 0;
	u64 i;

	if (size == 0)
		return 0;
	to[0] = 0;
	pthread_mutex_lock(&log->lock);
	i = log->written > NMH_LOG_LINES ? log->written - NMH_LOG_LINES : 0;
	for (; i < log->written && len < size - 1; i++) {
		const int n = snprintf(to + len, size - len, "%s\n", log->lines[i % NMH_LOG_LINES]);

		len += (size_t)n < size - len ? (size_t)n : size - len - 1;
	}
	pthread_mutex_unlock(&log->lock);
	return len;
}

int nmh_os_init(struct nm_os *os, bool shared)
{
	const char *verbose = getenv("NMGEN_VERBOSE");
	int error;

	memset(os, 0, sizeof(*os));
	pthread_mutex_init(&os->log.lock, NULL);
	os->caller.may_open = true;
	os->log.to_stderr = verbose && verbose[0] && strcmp(verbose, "0") != 0;
	error = nmh_memory_init(os, shared);
	if (error)
		goto fail_memory;
	error = nmh_event_init(os);
	if (error)
		goto fail_event;
	error = nmh_watches_init(os);
	if (error)
		goto fail_watches;
	return 0;

fail_watches:
	nmh_event_destroy(os);
fail_event:
	nmh_memory_destroy(os);
fail_memory:
	pthread_mutex_destroy(&os->log.lock);
	return error;
}

void nmh_os_destroy(struct nm_os *os)
{
	nmh_watches_destroy(os);
	nmh_event_destroy(os);
	nmh_memory_destroy(os);
	pthread_mutex_destroy(&os->log.lock);
}
