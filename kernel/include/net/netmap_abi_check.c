// SPDX-License-Identifier: BSD-2-Clause
/* The ABI's assertions in C. Nothing to run: it compiles, or it does not. */
#include <net/netmap_abi_check.h>
