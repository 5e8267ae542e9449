/* An appliance on Linux with the agent's own thread, its own storage (RAM here, as a driver would
 * be), and faults from a second thread through a ring. Prints what the agent made of it. */
#include <aftercare/agent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { kSectorBytes = 4096, kSectors = 8, kFaults = 20, kSlots = 16 };

static unsigned char flash[kSectors][kSectorBytes];
static unsigned programs, syncs;

static bool read_flash(void* c, uint32_t sector, uint32_t offset, void* into, size_t size) {
    (void)c;
    memcpy(into, &flash[sector][offset], size);
    return true;
}
static bool program_flash(void* c, uint32_t sector, uint32_t offset, const void* bytes,
                          size_t size) {
    (void)c;
    memcpy(&flash[sector][offset], bytes, size);
    ++programs;
    return true;
}
static bool erase_flash(void* c, uint32_t sector) {
    (void)c;
    memset(flash[sector], 0xFF, kSectorBytes);
    return true;
}
static bool sync_flash(void* c) {
    (void)c;
    ++syncs;
    return true;
}

static aftercare_ring_slot slots[kSlots];
static aftercare_ring ring = AFTERCARE_RING_INIT(slots, kSlots);

static void* driver(void* unused) {
    for (uint32_t i = 0; i < kFaults; ++i) {
        aftercare_ring_fault(&ring, 100 + i, AFTERCARE_FAULT_OCCURRED);
    }
    return unused;
}

int main(int argc, char** argv) {
    memset(flash, 0xFF, sizeof flash);
    aftercare_options options = AFTERCARE_OPTIONS_INIT;
    options.tenant = "acme", options.device_id = "wm-0001";
    options.model = "WM-7", options.firmware = "2.13.0";
    aftercare_ports ports = {0};
    ports.size = sizeof ports;
    ports.sector_bytes = kSectorBytes, ports.sector_count = kSectors;
    ports.storage_read = read_flash;
    ports.storage_program = program_flash;
    ports.storage_erase = erase_flash;
    aftercare_linux_options linux_options = AFTERCARE_LINUX_OPTIONS_INIT;
    linux_options.broker_url = argc > 1 ? argv[1] : NULL;
    linux_options.ports = &ports;

    aftercare_agent* agent = NULL;
    /* A group set in part is a mistake, not a half-used port. */
    printf("part of a group: %s\n",
           aftercare_result_text(aftercare_start(&options, &linux_options, NULL, &agent)));
    ports.storage_sync = sync_flash;
    if (aftercare_start(&options, &linux_options, NULL, &agent) != AFTERCARE_OK) return 1;

    pthread_t thread;
    if (pthread_create(&thread, NULL, driver, NULL) != 0) return 1;
    pthread_join(thread, NULL);
    const aftercare_result taken = aftercare_take(agent, &ring);
    aftercare_state state;
    state.size = sizeof state;
    aftercare_get_state(agent, &state);
    printf("taken: %s, lost in the ring %u, held %u, own storage %s\n",
           aftercare_result_text(taken), (unsigned)ring.dropped, (unsigned)state.urgent_held,
           programs > 0 && syncs > 0 ? "used" : "idle");
    aftercare_stop(agent, 5000);
    return 0;
}
