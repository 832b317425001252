# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
obj-m += nmveth.o
nmveth-y := ../drivers/veth/nmveth.o
native += $(nmveth-y)
