# SPDX-License-Identifier: BSD-2-Clause
# The core's files, for every residence that builds it.
set(NM_CORE_SOURCES
  auto.c
  bind.c
  client.c
  control.c
  core.c
  host.c
  lookup.c
  monitor.c
  options.c
  pipe.c
  poll.c
  port.c
  region.c
  rings.c
  rxqueue.c
  sync.c
  vale/attach.c
  vale/fdb.c
  vale/forward.c
  vale/port.c
  vale/queue.c
  vale/request.c
  vale/segment.c
  vale/switch.c
  vale/vnet.c)
