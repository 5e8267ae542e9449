#include "collector/io/desk_mail.hpp"

#include <nlohmann/json.hpp>

#include "collector/io/text/json_parse.hpp"

namespace aftercare::collector {

std::string desk_text(const DeskMail& mail) {
    const Ticket& ticket = mail.ticket;
    if (ticket.centre == mail.due.centre) return compact_text(json_of(ticket));
    return compact_text(Json{{"id", ticket.id},
                             {"tenant", ticket.tenant},
                             {"version", ticket.version},
                             {"withdrawn", true}});
}

Result<SubmitOutcome> parse_desk_outcome(const DeskTopic& topic, std::string_view text,
                                         WallTime now) {
    const auto json = parse_json(text);
    if (!json) return fail(json.error());
    const std::string tenant(topic.tenant.view());
    const std::string centre(topic.centre.view());
    auto outcome = parse_outcome(*json, tenant, now);
    if (!outcome) return fail(outcome.error());
    if (outcome->tenant != tenant) {
        return fail(Errc::denied, "member \"tenant\": the topic is of tenant \"" + tenant + "\"");
    }
    if (!outcome->centre.empty() && outcome->centre != centre) {
        return fail(Errc::denied, "member \"centre\": a centre reports its own outcomes only");
    }
    outcome->centre = centre;
    return SubmitOutcome{std::move(*outcome), centre};
}

std::string desk_receipt(const std::string& id, const Result<CommandReply>& reply) {
    if (reply) return compact_text(json_of(*reply));
    Json json = problem_json(reply.error(), 422);
    json["id"] = id.empty() ? Json() : Json(id);
    return compact_text(json);
}

}  // namespace aftercare::collector
