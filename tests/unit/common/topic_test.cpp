#include "common/topic.hpp"

#include "common/crc32c.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;

TEST_GROUP(Topic){};

TEST(Topic, crc32c_gives_the_published_check_values) {
    CHECK_EQUAL(0xE3069283U, crc32c("123456789", 9));  // RFC 3720 and the CRC catalogue
    const unsigned char zeros[32] = {};
    CHECK_EQUAL(0x8A9136AAU, crc32c(zeros, sizeof zeros));  // RFC 3720, B.4
    CHECK_EQUAL(0xE3069283U, crc32c("56789", 5, crc32c("1234", 4)));
}

TEST(Topic, goes_out_and_back) {
    const TopicText text = format_topic("acme", "wm-0001", Leg::up);
    const auto topic = parse_topic(text);
    CHECK(topic.has_value());
    CHECK(topic->tenant == IdText{"acme"});
    CHECK(topic->device == IdText{"wm-0001"});
    CHECK(topic->leg == Leg::up);
}

TEST(Topic, refuses_each_fault_by_name) {
    CHECK(parse_topic("aftercare/v2/acme/00/wm/up").error() == TopicFault::not_ours);
    CHECK(parse_topic("aftercare/v1/ac me/00/wm/up").error() == TopicFault::bad_id);
    CHECK(parse_topic("aftercare/v1/acme/00//up").error() == TopicFault::bad_id);
    CHECK(parse_topic("aftercare/v1/acme/99/wm-0001/up").error() == TopicFault::wrong_bucket);
    std::string text{format_topic("acme", "wm-0001", Leg::up).view()};
    CHECK(parse_topic(text + "/more").error() == TopicFault::unknown_leg);
    CHECK(parse_topic(std::string(70'000, '/')).error() == TopicFault::not_ours);
}

TEST(Topic, of_a_desk_goes_out_and_back_and_is_told_from_a_device_s) {
    const TopicText topic = format_desk_topic("acme", "north", DeskLeg::outcomes);
    CHECK_TRUE(topic.view() == "aftercare-desk/v1/acme/north/outcomes");
    const auto parsed = parse_desk_topic(topic.view());
    CHECK_TRUE(parsed->tenant.view() == "acme" && parsed->centre.view() == "north");
    CHECK_TRUE(parsed->leg == DeskLeg::outcomes);
    CHECK_TRUE(is_desk_topic(topic.view()) && !is_desk_topic("aftercare/v1/acme/00/d/up"));
    CHECK_TRUE(parse_desk_topic("aftercare-desk/v1/a+/north/outcomes").error() ==
               TopicFault::bad_id);
    CHECK_TRUE(parse_desk_topic("aftercare-desk/v1/a/north/inbox").error() ==
               TopicFault::unknown_leg);
    CHECK_TRUE(parse_desk_topic("aftercare-desk/v1/a/north").error() == TopicFault::unknown_leg);
    CHECK_TRUE(parse_desk_topic("desk/v1/a/north/tickets").error() == TopicFault::not_ours);
    const std::string longest(64, 'x');
    CHECK_TRUE(parse_desk_topic(format_desk_topic(longest, longest, DeskLeg::receipts).view())
                   .has_value());
}

TEST(Topic, longest_ids_fit) {
    const std::string id(kIdBytesMax, 'x');
    CHECK(valid_id(id));
    CHECK(!valid_id(id + "x"));
    CHECK(parse_topic(format_topic(id, id, Leg::presence)).has_value());
}
