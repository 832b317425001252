// SPDX-License-Identifier: BSD-2-Clause
#include "options.h"

#include <stdarg.h>
#include <stdio.h>

#include "hosted.h"

#define MIN_SLOTS	2u
#define MAX_SLOTS	65536u

int nmh_refuse(struct nmh_refusal *reason, int error, const char *format, ...)
{
	va_list args;

	if (reason && reason->size) {
		va_start(args, format);
		vsnprintf(reason->text, reason->size, format, args);
		va_end(args);
	}
	return error;
}

static bool is_whole(double number)
{
	return number >= 0 && number <= UINT32_MAX && number == (double)(uint32_t)number;
}

/* Return: whether the option has the type that its place has. */
static bool put(const struct nmh_option *option, const struct nmh_option_place *place)
{
	if (place->text) {
		*place->text = option->text;
		return option->text;
	}
	if (option->text || !is_whole(option->number))
		return false;
	if (place->number)
		*place->number = (uint32_t)option->number;
	else if (option->number <= 1)
		*place->flag = option->number > 0;
	else
		return false;
	return true;
}

int nmh_options_read(const struct nmh_port_request *request, const struct nmh_option_place *places,
		     size_t num, struct nmh_refusal *reason)
{
	size_t i, k;

	for (i = 0; i < request->num_options; i++) {
		const struct nmh_option *option = &request->options[i];

		for (k = 0; k < num && strcmp(option->key, places[k].key) != 0; k++)
			;
		if (k == num)
			return nmh_refuse(reason, -EINVAL, "%s: there is no option \"%s\"; leave it out",
					  request->name, option->key);
		if (!put(option, &places[k]))
			return nmh_refuse(reason, -EINVAL, "%s: option \"%s\" is no %s; correct it", request->name,
					  option->key,
					  places[k].text ? "text" : places[k].flag ? "true or false" : "whole number");
	}
	return 0;
}

int nmh_rings_check(const struct nmh_port_request *request, const struct nmh_ring_options *rings,
		    uint32_t most, struct nmh_refusal *reason)
{
	if (rings->queues < 1 || rings->queues > most)
		return nmh_refuse(reason, -EINVAL, "%s: %u queues are not possible; use 1 to %u",
				  request->name, rings->queues, most);
	if (rings->slots < MIN_SLOTS || rings->slots > MAX_SLOTS)
		return nmh_refuse(reason, -EINVAL, "%s: rings of %u slots are not possible; use %u to %u",
				  request->name, rings->slots, MIN_SLOTS, MAX_SLOTS);
	return 0;
}

void nmh_rings_describe(const struct nmh_ring_options *rings, struct nm_port_config *config)
{
	config->num_rings[NM_TX] = rings->queues;
	config->num_rings[NM_RX] = rings->queues;
	config->num_slots[NM_TX] = rings->slots;
	config->num_slots[NM_RX] = rings->slots;
	config->link_up = true;
}
