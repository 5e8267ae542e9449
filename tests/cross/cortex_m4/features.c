/* Calls what the macros ask for and nothing else: the linker drops the rest of the agent. */
#include <aftercare/telemetry.h>

extern aftercare_options options;
extern aftercare_ports ports;
extern unsigned char memory[];
aftercare_options options;
aftercare_ports ports;
unsigned char memory[4096];

void reset(void);
void reset(void) {
    aftercare_agent* agent = 0;
    if (aftercare_open(&options, &ports, 0, memory, sizeof memory, &agent) != AFTERCARE_OK) return;
    aftercare_on_connected(agent);
    aftercare_on_disconnected(agent);
    aftercare_on_downlink(agent, memory, sizeof memory);
    (void)aftercare_fault(agent, 1, AFTERCARE_FAULT_RAISED, 0, 0, 0);
    aftercare_poll(agent);
    memory[0] = (unsigned char)aftercare_next_poll_ms(agent);
#ifdef WITH_READING
    const aftercare_summary summary = {.metric_id = 1, .n = 1};
    (void)aftercare_reading(agent, 1, &summary, 1, 0);
#endif
#ifdef WITH_USAGE
    const aftercare_usage usage = AFTERCARE_USAGE_INIT;
    (void)aftercare_usage_record(agent, &usage, 0);
#endif
#ifdef WITH_SELF_TEST
    (void)aftercare_self_test(agent, 1, 1, AFTERCARE_TEST_PASSED, 0, 0, 0);
#endif
#ifdef WITH_PART_REPLACED
    (void)aftercare_part_replaced(agent, 1, 0);
#endif
#ifdef WITH_CONSENT
    (void)aftercare_consent(agent, 1, AFTERCARE_SAFETY);
#endif
#ifdef WITH_FLUSH
    aftercare_flush(agent);
#endif
#ifdef WITH_TELEMETRY
    const aftercare_telemetry_options kit_options = AFTERCARE_TELEMETRY_OPTIONS_INIT;
    aftercare_telemetry* kit = 0;
    uint64_t total = 0;
    if (aftercare_telemetry_open(agent, &kit_options, memory, sizeof memory, &kit) !=
        AFTERCARE_OK) {
        return;
    }
    (void)aftercare_sample(kit, 1, 1.0f);
    (void)aftercare_condition(kit, 1, true);
    (void)aftercare_occurred(kit, 1);
    (void)aftercare_count_from(kit, 1, 1, 1);
    (void)aftercare_count(kit, 1, 1, 32);
    (void)aftercare_counter_total(kit, 1, &total);
    memory[2] = (unsigned char)total;
    (void)aftercare_cycle_begin(kit, 1);
    (void)aftercare_cycle_end(kit, true, 1, 1, 0);
    aftercare_telemetry_close(kit);
#endif
#ifdef WITH_STATE
    aftercare_state state = {.size = sizeof state};
    (void)aftercare_get_state(agent, &state);
    memory[1] = (unsigned char)state.boot;
#endif
}
