// SPDX-License-Identifier: BSD-2-Clause
/*
 * Waiting: how a poller sleeps, and how a wake-up finds it.
 *
 * A poller is a waiter. nm_os_wait_record() links it into the queue of each ring that it waits for;
 * nm_os_wake() takes all links out again and wakes their waiters: it counts waiter->wakeups up,
 * wakes the futex if a thread sleeps on it, and makes the eventfd readable if there is one. So a
 * link is good for one wake-up, and a ring without a waiter costs its driver a fence and a
 * load, and never a system call.
 *
 * Why no wake-up is lost. A poll runs
 *
 *	P1  seen = waiter->wakeups
 *	P2  look at the ring: nothing
 *	P3  record: link, queue->armed = 1		(under wait_lock)
 *	P4  full fence
 *	P5  look again: nothing
 *	P6  sleep until waiter->wakeups != seen (compared under wait_lock, then by the futex)
 *
 * and the thread that changes the ring runs
 *
 *	W1  change the ring
 *	W2  full fence
 *	W3  load queue->armed; if it is 0, done
 *	W4  take the links out, armed = 0, wakeups++	(under wait_lock)
 *
 * Say the change W1 is not seen by P5. P3 P4 P5 against W1 W2 W3 is a store, a fence and a load on
 * either side (Dekker): at least one of the two loads sees the other's store. P5 did not, so W3
 * reads the 1 of P3 or something later. Later is either a 1 again, or the 0 of another waker's W4,
 * which came after P3 under the lock, and so found our link and woke us. With a 1, our own waker
 * goes to W4 and finds the link, or finds it taken by another waker: the same. In each case wakeups
 * grows after P3, thus after P1, and P6 does not sleep, or wakes: between the comparison under
 * wait_lock and the futex's own one, sleepers was counted up under the same lock, so the waker
 * knows that it must call the kernel. If P3 finds the link still there from an earlier poll, armed
 * is 1 since then, and all of this holds with P3 as a store that needs not be repeated.
 *
 * Two threads may poll one descriptor: each has its own `seen`, and a wake-up goes to all sleepers.
 *
 * One wait_lock serves the whole world. It is taken by those who are about to sleep and by those
 * who wake them, who pay for a system call anyway; a thread that polls busily never comes here.
 *
 * A model has no thread, so its own events at a later time wake no thread. nmh_poll() sleeps at
 * most until then. For programs that sleep on the eventfd, a thread of the world, the interrupt
 * controller, is started for the first of them, and makes the eventfd readable in time.
 */
#include "hosted.h"

#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * How long the controller's timer may be late, ns: the default of 50 us is longer than a ring of a
 * fast port lasts.
 */
#define CONTROLLER_SLACK_NS	1000

/* A waiter in a queue; between wake-ups it stays with its waiter, with no queue. */
struct nm_wait_link {
	struct nm_waitq *queue;
	struct nm_waiter *waiter;
	struct nm_wait_link *next_in_queue;
	struct nm_wait_link *next_of_waiter;
};

static long futex_wait(u32 *word, u32 value, u64 until_ns)
{
	const struct timespec until = {
		.tv_sec = (time_t)(until_ns / 1000000000u),
		.tv_nsec = (long)(until_ns % 1000000000u),
	};

	/* The bitset variant takes an absolute time of CLOCK_MONOTONIC, which nm_os_now_ns() is. */
	return syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, until_ns ? &until : NULL,
		       NULL, FUTEX_BITSET_MATCH_ANY);
}

static void futex_wake(u32 *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Under wait_lock. */
static void waiter_wake(struct nm_waiter *waiter)
{
	const u64 one = 1;

	nm_store_release(&waiter->wakeups, waiter->wakeups + 1);
	if (waiter->sleepers)
		futex_wake(&waiter->wakeups);
	if (waiter->event_fd >= 0 && !waiter->signalled) {
		/* First: whoever finds the eventfd readable finds this set, and drains it. */
		nm_store_release(&waiter->signalled, true);
		/* Writing 1 to an eventfd that is drained before the next 1 cannot fail. */
		if (write(waiter->event_fd, &one, sizeof(one)) != sizeof(one))
			nm_write_once(waiter->signalled, false);
	}
}

/* Wait queues */

/* A waiter that is woken looks at all its rings, so the two kinds are the same. */
void nm_os_waitq_init(struct nm_waitq *wq, bool for_room)
{
	(void)for_room;
	*wq = (struct nm_waitq){ .armed = 0 };
}

/* W4 of the proof. */
static void wake_all(struct nm_waitq *wq)
{
	struct nm_os *os = wq->os;
	struct nm_wait_link *link;

	pthread_mutex_lock(&os->wait_lock);
	while ((link = wq->links)) {
		wq->links = link->next_in_queue;
		link->queue = NULL;
		waiter_wake(link->waiter);
	}
	nm_write_once(wq->armed, 0u);
	pthread_mutex_unlock(&os->wait_lock);
}

void nm_os_wake(struct nm_waitq *wq)
{
	nm_mb();
	/* Acquire: with armed comes wq->os. */
	if (nm_unlikely(nm_load_acquire(&wq->armed)))
		wake_all(wq);
}

void nm_os_wake_all(struct nm_waitq *wq)
{
	nm_os_wake(wq);
}

/* Nobody else uses the queue any more, except that waiters may have links in it. */
void nm_os_waitq_destroy(struct nm_waitq *wq)
{
	if (wq->os)
		wake_all(wq);
}

/* The waiter's link in @wq, or one that is free, or a new one; under wait_lock. */
static struct nm_wait_link *find_link(struct nm_waiter *waiter, const struct nm_waitq *wq)
{
	struct nm_wait_link *link, *spare = NULL;

	for (link = waiter->links; link; link = link->next_of_waiter) {
		if (link->queue == wq)
			return link;
		if (!link->queue)
			spare = link;
	}
	if (spare)
		return spare;
	link = calloc(1, sizeof(*link));
	if (!link)
		return NULL;
	link->waiter = waiter;
	link->next_of_waiter = waiter->links;
	waiter->links = link;
	return link;
}

void nm_os_wait_record(struct nm_waiter *waiter, struct nm_waitq *wq)
{
	struct nm_os *os = waiter->os;
	struct nm_wait_link *link;

	pthread_mutex_lock(&os->wait_lock);
	link = find_link(waiter, wq);
	if (!link) {
		waiter->incomplete = true;
	} else if (!link->queue) {
		link->queue = wq;
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): nobody passes a null wq. */
		link->next_in_queue = wq->links;
		wq->links = link;
		/* Written once: wakers read it without the lock. */
		if (!wq->os)
			wq->os = os;
		nm_store_release(&wq->armed, 1u);
	}
	pthread_mutex_unlock(&os->wait_lock);
	nm_mb();
}

/* Waiters */

int nmh_waiter_init(struct nm_waiter *waiter, struct nm_os *os)
{
	memset(waiter, 0, sizeof(*waiter));
	waiter->os = os;
	waiter->event_fd = -1;
	return 0;
}

/* Under wait_lock. */
static void link_remove(struct nm_wait_link *link)
{
	struct nm_waitq *wq = link->queue;
	struct nm_wait_link **at = &wq->links;

	while (*at != link)
		at = &(*at)->next_in_queue;
	*at = link->next_in_queue;
	if (!wq->links)
		nm_write_once(wq->armed, 0u);
}

/* Under wait_lock. */
static void alarm_remove(struct nm_waiter *waiter)
{
	struct nm_waiter **at = &waiter->os->alarms;

	if (!waiter->alarm_ns)
		return;
	while (*at != waiter)
		at = &(*at)->next_alarm;
	*at = waiter->next_alarm;
	waiter->alarm_ns = 0;
}

void nmh_waiter_destroy(struct nm_waiter *waiter)
{
	struct nm_wait_link *link;

	pthread_mutex_lock(&waiter->os->wait_lock);
	alarm_remove(waiter);
	while ((link = waiter->links)) {
		waiter->links = link->next_of_waiter;
		if (link->queue)
			link_remove(link);
		free(link);
	}
	pthread_mutex_unlock(&waiter->os->wait_lock);
	if (waiter->event_fd >= 0)
		close(waiter->event_fd);
}

/*
 * P1. Acquire: what was changed before the wake-up that is counted is seen by the look that
 * follows.
 */
u32 nmh_waiter_wakeups(const struct nm_waiter *waiter)
{
	return nm_load_acquire(&waiter->wakeups);
}

void nmh_waiter_wake(struct nm_waiter *waiter)
{
	pthread_mutex_lock(&waiter->os->wait_lock);
	waiter_wake(waiter);
	pthread_mutex_unlock(&waiter->os->wait_lock);
}

/* P6. */
int nmh_waiter_sleep(struct nm_waiter *waiter, u32 seen, u64 until_ns)
{
	struct nm_os *os = waiter->os;
	int result = 0;

	pthread_mutex_lock(&os->wait_lock);
	if (waiter->wakeups == seen) {
		if (waiter->incomplete) {
			const u64 soon = nm_os_now_ns() + 1000000;

			waiter->incomplete = false;
			until_ns = until_ns && until_ns < soon ? until_ns : soon;
		}
		waiter->sleepers++;
		pthread_mutex_unlock(&os->wait_lock);
		if (futex_wait(&waiter->wakeups, seen, until_ns) && errno == EINTR)
			result = -EINTR;
		pthread_mutex_lock(&os->wait_lock);
		waiter->sleepers--;
	}
	pthread_mutex_unlock(&os->wait_lock);
	return result;
}

int nmh_waiter_eventfd(struct nm_waiter *waiter)
{
	int fd;

	pthread_mutex_lock(&waiter->os->wait_lock);
	fd = waiter->event_fd;
	if (fd < 0) {
		/*
		 * Readable from the start: what happened before is not known here, so the first
		 * poll is worth its while.
		 */
		fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fd < 0) {
			fd = -errno;
		} else {
			nm_write_once(waiter->signalled, true);
			nm_write_once(waiter->event_fd, fd);
		}
	}
	pthread_mutex_unlock(&waiter->os->wait_lock);
	return fd;
}

void nmh_waiter_drain(struct nm_waiter *waiter)
{
	u64 count;

	if (!nm_load_acquire(&waiter->signalled))
		return;
	pthread_mutex_lock(&waiter->os->wait_lock);
	if (waiter->signalled && read(waiter->event_fd, &count, sizeof(count)) == sizeof(count))
		nm_write_once(waiter->signalled, false);
	pthread_mutex_unlock(&waiter->os->wait_lock);
}

/* The interrupt controller */

/* Wake those whose time has come, and set next_alarm_ns; under wait_lock. */
static void ring_alarms(struct nm_os *os)
{
	struct nm_waiter **at = &os->alarms;
	const u64 now = nm_os_now_ns();

	os->next_alarm_ns = 0;
	while (*at) {
		struct nm_waiter *waiter = *at;

		if (waiter->alarm_ns <= now) {
			*at = waiter->next_alarm;
			waiter->alarm_ns = 0;
			waiter_wake(waiter);
			continue;
		}
		if (!os->next_alarm_ns || waiter->alarm_ns < os->next_alarm_ns)
			os->next_alarm_ns = waiter->alarm_ns;
		at = &waiter->next_alarm;
	}
}

static void *controller_main(void *arg)
{
	struct nm_os *os = arg;

	prctl(PR_SET_TIMERSLACK, CONTROLLER_SLACK_NS, 0, 0, 0);
	pthread_mutex_lock(&os->wait_lock);
	while (!os->controller_stop) {
		u64 until;
		u32 word;

		ring_alarms(os);
		until = os->next_alarm_ns;
		word = os->controller_word;
		pthread_mutex_unlock(&os->wait_lock);
		/* A signal or a wake-up for nothing costs one more look. */
		futex_wait(&os->controller_word, word, until);
		pthread_mutex_lock(&os->wait_lock);
	}
	pthread_mutex_unlock(&os->wait_lock);
	return NULL;
}

/* Under wait_lock. */
static void controller_kick(struct nm_os *os)
{
	nm_write_once(os->controller_word, os->controller_word + 1);
	futex_wake(&os->controller_word);
}

/* Under wait_lock. Return: whether it runs. */
static bool controller_start(struct nm_os *os)
{
	sigset_t all, before;

	if (os->controller_runs)
		return true;
	/* Signals are for the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	os->controller_runs = pthread_create(&os->controller, NULL, controller_main, os) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return os->controller_runs;
}

void nmh_waiter_alarm(struct nm_waiter *waiter, u64 at_ns)
{
	struct nm_os *os = waiter->os;

	pthread_mutex_lock(&os->wait_lock);
	alarm_remove(waiter);
	if (waiter->incomplete || (at_ns && !controller_start(os))) {
		/*
		 * With no memory for a link or no thread the client polls busily, which is slow and
		 * right.
		 */
		waiter->incomplete = false;
		waiter_wake(waiter);
	} else if (at_ns) {
		waiter->alarm_ns = at_ns;
		waiter->next_alarm = os->alarms;
		os->alarms = waiter;
		/*
		 * The controller's own reckoning may be too early, if that alarm was taken back;
		 * never too late.
		 */
		if (!os->next_alarm_ns || at_ns < os->next_alarm_ns) {
			os->next_alarm_ns = at_ns;
			controller_kick(os);
		}
	}
	pthread_mutex_unlock(&os->wait_lock);
}

int nmh_event_init(struct nm_os *os)
{
	return pthread_mutex_init(&os->wait_lock, NULL) ? -ENOMEM : 0;
}

void nmh_event_destroy(struct nm_os *os)
{
	bool runs;

	pthread_mutex_lock(&os->wait_lock);
	os->controller_stop = true;
	runs = os->controller_runs;
	if (runs)
		controller_kick(os);
	pthread_mutex_unlock(&os->wait_lock);
	if (runs)
		pthread_join(os->controller, NULL);
	pthread_mutex_destroy(&os->wait_lock);
}
