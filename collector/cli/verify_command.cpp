// verify: does everything derived follow from what was received?
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/kept_knowledge.hpp"
#include "collector/cli/options.hpp"
#include "collector/io/sqlite/verify.hpp"

namespace aftercare::collector {
namespace {

void print_json(Shell& shell, const VerifyReport& report) {
    Json json;
    json["sound"] = report.sound();
    json["checks"] = Json::array();
    for (const VerifyCheck& check : report.checks) {
        Json item;
        item["name"] = check.name;
        item["promise"] = check.promise;
        item["examined"] = check.examined;
        item["wrong"] = check.wrong;
        item["not_comparable"] = check.not_comparable;
        item["example"] = check.example.empty() ? Json() : Json(check.example);
        json["checks"].push_back(item);
    }
    shell.out << pretty_text(json);
}

void print_table(Shell& shell, const VerifyReport& report) {
    constexpr auto kRight = Column::Align::right;
    Table table({{"check", Column::Align::left, true},
                 {"examined", kRight},
                 {"wrong", kRight},
                 {"not comparable", kRight}});
    for (const VerifyCheck& check : report.checks) {
        table.add({check.promise, std::to_string(check.examined), std::to_string(check.wrong),
                   std::to_string(check.not_comparable)});
    }
    shell.out << table.text(shell.terminal);
    for (const VerifyCheck& check : report.checks) {
        if (check.wrong > 0) shell.out << check.name << ": " << check.example << "\n";
    }
}

/// One line a stage, where somebody watches.
std::function<void(std::string_view)> stage_line(Shell& shell) {
    if (!shell.terminal.talk_is_watched) return {};
    return [&shell](std::string_view stage) {
        shell.err << "checking " << stage << " …\n" << std::flush;
    };
}

void verify(Shell& shell, const std::string& path, bool json) {
    const Result<KeptKnowledge> kept = kept_knowledge(path);
    if (!kept) return shell.fail(Exit::io, kept.error().message);
    const auto detector = Detector::create(kept->pack, kept->catalogue);
    if (!detector) return shell.fail(Exit::data, detector.error().message);
    const Result<VerifyReport> report =
        verify_database(path, {.on_stage = stage_line(shell),
                               .knowledge = {&kept->catalogue, detector->get(), kept->since}});
    if (!report) return shell.fail(Exit::io, report.error().message);
    if (json) {
        print_json(shell, *report);
    } else {
        print_table(shell, *report);
    }
    if (!report->sound()) shell.fail(Exit::data, path + " is not sound");
}

}  // namespace

void add_verify_command(CLI::App& app, Shell& shell) {
    CLI::App* command = app.add_subcommand(
        "verify", "Recompute what is derived and compare; exit 65 when it differs");
    auto path = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    add_database_option(*command, *path);
    command->add_flag("--json", *json, "One JSON object");
    add_example(*command, "aftercare-collector verify --db aftercare.db");
    command->callback([path, json, &shell] { verify(shell, *path, *json); });
}

}  // namespace aftercare::collector
