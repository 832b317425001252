/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Inside the Linux residence: what its files share. */
#ifndef NM_LINUX_H
#define NM_LINUX_H

#include "nm_core.h"

/* The parameters that others than params.c read; all may be written at any time. */
extern unsigned int nm_admode;
extern unsigned int nm_generic_mit;		/* ns */
extern unsigned int nm_generic_ringsize;
extern unsigned int nm_generic_rings;
extern unsigned int nm_generic_hwcsum;
extern unsigned int nm_generic_txqdisc;
extern unsigned int nm_no_pendintr;

/* admode */
#define NM_ADMODE_BEST		0
#define NM_ADMODE_NATIVE	1
#define NM_ADMODE_EMULATED	2

/*
 * module.c: the one core of this kernel. There from before the first file can be opened until after
 * the last is closed; a parameter may be asked for before or after: NULL then. Changed with
 * kernel_param_lock() held, which the functions of parameters are called with.
 */
extern struct nm_os nm_linux_os;
extern struct nm_core *nm_linux_core;

/* interface.c: struct nm_core_config has what they do. Each interface keeps the module. */
struct net_device;
int nm_interface_make(struct nm_core *core, const void *ns, struct nm_port *port, void **interface);
void nm_interface_unmake(struct nm_core *core, void *interface);
bool nm_interface_up(void *interface, u32 queue, const struct nm_frag *frags, u32 num);
bool nm_interface_is_ours(const struct net_device *dev);
int nm_interface_init(void);
void nm_interface_exit(void);

/* os.c: around all that uses the core. */
int nm_os_work_start(void);
void nm_os_work_end(void);

/* params.c */
void nm_params_config(struct nm_core_config *config);

/* chardev.c */
int nm_chardev_register(void);
void nm_chardev_unregister(void);

/* debug.c */
void nm_debug_init(void);
void nm_debug_exit(void);

#endif /* NM_LINUX_H */
