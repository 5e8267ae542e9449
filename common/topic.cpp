#include "common/topic.hpp"

#include "common/crc32c.hpp"

namespace aftercare {
namespace {

constexpr std::string_view kPrefix = "aftercare/v1/";
constexpr std::string_view kDeskPrefix = "aftercare-desk/v1/";

// Cuts `text` at the next '/', returns the head.
std::string_view next_level(std::string_view& text) {
    const auto slash = text.find('/');
    const std::string_view head = text.substr(0, slash);
    text = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
    return head;
}

std::string_view leg_name(Leg leg) {
    switch (leg) {
        case Leg::up:
            return "up";
        case Leg::down:
            return "down";
        case Leg::presence:
            return "presence";
    }
    return "";
}

std::string_view leg_name(DeskLeg leg) {
    switch (leg) {
        case DeskLeg::tickets:
            return "tickets";
        case DeskLeg::outcomes:
            return "outcomes";
        case DeskLeg::receipts:
            return "receipts";
    }
    return "";
}

}  // namespace

bool valid_id(std::string_view id) {
    if (id.empty() || id.size() > kIdBytesMax) return false;
    for (const char c : id) {
        const bool ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                        (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!ok) return false;
    }
    return true;
}

unsigned bucket_of(std::string_view device_id) {
    return crc32c(device_id.data(), device_id.size()) % kBucketCount;
}

TopicText format_topic(std::string_view tenant, std::string_view device, Leg leg) {
    const unsigned bucket = bucket_of(device);
    const char two_digits[2] = {static_cast<char>('0' + bucket / 10),
                                static_cast<char>('0' + bucket % 10)};
    TopicText topic{kPrefix};
    topic.append(tenant);
    for (const std::string_view level : {std::string_view{two_digits, 2}, device, leg_name(leg)}) {
        topic.append("/");
        topic.append(level);
    }
    return topic;
}

Result<Topic, TopicFault> parse_topic(std::string_view topic) {
    if (!topic.starts_with(kPrefix)) return tl::unexpected(TopicFault::not_ours);
    std::string_view rest = topic.substr(kPrefix.size());
    const std::string_view tenant = next_level(rest);
    const std::string_view bucket = next_level(rest);
    const std::string_view device = next_level(rest);
    if (!valid_id(tenant) || !valid_id(device)) return tl::unexpected(TopicFault::bad_id);
    const unsigned expected = bucket_of(device);
    const char two_digits[2] = {static_cast<char>('0' + expected / 10),
                                static_cast<char>('0' + expected % 10)};
    if (bucket != std::string_view{two_digits, 2}) return tl::unexpected(TopicFault::wrong_bucket);
    for (const Leg leg : {Leg::up, Leg::down, Leg::presence}) {
        if (rest == leg_name(leg)) return Topic{tenant, device, leg};
    }
    return tl::unexpected(TopicFault::unknown_leg);
}

TopicText format_desk_topic(std::string_view tenant, std::string_view centre, DeskLeg leg) {
    TopicText topic{kDeskPrefix};
    topic.append(tenant);
    for (const std::string_view level : {centre, leg_name(leg)}) {
        topic.append("/");
        topic.append(level);
    }
    return topic;
}

bool is_desk_topic(std::string_view topic) {
    return topic.starts_with(kDeskPrefix);
}

std::string_view tenant_of_topic(std::string_view topic) {
    for (const std::string_view prefix : {kPrefix, kDeskPrefix}) {
        if (!topic.starts_with(prefix)) continue;
        std::string_view rest = topic.substr(prefix.size());
        const std::string_view tenant = next_level(rest);
        if (valid_id(tenant)) return tenant;
    }
    return {};
}

Result<DeskTopic, TopicFault> parse_desk_topic(std::string_view topic) {
    if (!is_desk_topic(topic)) return tl::unexpected(TopicFault::not_ours);
    std::string_view rest = topic.substr(kDeskPrefix.size());
    const std::string_view tenant = next_level(rest);
    const std::string_view centre = next_level(rest);
    if (!valid_id(tenant) || !valid_id(centre)) return tl::unexpected(TopicFault::bad_id);
    for (const DeskLeg leg : {DeskLeg::tickets, DeskLeg::outcomes, DeskLeg::receipts}) {
        if (rest == leg_name(leg)) return DeskTopic{tenant, centre, leg};
    }
    return tl::unexpected(TopicFault::unknown_leg);
}

}  // namespace aftercare
