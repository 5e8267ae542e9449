// quarantine: what was refused, what it looked like, and its second chance.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/import_target.hpp"
#include "collector/cli/options.hpp"
#include "collector/cli/remote_api.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kBytesPerLine = 16;

struct QuarantineRequest {
    std::string reason;
    OfflineOptions offline;
    std::string url;
    std::string token_file;
    bool json = false;
};

void list(Shell& shell, const QuarantineRequest& request) {
    const auto queries = open_for_reading(shell, request.offline.database_path);
    if (!queries) return;
    const auto summaries = queries->quarantine(std::nullopt);
    if (!summaries) return shell.fail(summaries.error());
    Table table({{"tenant"},
                 {"reason"},
                 {"messages", Column::Align::right},
                 {"kept", Column::Align::right},
                 {"last"},
                 {"for example", Column::Align::left, true}});
    Json items = Json::array();
    for (const QuarantineSummary& summary : *summaries) {
        const auto samples = queries->quarantine_samples(summary.reason, summary.tenant);
        if (!samples) return shell.fail(samples.error());
        table.add({summary.tenant.empty() ? "nobody's" : summary.tenant,
                   std::string(to_string(summary.reason)), std::to_string(summary.count),
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

void complain_of_reason(Shell& shell, const std::string& reason) {
    shell.fail(Exit::usage, "no reason is called " + reason +
                                "; aftercare-collector quarantine list shows them");
}

/// "3 of acme", or "3" of nobody's.
std::string number_of(const QuarantineKey& key) {
    return std::to_string(key.ordinal) + (key.tenant.empty() ? "" : " of " + key.tenant);
}

/// The kept samples of the reason asked for, by tenant, newest first, or a failure.
std::optional<std::vector<QuarantineSample>> samples_of(Shell& shell,
                                                        const QuarantineRequest& request) {
    const auto reason = parse_refusal_reason(request.reason);
    if (!reason) {
        complain_of_reason(shell, request.reason);
        return std::nullopt;
    }
    const auto queries = open_for_reading(shell, request.offline.database_path);
    if (!queries) return std::nullopt;
    auto samples = queries->quarantine_samples(*reason, std::nullopt);
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
            item["tenant"] = sample.key.tenant.empty() ? Json() : Json(sample.key.tenant);
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
        shell.out << "number " << number_of(sample.key) << ", " << short_time(sample.received_at)
                  << ", " << sample.topic << "\n  " << sample.detail << "\n"
                  << hex_dump(sample.bytes);
        if (!sample.whole()) {
            shell.out << "  … " << sample.size_bytes << " bytes came, the first "
                      << sample.bytes.size() << " are kept\n";
        }
    }
    if (request.json) shell.out << pretty_text(Json{{"items", items}});
}

/// What became of the kept messages of one reason.
struct Retried {
    int stored = 0;
    int stored_before = 0;
    int refused = 0;
    std::size_t kept_in_part = 0;
};

void say_refused(Shell& shell, Retried& retried, const std::string& number,
                 const std::string& why) {
    shell.err << "number " << number << ": " << why << "\n";
    ++retried.refused;
}

void tell(Shell& shell, const Retried& retried) {
    shell.out << compact_text(Json{{"stored", retried.stored},
                                   {"stored_before", retried.stored_before},
                                   {"refused", retried.refused},
                                   {"kept_in_part", retried.kept_in_part}})
              << "\n";
    if (retried.refused > 0) {
        shell.fail(Exit::data, "some are still refused; they stay in quarantine");
    }
}

void retry_offline(Shell& shell, const QuarantineRequest& request) {
    auto samples = samples_of(shell, request);
    if (!samples) return;
    std::vector<std::string> warnings;
    const auto target = open_offline_target(request.offline, warnings);
    if (!target) return shell.fail(Exit::io, target.error().message);
    for (const std::string& warning : warnings) shell.err << "Note: " << warning << "\n";
    // As they came: a lane's records in order.
    std::reverse(samples->begin(), samples->end());
    std::stable_sort(samples->begin(), samples->end(),
                     [](const auto& a, const auto& b) { return a.received_at < b.received_at; });
    std::vector<ImportItem> items;
    for (QuarantineSample& sample : *samples) {
        if (sample.whole()) items.push_back({sample.key.ordinal, again(std::move(sample))});
    }
    const auto replies = (*target)->apply(items);
    if (!replies) return shell.fail(Exit::io, replies.error().message);
    Retried retried{.kept_in_part = samples->size() - items.size()};
    for (std::size_t i = 0; i < replies->size(); ++i) {
        const Result<CommandReply>& reply = (*replies)[i];
        if (!reply) {
            const auto& message = std::get<RetryRefused>(items[i].command);
            say_refused(shell, retried, number_of(message.key), reply.error().message);
        } else {
            ++(reply->kind == CommandReply::Kind::created ? retried.stored : retried.stored_before);
        }
    }
    tell(shell, retried);
}

void retry_remotely(Shell& shell, const QuarantineRequest& request) {
    const auto api = RemoteApi::open(request.url, request.token_file);
    if (!api) return shell.fail(Exit::io, api.error().message);
    const auto answer = (*api)->post("/api/v1/quarantine/" + request.reason + "/retry", "");
    if (!answer) return shell.fail(Exit::io, answer.error().message);
    if (answer->status >= 400) {
        const bool of_the_request = answer->status == 404 || answer->status == 422;
        return shell.fail(of_the_request ? Exit::data : Exit::io,
                          request.url + ": " + answer->detail());
    }
    const auto body = (*api)->object_of(*answer);
    if (!body) return shell.fail(Exit::io, body.error().message);
    Retried retried{.kept_in_part = body->value("kept_in_part", std::size_t{0})};
    for (const Json& item : body->value("items", Json::array())) {
        const std::string stored = item.value("stored", "");
        if (stored.empty()) {
            say_refused(shell, retried, item.value("id", "?"), item.value("detail", "refused"));
        } else {
            ++(stored == "now" ? retried.stored : retried.stored_before);
        }
    }
    tell(shell, retried);
}

void retry(Shell& shell, const QuarantineRequest& request) {
    if (!parse_refusal_reason(request.reason)) return complain_of_reason(shell, request.reason);
    request.url.empty() ? retry_offline(shell, request) : retry_remotely(shell, request);
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

    CLI::App* retry_action =
        group->add_subcommand("retry", "Take what is kept of one reason in after all");
    add_target_options(*retry_action, {request->offline.database_path, request->offline.config_file,
                                       request->url, request->token_file});
    retry_action->add_option("reason", request->reason, "For example unknown_device")->required();
    add_example(*retry_action,
                "aftercare-collector quarantine retry unknown_device --db aftercare.db");
    retry_action->callback([request, &shell] { retry(shell, *request); });
}

}  // namespace aftercare::collector
