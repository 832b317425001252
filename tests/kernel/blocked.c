// SPDX-License-Identifier: BSD-2-Clause
/*
 * blocked wait: a client sends from its own memory (NS_INDIRECT), where a page is missing that it
 * does not provide (userfaultfd). Meanwhile other clients open and close ports of the same switch,
 * and send and receive there; when the page comes, so does the frame.
 * blocked greedy: requests all memory. The request may be refused; no process may be killed for
 * it.
 *
 * Exit code 0: as it should be; 1: not; 77: this kernel has no userfaultfd.
 */
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/kernel/port.h"

#define PATIENCE_S	300	/* what only a hang takes so long */

/* The page that is missing, and who says when it comes. */
static char *page_at;
static size_t page_size;

static void put_frame(char *frame, char mark)
{
	memset(frame, 0xff, 6);
	memset(frame + 6, mark, 54);
}

static int make_missing_page(void)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	const int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		return -1;
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	page_at = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)page_at;
	reg.range.len = page_size;
	if (page_at == MAP_FAILED || ioctl(fd, UFFDIO_REGISTER, &reg))
		return -1;
	return fd;
}

static void provide_page(int fd)
{
	char *source = aligned_alloc(page_size, page_size);
	struct uffdio_copy copy = { .len = page_size };

	put_frame(source, 7);
	copy.dst = (uintptr_t)page_at;
	copy.src = (uintptr_t)source;
	ioctl(fd, UFFDIO_COPY, &copy);
	free(source);
}

static void *sync_port(void *arg)
{
	const struct port *port = arg;

	return ioctl(port->fd, NIOCTXSYNC) ? arg : NULL;
}

/* In a process of its own, as it may never come back. */
static int others(void)
{
	struct pollfd pfd = { .events = POLLIN };
	struct port b, c;
	struct netmap_ring *ring;

	if (port_open(&b, "valeb:b") || port_open(&c, "valeb:c"))
		return 1;
	ring = NETMAP_TXRING(c.nif, 0);
	put_frame(NETMAP_BUF(ring, ring->slot[0].buf_idx), 3);
	ring->slot[0].len = 60;
	ring->head = 1;
	ring->cur = 1;
	if (ioctl(c.fd, NIOCTXSYNC))
		return 1;
	pfd.fd = b.fd;
	if (poll(&pfd, 1, PATIENCE_S * 1000) != 1 || !(pfd.revents & POLLIN))
		return 1;
	port_close(&c);
	port_close(&b);
	return 0;
}

static bool others_come_back(void)
{
	const pid_t child = fork();
	int status = 0, i;

	if (!child)
		_exit(others());
	for (i = 0; i < PATIENCE_S * 100; i++) {
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
		usleep(10000);
	}
	return false;
}

static int wait_test(void)
{
	struct port sender, receiver;
	struct netmap_ring *ring, *rx;
	struct pollfd pfd = { .events = POLLIN };
	pthread_t thread;
	struct uffd_msg msg;
	const int fd = make_missing_page();
	void *failed;
	bool good;
	int i;

	if (fd < 0) {
		fprintf(stderr, "blocked: SKIPPED: no userfaultfd here: %s\n", strerror(errno));
		return 77;
	}
	if (port_open(&sender, "valeb:a") || port_open(&receiver, "valeb:r"))
		return 1;
	ring = NETMAP_TXRING(sender.nif, 0);
	ring->slot[0].ptr = (uintptr_t)page_at;
	ring->slot[0].len = 60;
	ring->slot[0].flags = NS_INDIRECT;
	ring->head = 1;
	ring->cur = 1;
	if (pthread_create(&thread, NULL, sync_port, &sender) ||
	    read(fd, &msg, sizeof(msg)) != sizeof(msg))
		return 1;
	good = others_come_back();
	if (!good)
		fprintf(stderr, "blocked: other clients wait for a page of this one\n");
	provide_page(fd);
	pthread_join(thread, &failed);
	if (failed)
		fprintf(stderr, "blocked: TXSYNC failed\n");
	/* The other's frame, then ours. */
	rx = NETMAP_RXRING(receiver.nif, 0);
	pfd.fd = receiver.fd;
	for (i = 0; i < PATIENCE_S && nm_ring_space(rx) < 2; i++)
		poll(&pfd, 1, 1000);
	if (nm_ring_space(rx) < 2 || NETMAP_BUF(rx, rx->slot[1].buf_idx)[20] != 7) {
		fprintf(stderr, "blocked: %u frames came\n", nm_ring_space(rx));
		good = false;
	}
	return good && !failed ? 0 : 1;
}

static uint64_t memory_kb(void)
{
	FILE *info = fopen("/proc/meminfo", "r");
	unsigned long long kb = 0;
	char line[100];

	while (info && fgets(line, sizeof(line), info)) {
		if (sscanf(line, "MemAvailable: %llu", &kb) == 1)
			break;
	}
	if (info)
		fclose(info);
	return kb;
}

static int greedy_test(void)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nmreq_header head = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER };
	const int fd = open(NETMAP_DEVICE_NAME, O_RDWR);

	snprintf(head.nr_name, sizeof(head.nr_name), "valeb:g");
	head.nr_body = (uintptr_t)&reg;
	/* A little more than there is, less than what is refused at a glance. */
	reg.nr_extra_bufs = (uint32_t)(memory_kb() / 2 / 9 * 8);
	if (fd < 0 || (ioctl(fd, NIOCCTRL, &head) && errno != ENOMEM)) {
		perror("blocked: greedy");
		return 1;
	}
	printf("greedy: %u buffers granted\n", reg.nr_extra_bufs);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "wait"))
		return wait_test();
	if (argc == 2 && !strcmp(argv[1], "greedy"))
		return greedy_test();
	fprintf(stderr, "usage: blocked wait|greedy\n");
	return 2;
}
