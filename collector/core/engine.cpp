#include "collector/core/engine.hpp"

#include "collector/core/desk/contacts.hpp"
#include "collector/core/desk/desk.hpp"
#include "collector/core/desk/outcomes.hpp"
#include "collector/core/desk/problems.hpp"
#include "collector/core/desk/ticketing.hpp"
#include "collector/core/desk/trials.hpp"
#include "collector/core/desk/verification.hpp"
#include "collector/core/intake/admission.hpp"
#include "collector/core/intake/consent_queries.hpp"
#include "collector/core/intake/presence_book.hpp"
#include "collector/core/intake/remote_settings.hpp"
#include "collector/core/intake/silence_watch.hpp"
#include "common/hash.hpp"

namespace aftercare::collector {
namespace {

/// Rules name a component, not a test: the appliance runs all it has.
constexpr std::uint32_t kWholeSelfTest = 0;

}  // namespace

// Owns the parts and lets each do its share of a step.
struct Engine::Impl {
    Impl(Settings settings_in, const Catalogue& catalogue, const Detector& detector)
        : settings(std::move(settings_in)), world{settings, catalogue, detector} {}
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Status load(Loaded loaded);
    void load_tickets(std::vector<Ticket>& tickets);
    void on_detection(DeviceEntry& device, const Detection& detection, const Step& step);
    DetectionFate decide(DeviceEntry& device, const Detection& detection, const Step& step);
    DetectionFate open_ticket(DeviceEntry& device, const Rule& rule, const Detection& detection,
                              const Step& step);
    void on_report(std::string_view tenant, std::string_view device, const Report& report,
                   std::string_view bytes, const Step& arrival, const Step& decision);

    Settings settings;
    World world;
    Totals totals;
    Registry registry{world};
    AckPolicy acks{settings};
    Quarantine quarantine{registry, totals};
    Applier applier{world, registry, totals};
    Admission admission{world, registry, applier, acks, quarantine, totals};
    RemoteSettings remote_settings;
    ConsentQueries consent_queries{settings};
    SilenceWatch silence_watch{world, registry};
    PresenceBook presences;
    RuleBook rules{world};
    Dispatch dispatch{world, registry};
    DeskOutbox outbox{settings};
    TicketBook book{settings, rules, dispatch, outbox};
    Ticketing ticketing{world, registry, book, rules};
    Desk desk{book, dispatch};
    Trials trials{world, registry, rules};
    Contacts contacts{world, registry, book, ticketing};
    Outcomes outcomes{world, registry, book, ticketing, applier, trials};
    Verification verification{world, registry, book, ticketing};
    Problems problems{world, registry, book, ticketing, contacts, rules, trials};
    std::array<std::uint64_t, kDetectionFateCount> fates{};
    std::vector<Detection> detections;  ///< of one report; reused
};

void Engine::Impl::load_tickets(std::vector<Ticket>& tickets) {
    for (Ticket& ticket : tickets) {
        WallTime lapse_at = ticket.detected_at + hours_ms(ticket.horizon_h);
        if (DeviceEntry* device = registry.find(ticket.device_no)) {
            registry.wake(*device);
            for (const auto& [id, at] : device->awake().lapse_times) {
                if (id == ticket.id) lapse_at = at;
            }
        }
        book.load(std::move(ticket), lapse_at);
    }
}

Status Engine::Impl::load(Loaded loaded) {
    totals = loaded.totals;
    applier.listen(&verification);
    for (const RefusalCount& count : loaded.refusal_counts) quarantine.load(count);
    if (auto devices = registry.load(loaded.devices, loaded.streams); !devices) return devices;
    for (const SettingsRow& row : loaded.settings) remote_settings.load(row);
    for (const PresenceRow& row : loaded.presences) presences.load(row);
    for (const Contact& contact : loaded.contacts) contacts.load(contact);
    for (SlaTerms& terms : loaded.sla_terms) book.load(std::move(terms));
    for (const Problem& problem : loaded.problems) problems.load(problem);
    for (ProblemDevice& device : loaded.problem_devices) problems.load(std::move(device));
    problems.resume(loaded.open_tickets);
    problems.resume(loaded.recent_tickets);
    load_tickets(loaded.open_tickets);
    load_tickets(loaded.recent_tickets);
    for (const Watch& watch : loaded.watches) verification.load(watch);
    contacts.resume(loaded.contacts);
    for (Outcome& outcome : loaded.outcomes) outcomes.load(std::move(outcome));
    for (const RuleTally& tally : loaded.tallies) rules.load(tally);
    for (RuleStanding& standing : loaded.standings) rules.load(std::move(standing));
    for (const Trial& trial : loaded.trials) trials.load(trial);
    for (const DeskDue& due : loaded.desk_due) outbox.load(due);
    Commit nothing_yet;
    registry.finish(nothing_yet);
    AFTERCARE_ASSERT(nothing_yet.devices.empty());
    return {};
}

DetectionFate Engine::Impl::open_ticket(DeviceEntry& device, const Rule& rule,
                                        const Detection& detection, const Step& step) {
    const bool known = book.find_open(device.info.no, rule.failure_mode) != nullptr;
    if (!known && verification.on_detection(device, rule, detection, step)) {
        return DetectionFate::reopened;
    }
    if (!known && problems.take(device, rule, detection, step)) return DetectionFate::attached;
    const auto opened = ticketing.on_detection(device, rule, detection, step);
    if (!opened.fresh) return DetectionFate::added;
    contacts.notify(device, *opened.ticket, step);
    return DetectionFate::opened;
}

void Engine::Impl::on_detection(DeviceEntry& device, const Detection& detection, const Step& step) {
    ++fates[static_cast<std::size_t>(decide(device, detection, step))];
}

DetectionFate Engine::Impl::decide(DeviceEntry& device, const Detection& detection,
                                   const Step& step) {
    const Rule& rule = world.detector.pack().rules[detection.rule_index];
    if (rules.mode(rule) != RuleMode::live) {
        trials.on_detection(device, rule, detection, step);
        return DetectionFate::trial;
    }
    switch (rule.action) {
        case RuleAction::ticket:
            break;
        case RuleAction::notice:
            contacts.notify_only(device, rule, detection, step);
            return DetectionFate::notice;
        case RuleAction::self_test: {
            Hash64 request_id;
            request_id.add(device.info.tenant);
            request_id.add(device.info.device_id());
            request_id.add(rule.id);
            request_id.add(static_cast<std::uint64_t>(unix_ms(detection.at)));
            step.commit.publications.push_back(
                {device.info.tenant, std::string{device.info.device_id()},
                 SelfTestRequest{.request_id = request_id.value(), .test_id = kWholeSelfTest}});
            return DetectionFate::self_test;
        }
    }
    return open_ticket(device, rule, detection, step);
}

std::string_view to_string(DetectionFate fate) {
    constexpr std::array<std::string_view, kDetectionFateCount> kNames{
        "opened", "added", "reopened", "attached", "trial", "notice", "self_test"};
    return kNames.at(static_cast<std::size_t>(fate));
}

Engine::Engine() = default;
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(Settings settings, const Catalogue& catalogue,
                                               const Detector& detector, Loaded loaded) {
    std::unique_ptr<Engine> engine{new Engine};
    engine->impl_ = std::make_unique<Impl>(std::move(settings), catalogue, detector);
    if (auto state = engine->impl_->load(std::move(loaded)); !state) return fail(state.error());
    return engine;
}

// Admitted at its arrival, acted on at the moment of decision.
void Engine::Impl::on_report(std::string_view tenant, std::string_view device, const Report& report,
                             std::string_view bytes, const Step& arrival, const Step& decision) {
    detections.clear();
    DeviceEntry* entry = admission.on_report(tenant, device, report, bytes, arrival, detections);
    if (entry != nullptr) {
        remote_settings.on_report(*entry, report, decision);
        consent_queries.on_report(*entry, decision);
        silence_watch.heard(*entry, decision.now.wall);
        presences.adopt(entry->info);
    }
    verification.on_report(decision);
    for (const Detection& detection : detections) on_detection(*entry, detection, decision);
}

void Engine::on_report(std::string_view tenant, std::string_view device, const Report& report,
                       std::string_view bytes, Now now, Commit& commit) {
    const Step step{now, commit};
    impl_->on_report(tenant, device, report, bytes, step, step);
}

Result<CommandReply> Engine::on_retry(const RetryRefused& again, std::string_view tenant,
                                      std::string_view device, const Report& report, Now now,
                                      Commit& commit) {
    Impl& self = *impl_;
    const Totals before = self.totals;
    std::optional<Refusal> refusal;
    self.quarantine.divert(&refusal);
    self.on_report(tenant, device, report, again.bytes, {{now.instant, again.received_at}, commit},
                   {now, commit});
    self.quarantine.divert(nullptr);
    if (refusal) {
        return fail(Errc::invalid,
                    std::string(to_string(refusal->reason)) + ": " + refusal->detail);
    }
    const bool news = self.totals.records > before.records;
    if (!news && self.totals.duplicate_records == before.duplicate_records) {
        return fail(Errc::unavailable,
                    "records before it are missing and the device still holds them: try again when "
                    "they have come");
    }
    commit.released.push_back(again.key);
    return CommandReply{.kind = news ? CommandReply::Kind::created : CommandReply::Kind::unchanged,
                        .id = std::to_string(again.key.ordinal)};
}

void Engine::on_presence(std::string_view tenant, std::string_view device, const Presence& presence,
                         std::string_view bytes, Now now, Commit& commit) {
    Impl& self = *impl_;
    if (const DeviceEntry* entry = self.registry.find(tenant, device)) {
        self.presences.on_presence(entry->info.no, presence.online, now.wall);
        return;
    }
    const auto refuse = [&](RefusalReason reason, const char* detail) {
        const TopicText topic = format_topic(tenant, device, Leg::presence);
        self.quarantine.add({reason, detail}, topic, bytes, {now, commit});
    };
    if (!self.registry.knows_tenant(tenant)) {
        return refuse(RefusalReason::unknown_tenant,
                      "tenant is not in the collector's configuration");
    }
    const bool kept = self.presences.on_early_presence(tenant, device, presence.online, now.wall);
    if (kept && self.settings.open_enrolment) return;
    refuse(RefusalReason::unknown_device,
           "register it (POST /api/v1/devices), or it reports where enrolment is open");
}

void Engine::on_refused(const Refusal& refusal, std::string_view topic, std::string_view bytes,
                        Now now, Commit& commit) {
    impl_->quarantine.add(refusal, topic, bytes, {now, commit});
}

Result<CommandReply> Engine::on_command(const Command& command, Now now, Commit& commit) {
    Impl& self = *impl_;
    const Step step{now, commit};
    struct Visitor {
        Impl& self;
        const Step& step;
        Result<CommandReply> operator()(const RegisterDevice& c) const {
            auto reply = self.registry.register_device(c);
            if (reply && reply->kind == CommandReply::Kind::created) {
                self.presences.adopt(self.registry.find(c.info.tenant, c.info.device_id)->info);
            }
            return reply;
        }
        Result<CommandReply> operator()(const InboundContact& c) const {
            return self.contacts.inbound(c, step);
        }
        Result<CommandReply> operator()(const OutboundContact& c) const {
            return self.contacts.outbound(c, step);
        }
        Result<CommandReply> operator()(const ChangeTicket& c) const {
            return self.ticketing.change(c, step);
        }
        Result<CommandReply> operator()(const WorkOnTicket& c) const {
            return self.desk.work(c, step);
        }
        Result<CommandReply> operator()(const SubmitOutcome& c) const {
            return self.outcomes.submit(c.outcome, step, c.reporter);
        }
        Result<CommandReply> operator()(const AssignOutcome& c) const {
            return self.outcomes.assign(c, step);
        }
        Result<CommandReply> operator()(const ChangeRule& c) const {
            return self.rules.change(c, step);
        }
        Result<CommandReply> operator()(const ChangeProblem& c) const {
            return self.problems.change(c, step);
        }
        Result<CommandReply> operator()(const RetryRefused&) const {
            return fail(Errc::invalid, "a kept message is decoded before the engine sees it");
        }
    };
    return std::visit(Visitor{self, step}, command);
}

void Engine::on_tick(Now now, Commit& commit) {
    Impl& self = *impl_;
    self.acks.on_tick(now.instant);
    const Step step{now, commit};
    std::size_t left = kDueTicketsPerTurn;
    for (; left > 0; --left) {
        Case* due = self.book.take_due(now.wall);
        if (due == nullptr) break;
        if (self.book.tell_service_level(*due, step)) continue;
        if (due->notice_at <= now.wall && is_open(due->ticket.state)) {
            self.contacts.notify_again(*due, step);
        } else if (!self.verification.settle(*due, step) && !self.ticketing.settle(*due, step)) {
            break;
        }
    }
    self.book.move_to_new_terms(left, step);
    for (const SilenceWatch::Found& found : self.silence_watch.look(now.wall)) {
        for (const Detection& detection : found.detections) {
            self.on_detection(*found.device, detection, step);
        }
    }
    self.problems.on_tick(step);
    self.trials.on_tick(step);
    for (const DeskOutbox::Key& key : self.outbox.take_ready(now.wall)) {
        const Case* found = self.book.find(key.first);
        self.outbox.again(key, found == nullptr ? nullptr : &found->ticket, commit);
    }
    self.contacts.on_tick(now.wall);
    self.outcomes.on_tick(now.wall);
    self.presences.on_tick(now.instant, commit);
}

void Engine::on_desk_receipt(const DeskDue& due, bool taken, Now now, Commit& commit) {
    impl_->outbox.receipt(due, taken, now.wall, commit);
}

void Engine::flush(Commit& commit) {
    impl_->acks.flush();
    impl_->presences.flush(commit);
}

RulesChange Engine::change_rules(Detector& detector, Detector& next) {
    RulesChange change = compare(detector.pack(), next.pack());
    impl_->registry.change_rules(detector, next);
    impl_->silence_watch.pack_changed();
    return change;
}

void Engine::finish(Commit& commit) {
    impl_->registry.finish(commit);
    impl_->book.finish(commit);
    impl_->problems.finish(commit);
    impl_->verification.finish(commit);
    impl_->acks.finish(commit);
    impl_->quarantine.finish(commit);
    commit.totals = impl_->totals;
}

Engine::Statistics Engine::statistics() const {
    return {.totals = impl_->totals,
            .device_count = impl_->registry.size(),
            .open_ticket_count = impl_->book.open_count(),
            .open_tickets_by_state = impl_->book.open_by_state(),
            .open_desk_counts = impl_->book.open_desk_counts(),
            .desk_due_count = impl_->outbox.size(),
            .reorder_report_count = impl_->admission.waiting_count(),
            .reorder_overflow_count = impl_->admission.counts().overflow,
            .duplicate_reports = impl_->admission.counts().duplicate_reports,
            .forgotten_records = impl_->applier.forgotten_count(),
            .streams_begun = impl_->admission.counts().streams_begun,
            .streams_parked = impl_->admission.counts().streams_parked,
            .intervals_melted = impl_->applier.melted_count(),
            .states_restarted = impl_->registry.restarted_count(),
            .acks = impl_->acks.count(),
            .configs_sent = impl_->remote_settings.sent_count(),
            .configs_refused = impl_->remote_settings.refused_count(),
            .consent_queries = impl_->consent_queries.count(),
            .trials_running = impl_->trials.running_count(),
            .trials_refused = impl_->trials.refused_count(),
            .rules_shelved = impl_->rules.shelved_count(),
            .devices_online = impl_->presences.online_count(),
            .presence_changes = impl_->presences.change_count(),
            .detections = impl_->fates,
            .problems_unsettled = impl_->problems.unsettled_count(),
            .problem_devices_waiting = impl_->problems.waiting_count(),
            .problems_started = impl_->problems.started_count(),
            .fixes_verified = impl_->verification.counts().verified,
            .fixes_not_verified = impl_->verification.counts().not_verified,
            .faults_returned = impl_->verification.counts().returned,
            .outcomes_in_review = impl_->outcomes.in_review_count(),
            .outcomes_reviewed = impl_->outcomes.reviewed_count(),
            .problem_tickets_released = impl_->problems.released_count()};
}

}  // namespace aftercare::collector
