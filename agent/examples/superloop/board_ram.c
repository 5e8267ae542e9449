/* A board made of memory, to try the loop on a PC: flash in RAM that refuses what real flash would
 * spoil, a clock that jumps from turn to turn, no network. Prints what ten virtual minutes kept. */
#include "board.h"

#include <stdio.h>
#include <string.h>

#include "appliance.h"

static uint32_t now_ms;
static uint8_t flash[BOARD_PAGE_BYTES * BOARD_PAGE_COUNT];

uint32_t board_ticks_ms(void) { return now_ms; }
uint64_t board_random64(void) { return 0x9E3779B97F4A7C15u; }
bool board_wall_clock(int64_t* unix_ms) {
    (void)unix_ms;
    return false;
}

const uint8_t* board_flash(void) { return flash; }
bool board_flash_erase(uint32_t page) {
    memset(flash + page * BOARD_PAGE_BYTES, 0xFF, BOARD_PAGE_BYTES);
    return true;
}
bool board_flash_program(uint32_t address, const void* bytes, size_t size) {
    if (address % 8 != 0 || size % 8 != 0) return false;
    for (size_t i = 0; i < size; ++i) {
        if (flash[address + i] != 0xFF) return false;
    }
    memcpy(flash + address, bytes, size);
    return true;
}

void board_mqtt_connect(const char* will_topic, const void* will, size_t size) {
    (void)will_topic, (void)will, (void)size;
}
void board_mqtt_disconnect(void) {}
bool board_mqtt_publish(const char* topic, const void* payload, size_t size, bool retain) {
    (void)topic, (void)payload, (void)size, (void)retain;
    return false;
}
bool board_mqtt_next(board_mqtt_event* event) {
    (void)event;
    return false;
}

float board_water_celsius(void) { return 60.0f + (float)(now_ms / 1000 % 10); }
uint32_t board_fault_code(void) { return now_ms > 300000 ? 18 : 0; }

int main(void) {
    memset(flash, 0xFF, sizeof flash);
    if (!appliance_start()) return 1;
    while (now_ms < 600000) now_ms += appliance_step();
    const aftercare_state state = appliance_state();
    printf("held %u urgent, %u bulk, storage errors %llu\n", (unsigned)state.urgent_held,
           (unsigned)state.bulk_held, (unsigned long long)state.storage_errors);
    return 0;
}
