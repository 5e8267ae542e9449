#include "collector/io/paho/paho_source.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(BrokerUrl){};

TEST(BrokerUrl, understands_schemes_default_ports_and_loopback) {
    const auto plain = parse_broker_url("mqtt://127.0.0.1:1999");
    CHECK_TRUE(plain.has_value());
    STRCMP_EQUAL("tcp://127.0.0.1:1999", plain->paho_uri.c_str());
    CHECK_TRUE(plain->loopback);
    CHECK_FALSE(plain->tls);

    const auto secure = parse_broker_url("mqtts://broker.example");
    CHECK_TRUE(secure.has_value());
    STRCMP_EQUAL("ssl://broker.example:8883", secure->paho_uri.c_str());
    CHECK_TRUE(secure->tls);
    CHECK_FALSE(secure->loopback);

    // A name that merely looks like a loopback address is somebody else's machine.
    CHECK_FALSE(parse_broker_url("mqtt://127.evil.example")->loopback);

    const auto six = parse_broker_url("mqtt://[::1]:1883/");
    CHECK_TRUE(six.has_value());
    STRCMP_EQUAL("tcp://[::1]:1883", six->paho_uri.c_str());
    CHECK_TRUE(six->loopback);
}

TEST(BrokerUrl, refuses_what_it_cannot_connect_to) {
    for (const char* url : {"", "broker", "http://x:1", "mqtt://", "mqtt://h:", "mqtt://h:0",
                            "mqtt://h:65536", "mqtt://h:12x", "mqtt://user@h:1", "mqtt://h:1/x"}) {
        CHECK_FALSE_TEXT(parse_broker_url(url).has_value(), url);
    }
}

TEST(BrokerUrl, makes_one_filter_for_all_buckets_and_one_for_each_chosen) {
    const auto all = leg_filters({}, "up");
    LONGS_EQUAL(1, all.size());
    STRCMP_EQUAL("aftercare/v1/+/+/+/up", all[0].c_str());
    const auto some = leg_filters({7, 63}, "presence");
    LONGS_EQUAL(2, some.size());
    STRCMP_EQUAL("aftercare/v1/+/07/+/presence", some[0].c_str());
    STRCMP_EQUAL("aftercare/v1/+/63/+/presence", some[1].c_str());
}
