/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Native drivers, for the rest of the residence; ../drivers/nm_native.h is for them. */
#ifndef NM_LINUX_NATIVE_H
#define NM_LINUX_NATIVE_H

#include "nm_linux.h"

/*
 * As nm_core_config.demand; *@idle is NULL after it was detached. Return: whether the name is that
 * of an interface whose native port is to be had; false: that is the emulated adapter's turn.
 */
bool nm_native_demand(struct nm_core *core, const void *ns, const char *name,
		      struct nm_port **idle);
int nm_native_init(void);
void nm_native_exit(void);

#endif /* NM_LINUX_NATIVE_H */
