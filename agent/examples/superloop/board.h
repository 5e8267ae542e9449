/* What this example needs from its board: a page of a datasheet and an MQTT client. Everything else
 * in the folder is the same on every board. */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds since reset; wraps after 49.7 days, as such counters do. */
uint32_t board_ticks_ms(void);
uint64_t board_random64(void);
/* False while the real-time clock is not set. */
bool board_wall_clock(int64_t* unix_ms);

/* NOR flash set aside for the spool, read like memory, erased by the page to 0xFF. */
enum { BOARD_PAGE_BYTES = 2048, BOARD_PAGE_COUNT = 16 };
const uint8_t* board_flash(void);
bool board_flash_erase(uint32_t page);
/* `address` and `size` are multiples of 8: this flash programs double words, each once. */
bool board_flash_program(uint32_t address, const void* bytes, size_t size);

/* The MQTT client of the board. Its task puts what happened into a queue; the loop takes it out. */
void board_mqtt_connect(const char* will_topic, const void* will, size_t size);
void board_mqtt_disconnect(void);
bool board_mqtt_publish(const char* topic, const void* payload, size_t size, bool retain);
typedef enum { BOARD_MQTT_CONNECTED, BOARD_MQTT_LOST, BOARD_MQTT_MESSAGE } board_mqtt_kind;
typedef struct {
    board_mqtt_kind kind;
    const void* payload;
    size_t size;
} board_mqtt_event;
/* False when nothing happened. The payload lives until the next call. */
bool board_mqtt_next(board_mqtt_event* event);

/* The machine itself. */
float board_water_celsius(void);
/* 0 = none. */
uint32_t board_fault_code(void);

#endif
