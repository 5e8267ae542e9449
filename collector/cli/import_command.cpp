// import: devices and outcomes from CSV.
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "collector/cli/commands.hpp"
#include "collector/cli/import_target.hpp"
#include "collector/cli/options.hpp"
#include "collector/cli/remote_api.hpp"
#include "collector/io/text/csv.hpp"

namespace aftercare::collector {
namespace {

constexpr std::uintmax_t kFileBytesMax = 1ULL << 30U;

struct ImportRequest {
    std::string file;
    OfflineOptions offline;
    std::string url;
    std::string token_file;
    bool json = false;
};

struct Tally {
    std::size_t created = 0;
    std::size_t updated = 0;
    std::size_t unchanged = 0;
    std::size_t refused = 0;
};

Result<std::string> read_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary | std::ios::ate);
    if (!stream) return fail(Errc::not_found, path + ": cannot be read");
    if (static_cast<std::uintmax_t>(stream.tellg()) > kFileBytesMax) {
        return fail(Errc::exhausted, path + ": larger than 1 GiB, import it in parts");
    }
    stream.seekg(0);
    std::ostringstream text;
    text << stream.rdbuf();
    return std::move(text).str();
}

Result<std::unique_ptr<ImportTarget>> open_target(Shell& shell, const ImportRequest& request) {
    if (!request.url.empty()) return open_remote_target(request.url, request.token_file);
    std::vector<std::string> warnings;
    auto target = open_offline_target(request.offline, warnings);
    for (const std::string& warning : warnings) shell.err << "Note: " << warning << "\n";
    if (!target && target.error().code == Errc::unavailable) {
        return fail(Errc::unavailable, target.error().message +
                                           ". Into a running collector import with --url and "
                                           "--token-file");
    }
    return target;
}

void refuse(Shell& shell, const std::string& file, std::size_t line, const std::string& why,
            Tally& tally) {
    shell.err << file << ":" << line << ": " << why << "\n";
    ++tally.refused;
}

void count(const CommandReply& reply, Tally& tally) {
    switch (reply.kind) {
        case CommandReply::Kind::created:
            ++tally.created;
            break;
        case CommandReply::Kind::updated:
            ++tally.updated;
            break;
        case CommandReply::Kind::unchanged:
            ++tally.unchanged;
            break;
    }
}

Status send_all(Shell& shell, const ImportRequest& request, const ImportRows& rows,
                ImportTarget& target, Tally& tally) {
    const std::span<const ImportItem> items(rows.items);
    for (std::size_t done = 0; done < items.size();) {
        const auto batch = items.subspan(done, std::min(kImportBatchMax, items.size() - done));
        const auto replies = target.apply(batch);
        if (!replies) return fail(replies.error());
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const Result<CommandReply>& reply = replies->at(i);
            if (reply) {
                count(*reply, tally);
            } else {
                refuse(shell, request.file, batch[i].line, reply.error().message, tally);
            }
        }
        done += batch.size();
    }
    return {};
}

void print_tally(Shell& shell, const Tally& tally, bool as_json) {
    if (as_json) {
        Json json;
        json["created"] = tally.created;
        json["updated"] = tally.updated;
        json["unchanged"] = tally.unchanged;
        json["refused"] = tally.refused;
        shell.out << compact_text(json) << "\n";
    } else {
        shell.out << tally.created << " created, " << tally.updated << " updated, "
                  << tally.unchanged << " unchanged, " << tally.refused << " refused\n";
    }
}

bool names_tenants(std::string_view csv) {
    const auto reader = CsvReader::create(csv);
    return reader && reader->column("tenant").has_value();
}

void import_file(Shell& shell, ImportKind kind, const ImportRequest& request) {
    const Result<std::string> text = read_file(request.file);
    if (!text) return shell.fail(Exit::io, text.error().message);
    const auto target = open_target(shell, request);
    if (!target) return shell.fail(Exit::io, target.error().message);
    std::string tenant = request.offline.tenant;
    if (tenant.empty() && !names_tenants(*text)) {
        const Result<std::string> only = (*target)->default_tenant();
        if (!only) return shell.fail(Exit::usage, only.error().message);
        tenant = *only;
    }
    const auto rows = read_import(kind, *text, tenant);
    if (!rows) return shell.fail(Exit::data, request.file + ": " + rows.error().message);
    for (const std::string& column : rows->ignored_columns) {
        shell.err << "Note: column " << column << " is not used\n";
    }
    Tally tally;
    for (const RefusedRow& row : rows->refused) {
        refuse(shell, request.file, row.line, row.why, tally);
    }
    const Status sent = send_all(shell, request, *rows, **target, tally);
    print_tally(shell, tally, request.json);
    if (!sent) return shell.fail(Exit::io, sent.error().message);
    if (tally.refused > 0) {
        shell.fail(Exit::data,
                   std::to_string(tally.refused) + " rows were refused, the others are in");
    }
}

void add_kind(CLI::App& import, Shell& shell, ImportKind kind, const char* name, const char* help,
              const char* example) {
    auto request = std::make_shared<ImportRequest>();
    CLI::App* command = import.add_subcommand(name, help);
    command->add_option("file", request->file, "CSV file with a header row")
        ->required()
        ->type_name("FILE");
    add_target_options(*command, {request->offline.database_path, request->offline.config_file,
                                  request->url, request->token_file});
    command->add_option("--tenant", request->offline.tenant, "Tenant of rows that name none");
    command->add_flag("--json", request->json, "The counts as one JSON object");
    add_example(*command, example);
    command->callback([request, kind, &shell] { import_file(shell, kind, *request); });
}

}  // namespace

void add_import_commands(CLI::App& app, Shell& shell) {
    CLI::App* import = app.add_subcommand(
        "import", "Import CSV; bad rows are named by line and left out, good ones come in");
    import->require_subcommand(1);
    add_kind(*import, shell, ImportKind::devices, "devices", "Register devices, or change them",
             "aftercare-collector import devices devices.csv --db aftercare.db --tenant acme");
    add_kind(*import, shell, ImportKind::outcomes, "outcomes", "Bring back what service found",
             "aftercare-collector import outcomes outcomes.csv --db aftercare.db --tenant acme");
}

}  // namespace aftercare::collector
