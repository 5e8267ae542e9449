/* A board as small as it can be, so that the image's size is that of the agent: registers that a
 * real board would have drivers for. */
#include "board.h"

#define REGISTERS ((volatile uint32_t*)0x40000000)

uint32_t board_ticks_ms(void) {
    return REGISTERS[0];
}
uint64_t board_random64(void) {
    return (uint64_t)REGISTERS[1] << 32 | REGISTERS[1];
}
bool board_wall_clock(int64_t* unix_ms) {
    *unix_ms = (int64_t)REGISTERS[2] * 1000;
    return REGISTERS[2] != 0;
}
const uint8_t* board_flash(void) {
    return (const uint8_t*)0x08030000;
}
bool board_flash_erase(uint32_t page) {
    return (REGISTERS[3] = page) == 0;
}
bool board_flash_program(uint32_t address, const void* bytes, size_t size) {
    (void)bytes;
    return (REGISTERS[4] = address + size) == 0;
}
void board_mqtt_connect(const char* will_topic, const void* will, size_t size) {
    (void)will_topic, (void)will;
    REGISTERS[5] = size;
}
void board_mqtt_disconnect(void) {
    REGISTERS[5] = 0;
}
bool board_mqtt_publish(const char* topic, const void* payload, size_t size, bool retain) {
    (void)topic, (void)payload, (void)retain;
    return (REGISTERS[6] = size) == 0;
}
bool board_mqtt_next(board_mqtt_event* event) {
    event->kind = (board_mqtt_kind)REGISTERS[7];
    event->payload = (const void*)REGISTERS[8];
    event->size = REGISTERS[9];
    return REGISTERS[7] != 0;
}
float board_water_celsius(void) {
    return (float)REGISTERS[10];
}
uint32_t board_fault_code(void) {
    return REGISTERS[11];
}
