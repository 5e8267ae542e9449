// quarantine: what was refused, what it looked like, and its second chance.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/import_target.hpp"
#include "collector/cli/options.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kBytesPerLine = 16;

struct QuarantineRequest {
    std::string reason;
    OfflineOptions offline;
    bool json = false;
};

void list(Shell& shell, const QuarantineRequest& request) {
    const auto queries = open_for_reading(shell, request.offline.database_path);
    if (!queries) return;
    const auto summaries = queries->quarantine();
    if (!summaries) return shell.fail(summaries.error());
    Table table({{"reason"},
                 {"messages", Column::Align::right},
                 {"kept", Column::Align::right},
                 {"last"},
                 {"for example", Column::Align::left, true}});
    Json items = Json::array();
    for (const QuarantineSummary& summary : *summaries) {
        const auto samples = queries->quarantine_samples(summary.reason);
        if (!samples) return shell.fail(samples.error());
        table.add({std::string(to_string(summary.reason)), std::to_string(summary.count),
                   std::to_string(samples->size()), short_time(summary.last_at),
                   summary.last_detail});
        items.push_back(json_of(summary));
        items.back()["kept"] = samples->size();
    }
    shell.out << (request.json ? pretty_text(Json{{"items", items}}) : table.text(shell.terminal));
}

/// Sixteen bytes a line, as numbers and as text.
std::string hex_dump(const std::string& bytes) {
    std::string text;
    char number[32];
    for (std::size_t at = 0; at < bytes.size(); at += kBytesPerLine) {
        std::snprintf(number, sizeof number, "  %06zx ", at);
        text += number;
        std::string letters;
        for (std::size_t i = at; i < std::min(at + kBytesPerLine, bytes.size()); ++i) {
            const auto byte = static_cast<unsigned char>(bytes[i]);
            std::snprintf(number, sizeof number, " %02x", byte);
            text += number;
            letters += byte >= 0x20 && byte < 0x7f ? bytes[i] : '.';
        }
        text += std::string((kBytesPerLine - letters.size()) * 3 + 2, ' ') + letters + "\n";
    }
    return text;
}

/// The kept samples of the reason asked for, newest first, or a failure.
std::optional<std::vector<QuarantineSample>> samples_of(Shell& shell,
                                                        const QuarantineRequest& request) {
    const auto reason = parse_refusal_reason(request.reason);
    if (!reason) {
        shell.fail(Exit::usage, "no reason is called " + request.reason +
                                    "; aftercare-collector quarantine list shows them");
        return std::nullopt;
    }
    const auto queries = open_for_reading(shell, request.offline.database_path);
    if (!queries) return std::nullopt;
    auto samples = queries->quarantine_samples(*reason);
    if (samples) return std::move(*samples);
    shell.fail(samples.error());
    return std::nullopt;
}

void show(Shell& shell, const QuarantineRequest& request) {
    const auto samples = samples_of(shell, request);
    if (!samples) return;
    Json items = Json::array();
    for (const QuarantineSample& sample : *samples) {
        if (request.json) {
            Json item = json_of(sample);
            std::string hex;
            for (const char c : sample.bytes) {
                constexpr std::string_view kDigits = "0123456789abcdef";
                hex += kDigits[static_cast<unsigned char>(c) >> 4];
                hex += kDigits[static_cast<unsigned char>(c) & 15];
            }
            item["bytes_hex"] = hex;
            items.push_back(std::move(item));
            continue;
        }
        shell.out << "number " << sample.key.ordinal << ", " << short_time(sample.received_at)
                  << ", " << sample.topic << "\n  " << sample.detail << "\n"
                  << hex_dump(sample.bytes);
        if (!sample.whole()) {
            shell.out << "  … " << sample.size_bytes << " bytes came, the first "
                      << sample.bytes.size() << " are kept\n";
        }
    }
    if (request.json) shell.out << pretty_text(Json{{"items", items}});
}

void retry(Shell& shell, const QuarantineRequest& request) {
    auto samples = samples_of(shell, request);
    if (!samples) return;
    std::vector<std::string> warnings;
    const auto target = open_offline_target(request.offline, warnings);
    if (!target) return shell.fail(Exit::io, target.error().message);
    for (const std::string& warning : warnings) shell.err << "Note: " << warning << "\n";
    std::reverse(samples->begin(), samples->end());  // as they came: a lane's records in order
    std::vector<ImportItem> items;
    for (QuarantineSample& sample : *samples) {
        if (sample.whole()) items.push_back({sample.key.ordinal, again(std::move(sample))});
    }
    const auto replies = (*target)->apply(items);
    if (!replies) return shell.fail(Exit::io, replies.error().message);
    Json tally{{"stored", 0}, {"stored_before", 0}, {"refused", 0}};
    tally["kept_in_part"] = samples->size() - items.size();
    for (std::size_t i = 0; i < replies->size(); ++i) {
        const Result<CommandReply>& reply = (*replies)[i];
        if (!reply) {
            shell.err << "number " << items[i].line << ": " << reply.error().message << "\n";
        }
        const char* kind = !reply                                       ? "refused"
                           : reply->kind == CommandReply::Kind::created ? "stored"
                                                                        : "stored_before";
        tally[kind] = tally[kind].get<int>() + 1;
    }
    shell.out << compact_text(tally) << "\n";
    if (tally["refused"] != 0) {
        shell.fail(Exit::data, "some are still refused; they stay in quarantine");
    }
}

CLI::App* add_action(CLI::App& group, const char* name, const char* help,
                     const std::shared_ptr<QuarantineRequest>& request) {
    CLI::App* action = group.add_subcommand(name, help);
    add_database_option(*action, request->offline.database_path);
    return action;
}

}  // namespace

void add_quarantine_commands(CLI::App& app, Shell& shell) {
    CLI::App* group = app.add_subcommand("quarantine", "What was refused, and its second chance");
    group->require_subcommand(1);
    auto request = std::make_shared<QuarantineRequest>();

    CLI::App* list_action = add_action(*group, "list", "Reasons with exact counts", request);
    list_action->add_flag("--json", request->json, "One JSON object");
    add_example(*list_action, "aftercare-collector quarantine list --db aftercare.db");
    list_action->callback([request, &shell] { list(shell, *request); });

    CLI::App* show_action = add_action(*group, "show", "What is kept of one reason", request);
    show_action->add_option("reason", request->reason, "For example unknown_device")->required();
    show_action->add_flag("--json", request->json, "One JSON object");
    add_example(*show_action,
                "aftercare-collector quarantine show unknown_device --db aftercare.db");
    show_action->callback([request, &shell] { show(shell, *request); });

    CLI::App* retry_action = add_action(
        *group, "retry",
        "Take what is kept of one reason in after all; no collector may run (with a running one: "
        "POST /api/v1/quarantine/REASON/retry)",
        request);
    retry_action->add_option("reason", request->reason, "For example unknown_device")->required();
    retry_action
        ->add_option("--config", request->offline.config_file,
                     "Settings, catalogue and rules; default: what the database keeps")
        ->type_name("FILE");
    add_example(*retry_action,
                "aftercare-collector quarantine retry unknown_device --db aftercare.db");
    retry_action->callback([request, &shell] { retry(shell, *request); });
}

}  // namespace aftercare::collector
