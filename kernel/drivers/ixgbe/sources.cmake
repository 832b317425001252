# SPDX-License-Identifier: BSD-2-Clause
# The 82599's netmap data path, for whoever builds it.
set(NM_IXGBE_SOURCES
  ixgbe_netmap.c
  ixgbe_queue.c)
