// problems: list and show.
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/cli/paging.hpp"

namespace aftercare::collector {
namespace {

struct ProblemsRequest {
    std::string database_path;
    ProblemFilter filter;
    std::string id;
    bool json = false;
};

void list_problems_of(Shell& shell, const ProblemsRequest& request) {
    const auto queries = open_for_reading(shell, request.database_path);
    if (!queries) return;
    Table table({{"problem"},
                 {"state"},
                 {"rule"},
                 {"model"},
                 {"firmware"},
                 {"began"},
                 {"attaching"},
                 {"devices", Column::Align::right},
                 {"tickets", Column::Align::right},
                 {"of fleet", Column::Align::right}});
    Json items = Json::array();
    const auto more = each_item(
        request.filter, kNoLimit,
        [&](const ProblemFilter& asked) { return queries->problems(asked); },
        [&](const Problem& p) {
            items.push_back(json_of(p));
            const bool attaching = is_unsettled(p.state) && !p.guard_ended_at;
            table.add({p.id, std::string(to_string(p.state)), p.rule_id, p.model, p.firmware,
                       short_time(p.started_at), attaching ? "yes" : "no",
                       std::to_string(p.device_count), std::to_string(p.ticket_count),
                       std::to_string(p.fleet_count)});
        });
    if (!more) return shell.fail(more.error());
    shell.out << (request.json ? pretty_text(Json{{"items", items}}) : table.text(shell.terminal));
}

void print_problem(Shell& shell, const Problem& p) {
    Table table({{"problem " + p.id}, {"", Column::Align::left, true}});
    const auto add = [&](const char* name, std::string value) {
        if (!value.empty()) table.add({name, std::move(value)});
    };
    add("state", std::string(to_string(p.state)));
    add("rule", p.rule_id);
    add("devices of", p.model + ", firmware " + p.firmware + ", tenant " + p.tenant);
    add("failure mode", p.failure_mode + " (" + p.component + ")");
    add("began", short_time(p.started_at) + " with " + std::to_string(p.start_count) + " of " +
                     std::to_string(p.fleet_count) + " devices");
    add("guard ended", p.guard_ended_at ? short_time(p.guard_ended_at) : "");
    add("decided", p.decided_at ? short_time(p.decided_at) + " by " + p.who + ": " + p.why : "");
    add("code", p.code ? std::string(to_string(*p.code)) : "");
    add("settled", p.settled_at ? short_time(p.settled_at) : "");
    add("attached", std::to_string(p.device_count) + " devices, " +
                        std::to_string(p.detection_count) + " detections");
    add("led to by", std::to_string(p.ticket_count) + " tickets");
    shell.out << table.text(shell.terminal);
}

void show_problem_of(Shell& shell, const ProblemsRequest& request) {
    const auto queries = open_for_reading(shell, request.database_path);
    if (!queries) return;
    Result<ProblemDetail> first = queries->problem({.problem_id = request.id, .limit = kPageMax});
    if (!first) return shell.fail(first.error());
    ProblemDetail detail = std::move(*first);
    while (!detail.devices.next_cursor.empty()) {
        auto next = queries->problem({request.id, kPageMax, detail.devices.next_cursor});
        if (!next) return shell.fail(next.error());
        auto& items = detail.devices.items;
        items.insert(items.end(), next->devices.items.begin(), next->devices.items.end());
        detail.devices.next_cursor = next->devices.next_cursor;
    }
    if (request.json) {
        shell.out << pretty_text(json_of(detail));
        return;
    }
    print_problem(shell, detail.problem);
    Table events({{"when"}, {"who"}, {"what"}, {"why", Column::Align::left, true}});
    for (const ProblemEvent& e : detail.events) {
        events.add({short_time(e.at), e.who, e.kind, e.why});
    }
    Table devices({{"device"},
                   {"attached"},
                   {"detected"},
                   {"last"},
                   {"detections", Column::Align::right},
                   {"ticket"}});
    for (const ProblemDevice& d : detail.devices.items) {
        devices.add({d.device_id, d.attached ? "yes" : "no", short_time(d.detected_at),
                     short_time(d.last_at), std::to_string(d.detection_count),
                     d.ticket_id.empty() ? "–" : d.ticket_id});
    }
    shell.out << "\n" << events.text(shell.terminal) << "\n" << devices.text(shell.terminal);
}

}  // namespace

void add_problems_commands(CLI::App& app, Shell& shell) {
    CLI::App* problems = app.add_subcommand("problems", "List fleet problems, show one");
    problems->require_subcommand(1);
    auto request = std::make_shared<ProblemsRequest>();
    CLI::App* list = problems->add_subcommand("list", "List fleet problems, newest first");
    add_database_option(*list, request->database_path);
    list->add_option("--state", request->filter.state,
                     "unsettled, open, released, rolled_up or resolved");
    list->add_option("--rule", request->filter.rule_id, "Rule id");
    list->add_option("--model", request->filter.model, "Model");
    list->add_option("--tenant", request->filter.tenant, "Tenant");
    list->add_flag("--json", request->json, "One JSON object");
    add_example(*list, "aftercare-collector problems list --db aftercare.db --state unsettled");
    list->callback([request, &shell] { list_problems_of(shell, *request); });

    CLI::App* show = problems->add_subcommand("show", "Show a problem with all of its devices");
    add_database_option(*show, request->database_path);
    show->add_option("id", request->id, "Problem id")->required();
    show->add_flag("--json", request->json, "One JSON object");
    add_example(*show, "aftercare-collector problems show P0123456789AB --db aftercare.db");
    show->callback([request, &shell] { show_problem_of(shell, *request); });
}

}  // namespace aftercare::collector
