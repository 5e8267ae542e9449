// Any lines on the daemon's feed: each gets one line of valid JSON that says ok or what is wrong.
#include <nlohmann/json.hpp>

#include "agent/io/feed.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/agent/appliance.hpp"

using namespace aftercare;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static std::unique_ptr<test::Appliance> device;
    static std::unique_ptr<agent::Feed> feed;
    static int taken = 0;
    if (!device || ++taken % 256 == 0) {
        feed.reset();
        device = std::make_unique<test::Appliance>(4096U, 8U);
        AFTERCARE_ASSERT(device->boot());
        feed = std::make_unique<agent::Feed>(*device->operator->());
    }
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string answer = feed->line(text.substr(at, end - at));
        AFTERCARE_ASSERT(answer.find('\n') == std::string::npos);
        const auto json = nlohmann::json::parse(answer, nullptr, false);
        AFTERCARE_ASSERT(json.is_object() && json.contains("ok") && json["ok"].is_boolean());
        AFTERCARE_ASSERT(json["ok"].get<bool>() || json.contains("error"));
        at = end + 1;
    }
    device->link_ms += 1'000;
    (*device)->poll();
    device->published.clear();
    device->log.clear();
    return 0;
}
