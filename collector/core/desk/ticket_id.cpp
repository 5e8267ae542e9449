#include "collector/core/desk/ticket_id.hpp"

#include "common/hash.hpp"

namespace aftercare::collector {
namespace {

std::string episode_id(char kind, std::string_view tenant, std::string_view device_id,
                       std::string_view about, WallTime episode_start) {
    constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    constexpr std::string_view kEnd{"\0", 1};  // keeps ("ab", "c") and ("a", "bc") apart
    Hash64 hash;
    for (const std::string_view part : {tenant, device_id, about}) {
        hash.add(part);
        hash.add(kEnd);
    }
    hash.add(static_cast<std::uint64_t>(unix_ms(episode_start)));
    std::string id{kind};
    for (int shift = 59; shift > 0; shift -= 5) {
        id += kAlphabet[(hash.value() >> shift) & 31U];
    }
    return id;
}

}  // namespace

std::string ticket_id(std::string_view tenant, std::string_view device_id,
                      std::string_view failure_mode, WallTime episode_start) {
    return episode_id('T', tenant, device_id, failure_mode, episode_start);
}

std::string trial_id(std::string_view tenant, std::string_view device_id, std::string_view rule,
                     WallTime episode_start) {
    return episode_id('R', tenant, device_id, rule, episode_start);
}

std::string problem_id(std::string_view tenant, std::string_view rule_id, std::string_view model,
                       std::string_view firmware, WallTime started_at) {
    std::string kind{model};
    kind += '\0';
    kind += firmware;
    return episode_id('P', tenant, rule_id, kind, started_at);
}

}  // namespace aftercare::collector
