// rules reload: a running collector reads its rule files again, as SIGHUP makes it do, and says
// what that changed.
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/cli/remote_api.hpp"

namespace aftercare::collector {
namespace {

struct ReloadRequest {
    std::string url, token_file;
    bool json = false;
};

constexpr long kRefused = 422;

void print_list(Shell& shell, const char* what, const Json& ids) {
    if (ids.empty()) return;
    shell.out << what << ":";
    for (const Json& id : ids) shell.out << " " << id.get<std::string>();
    shell.out << "\n";
}

void print_change(Shell& shell, const Json& change) {
    for (const Json& pack : change["packs"]) {
        shell.out << pack["file"].get<std::string>() << ": " << pack["id"].get<std::string>()
                  << " version " << pack["version"].get<std::uint32_t>() << " is in force\n";
    }
    print_list(shell, "new", change["added"]);
    print_list(shell, "changed, begun afresh", change["restarted"]);
    print_list(shell, "changed, memory kept", change["altered"]);
    print_list(shell, "gone", change["removed"]);
    shell.out << "unchanged: " << change["unchanged_count"].get<std::uint64_t>() << "\n";
}

void reload(Shell& shell, const ReloadRequest& request) {
    const auto api = RemoteApi::open(request.url, request.token_file);
    if (!api) return shell.fail(api.error());
    const auto answer = (*api)->post("/api/v1/rules/reload", "{}");
    if (!answer) return shell.fail(answer.error());
    if (answer->status == kRefused) return shell.fail(Exit::config, answer->detail());
    if (answer->status != 200) {
        return shell.fail(Exit::unavailable, request.url + ": " + answer->detail());
    }
    const Result<Json> change = (*api)->object_of(*answer);
    if (!change) return shell.fail(change.error());
    if (request.json) {
        shell.out << pretty_text(*change);
    } else {
        print_change(shell, *change);
    }
}

}  // namespace

void add_reload_command(CLI::App& rules, Shell& shell) {
    auto request = std::make_shared<ReloadRequest>();
    CLI::App* command = rules.add_subcommand(
        "reload", "Let a running collector read its rule files again, and say what that changed");
    command->add_option("--url", request->url, "A running collector")->required()->type_name("URL");
    command->add_option("--token-file", request->token_file, "API token of role maker")
        ->required()
        ->type_name("FILE");
    command->add_flag("--json", request->json, "One JSON object");
    add_example(*command,
                "aftercare-collector rules reload --url http://127.0.0.1:8480 --token-file token");
    command->callback([request, &shell] { reload(shell, *request); });
}

}  // namespace aftercare::collector
