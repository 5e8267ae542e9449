// A little language for the API's tests: who asks what, and what comes back.
#pragma once

#include <nlohmann/json.hpp>

#include "collector/io/http/api.hpp"
#include "collector/io/http/token.hpp"
#include "tests/unit/collector_http/fake_reads.hpp"

namespace aftercare::collector {

/// Two tenants, two centres, a ticket each.
class ApiFixture {
  public:
    explicit ApiFixture(ApiLimits limits_in = {{1e9, 1e9}, {1e9, 1e9}}) : limits(limits_in) {
        add_device(1, "acme", "wm-1", "north");
        add_device(2, "acme", "wm-2", "south");
        add_device(3, "rival", "wm-3", "north");
        add_ticket("t-north", 0);
        add_ticket("t-south", 1);
        add_ticket("t-rival", 2);
        FakeTokens tokens(data);
        const auto make = [&](Role role, const char* centre) {
            return create_token(tokens, {"", role, "acme", centre}, now).value();
        };
        maker = make(Role::maker, "");
        auditor = make(Role::auditor, "");
        north = make(Role::centre, "north");
    }

    Response ask(const std::string& method, const std::string& target, const std::string& token,
                 const std::string& body = {},
                 std::map<std::string, std::string, std::less<>> headers = {}) {
        if (!token.empty()) headers["authorization"] = "Bearer " + token;
        answered = 0;
        api.handle({method, target, std::move(headers), body}, [this](Response response) {
            ++answered;
            last = std::move(response);
        });
        if (answered == 0) serve_commands();
        return last;
    }
    Response get(const std::string& target, const std::string& token) {
        return ask("GET", target, token);
    }
    Response post(const std::string& target, const std::string& token, const std::string& body) {
        return ask("POST", target, token, body);
    }
    nlohmann::json body() const { return nlohmann::json::parse(last.body); }
    std::string field() const { return body().value("field", ""); }

    /// The engine's part: takes what was submitted and answers with `engine_reply`.
    void serve_commands() {
        std::vector<PendingCommand> pending;
        commands.take(pending);
        for (PendingCommand& command : pending) {
            taken.push_back(std::move(command.command));
            command.decided(engine_reply, commit);
            command.done(engine_reply);
        }
    }

    FakeData data;
    const WallTime now = wall_from_unix_ms(1'767'225'600'000);  // 2026-01-01T00:00:00Z
    LiveFigures figures;
    CommandQueue commands{10};
    std::string maker, auditor, north;
    std::vector<Command> taken;
    Commit commit;
    Instant instant{};
    ApiLimits limits;
    Result<CommandReply> engine_reply = CommandReply{CommandReply::Kind::created, "x", "t-north"};
    Response last;
    int answered = 0;
    Catalogue catalogue = washing_machines();
    SlaSettings sla;
    RulePack rules{.id = "test"};
    RuleSpans spans;
    std::vector<std::string> reloads;  ///< by whom
    Result<RulesReloaded> reloaded = RulesReloaded{};
    Api api{{open_fakes(data),
             commands,
             [this] { return now; },
             [this] { return figures; },
             catalogue,
             sla,
             {[this]() -> Result<RuleKnowledge::Kept> {
                  return RuleKnowledge::Kept{rules, spans};
              },
              Costs{100, 80, 400, "EUR"}, "acme",
              [this](const std::string& who, const RuleKnowledge::Done& done) {
                  reloads.push_back(who);
                  done(reloaded);
              }},
             [this] { return instant; },
             limits}};

  private:
    static Catalogue washing_machines() {
        ModelInfo model;
        model.id = "WM-100";
        model.metrics = {{.id = 7, .name = "water_celsius"}, {.id = 8, .name = "motor_ampere"}};
        model.failure_modes = {{.id = "drain_pump_blocked",
                                .component = "drain_pump",
                                .title = "Pump blocked",
                                .message = "Clean the filter.",
                                .texts = {{.language = "de", .message = "Sieb reinigen."}},
                                .parts = {"P-1"}}};
        return {{model}};
    }
    void add_device(DeviceNo no, const char* tenant, const char* id, const char* centre) {
        DeviceInfo device;
        device.no = no;
        device.tenant = tenant;
        device.device_id = id;
        device.model = "WM-100";
        device.centre = centre;
        device.first_seen_at = now - milliseconds{86'400'000};
        data.devices.push_back(device);
    }
    void add_ticket(const char* id, std::size_t device_index) {
        const DeviceInfo& device = data.devices[device_index];
        TicketDetail detail;
        Ticket& ticket = detail.ticket;
        ticket.id = id;
        ticket.tenant = device.tenant;
        ticket.device_no = device.no;
        ticket.device_id = device.device_id;
        ticket.model = device.model;
        ticket.centre = device.centre;
        ticket.component = "drain_pump";
        ticket.failure_mode = "drain_pump_blocked";
        ticket.rule = "pump@1";
        ticket.evidence_json = "[]";
        ticket.detected_at = ticket.opened_at = now - milliseconds{3'600'000};
        ticket.version = 7;
        TicketEvent event;
        event.ticket_id = id;
        event.no = 1;
        event.at = ticket.opened_at;
        event.kind = "opened";
        event.to = TicketState::open;
        detail.events.push_back(event);
        data.tickets.push_back(detail);
    }
};

}  // namespace aftercare::collector
