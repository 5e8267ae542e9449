// The floor: a bare Paho C++ subscriber that counts messages and does nothing else.
//   bench_subscriber URL REPORTS
#include <mqtt/async_client.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/bench/consumer.hpp"

int main(int argc, char** argv) {
    if (argc != 3) return std::fprintf(stderr, "usage: bench_subscriber URL REPORTS\n"), 64;
    const std::size_t expected = std::strtoul(argv[2], nullptr, 10);
    std::atomic<std::size_t> received = 0;
    mqtt::async_client client(argv[1], "bench-consumer", mqtt::create_options(MQTTVERSION_5),
                              nullptr);
    client.set_message_callback([&](const mqtt::const_message_ptr&) { ++received; });
    aftercare::bench::subscribe(client);
    while (received < expected) std::this_thread::sleep_for(std::chrono::milliseconds{5});
    return aftercare::bench::done();
}
