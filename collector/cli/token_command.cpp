// token: who may use the API.
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/io/http/token.hpp"
#include "collector/io/sqlite/tokens.hpp"

namespace aftercare::collector {
namespace {

struct TokenRequest {
    std::string database_path;
    std::string role;
    Principal principal;
    bool json = false;
};

std::unique_ptr<SqliteTokens> open_tokens(Shell& shell, const std::string& path) {
    auto tokens = SqliteTokens::open(path);
    if (!tokens) {
        shell.fail(Exit::io, tokens.error().message);
        return nullptr;
    }
    return std::move(*tokens);
}

void create(Shell& shell, TokenRequest request) {
    const auto tokens = open_tokens(shell, request.database_path);
    if (!tokens) return;
    request.principal.role = *parse_role(request.role);
    const Result<std::string> token = create_token(*tokens, request.principal, real_now());
    if (!token) return shell.fail(token.error());
    if (request.json) {
        Json json;
        json["token"] = *token;
        json["role"] = request.role;
        json["tenant"] = request.principal.tenant;
        shell.out << compact_text(json) << "\n";
    } else {
        shell.out << *token << "\n";
    }
    shell.err << "This token is shown once; only its hash is kept.\n";
}

void list(Shell& shell, const TokenRequest& request) {
    const auto tokens = open_tokens(shell, request.database_path);
    if (!tokens) return;
    const auto rows = tokens->list();
    if (!rows) return shell.fail(rows.error());
    Table table({{"name"}, {"role"}, {"tenant"}, {"centre"}, {"created"}, {"revoked"}});
    Json items = Json::array();
    for (const TokenRow& row : *rows) {
        const Principal& who = row.principal;
        table.add({who.name, std::string(to_string(who.role)), who.tenant, who.centre,
                   short_time(row.created_at), short_time(row.revoked_at)});
        items.push_back(Json{{"name", who.name},
                             {"role", std::string(to_string(who.role))},
                             {"tenant", who.tenant},
                             {"centre", who.centre},
                             {"created_at", json_of(row.created_at)},
                             {"revoked_at", row.revoked_at ? json_of(*row.revoked_at) : Json()}});
    }
    shell.out << (request.json ? pretty_text(Json{{"items", items}}) : table.text(shell.terminal));
}

void revoke(Shell& shell, const TokenRequest& request) {
    const auto tokens = open_tokens(shell, request.database_path);
    if (!tokens) return;
    if (Status status = tokens->revoke(request.principal.name, real_now()); !status) {
        return shell.fail(status.error());
    }
    shell.err << "Token " << request.principal.name << " no longer works.\n";
}

}  // namespace

void add_token_commands(CLI::App& app, Shell& shell) {
    CLI::App* token = app.add_subcommand("token", "Make, list and revoke API tokens");
    token->require_subcommand(1);
    auto request = std::make_shared<TokenRequest>();

    CLI::App* create_command = token->add_subcommand("create", "Make a token and print it, once");
    add_database_option(*create_command, request->database_path);
    create_command->add_option("--role", request->role, "maker, centre or auditor")
        ->required()
        ->check(CLI::IsMember({"maker", "centre", "auditor"}));
    create_command->add_option("--tenant", request->principal.tenant, "Tenant it acts for")
        ->required();
    create_command->add_option("--centre", request->principal.centre,
                               "Service centre, with role centre");
    create_command->add_option("--name", request->principal.name,
                               "Shown in ticket events; default: made up");
    create_command->add_flag("--json", request->json, "One JSON object");
    add_example(*create_command,
                "aftercare-collector token create --db aftercare.db --role maker --tenant acme");
    create_command->callback([request, &shell] { create(shell, *request); });

    CLI::App* list_command = token->add_subcommand("list", "List the tokens, never their secrets");
    add_database_option(*list_command, request->database_path);
    list_command->add_flag("--json", request->json, "One JSON object");
    add_example(*list_command, "aftercare-collector token list --db aftercare.db");
    list_command->callback([request, &shell] { list(shell, *request); });

    CLI::App* revoke_command =
        token->add_subcommand("revoke", "End a token at once; the list keeps it");
    add_database_option(*revoke_command, request->database_path);
    revoke_command->add_option("name", request->principal.name, "Its name")->required();
    add_example(*revoke_command,
                "aftercare-collector token revoke maker-0a1b2c3d --db aftercare.db");
    revoke_command->callback([request, &shell] { revoke(shell, *request); });
}

}  // namespace aftercare::collector
