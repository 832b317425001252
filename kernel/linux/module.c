// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* netmap.ko: its beginning and its end. An open file holds the module. */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <net/net_namespace.h>

#include "generic.h"
#include "native.h"

/* At most this many sentences in so much time go into the log. */
#define LOG_BURST	20
#define LOG_INTERVAL	(5 * HZ)

struct nm_os nm_linux_os;
struct nm_core *nm_linux_core;

/*
 * The module's parameters can be read and written before it begins and after it ends: they find no
 * core then.
 */
static void set_core(struct nm_core *core)
{
	kernel_param_lock(THIS_MODULE);
	nm_linux_core = core;
	kernel_param_unlock(THIS_MODULE);
}

static int __init netmap_init(void)
{
	struct nm_core_config config;
	struct nm_core *core;
	int error;

	ratelimit_state_init(&nm_linux_os.log_limit, LOG_INTERVAL, LOG_BURST);
	nm_params_config(&config);
	error = nm_core_create(&config, &core);
	if (error) {
		pr_err("netmap: the sizes of the pools do not fit: buf_size and if_size are multiples of 64, ring_size of 128\n");
		return error;
	}
	error = nm_os_work_start();
	if (error)
		goto fail_work;
	set_core(core);
	error = generic_init();
	if (error)
		goto fail_generic;
	error = nm_native_init();
	if (error)
		goto fail_native;
	error = nm_interface_init();
	if (error)
		goto fail_interface;
	error = nm_chardev_register();
	if (error)
		goto fail_chardev;
	nm_debug_init();
	return 0;

fail_chardev:
	nm_interface_exit();
fail_interface:
	nm_native_exit();
fail_native:
	generic_exit();
fail_generic:
	set_core(NULL);
	nm_os_work_end();
fail_work:
	nm_core_destroy(core);
	return error;
}

static void __exit netmap_exit(void)
{
	struct nm_core *core = nm_linux_core;

	nm_debug_exit();
	nm_chardev_unregister();
	nm_interface_exit();
	nm_native_exit();
	generic_exit();
	set_core(NULL);
	nm_os_work_end();
	nm_core_destroy(core);
}

module_init(netmap_init);
module_exit(netmap_exit);

MODULE_DESCRIPTION("netmap: network ports as rings in shared memory");
MODULE_AUTHOR("The nmgen authors");
MODULE_LICENSE("Dual BSD/GPL");
