// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program that tries to get at what is not its own.
 *
 *   neighbour open AS                open the device
 *   neighbour join ID AS             join the region with this number by a null port
 *   neighbour spoil FIRST LAST AS    join each region of these numbers that it may, and write into all of its memory
 *   neighbour moved PORT             open the device, go to another network namespace, and bind the file to PORT
 *   neighbour owner PORT             open a port, go to another network namespace, and say the number of the port's region. On
 *                                    SIGTERM: 0 if its memory is as it left it
 *
 * AS: "root", as it was started; "none", with no capability; "userns", in a user namespace of its own; "container", in a network
 * namespace too; or a number, as that user with CAP_NET_ADMIN.
 * Exit code: 0, or the errno of what was refused (spoil: of the last refusal, if all were refused).
 */
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/kernel/port.h"

static int die(const char *what)
{
	const int error = errno;

	fprintf(stderr, "neighbour: %s: %s\n", what, strerror(error));
	return error ? error : 255;
}

/* The effective and permitted capabilities: CAP_NET_ADMIN or none. */
static int set_capabilities(bool net_admin)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	data[0].effective = net_admin ? 1u << CAP_NET_ADMIN : 0;
	data[0].permitted = data[0].effective;
	return (int)syscall(SYS_capset, &head, data);
}

/* Return: 0, or an errno after a sentence. */
static int become(const char *as)
{
	int error = 0;

	if (!strcmp(as, "root"))
		return 0;
	if (!strcmp(as, "none")) {
		error = set_capabilities(false);
	} else if (!strcmp(as, "userns")) {
		error = unshare(CLONE_NEWUSER);
	} else if (!strcmp(as, "container")) {
		error = unshare(CLONE_NEWUSER | CLONE_NEWNET);
	} else {
		const uid_t user = (uid_t)atoi(as);

		error = prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(0, NULL) ||
			setresuid(user, user, user) || set_capabilities(true);
	}
	return error ? die(as) : 0;
}

/* Return: 0 and the file and its memory, or an errno. */
static int join(unsigned int id, struct port *port)
{
	struct nmreq_header head = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER };
	int error;

	memset(port, 0, sizeof(*port));
	port->fd = open(NETMAP_DEVICE_NAME, O_RDWR);
	if (port->fd < 0)
		return errno;
	port->reg.nr_mode = NR_REG_NULL;
	port->reg.nr_mem_id = (uint16_t)id;
	head.nr_body = (uintptr_t)&port->reg;
	snprintf(head.nr_name, sizeof(head.nr_name), "neighbour");
	error = ioctl(port->fd, NIOCCTRL, &head) ? errno : 0;
	if (!error) {
		port->memory = mmap(NULL, port->reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED,
				    port->fd, 0);
		error = port->memory == MAP_FAILED ? errno : 0;
	}
	if (error)
		close(port->fd);
	return error;
}

static int do_open(void)
{
	const int fd = open(NETMAP_DEVICE_NAME, O_RDWR);

	return fd < 0 ? die("open") : 0;
}

static int do_join(unsigned int id)
{
	struct port port;

	errno = join(id, &port);
	if (errno)
		return die("join");
	printf("joined %u\n", port.reg.nr_mem_id);
	return 0;
}

static int do_spoil(unsigned int first, unsigned int last)
{
	int granted = 0, error = 0, refusal = 0;
	struct port port;
	unsigned int id;

	for (id = first; id <= last; id++) {
		error = join(id, &port);
		if (error) {
			refusal = error;
			continue;
		}
		printf("spoils region %u, by number %u\n", port.reg.nr_mem_id, id);
		memset(port.memory, 0x5a, port.reg.nr_memsize);
		port_close(&port);
		granted++;
	}
	return granted ? 0 : refusal;
}

static int do_moved(const char *name)
{
	struct port port = { .fd = open(NETMAP_DEVICE_NAME, O_RDWR) };

	if (port.fd < 0 || unshare(CLONE_NEWNET))
		return die("moved");
	return port_bind(&port, name);
}

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static uint64_t sum(const struct port *port)
{
	const uint64_t *at = port->memory, *const last = at + port->reg.nr_memsize / sizeof(*at);
	uint64_t sum = 0;

	for (; at < last; at++)
		sum = sum * 31 + *at;
	return sum;
}

/* Nothing comes in on the port, so nobody has a reason to write there. */
static int do_owner(const char *name)
{
	const struct sigaction action = { .sa_handler = end };
	struct port port;
	uint64_t before;
	int error;

	sigaction(SIGTERM, &action, NULL);
	error = port_open(&port, name);
	if (error)
		return error;
	if (unshare(CLONE_NEWNET))
		return die("owner");
	before = sum(&port);
	printf("%u ready\n", port.reg.nr_mem_id);
	fflush(stdout);
	while (!ended)
		usleep(20000);
	if (sum(&port) == before)
		return 0;
	fprintf(stderr, "neighbour: somebody wrote into the memory of %s\n", name);
	return 255;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int error;

	if (argc == 3 && !strcmp(what, "moved"))
		return do_moved(argv[2]);
	if (argc == 3 && !strcmp(what, "owner"))
		return do_owner(argv[2]);
	if (argc == 3 && !strcmp(what, "open")) {
		error = become(argv[2]);
		return error ? error : do_open();
	}
	if (argc == 4 && !strcmp(what, "join")) {
		error = become(argv[3]);
		return error ? error : do_join((unsigned int)atoi(argv[2]));
	}
	if (argc == 5 && !strcmp(what, "spoil")) {
		error = become(argv[4]);
		return error ? error : do_spoil((unsigned int)atoi(argv[2]), (unsigned int)atoi(argv[3]));
	}
	fprintf(stderr, "usage: neighbour open AS | join ID AS | spoil FIRST LAST AS | moved PORT | owner PORT\n");
	return 254;
}
