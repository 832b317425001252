// SPDX-License-Identifier: BSD-2-Clause
/*
 * File descriptors that drivers wait for: one thread of the world, started with the first of them,
 * sleeps in epoll_wait() and tells the driver once for each time that it asked.
 *
 * Why no wake-up is lost. A poller looks at its ring, and then asks (nm_driver_ops.deadline calls
 * nmh_watch_ask()) before it sleeps. epoll looks at the descriptor's state when it is asked, so what
 * came before the question is told at once, and wakes the poller, which was recorded before (event.c).
 */
#include "hosted.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Of the eventfd that ends the thread. */
#define STOP_ID	0

static struct nmh_watch *find(struct nmh_watches *watches, u64 id)
{
	struct nmh_watch *watch = watches->first;

	while (watch && watch->id != id)
		watch = watch->next;
	return watch;
}

static void *watch_main(void *arg)
{
	struct nmh_watches *watches = arg;

	for (;;) {
		struct epoll_event event;
		struct nmh_watch *watch;

		if (epoll_wait(watches->epoll_fd, &event, 1, -1) != 1)
			continue;
		if (event.data.u64 == STOP_ID)
			return NULL;
		/* It may have gone since; and while it is told it stays. */
		pthread_mutex_lock(&watches->lock);
		watch = find(watches, event.data.u64);
		if (watch)
			watch->ready(watch->arg);
		pthread_mutex_unlock(&watches->lock);
	}
}

/* Under the lock. Return: 0 or a negative errno. */
static int start(struct nmh_watches *watches)
{
	struct epoll_event stop = { .events = EPOLLIN, .data.u64 = STOP_ID };
	sigset_t all, before;
	int error;

	if (watches->runs)
		return 0;
	watches->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (watches->epoll_fd < 0)
		return -errno;
	watches->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (watches->stop_fd < 0 || epoll_ctl(watches->epoll_fd, EPOLL_CTL_ADD, watches->stop_fd, &stop)) {
		error = -errno;
		goto fail;
	}
	/* Signals are for the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = -pthread_create(&watches->thread, NULL, watch_main, watches);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		goto fail;
	watches->runs = true;
	return 0;

fail:
	if (watches->stop_fd >= 0)
		close(watches->stop_fd);
	close(watches->epoll_fd);
	return error;
}

int nmh_watch_add(struct nm_os *os, struct nmh_watch *watch)
{
	struct nmh_watches *watches = &os->watches;
	struct epoll_event event = { .events = 0 };
	int error;

	pthread_mutex_lock(&watches->lock);
	error = start(watches);
	if (!error) {
		watch->id = ++watches->last_id;
		event.data.u64 = watch->id;
		/* Nothing is told before it is asked for. */
		if (epoll_ctl(watches->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event)) {
			error = -errno;
		} else {
			watch->os = os;
			watch->next = watches->first;
			watches->first = watch;
		}
	}
	pthread_mutex_unlock(&watches->lock);
	return error;
}

void nmh_watch_ask(struct nmh_watch *watch, u32 events)
{
	struct epoll_event event = { .events = events | EPOLLONESHOT, .data.u64 = watch->id };

	epoll_ctl(watch->os->watches.epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void nmh_watch_remove(struct nmh_watch *watch)
{
	struct nmh_watches *watches = &watch->os->watches;
	struct nmh_watch **at = &watches->first;

	pthread_mutex_lock(&watches->lock);
	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	epoll_ctl(watches->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	pthread_mutex_unlock(&watches->lock);
}

static void notify(void *arg)
{
	nm_kring_notify(arg);
}

int nmh_queue_watch_add(struct nm_os *os, struct nmh_queue_watch *watch, int fd, struct nm_kring *rx,
			struct nm_kring *tx)
{
	int error;

	watch->rx.os = NULL;
	watch->tx_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (watch->tx_fd < 0)
		return -errno;
	watch->rx = (struct nmh_watch){ .fd = fd, .ready = notify, .arg = rx };
	watch->tx = (struct nmh_watch){ .fd = watch->tx_fd, .ready = notify, .arg = tx };
	error = nmh_watch_add(os, &watch->rx);
	if (!error) {
		error = nmh_watch_add(os, &watch->tx);
		if (error) {
			nmh_watch_remove(&watch->rx);
			watch->rx.os = NULL;
		}
	}
	if (error)
		close(watch->tx_fd);
	return error;
}

void nmh_queue_watch_ask(struct nmh_queue_watch *watch, const struct nm_kring *kr)
{
	if (kr->dir == NM_RX)
		nmh_watch_ask(&watch->rx, EPOLLIN);
	else
		nmh_watch_ask(&watch->tx, EPOLLOUT);
}

void nmh_queue_watch_remove(struct nmh_queue_watch *watch)
{
	if (!watch->rx.os)
		return;
	nmh_watch_remove(&watch->rx);
	nmh_watch_remove(&watch->tx);
	close(watch->tx_fd);
}

int nmh_watches_init(struct nm_os *os)
{
	os->watches = (struct nmh_watches){ .epoll_fd = -1 };
	return pthread_mutex_init(&os->watches.lock, NULL) ? -ENOMEM : 0;
}

void nmh_watches_destroy(struct nm_os *os)
{
	struct nmh_watches *watches = &os->watches;
	const u64 one = 1;

	if (watches->runs) {
		/* An eventfd that was never written takes a 1. */
		while (write(watches->stop_fd, &one, sizeof(one)) != sizeof(one))
			;
		pthread_join(watches->thread, NULL);
		close(watches->stop_fd);
		close(watches->epoll_fd);
	}
	pthread_mutex_destroy(&watches->lock);
}
