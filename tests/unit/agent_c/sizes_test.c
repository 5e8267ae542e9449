/* The size field at work: what a program built with an earlier header, or a later one, gives. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "aftercare/agent.h"
#include "aftercare/telemetry.h"

static int failures;
#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            ++failures;                                                     \
        }                                                                   \
    } while (0)

enum { kSectorBytes = 4096, kSectors = 4 };
static uint8_t flash[kSectors * kSectorBytes];
static union {
    long double aligned;
    uint8_t bytes[AFTERCARE_MEMORY_BYTES(4096, 64, 32)];
} memory;
static aftercare_agent* agent;

static uint64_t uptime(void* context) {
    (void)context;
    return 1000;
}
static aftercare_clock_quality wall(void* context, int64_t* unix_ms) {
    (void)context;
    *unix_ms = 0;
    return AFTERCARE_CLOCK_UNKNOWN;
}
static uint64_t draw(void* context) {
    (void)context;
    return 42;
}
static bool flash_read(void* context, uint32_t sector, uint32_t offset, void* into, size_t size) {
    (void)context;
    memcpy(into, flash + sector * kSectorBytes + offset, size);
    return true;
}
static bool flash_program(void* context, uint32_t sector, uint32_t offset, const void* bytes,
                          size_t size) {
    (void)context;
    memcpy(flash + sector * kSectorBytes + offset, bytes, size);
    return true;
}
static bool flash_erase(void* context, uint32_t sector) {
    (void)context;
    memset(flash + sector * kSectorBytes, 0xFF, kSectorBytes);
    return true;
}
static bool done(void* context) {
    (void)context;
    return true;
}
static void no_connect(void* context, const char* topic, const void* will, size_t size) {
    (void)context, (void)topic, (void)will, (void)size;
}
static void no_disconnect(void* context) {
    (void)context;
}
static bool no_publish(void* context, const char* topic, const void* payload, size_t size,
                       bool retain) {
    (void)context, (void)topic, (void)payload, (void)size, (void)retain;
    return false;
}
static void never(void* context, int level, const char* message) {
    (void)context, (void)level;
    fprintf(stderr, "a member beyond the given size was used: %s\n", message);
    ++failures;
}

static aftercare_options sound_options(void) {
    aftercare_options options = AFTERCARE_OPTIONS_INIT;
    options.tenant = "acme";
    options.device_id = "wm-0001";
    options.model = "WM-7";
    options.firmware = "1";
    return options;
}
static aftercare_ports sound_ports(void) {
    aftercare_ports ports;
    memset(&ports, 0, sizeof ports);
    ports.size = sizeof ports;
    ports.uptime_ms = uptime;
    ports.wall = wall;
    ports.random64 = draw;
    ports.sector_bytes = kSectorBytes;
    ports.sector_count = kSectors;
    ports.storage_read = flash_read;
    ports.storage_program = flash_program;
    ports.storage_erase = flash_erase;
    ports.storage_sync = done;
    ports.connect = no_connect;
    ports.disconnect = no_disconnect;
    ports.publish = no_publish;
    return ports;
}
static aftercare_result open_with(const aftercare_options* options, const aftercare_ports* ports,
                                  const aftercare_handlers* handlers) {
    memset(flash, 0xFF, sizeof flash);
    return aftercare_open(options, ports, handlers, memory.bytes, sizeof memory.bytes, &agent);
}

static void options_of_any_size(void) {
    const aftercare_ports ports = sound_ports();
    aftercare_options options = sound_options();
    options.boot_spread_ms = 77;
    /* Every size that ends behind a member from consent_purposes on. */
    for (size_t size = offsetof(aftercare_options, report_bytes_max); size <= sizeof options;
         size += sizeof(uint32_t)) {
        options.size = size;
        CHECK(open_with(&options, &ports, NULL) == AFTERCARE_OK);
        CHECK(aftercare_memory_bytes(&options) > 0);
    }
    /* A member beyond the size is not read: this one would be refused. */
    options.spool_sectors_max = 1;
    options.size = sizeof options;
    CHECK(open_with(&options, &ports, NULL) == AFTERCARE_INVALID);
    options.size = offsetof(aftercare_options, spool_sectors_max);
    CHECK(open_with(&options, &ports, NULL) == AFTERCARE_OK);
    options = sound_options();
    options.size = 0; /* forgotten */
    CHECK(open_with(&options, &ports, NULL) == AFTERCARE_INVALID);
    CHECK(aftercare_memory_bytes(&options) == 0);
    options.size = sizeof options + 8;
    CHECK(open_with(&options, &ports, NULL) == AFTERCARE_NEWER);
    CHECK(strstr(aftercare_result_text(AFTERCARE_NEWER), "update the library") != NULL);
}

static void ports_and_handlers_of_any_size(void) {
    const aftercare_options options = sound_options();
    aftercare_ports ports = sound_ports();
    aftercare_handlers handlers;
    ports.log = never;
    ports.size = offsetof(aftercare_ports, log);
    CHECK(open_with(&options, &ports, NULL) == AFTERCARE_OK);
    ports.log = NULL;
    ports.size = offsetof(aftercare_ports, link_ms);
    CHECK(open_with(&options, &ports, NULL) == AFTERCARE_OK);
    ports.size = offsetof(aftercare_ports, publish);
    CHECK(open_with(&options, &ports, NULL) == AFTERCARE_INVALID);
    ports.size = sizeof ports + sizeof(void*);
    CHECK(open_with(&options, &ports, NULL) == AFTERCARE_NEWER);
    ports.size = sizeof ports;

    memset(&handlers, 0, sizeof handlers);
    handlers.size = offsetof(aftercare_handlers, consent_query);
    CHECK(open_with(&options, &ports, &handlers) == AFTERCARE_OK);
    handlers.size = sizeof handlers + sizeof(void*);
    CHECK(open_with(&options, &ports, &handlers) == AFTERCARE_NEWER);
    handlers.size = 0;
    CHECK(open_with(&options, &ports, &handlers) == AFTERCARE_INVALID);
}

static void records_and_state_of_any_size(void) {
    const aftercare_options options = sound_options();
    const aftercare_ports ports = sound_ports();
    aftercare_usage usage = AFTERCARE_USAGE_INIT;
    aftercare_state state;
    CHECK(open_with(&options, &ports, NULL) == AFTERCARE_OK);
    usage.counter_count = 1000; /* beyond the size: not read */
    usage.size = offsetof(aftercare_usage, counters);
    CHECK(aftercare_usage_record(agent, &usage, NULL) == AFTERCARE_OK);
    usage.size = sizeof usage + 8;
    CHECK(aftercare_usage_record(agent, &usage, NULL) == AFTERCARE_NEWER);

    memset(&state, 0xAB, sizeof state);
    state.size = offsetof(aftercare_state, config_version);
    CHECK(aftercare_get_state(agent, &state) == AFTERCARE_OK);
    CHECK(state.size == offsetof(aftercare_state, config_version));
    CHECK(state.boot == 1 && state.bulk_held == 1);
    CHECK(state.config_version == 0xABABABABu); /* not written */
    state.size = sizeof state;
    CHECK(aftercare_get_state(agent, &state) == AFTERCARE_OK && state.config_version == 0);
    state.size = sizeof state + 8;
    CHECK(aftercare_get_state(agent, &state) == AFTERCARE_NEWER);
    state.size = 0;
    CHECK(aftercare_get_state(agent, &state) == AFTERCARE_INVALID);
}

static void telemetry_options_of_any_size(void) {
    aftercare_telemetry_options options = AFTERCARE_TELEMETRY_OPTIONS_INIT;
    options.threshold_count = 1000;
    options.size = offsetof(aftercare_telemetry_options, thresholds);
    CHECK(aftercare_telemetry_memory_bytes(&options) > 0);
    options.size = sizeof options;
    CHECK(aftercare_telemetry_memory_bytes(&options) == 0);
    options.threshold_count = 0;
    options.size = sizeof options + 8;
    CHECK(aftercare_telemetry_memory_bytes(&options) == 0);
}

int main(void) {
    options_of_any_size();
    ports_and_handlers_of_any_size();
    records_and_state_of_any_size();
    telemetry_options_of_any_size();
    return failures == 0 ? 0 : 1;
}
