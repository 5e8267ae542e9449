#include "collector/core/engine.hpp"

#include "collector/core/desk/contacts.hpp"
#include "collector/core/desk/outcomes.hpp"
#include "collector/core/desk/ticketing.hpp"
#include "collector/core/intake/admission.hpp"

namespace aftercare::collector {

// Owns the parts and lets each do its share of a step.
struct Engine::Impl {
    Impl(Settings settings_in, const Catalogue& catalogue, const Detector& detector)
        : settings(std::move(settings_in)), world{settings, catalogue, detector} {}
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Status load(Loaded loaded);
    void load_tickets(std::vector<Ticket>& tickets);

    Settings settings;
    World world;
    Totals totals;
    Registry registry{world};
    AckPolicy acks{settings};
    Quarantine quarantine{totals};
    Applier applier{world, registry, totals};
    Admission admission{world, registry, applier, acks, quarantine, totals};
    TicketBook book{settings};
    Ticketing ticketing{world, registry, book};
    Contacts contacts{world, registry, book, ticketing};
    Outcomes outcomes{world, registry, book, ticketing, applier};
    std::vector<Detection> detections;  ///< of one report; reused
};

void Engine::Impl::load_tickets(std::vector<Ticket>& tickets) {
    for (Ticket& ticket : tickets) {
        WallTime lapse_at = ticket.detected_at + hours_ms(ticket.horizon_h);
        if (const DeviceEntry* device = registry.find(ticket.device_no)) {
            for (const auto& [id, at] : device->lapse_times) {
                if (id == ticket.id) lapse_at = at;
            }
        }
        book.load(std::move(ticket), lapse_at);
    }
}

Status Engine::Impl::load(Loaded loaded) {
    totals = loaded.totals;
    if (auto devices = registry.load(loaded.devices, loaded.streams); !devices) return devices;
    for (const Contact& contact : loaded.contacts) contacts.load(contact);
    load_tickets(loaded.open_tickets);
    load_tickets(loaded.recent_tickets);
    for (Outcome& outcome : loaded.outcomes) outcomes.load(std::move(outcome));
    return {};
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

void Engine::on_report(std::string_view tenant, std::string_view device, const Report& report,
                       std::string_view bytes, Now now, Commit& commit) {
    Impl& self = *impl_;
    const Step step{now, commit};
    self.detections.clear();
    DeviceEntry* entry =
        self.admission.on_report(tenant, device, report, bytes, step, self.detections);
    for (const Detection& detection : self.detections) {
        const auto opened = self.ticketing.on_detection(*entry, detection, step);
        if (opened.fresh) self.contacts.notify(*entry, *opened.ticket, step);
    }
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
            return self.registry.register_device(c);
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
        Result<CommandReply> operator()(const SubmitOutcome& c) const {
            return self.outcomes.submit(c.outcome, step);
        }
    };
    return std::visit(Visitor{self, step}, command);
}

void Engine::on_tick(Now now, Commit& commit) {
    Impl& self = *impl_;
    self.acks.on_tick(now.instant);
    self.ticketing.on_tick({now, commit});
    self.contacts.on_tick(now.wall);
    self.outcomes.on_tick(now.wall);
}

void Engine::finish(Commit& commit) {
    impl_->registry.finish(commit);
    impl_->book.finish(commit);
    impl_->acks.finish(commit);
    commit.totals = impl_->totals;
}

Engine::Statistics Engine::statistics() const {
    return {.totals = impl_->totals,
            .device_count = impl_->registry.size(),
            .open_ticket_count = impl_->book.open_count(),
            .reorder_report_count = impl_->admission.waiting_count(),
            .reorder_overflow_count = impl_->admission.overflow_count(),
            .acks = impl_->acks.count()};
}

}  // namespace aftercare::collector
