/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* NIOCREGIF, NIOCGINFO and NIOCCONFIG. */
#ifndef NM_LEGACY_H
#define NM_LEGACY_H

#include "client.h"

int nm_legacy_request(struct nm_client *client, u32 cmd, u64 arg);
int nm_legacy_config(struct nm_client *client, u64 arg);

#endif /* NM_LEGACY_H */
