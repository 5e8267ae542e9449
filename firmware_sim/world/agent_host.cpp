#include "firmware_sim/world/agent_host.hpp"

#include <utility>

#include "firmware_sim/world/body_hash.hpp"

namespace aftercare::sim {
namespace {

AgentHost& host(void* context) {
    return *static_cast<AgentHost*>(context);
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint32_t as_u32(milliseconds span) {
    return static_cast<std::uint32_t>(span.count());
}

}  // namespace

AgentHost::AgentHost(std::unique_ptr<DeviceFeed> feed, const collector::DeviceInfo& info,
                     const AgentOptions& options, Rng rng)
    : feed_(std::move(feed)),
      tenant_(info.tenant),
      device_id_(info.device_id),
      model_(info.model),
      firmware_(info.firmware),
      consent_purposes_(info.consent_purposes),
      options_(options),
      rng_(rng),
      flash_(options.spool_sector_bytes, options.spool_sector_count) {
    flash_.model_power_cuts(options.power_cuts_per_device_day > 0);
}

AgentHost::~AgentHost() {
    if (agent_ != nullptr) agent::Agent::close(agent_);
}

agent::Ports AgentHost::ports() {
    agent::Ports ports;
    ports.clock = {this,
                   [](void* c) {
                       return static_cast<std::uint64_t>((host(c).now_ - host(c).boot_at_).count());
                   },
                   [](void* c) {
                       return static_cast<std::uint64_t>((host(c).now_ - host(c).boot_at_).count());
                   },
                   [](void* c) {
                       return agent::WallReading{unix_ms(host(c).now_), ClockQuality::synced};
                   }};
    ports.storage = flash_.port();
    ports.transport = {
        this,
        [](void* c, std::string_view, std::span<const std::byte>) {
            host(c).connect_requested_ = true;
        },
        [](void*) {},
        [](void* c, std::string_view topic, std::span<const std::byte> payload, bool) {
            if (!host(c).link_up) return false;
            host(c).outgoing_.push_back({std::string(topic), text_of(payload)});
            return true;
        }};
    ports.entropy = {this, [](void* c) { return host(c).rng_.next(); }};
    ports.handler = {
        this, [](void* c, const Notice& notice) { host(c).feed_->on_notice(notice, host(c).now_); },
        [](void* c, const SelfTestRequest& request) {
            host(c).self_test_requests_.push_back(request);
        },
        nullptr};
    return ports;
}

Result<void, Errc> AgentHost::boot(WallTime now, ResetReason reason) {
    now_ = boot_at_ = now;
    agent::Options options;
    options.tenant = tenant_;
    options.device_id = device_id_;
    options.model = model_;
    options.firmware = firmware_;
    options.reset_reason = reason;
    options.records_per_report = options_.records_per_report;
    options.flush_delay_ms = as_u32(options_.flush_delay);
    options.spool_sync_period_ms = as_u32(options_.spool_sync_period);
    options.ack_timeout_ms = as_u32(options_.ack_timeout);
    options.consent_purposes = consent_purposes_;
    options.report_bytes_max = options_.report_bytes_max;
    options.spool_sectors_max = options_.spool_sector_count;
    const std::size_t size = agent::Agent::memory_bytes(options);
    if (!memory_) memory_ = std::make_unique<std::byte[]>(size);
    const auto opened = agent::Agent::open(options, ports(), {memory_.get(), size});
    if (!opened) return fail(opened.error());
    agent_ = *opened;
    return {};
}

void AgentHost::cut_power() {
    if (agent_ != nullptr) agent::Agent::close(agent_);
    agent_ = nullptr;
    flash_.cut_power(rng_);
    outgoing_.clear();
    self_test_requests_.clear();
    link_up = connect_requested_ = false;
}

Told AgentHost::told(const Result<agent::Accepted, Errc>& result, const Record& record) const {
    Told told{.hash = body_hash(record)};
    if (result) {
        told.kind = Told::Kind::made;
        told.accepted = *result;
    } else if (dead()) {
        told.kind = Told::Kind::uncertain;
    }
    return told;
}

Told AgentHost::tell(const Emission& emission, WallTime now) {
    now_ = now;
    Record record;
    std::visit([&record](const auto& body) { record.body = body; }, emission.body);
    struct Teller {
        agent::Agent& agent;
        Result<agent::Accepted, Errc> operator()(const Fault& body) { return agent.fault(body); }
        Result<agent::Accepted, Errc> operator()(const Reading& body) {
            return agent.reading(body);
        }
        Result<agent::Accepted, Errc> operator()(const Usage& body) { return agent.usage(body); }
        Result<agent::Accepted, Errc> operator()(const Lifecycle& body) {
            return agent.lifecycle(body);
        }
    };
    return told(std::visit(Teller{*agent_}, emission.body), record);
}

Told AgentHost::tell(const SelfTest& result, WallTime now) {
    now_ = now;
    Record record;
    record.body = result;
    return told(agent_->self_test(result), record);
}

void AgentHost::poll(WallTime now) {
    now_ = now;
    agent_->poll();
}

void AgentHost::connected(WallTime now) {
    now_ = now;
    link_up = true;
    agent_->on_connected();
}

void AgentHost::disconnected(WallTime now) {
    now_ = now;
    link_up = false;
    agent_->on_disconnected();
}

void AgentHost::downlink(std::string_view payload, WallTime now) {
    now_ = now;
    agent_->on_downlink(bytes_of(payload));
}

void AgentHost::flush(WallTime now) {
    now_ = now;
    agent_->flush();
}

WallTime AgentHost::next_poll_at() const {
    const std::uint64_t due = agent_->next_poll_ms();
    if (due == UINT64_MAX) return kNever;
    return boot_at_ + milliseconds{static_cast<std::int64_t>(due)};
}

}  // namespace aftercare::sim
