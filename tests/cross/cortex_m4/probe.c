/* Runs the superloop on an emulated Cortex-M4 for a virtual day with a link that comes and goes and
 * a collector that acknowledges, and tells how deep the agent's stack went. */
#include <string.h>

#include "appliance.h"
#include "board.h"

enum { STACK_BYTES = 8192, PAINT = 0xA5 };

static uint32_t now_ms;
static uint8_t flash[BOARD_PAGE_BYTES * BOARD_PAGE_COUNT];
static bool online, event_due, ack_due;
static board_mqtt_kind event_kind;
static uint8_t ack[32];

uint32_t board_ticks_ms(void) {
    return now_ms;
}
uint64_t board_random64(void) {
    static uint64_t draws;
    return ++draws * 0x9E3779B97F4A7C15u;
}
bool board_wall_clock(int64_t* unix_ms) {
    *unix_ms = 1767225600000 + now_ms;
    return now_ms > 3600000;
}
const uint8_t* board_flash(void) {
    return flash;
}
bool board_flash_erase(uint32_t page) {
    memset(flash + page * BOARD_PAGE_BYTES, 0xFF, BOARD_PAGE_BYTES);
    return true;
}
bool board_flash_program(uint32_t address, const void* bytes, size_t size) {
    memcpy(flash + address, bytes, size);
    return true;
}
/* Down for two hours out of four, so that the spool fills and drains. */
static bool network(void) {
    return now_ms / 7200000 % 2 == 1;
}
static void happens(board_mqtt_kind kind) {
    online = kind == BOARD_MQTT_CONNECTED;
    event_due = true, event_kind = kind;
}
void board_mqtt_connect(const char* will_topic, const void* will, size_t size) {
    (void)will_topic, (void)will, (void)size;
    happens(network() ? BOARD_MQTT_CONNECTED : BOARD_MQTT_LOST);
}
void board_mqtt_disconnect(void) {
    online = false;
}
bool board_mqtt_publish(const char* topic, const void* payload, size_t size, bool retain) {
    (void)topic, (void)payload, (void)size;
    if (!retain) ack_due = true;
    return online;
}

/* Ack of everything held: proto/aftercare/v1/downlink.proto. */
static size_t encode_ack(void) {
    const aftercare_state state = appliance_state();
    const uint32_t urgent = (uint32_t)state.urgent_acked + state.urgent_held;
    const uint32_t bulk = (uint32_t)state.bulk_acked + state.bulk_held;
    uint8_t* at = ack + 2;
    *at++ = 1 << 3 | 1;
    memcpy(at, &state.stream_id, 8), at += 8;
    const uint32_t through[2] = {urgent, bulk};
    for (unsigned lane = 0; lane < 2; ++lane) {
        *at++ = (uint8_t)((lane + 2) << 3);
        uint32_t value = through[lane];
        for (; value >= 0x80; value >>= 7) *at++ = (uint8_t)(value | 0x80);
        *at++ = (uint8_t)value;
    }
    ack[0] = 1 << 3 | 2;
    ack[1] = (uint8_t)(at - ack - 2);
    return (size_t)(at - ack);
}

bool board_mqtt_next(board_mqtt_event* event) {
    if (online && !network()) happens(BOARD_MQTT_LOST);
    if (event_due) {
        event_due = false, event->kind = event_kind;
        return true;
    }
    if (!ack_due) return false;
    ack_due = false;
    *event = (board_mqtt_event){BOARD_MQTT_MESSAGE, ack, encode_ack()};
    return true;
}
float board_water_celsius(void) {
    return 60.0f + (float)(now_ms / 1000 % 10);
}
uint32_t board_fault_code(void) {
    return now_ms / 600000 % 3 == 0 ? 18 : 0;
}

static __attribute__((noinline)) void day(void) {
    if (!appliance_start()) return;
    while (now_ms < 86400000) now_ms += appliance_step();
}

/* Paints the stack below here, runs, and looks how far the paint is gone. */
static __attribute__((noinline)) unsigned stack_used(void) {
    volatile uint8_t* top = __builtin_frame_address(0);
    for (unsigned i = 64; i < STACK_BYTES; ++i) top[-(int)i] = PAINT;
    day();
    unsigned depth = STACK_BYTES;
    while (depth > 64 && top[-(int)(depth - 1)] == PAINT) --depth;
    return depth;
}

static long system_call(long number, long first, const void* second, long third) {
    register long r7 __asm__("r7") = number;
    register long r0 __asm__("r0") = first;
    register const void* r1 __asm__("r1") = second;
    register long r2 __asm__("r2") = third;
    __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
    return r0;
}

static void tell(const char* name, unsigned value) {
    char line[40];
    size_t size = 0;
    while (*name != '\0') line[size++] = *name++;
    line[size++] = ' ';
    unsigned digits = 1;
    while (value / digits >= 10) digits *= 10;
    for (; digits > 0; digits /= 10) line[size++] = (char)('0' + value / digits % 10);
    line[size++] = '\n';
    (void)system_call(4, 1, line, (long)size);
}

void reset(void);
void reset(void) {
    tell("stack_bytes", stack_used());
    const aftercare_state state = appliance_state();
    tell("acked", (unsigned)(state.urgent_acked + state.bulk_acked));
    tell("held", state.urgent_held + state.bulk_held);
    tell("dropped", state.dropped_fault + state.dropped_lifecycle + state.dropped_usage +
                        state.dropped_reading);
    tell("storage_errors", (unsigned)state.storage_errors);
    aftercare_options options = AFTERCARE_OPTIONS_INIT;
    options.tenant = options.device_id = options.model = options.firmware = "x";
    options.report_bytes_max = 1536, options.spool_sectors_max = 16, options.fault_codes_max = 8;
    tell("memory_bytes", (unsigned)aftercare_memory_bytes(&options));
    tell("memory_bytes_bound", (unsigned)AFTERCARE_MEMORY_BYTES(1536, 16, 8));
    (void)system_call(1, 0, NULL, 0);
    for (;;) continue;
}
