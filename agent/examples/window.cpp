// A refrigerator in C++: samples its cabinet once a second and sends a reading every 15 minutes.
#include <aftercare/agent.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

int main(int argc, char** argv) {
    aftercare_options options = AFTERCARE_OPTIONS_INIT;
    options.tenant = "acme";
    options.device_id = "fr-0001";
    options.model = "FR-3";
    options.firmware = "1.4.2";
    aftercare_linux_options linux_options = AFTERCARE_LINUX_OPTIONS_INIT;
    linux_options.spool_path = argc > 1 ? argv[1] : "aftercare.spool";
    linux_options.broker_url = argc > 2 ? argv[2] : nullptr;
    const int seconds = argc > 3 ? std::atoi(argv[3]) : 86'400;

    aftercare_result why = AFTERCARE_OK;
    auto device = aftercare::Device::start(options, linux_options, nullptr, &why);
    if (!device) {
        std::fprintf(stderr, "%s\n", aftercare_result_text(why));
        return 1;
    }
    aftercare_summary cabinet{};
    for (int second = 0; second < seconds; ++second) {
        const float celsius = 4.0F + 0.5F * static_cast<float>(second % 7);
        cabinet.metric_id = 1;
        cabinet.min = cabinet.n == 0 ? celsius : std::min(cabinet.min, celsius);
        cabinet.max = cabinet.n == 0 ? celsius : std::max(cabinet.max, celsius);
        cabinet.last = celsius;
        ++cabinet.n;
        cabinet.mean += (celsius - cabinet.mean) / static_cast<float>(cabinet.n);
        if (cabinet.n == 900 || second + 1 == seconds) {
            device->reading(cabinet.n * 1000, {cabinet});
            cabinet = {};
        }
        std::this_thread::sleep_for(std::chrono::seconds{1});
    }
    const aftercare_state state = device->state();
    std::printf("held %u urgent, %u bulk\n", state.urgent_held, state.bulk_held);
}
