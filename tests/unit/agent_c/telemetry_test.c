/* The telemetry kit from C99, over RAM, without heap: raw signals in, records held by the agent. */
#include <aftercare/telemetry.h>
#include <stdio.h>
#include <string.h>

enum { SECTOR = 4096, SECTORS = 8 };
static unsigned char flash[SECTOR * SECTORS];
static uint64_t now_ms;
static int failures;

static void check(bool ok, const char* what) {
    if (ok) return;
    fprintf(stderr, "failed: %s\n", what);
    ++failures;
}
#define CHECK(condition) check((condition), #condition)

static uint64_t uptime(void* c) {
    (void)c;
    return now_ms;
}
static aftercare_clock_quality wall(void* c, int64_t* unix_ms) {
    (void)c;
    *unix_ms = 0;
    return AFTERCARE_CLOCK_UNKNOWN;
}
static uint64_t random64(void* c) {
    (void)c;
    return 7;
}
static bool read_flash(void* c, uint32_t sector, uint32_t offset, void* into, size_t size) {
    (void)c;
    memcpy(into, flash + sector * SECTOR + offset, size);
    return true;
}
static bool program(void* c, uint32_t sector, uint32_t offset, const void* bytes, size_t size) {
    (void)c;
    memcpy(flash + sector * SECTOR + offset, bytes, size);
    return true;
}
static bool erase(void* c, uint32_t sector) {
    (void)c;
    memset(flash + sector * SECTOR, 0xFF, SECTOR);
    return true;
}
static bool sync_flash(void* c) {
    (void)c;
    return true;
}
static void connect_link(void* c, const char* topic, const void* will, size_t size) {
    (void)c;
    (void)topic;
    (void)will;
    (void)size;
}
static void disconnect_link(void* c) {
    (void)c;
}
static bool publish(void* c, const char* topic, const void* payload, size_t size, bool retain) {
    (void)c;
    (void)topic;
    (void)payload;
    (void)size;
    (void)retain;
    return false;
}

static aftercare_state state_of(const aftercare_agent* agent) {
    aftercare_state state;
    memset(&state, 0, sizeof state);
    state.size = sizeof state;
    CHECK(aftercare_get_state(agent, &state) == AFTERCARE_OK);
    return state;
}

static union {
    long double align;
    unsigned char bytes[AFTERCARE_MEMORY_BYTES(4096, 8, 4)];
} agent_memory;
static union {
    long double align;
    unsigned char bytes[AFTERCARE_TELEMETRY_BYTES(8, 4)];
} kit_memory;

static aftercare_agent* open_agent(void) {
    aftercare_options options = AFTERCARE_OPTIONS_INIT;
    aftercare_ports ports;
    aftercare_agent* agent = NULL;
    memset(&ports, 0, sizeof ports);
    ports.size = sizeof ports;
    ports.uptime_ms = uptime;
    ports.wall = wall;
    ports.random64 = random64;
    ports.sector_bytes = SECTOR;
    ports.sector_count = SECTORS;
    ports.storage_read = read_flash;
    ports.storage_program = program;
    ports.storage_erase = erase;
    ports.storage_sync = sync_flash;
    ports.connect = connect_link;
    ports.disconnect = disconnect_link;
    ports.publish = publish;
    options.tenant = "acme";
    options.device_id = "wm-1";
    options.model = "WM";
    options.firmware = "1";
    options.report_bytes_max = 4096;
    options.spool_sectors_max = SECTORS;
    options.fault_codes_max = 4;
    CHECK(aftercare_open(&options, &ports, NULL, agent_memory.bytes, sizeof agent_memory.bytes,
                         &agent) == AFTERCARE_OK);
    return agent;
}

static void signals_become_records(aftercare_agent* agent, aftercare_telemetry* kit) {
    const uint32_t urgent = state_of(agent).urgent_held;
    aftercare_accepted accepted;
    uint64_t total = 0;
    CHECK(aftercare_condition(kit, 18, true) == AFTERCARE_OK);
    CHECK(state_of(agent).urgent_held == urgent); /* debounced for two seconds */
    CHECK(aftercare_next_poll_ms(agent) <= now_ms + 2000);
    now_ms += 2000;
    aftercare_poll(agent);
    CHECK(state_of(agent).urgent_held == urgent + 1);
    CHECK(aftercare_sample(kit, 1, 81.0f) == AFTERCARE_OK); /* above its threshold */
    CHECK(aftercare_occurred(kit, 7) == AFTERCARE_OK);
    CHECK(state_of(agent).urgent_held == urgent + 3);
    CHECK(aftercare_cycle_end(kit, true, 0, 0, NULL) == AFTERCARE_CONFLICT);
    CHECK(aftercare_count(kit, 1, 65530, 16) == AFTERCARE_OK);
    CHECK(aftercare_count(kit, 1, 0, 65) == AFTERCARE_INVALID);
    CHECK(aftercare_count_from(kit, 1, 0, 0) == AFTERCARE_CONFLICT);
    CHECK(aftercare_count_from(kit, 2, 1003, 0) == AFTERCARE_OK);
    CHECK(aftercare_count(kit, 2, 7, 32) == AFTERCARE_OK);
    CHECK(aftercare_counter_total(kit, 2, &total) == AFTERCARE_OK && total == 1010);
    CHECK(aftercare_counter_total(kit, 3, &total) == AFTERCARE_INVALID);
    CHECK(aftercare_cycle_begin(kit, 4) == AFTERCARE_OK);
    CHECK(aftercare_cycle_begin(kit, 4) == AFTERCARE_CONFLICT);
    CHECK(aftercare_cycle_end(kit, true, 900, 52000, &accepted) == AFTERCARE_OK);
    CHECK(!accepted.urgent && accepted.seq == 1);
    now_ms += 900000;
    aftercare_poll(agent); /* the reading window */
    CHECK(state_of(agent).bulk_held == 2);
}

int main(void) {
    const aftercare_fault_rule rule = {18, 2000, 0, 10, 3600};
    const aftercare_threshold hot = {1, 900, 80.0f, 75.0f, false};
    aftercare_telemetry_options options = AFTERCARE_TELEMETRY_OPTIONS_INIT;
    aftercare_telemetry* kit = NULL;
    aftercare_agent* agent;
    memset(flash, 0xFF, sizeof flash);
    agent = open_agent();
    if (agent == NULL) return 1;
    options.metrics_max = 8;
    options.codes_max = 4;
    options.fault_rules = &rule;
    options.fault_rule_count = 1;
    options.thresholds = &hot;
    options.threshold_count = 1;
    CHECK(aftercare_telemetry_memory_bytes(&options) <= sizeof kit_memory.bytes);
    CHECK(aftercare_telemetry_open(agent, &options, kit_memory.bytes, 64, &kit) ==
          AFTERCARE_EXHAUSTED);
    CHECK(aftercare_telemetry_open(agent, &options, kit_memory.bytes, sizeof kit_memory.bytes,
                                   &kit) == AFTERCARE_OK);
    if (kit != NULL) signals_become_records(agent, kit);
    aftercare_telemetry_close(kit);
    aftercare_close(agent);
    options.size = 0;
    CHECK(aftercare_telemetry_memory_bytes(&options) == 0);
    return failures == 0 ? 0 : 1;
}
