// SPDX-License-Identifier: BSD-2-Clause
/*
 * conformance PORT [TEST]: the tests, with an interface that nobody uses. Against the hosted device
 * that is sim0.
 */
#include <stdlib.h>

#include "tests/kernel/conformance.h"

const char *test_port;
static int failures;
static int checks;

void check_at(const char *file, int line, const char *what, long long got, long long wanted)
{
	checks++;
	if (got == wanted)
		return;
	failures++;
	printf("%s:%d: %s is %lld, not %lld\n", file, line, what, got, wanted);
}

void *open_file(void)
{
	void *file = device->open();

	if (!file) {
		perror(device->name);
		exit(2);
	}
	return file;
}

int request(void *file, uint16_t type, const char *name, void *body)
{
	struct nmreq_header head = {
		.nr_version = NETMAP_API,
		.nr_reqtype = type,
		.nr_body = (uintptr_t)body,
	};

	snprintf(head.nr_name, sizeof(head.nr_name), "%s", name);
	return device->control(file, NIOCCTRL, &head);
}

int client_open_reg(struct client *c, const char *name)
{
	char *memory;
	int error;

	c->file = open_file();
	error = request(c->file, NETMAP_REQ_REGISTER, name, &c->reg);
	if (error) {
		device->close(c->file);
		c->file = NULL;
		return error;
	}
	memory = device->map(c->file, c->reg.nr_memsize);
	CHECK(memory);
	if (!memory) {
		client_close(c);
		return -ENOMEM;
	}
	c->nif = NETMAP_IF(memory, c->reg.nr_offset);
	return 0;
}

int client_open(struct client *c, const char *name, uint32_t mode, uint16_t ringid, uint64_t flags)
{
	memset(c, 0, sizeof(*c));
	c->reg.nr_mode = mode;
	c->reg.nr_ringid = ringid;
	c->reg.nr_flags = flags;
	return client_open_reg(c, name);
}

void client_close(struct client *c)
{
	if (c->file)
		device->close(c->file);
	c->file = NULL;
}

static int run_all(const struct conformance_test *tests, const char *only)
{
	int failed = 0;

	for (; tests->name; tests++) {
		const int before = failures;

		if (only && strcmp(only, tests->name))
			continue;
		tests->run();
		failed += failures > before;
		printf("%s: %s\n", failures > before ? "FAILED" : "ok", tests->name);
		fflush(stdout);
	}
	return failed;
}

int main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : NULL;
	int failed;

	if (argc < 2) {
		fprintf(stderr, "usage: conformance PORT [TEST]\n");
		return 2;
	}
	test_port = argv[1];
	failed = run_all(request_tests, only);
	failed += run_all(ring_tests, only);
	failed += run_all(port_tests, only);
	printf("%s: %d checks, %d tests failed\n", device->name, checks, failed);
	/* Nothing run is nothing shown. */
	return failed || !checks;
}
