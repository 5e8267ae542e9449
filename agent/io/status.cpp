#include "agent/io/status.hpp"

#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace aftercare::agent {
namespace {

using Json = nlohmann::ordered_json;

Json seconds(std::uint64_t ms) {
    return static_cast<double>(ms / 100) / 10;
}

Json lane_status(const Agent& agent, Lane lane, const LaneState& state, std::uint32_t boot,
                 std::uint64_t uptime_ms) {
    Json json{{"held", state.held_count},
              {"oldest_seq", state.oldest_seq},
              {"next_seq", state.next_seq},
              {"acked_through", state.acked_through},
              {"in_flight_reports", state.in_flight_reports}};
    RecordTime made;
    if (!agent.oldest_made(lane, made)) return json;
    // Of a boot before this one only the number is known: nothing measured the time between.
    if (made.boot == boot && made.uptime_ms <= uptime_ms) {
        json["oldest_age_s"] = seconds(uptime_ms - made.uptime_ms);
    } else {
        json["oldest_boot"] = made.boot;
    }
    return json;
}

Json link_status(const State& state, const LinkStatus& link) {
    Json json{{"state", state.connected ? "online" : state.connecting ? "connecting" : "offline"}};
    if (link.broker.empty()) return json;
    json["broker"] = link.broker;
    json["failed_attempts"] = link.failed_attempts;
    if (!state.connected && !state.connecting)
        json["next_attempt_in_s"] = seconds(link.next_attempt_in_ms);
    if (!link.last_failure.empty()) json["last_failure"] = link.last_failure;
    if (link.last_ack_ago_ms != UINT64_MAX) json["last_ack_ago_s"] = seconds(link.last_ack_ago_ms);
    return json;
}

std::string span_text(double s) {
    char text[48];
    if (s < 120) {
        std::snprintf(text, sizeof text, "%.0f s", s);
    } else if (s < 7'200) {
        std::snprintf(text, sizeof text, "%.0f min", s / 60);
    } else if (s < 172'800) {
        std::snprintf(text, sizeof text, "%.1f h", s / 3'600);
    } else {
        std::snprintf(text, sizeof text, "%.1f days", s / 86'400);
    }
    return text;
}

std::string lane_text(const Json& lane) {
    std::string text = lane.at("held").dump() + " held";
    if (lane.contains("oldest_age_s")) {
        text += ", oldest " + span_text(lane.at("oldest_age_s").get<double>()) + " old (seq " +
                lane.at("oldest_seq").dump() + ")";
    } else if (lane.contains("oldest_boot")) {
        text += ", oldest of boot " + lane.at("oldest_boot").dump() + " (seq " +
                lane.at("oldest_seq").dump() + ")";
    }
    return text + "; acknowledged through " + lane.at("acked_through").dump() + ", " +
           lane.at("in_flight_reports").dump() + " reports in flight";
}

std::string link_text(const Json& link) {
    std::string text = link.at("state").get<std::string>();
    if (!link.contains("broker")) return text + ", no broker configured";
    text += ", " + link.at("broker").get<std::string>();
    if (link.contains("next_attempt_in_s")) {
        text += ", next attempt in " + span_text(link.at("next_attempt_in_s").get<double>());
    }
    if (const auto failed = link.at("failed_attempts").get<std::uint64_t>(); failed > 0) {
        text += ", " + std::to_string(failed) + " failed";
    }
    text += "\nlast ack   ";
    text += link.contains("last_ack_ago_s")
                ? span_text(link.at("last_ack_ago_s").get<double>()) + " ago"
                : "none since this start";
    if (link.contains("last_failure")) {
        text += "\nlast loss  " + link.at("last_failure").get<std::string>();
    }
    return text;
}

std::string counts(const Json& object) {
    std::string text;
    for (const auto& [key, value] : object.items()) {
        if (value == 0) continue;
        text += (text.empty() ? "" : ", ") + value.dump() + " " + key;
    }
    return text.empty() ? "none" : text;
}

std::string spool_text(const Json& spool) {
    const auto used = spool.at("used_bytes").get<double>();
    const auto size = spool.at("size_bytes").get<double>();
    char text[96];
    std::snprintf(text, sizeof text, "%.0f %% of %.0f KiB; ", 100 * used / size, size / 1024);
    return text + spool.at("storage_errors").dump() + " storage errors, " +
           spool.at("corrupt_frames").dump() + " corrupt frames";
}

std::string purposes_text(std::uint32_t bits) {
    constexpr const char* kNames[] = {"safety", "diagnostics", "usage", "contact"};
    std::string text;
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if ((bits & (1U << i)) != 0) text += std::string(text.empty() ? "" : " ") + kNames[i];
    }
    return text.empty() ? "nothing may be collected" : text;
}

}  // namespace

std::string status_json(const Agent& agent, const LinkStatus& link, std::uint64_t uptime_ms) {
    const State s = agent.state();
    const Settings settings = agent.settings();
    char stream[17];
    std::snprintf(stream, sizeof stream, "%016" PRIx64, s.stream_id);
    const auto lane = [&](Lane which) {
        return lane_status(agent, which, s.lanes[index(which)], s.boot, uptime_ms);
    };
    return Json{
        {"ok", true},
        {"connected", s.connected},
        {"link", link_status(s, link)},
        {"stream_id", stream},
        {"boot", s.boot},
        {"uptime_s", seconds(uptime_ms)},
        {"urgent", lane(Lane::urgent)},
        {"bulk", lane(Lane::bulk)},
        {"spool",
         {{"used_bytes", s.spool_used_bytes},
          {"size_bytes", s.spool_size_bytes},
          {"programmed_bytes", s.spool_programmed_bytes},
          {"corrupt_frames", s.corrupt_frames},
          {"storage_errors", s.storage_errors}}},
        {"dropped",
         {{"fault", s.dropped[0]},
          {"lifecycle", s.dropped[1]},
          {"usage", s.dropped[2]},
          {"reading", s.dropped[3]}}},
        {"denied_count", s.denied_count},
        {"refused_count", s.refused_count},
        {"feed_lost_count", link.feed_lost_count},
        {"reports_sent", s.reports_sent},
        {"reports_resent", s.reports_resent},
        {"downlinks_ignored", s.downlinks_ignored},
        {"acks_ignored", s.acks_ignored},
        {"config_version", settings.config_version},
        {"consent", {{"epoch", settings.consent_epoch}, {"purposes", settings.consent_purposes}}}}
        .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string status_text(std::string_view text) {
    const Json s = Json::parse(text, nullptr, false);
    if (!s.is_object() || !s.contains("link")) return std::string(text);
    const Json others{{"denied for lack of consent", s.at("denied_count")},
                      {"refused by a full or failing spool", s.at("refused_count")},
                      {"requests no subscriber took", s.at("feed_lost_count")},
                      {"downlinks ignored", s.at("downlinks_ignored")},
                      {"acks ignored", s.at("acks_ignored")}};
    return "link       " + link_text(s.at("link")) +      //
           "\nurgent     " + lane_text(s.at("urgent")) +  //
           "\nbulk       " + lane_text(s.at("bulk")) +    //
           "\nspool      " + spool_text(s.at("spool")) +  //
           "\ndropped    " + counts(s.at("dropped")) +    //
           "\nrefused    " + counts(others) +             //
           "\nreports    " + s.at("reports_sent").dump() + " sent, " +
           s.at("reports_resent").dump() + " of them again" +  //
           "\nconsent    epoch " + s.at("consent").at("epoch").dump() + ": " +
           purposes_text(s.at("consent").at("purposes").get<std::uint32_t>()) +
           "\nsettings   version " + s.at("config_version").dump() + "\nidentity   stream " +
           s.at("stream_id").get<std::string>() + ", boot " + s.at("boot").dump() + ", up for " +
           span_text(s.at("uptime_s").get<double>());
}

}  // namespace aftercare::agent
