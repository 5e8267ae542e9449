// tickets: list and show.
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/cli/paging.hpp"
#include "collector/io/text/ticket_csv.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

struct ListRequest {
    std::string database_path;
    TicketFilter filter;
    std::optional<std::size_t> limit;
    bool json = false;
    bool csv = false;
};

template <class Visit>
Result<bool> each_ticket(Queries& queries, TicketFilter filter, std::size_t limit, Visit visit) {
    return each_item(
        std::move(filter), limit, [&](const TicketFilter& asked) { return queries.tickets(asked); },
        visit);
}

Result<bool> list_csv(Shell& shell, Queries& queries, const ListRequest& request) {
    std::string line;
    CsvWriter csv(line, CsvWriter::LineEnd::lf);
    append_ticket_header(csv);
    const auto more = each_ticket(queries, request.filter, request.limit.value_or(kNoLimit),
                                  [&](const Ticket& ticket) {
                                      append_ticket(csv, ticket);
                                      shell.out << line;
                                      line.clear();
                                  });
    shell.out << line;  // the header, when there was no ticket
    return more;
}

Result<bool> list_json(Shell& shell, Queries& queries, const ListRequest& request) {
    shell.out << "{\"items\": [";
    const char* separator = "\n";
    const auto more = each_ticket(queries, request.filter, request.limit.value_or(kNoLimit),
                                  [&](const Ticket& ticket) {
                                      shell.out << separator << compact_text(json_of(ticket));
                                      separator = ",\n";
                                  });
    shell.out << "\n]}\n";
    return more;
}

std::string percent(const Ticket& ticket) {
    if (ticket.origin == Origin::reactive) return "";
    return std::to_string(static_cast<int>(ticket.probability * 100 + 0.5)) + " %";
}

Result<bool> list_table(Shell& shell, Queries& queries, const ListRequest& request) {
    Table table({{"ticket"},
                 {"state"},
                 {"origin"},
                 {"device", Column::Align::left, true},
                 {"failure mode", Column::Align::left, true},
                 {"prob.", Column::Align::right},
                 {"opened"},
                 {"contacted"},
                 {"outcome", Column::Align::left, true}});
    const auto more = each_ticket(
        queries, request.filter, request.limit.value_or(kTableRowsDefault), [&](const Ticket& t) {
            table.add({t.id, std::string(to_string(t.state)), std::string(to_string(t.origin)),
                       t.device_id, t.failure_mode.empty() ? t.component : t.failure_mode,
                       percent(t), short_time(t.opened_at), short_time(t.contacted_at),
                       t.outcome ? std::string(to_string(*t.outcome)) : "–"});
        });
    shell.out << table.text(shell.terminal);
    return more;
}

void list(Shell& shell, const ListRequest& request) {
    const auto queries = open_for_reading(shell, request.database_path);
    if (!queries) return;
    const auto more = request.csv    ? list_csv(shell, *queries, request)
                      : request.json ? list_json(shell, *queries, request)
                                     : list_table(shell, *queries, request);
    if (!more) return shell.fail(more.error());
    if (*more) shell.err << "There are more; --limit N shows them.\n";
}

/// The sentences of the evidence; evidence without one is told by the JSON.
std::vector<std::string> evidence_sentences(const Ticket& ticket) {
    std::vector<std::string> sentences;
    const Json evidence = Json::parse(ticket.evidence_json, nullptr, false);
    if (!evidence.is_array()) return sentences;
    for (const Json& item : evidence) {
        if (item.is_object() && item.contains("sentence") && item["sentence"].is_string()) {
            sentences.push_back(item["sentence"].get<std::string>());
        }
    }
    return sentences;
}

std::string service_level(const Ticket& ticket) {
    const std::string policy = ticket.sla.terms.substr(0, ticket.sla.terms.find('#'));
    const char* clock = !is_open(ticket.state)     ? "ended"
                        : ticket.sla.running_since ? "running"
                                                   : "paused";
    return policy.empty() ? "" : policy + ", clock " + clock;
}

std::string target_text(const Ticket& ticket, const TargetClock& clock) {
    if (ticket.sla.terms.empty() && !clock.due_at) return "";
    std::string text = clock.due_at ? "due " + short_time(clock.due_at) : "nothing due";
    text += ", " + format_duration(clock.spent) + " spent";
    if (clock.met) text += ", answered";
    if (clock.breached) return text + ", breached";
    return clock.at_risk ? text + ", at risk" : text;
}

void print_facts(Shell& shell, const Ticket& t) {
    Table table({{"ticket " + t.id}, {"", Column::Align::left, true}});
    const auto add = [&](const char* name, std::string value) {
        if (!value.empty()) table.add({name, std::move(value)});
    };
    add("state", std::string(to_string(t.state)));
    add("origin", std::string(to_string(t.origin)) + (t.rule.empty() ? "" : " by " + t.rule));
    add("device", t.device_id + " (" + t.model +
                      (t.firmware.empty() ? "" : ", firmware " + t.firmware) + ", tenant " +
                      t.tenant + ")");
    add("component", t.component);
    add("failure mode", t.failure_mode);
    add("severity", std::string(to_string(t.severity)));
    if (t.origin != Origin::reactive) {
        add("probability",
            percent(t) + " within " + std::to_string(static_cast<long>(t.horizon_h)) + " h");
    }
    for (const std::string& sentence : evidence_sentences(t)) add("evidence", sentence);
    add("detected", short_time(t.detected_at));
    add("opened", short_time(t.opened_at));
    add("first contact", short_time(t.contacted_at));
    add("resolved", short_time(t.resolved_at));
    add("verified", t.verified_at ? short_time(t.verified_at) : "");
    add("failed", t.failed_at ? short_time(t.failed_at) : "");
    add("outcome",
        t.outcome ? std::string(to_string(*t.outcome)) + " → " + std::string(to_string(t.decision))
                  : "");
    add("service centre", t.centre.empty() ? "none (unroutable)" : t.centre);
    add("why this centre", t.work.route_reason);
    if (t.work.queue == RouteQueue::over_capacity) add("queue", "over capacity");
    add("assigned to", t.work.assignee);
    if (t.work.escalation_level > 0) {
        add("escalated", "level " + std::to_string(t.work.escalation_level));
    }
    add("goes on as", t.work.merged_into);
    add("service level", service_level(t));
    add("first response", target_text(t, t.sla.first_response));
    add("resolution", target_text(t, t.sla.resolution));
    add("warranty", std::string(to_string(t.warranty)));
    add("recurs of", t.recurs_of);
    shell.out << table.text(shell.terminal);
}

void print_history(Shell& shell, const TicketDetail& detail) {
    Table events({{"when"}, {"who"}, {"what"}, {"state"}, {"why", Column::Align::left, true}});
    for (const TicketEvent& e : detail.events) {
        const std::string to = e.to ? std::string(to_string(*e.to)) : "";
        events.add({short_time(e.at), e.who, e.kind, to, e.why});
    }
    shell.out << "\n" << events.text(shell.terminal);
    if (!detail.contacts.empty()) {
        Table contacts({{"contact"},
                        {"direction"},
                        {"channel"},
                        {"result"},
                        {"note", Column::Align::left, true}});
        for (const Contact& c : detail.contacts) {
            contacts.add({short_time(c.at), std::string(to_string(c.direction)),
                          std::string(to_string(c.channel)), c.result, c.note});
        }
        shell.out << "\n" << contacts.text(shell.terminal);
    }
    if (!detail.outcomes.empty()) {
        Table outcomes({{"outcome at"},
                        {"code"},
                        {"component"},
                        {"visits", Column::Align::right},
                        {"matched", Column::Align::left, true}});
        for (const Outcome& o : detail.outcomes) {
            outcomes.add({short_time(o.at), std::string(to_string(o.code)), o.component,
                          std::to_string(o.visit_count), o.match_reason});
        }
        shell.out << "\n" << outcomes.text(shell.terminal);
    }
}

void show(Shell& shell, const std::string& path, const std::string& id, bool json) {
    const auto queries = open_for_reading(shell, path);
    if (!queries) return;
    const Result<TicketDetail> detail = queries->ticket(id);
    if (!detail) return shell.fail(detail.error());
    if (json) {
        shell.out << pretty_text(json_of(*detail));
        return;
    }
    print_facts(shell, detail->ticket);
    print_history(shell, *detail);
}

void add_list(CLI::App& tickets, Shell& shell) {
    auto request = std::make_shared<ListRequest>();
    CLI::App* list_command = tickets.add_subcommand("list", "List tickets");
    add_database_option(*list_command, request->database_path);
    TicketFilter& filter = request->filter;
    list_command->add_option("--state", filter.state, "A state, or open_any");
    list_command->add_option("--origin", filter.origin, "predicted, reactive or verification");
    list_command->add_option("--device", filter.device_id, "Device id");
    list_command->add_option("--centre", filter.centre, "Service centre");
    list_command->add_option("--component", filter.component, "Component");
    list_command->add_option("--sla", filter.sla, "at_risk or breached: open ones only");
    list_command->add_option("--queue", filter.queue,
                             "unroutable or over_capacity: open ones only");
    list_command->add_option("--assignee", filter.assignee, "Who works on it");
    list_command->add_flag("--escalated", filter.escalated, "Open ones that were escalated");
    list_command->add_option("--tenant", filter.tenant, "Tenant");
    list_command
        ->add_option_function<std::size_t>(
            "--limit", [request](std::size_t limit) { request->limit = limit; },
            "At most so many; default: all, in a table " + std::to_string(kTableRowsDefault))
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    CLI::Option* json = list_command->add_flag("--json", request->json, "One JSON object");
    list_command->add_flag("--csv", request->csv, "CSV with stable columns")->excludes(json);
    add_example(*list_command,
                "aftercare-collector tickets list --db aftercare.db --state open_any");
    list_command->callback([request, &shell] { list(shell, *request); });
}

}  // namespace

void add_tickets_commands(CLI::App& app, Shell& shell) {
    CLI::App* tickets = app.add_subcommand("tickets", "List tickets, show one");
    tickets->require_subcommand(1);
    add_list(*tickets, shell);

    struct ShowRequest {
        std::string database_path, id;
        bool json = false;
    };
    auto request = std::make_shared<ShowRequest>();
    CLI::App* show_command = tickets->add_subcommand("show", "Show a ticket with its history");
    add_database_option(*show_command, request->database_path);
    show_command->add_option("id", request->id, "Ticket id")->required();
    show_command->add_flag("--json", request->json, "One JSON object");
    add_example(*show_command, "aftercare-collector tickets show T0123456789AB --db aftercare.db");
    show_command->callback(
        [request, &shell] { show(shell, request->database_path, request->id, request->json); });
}

}  // namespace aftercare::collector
