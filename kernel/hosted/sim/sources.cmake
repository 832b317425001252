# SPDX-License-Identifier: BSD-2-Clause
# The model of the 82599.
set(NM_SIM_SOURCES
  adapter.c
  clock.c
  fifo.c
  regs.c
  rss.c
  rx.c
  sim82599.c
  tx.c)
