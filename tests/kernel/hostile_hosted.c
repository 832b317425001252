// SPDX-License-Identifier: BSD-2-Clause
/* hostile_hosted SECONDS [SEED]: the hostile client's threads against the hosted device. */
#include <stdlib.h>

#include "tests/kernel/hostile.h"

#define THREADS		3

/* Mappings, forks and descriptors are the kernel's. */
void hostile_trick(struct hostile *h, struct target *t)
{
	(void)h;
	(void)t;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "sim0", "sim1", "sim0^", "vale0:a", "vale0:b",
					     "vale1:c", "vale1:sim1", "q{1", "q}1", "hp1" };
	const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);
	struct tally tally = { 0 };
	struct hostile_run run;

	if (argc < 2) {
		fprintf(stderr, "usage: hostile_hosted SECONDS [SEED]\n");
		return 2;
	}
	printf("hostile: seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	run = hostile_start(&tally, atoi(argv[1]), names, (int)(sizeof(names) / sizeof(names[0])));
	if (hostile_threads(&run, seed, THREADS))
		return 2;
	return !hostile_report(&tally);
}
