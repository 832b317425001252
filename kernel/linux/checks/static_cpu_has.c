// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <linux/cpufeature.h>

static bool check(void)
{
	return static_cpu_has(X86_FEATURE_ERMS);
}
