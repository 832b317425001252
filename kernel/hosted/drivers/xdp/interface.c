// SPDX-License-Identifier: BSD-2-Clause
/* The interface of a port, while frames go: whether it is there and up, and its MTU. */
#include "xdp.h"

#include <net/if.h>
#include <sys/ioctl.h>

static int ask(struct xdp_device *device, unsigned long what, struct ifreq *request)
{
	nm_spin_lock(&device->name_lock);
	memcpy(request->ifr_name, device->name, sizeof(request->ifr_name));
	nm_spin_unlock(&device->name_lock);
	return ioctl(device->control_fd, what, request) ? -errno : 0;
}

/* Its name has gone. Return: 0 where it has another one now, or a negative errno. */
static int find_again(struct xdp_device *device)
{
	struct nmh_netif now;
	const int error = nmh_netif_read(device->netif.index, &now);

	if (error)
		return error;
	nm_spin_lock(&device->name_lock);
	memcpy(device->name, now.name, sizeof(device->name));
	nm_spin_unlock(&device->name_lock);
	return 0;
}

int xdp_check_interface(struct xdp_device *device)
{
	struct ifreq request;
	int error = ask(device, SIOCGIFFLAGS, &request);

	if (error == -ENODEV) {
		error = find_again(device);
		if (!error)
			error = ask(device, SIOCGIFFLAGS, &request);
	}
	if (error)
		return error;
	if (!(request.ifr_flags & IFF_UP))
		return -ENETDOWN;
	error = ask(device, SIOCGIFMTU, &request);
	if (!error)
		nm_write_once(device->mtu, (u32)request.ifr_mtu);
	return error;
}
