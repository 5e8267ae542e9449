#include "appliance.h"

#include <stdalign.h>
#include <string.h>

#include "board.h"
#include "flash_port.h"

enum { WATER_CELSIUS = 1, WINDOW_MS = 60000, REPORT_BYTES = 1536, FAULT_CODES = 8 };

/* All the memory the agent ever uses. */
static alignas(max_align_t) unsigned char memory[AFTERCARE_MEMORY_BYTES(
    REPORT_BYTES, BOARD_PAGE_COUNT, FAULT_CODES)];

static struct {
    aftercare_agent* agent;
    uint32_t last_ticks, tick_wraps;
    uint32_t raised_code;
    aftercare_summary water;
    uint64_t water_begun_ms;
} self;

/* Extends the board's counter to 64 bits; called at least once in 49 days, as the loop does. */
static uint64_t uptime_ms(void* context) {
    const uint32_t now = board_ticks_ms();
    (void)context;
    if (now < self.last_ticks) ++self.tick_wraps;
    self.last_ticks = now;
    return (uint64_t)self.tick_wraps << 32 | now;
}

static aftercare_clock_quality wall(void* context, int64_t* unix_ms) {
    (void)context;
    return board_wall_clock(unix_ms) ? AFTERCARE_CLOCK_SYNCED : AFTERCARE_CLOCK_UNKNOWN;
}

static uint64_t random64(void* context) {
    (void)context;
    return board_random64();
}

static void connect(void* context, const char* will_topic, const void* will, size_t size) {
    (void)context;
    board_mqtt_connect(will_topic, will, size);
}

static void disconnect(void* context) {
    (void)context;
    board_mqtt_disconnect();
}

static bool publish(void* context, const char* topic, const void* payload, size_t size,
                    bool retain) {
    (void)context;
    return board_mqtt_publish(topic, payload, size, retain);
}

bool appliance_start(void) {
    memset(&self, 0, sizeof self);
    aftercare_options options = AFTERCARE_OPTIONS_INIT;
    options.tenant = "acme", options.device_id = "boiler-0001";
    options.model = "BR-2", options.firmware = "0.9.0";
    options.report_bytes_max = REPORT_BYTES;
    options.spool_sectors_max = BOARD_PAGE_COUNT;
    options.fault_codes_max = FAULT_CODES;
    aftercare_ports ports = {.size = sizeof ports,
                             .uptime_ms = uptime_ms,
                             .wall = wall,
                             .random64 = random64,
                             .connect = connect,
                             .disconnect = disconnect,
                             .publish = publish};
    flash_port(&ports);
    return aftercare_open(&options, &ports, NULL, memory, sizeof memory, &self.agent) ==
           AFTERCARE_OK;
}

static void take_mqtt_events(void) {
    board_mqtt_event event;
    while (board_mqtt_next(&event)) {
        if (event.kind == BOARD_MQTT_CONNECTED) aftercare_on_connected(self.agent);
        if (event.kind == BOARD_MQTT_LOST) aftercare_on_disconnected(self.agent);
        if (event.kind == BOARD_MQTT_MESSAGE)
            aftercare_on_downlink(self.agent, event.payload, event.size);
    }
}

/* A reading a minute, of the samples that the turns of the loop took. */
static void sample_water(uint64_t now_ms) {
    aftercare_summary* water = &self.water;
    const float celsius = board_water_celsius();
    if (water->n == 0) self.water_begun_ms = now_ms, water->min = water->max = celsius;
    if (celsius < water->min) water->min = celsius;
    if (celsius > water->max) water->max = celsius;
    water->metric_id = WATER_CELSIUS;
    water->last = celsius;
    water->mean += (celsius - water->mean) / (float)++water->n;
    const uint32_t window_ms = (uint32_t)(now_ms - self.water_begun_ms);
    if (window_ms < WINDOW_MS) return;
    /* When it is refused, the agent has counted it; a boiler has nobody to tell. */
    (void)aftercare_reading(self.agent, window_ms, water, 1, NULL);
    *water = (aftercare_summary){0};
}

static void watch_faults(void) {
    const uint32_t raised = self.raised_code, code = board_fault_code();
    if (code == raised) return;
    const aftercare_value snapshot = {WATER_CELSIUS, board_water_celsius()};
    if (raised != 0)
        (void)aftercare_fault(self.agent, raised, AFTERCARE_FAULT_CLEARED, &snapshot, 1, NULL);
    if (code != 0)
        (void)aftercare_fault(self.agent, code, AFTERCARE_FAULT_RAISED, &snapshot, 1, NULL);
    self.raised_code = code;
}

uint32_t appliance_step(void) {
    const uint64_t now_ms = uptime_ms(NULL);
    take_mqtt_events();
    watch_faults();
    sample_water(now_ms);
    aftercare_poll(self.agent);
    const uint64_t next_ms = aftercare_next_poll_ms(self.agent);
    if (next_ms <= now_ms) return 1;
    return next_ms - now_ms < 1000 ? (uint32_t)(next_ms - now_ms) : 1000;
}

aftercare_state appliance_state(void) {
    aftercare_state state = {.size = sizeof state};
    (void)aftercare_get_state(self.agent, &state);
    return state;
}
