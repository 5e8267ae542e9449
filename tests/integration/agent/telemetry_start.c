/* An appliance whose agent has a thread of its own and a telemetry kit from the start: settings of
 * the collector find the kit at the first moment they can come. Its MQTT client is this program.
 * Prints what became of them; run it twice on one spool for the boot after. */
#include <aftercare/telemetry.h>
#include <stdio.h>

static void connect_link(void* c, const char* topic, const void* will, size_t size) {
    (void)c, (void)topic, (void)will, (void)size;
}
static void disconnect_link(void* c) {
    (void)c;
}
static bool publish(void* c, const char* topic, const void* payload, size_t size, bool retain) {
    (void)c, (void)topic, (void)payload, (void)size, (void)retain;
    return true;
}

/* Config version 10 with a threshold: metric 1 above 75 raises code 900, below 70 clears it. */
static const unsigned char kSettings[] = {0x12, 0x18, 0x08, 0x0A, 0x10, 0xAC, 0x02, 0x2A, 0x11,
                                          0x2A, 0x0F, 0x08, 0x01, 0x10, 0x84, 0x07, 0x1D, 0x00,
                                          0x00, 0x96, 0x42, 0x25, 0x00, 0x00, 0x8C, 0x42};

static aftercare_state state_of(const aftercare_agent* agent) {
    aftercare_state state;
    state.size = sizeof state;
    aftercare_get_state(agent, &state);
    return state;
}

int main(int argc, char** argv) {
    aftercare_options options = AFTERCARE_OPTIONS_INIT;
    aftercare_ports ports = {0};
    aftercare_linux_options linux_options = AFTERCARE_LINUX_OPTIONS_INIT;
    aftercare_telemetry_options telemetry = AFTERCARE_TELEMETRY_OPTIONS_INIT;
    aftercare_telemetry* kit = NULL;
    aftercare_agent* agent = NULL;
    aftercare_state before;
    if (argc < 2) return 64;
    options.tenant = "acme", options.device_id = "wm-0001";
    options.model = "WM-7", options.firmware = "2.13.0";
    ports.size = sizeof ports;
    ports.connect = connect_link;
    ports.disconnect = disconnect_link;
    ports.publish = publish;
    linux_options.spool_path = argv[1];
    linux_options.ports = &ports;

    linux_options.telemetry = &telemetry;
    printf("no place for the handle: %s\n",
           aftercare_result_text(aftercare_start(&options, &linux_options, NULL, &agent)));
    linux_options.telemetry_kit = &kit;
    telemetry.heartbeat_s = 1;
    printf("heartbeat of a second: %s\n",
           aftercare_result_text(aftercare_start(&options, &linux_options, NULL, &agent)));
    telemetry.heartbeat_s = 3600;
    if (aftercare_start(&options, &linux_options, NULL, &agent) != AFTERCARE_OK) return 1;
    before = state_of(agent);
    aftercare_on_connected(agent);
    aftercare_on_downlink(agent, kSettings, sizeof kSettings);
    printf("version %u, then %u, window %u s\n", (unsigned)before.config_version,
           (unsigned)state_of(agent).config_version, (unsigned)state_of(agent).reading_window_s);
    before = state_of(agent);
    if (aftercare_sample(kit, 1, 76.0f) != AFTERCARE_OK) return 1;
    printf("76 degrees: %u fault\n", (unsigned)(state_of(agent).urgent_held - before.urgent_held));
    aftercare_stop(agent, 0);
    return 0;
}
