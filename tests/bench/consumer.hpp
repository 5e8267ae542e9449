// What the two consumers beside the collector share: how they connect, and how they say that they
// are ready and done.
#pragma once

#include <mqtt/async_client.h>

#include <cstdio>
#include <string>

namespace aftercare::bench {

inline void subscribe(mqtt::async_client& client) {
    mqtt::connect_options options;
    options.set_mqtt_version(MQTTVERSION_5);
    options.set_clean_start(true);
    mqtt::properties properties;
    properties.add({mqtt::property::RECEIVE_MAXIMUM, 2'000});
    options.set_properties(std::move(properties));
    client.connect(options)->wait();
    client.subscribe("aftercare/v1/+/+/+/up", 1)->wait();
    std::puts("READY");
    std::fflush(stdout);
}

/// Stays until stdin closes, so that the driver can read this process's CPU and memory.
inline int done() {
    std::puts("DONE");
    std::fflush(stdout);
    while (std::getchar() != EOF) continue;
    return 0;
}

}  // namespace aftercare::bench
