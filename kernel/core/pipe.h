/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Pipes, between two ports that have one parent. */
#ifndef NM_PIPE_H
#define NM_PIPE_H

#include "client.h"

bool nm_pipe_is_name(const char *name);

/*
 * "parent{id" or "parent}id": the parent's name goes to @parent. Return: the brace; NULL, with a
 * sentence, where the name is malformed.
 */
const char *nm_pipe_split(struct nm_client *client, const char *name, char parent[NM_NAME_SIZE]);

/* Whether @parent has this pipe; @end is as below. */
bool nm_pipe_is_at(struct nm_port *parent, const char *end);

/**
 * nm_pipe_find_or_make() - an end of a pipe
 * @parent: the caller's reference to it; taken over where this succeeds
 * @end: the brace and the id behind it
 * @out: as of nm_port_lookup()
 */
int nm_pipe_find_or_make(struct nm_client *client, struct nm_port *parent, const char *end,
			 const struct nmreq_register *reg, struct nm_port **out);

#endif /* NM_PIPE_H */
