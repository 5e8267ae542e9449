/* The smallest appliance: one fault, kept on storage until a collector has stored it. */
#include <aftercare/agent.h>
#include <stdio.h>

int main(int argc, char** argv) {
    aftercare_options options = AFTERCARE_OPTIONS_INIT;
    options.tenant = "acme", options.device_id = "wm-0001";
    options.model = "WM-7", options.firmware = "2.13.0";
    aftercare_linux_options linux_options = AFTERCARE_LINUX_OPTIONS_INIT;
    linux_options.spool_path = argc > 1 ? argv[1] : "aftercare.spool";
    linux_options.broker_url = argc > 2 ? argv[2] : NULL; /* such as mqtt://127.0.0.1:1883 */

    aftercare_agent* agent = NULL;
    aftercare_result result = aftercare_start(&options, &linux_options, NULL, &agent);
    if (result != AFTERCARE_OK) return fprintf(stderr, "%s\n", aftercare_result_text(result)), 1;
    aftercare_value drum_celsius = {1, 45.5f};
    aftercare_accepted kept = {0};
    result = aftercare_fault(agent, 18, AFTERCARE_FAULT_RAISED, &drum_celsius, 1, &kept);
    printf("%s: seq %llu, durable %d\n", aftercare_result_text(result),
           (unsigned long long)kept.seq, kept.durable);
    aftercare_stop(agent, 2000);
    return result == AFTERCARE_OK ? 0 : 1;
}
