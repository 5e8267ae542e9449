#include "flash_port.h"

#include <string.h>

#include "board.h"

static bool read_flash(void* context, uint32_t sector, uint32_t offset, void* into, size_t size) {
    (void)context;
    memcpy(into, board_flash() + sector * BOARD_PAGE_BYTES + offset, size);
    return true;
}

/* The agent writes in runs that begin and end at multiples of 8: a double word is never met twice.
 */
static bool program_flash(void* context, uint32_t sector, uint32_t offset, const void* bytes,
                          size_t size) {
    (void)context;
    return board_flash_program(sector * BOARD_PAGE_BYTES + offset, bytes, size);
}

static bool erase_flash(void* context, uint32_t sector) {
    (void)context;
    return board_flash_erase(sector);
}

/* What NOR flash has programmed stays. A port with a write cache would empty it here. */
static bool sync_flash(void* context) {
    (void)context;
    return true;
}

void flash_port(aftercare_ports* ports) {
    ports->sector_bytes = BOARD_PAGE_BYTES;
    ports->sector_count = BOARD_PAGE_COUNT;
    ports->storage_read = read_flash;
    ports->storage_program = program_flash;
    ports->storage_erase = erase_flash;
    ports->storage_sync = sync_flash;
}
