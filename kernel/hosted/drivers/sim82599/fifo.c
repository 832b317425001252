// SPDX-License-Identifier: BSD-2-Clause
#include "fifo.h"

#include "ixgbe/ixgbe_regs.h"

int sim_fifo_init(struct sim_fifo *fifo, u32 num_cells)
{
	const size_t cells = num_cells + sim_cells(IXGBE_MAX_FRAME);
	u32 headers = 1;

	while (headers < num_cells)
		headers *= 2;
	memset(fifo, 0, sizeof(*fifo));
	fifo->headers = nm_os_alloc(headers * sizeof(fifo->headers[0]));
	fifo->cells = nm_os_alloc(cells * SIM_CELL);
	if (!fifo->headers || !fifo->cells) {
		sim_fifo_destroy(fifo);
		return -ENOMEM;
	}
	fifo->header_mask = headers - 1;
	fifo->num_cells = num_cells;
	return 0;
}

void sim_fifo_destroy(struct sim_fifo *fifo)
{
	nm_os_free(fifo->headers);
	nm_os_free(fifo->cells);
	fifo->headers = NULL;
	fifo->cells = NULL;
}

/* Neither side is at work. */
void sim_fifo_clear(struct sim_fifo *fifo)
{
	fifo->read = fifo->written;
	fifo->cells_read = fifo->cells_written;
	fifo->cell_out = fifo->cell_in;
}
