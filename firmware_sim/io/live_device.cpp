#include "firmware_sim/io/live_device.hpp"

#include <chrono>
#include <utility>

#include "common/topic.hpp"

namespace aftercare::sim {
namespace {

constexpr std::uint32_t kSectorBytes = 4096;
constexpr std::uint32_t kSectorCount = 16;

std::uint64_t steady_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
}

}  // namespace

LiveDevice::LiveDevice(EventLoop& loop, const LiveLink& link, const Credential& credential,
                       Household household, std::uint64_t seed)
    : link_(link),
      id_(household.appliance().device_id()),
      model_(household.appliance().kind().model),
      firmware_(household.appliance().kind().firmware),
      household_(std::move(household)),
      entropy_(seed),
      storage_(kSectorBytes, kSectorCount),
      now_(link.start) {
    client_ = std::make_unique<MqttClient>(
        loop,
        MqttOptions{.host = link_.host,
                    .port = link_.port,
                    .client_id = id_,
                    .username = credential.username,
                    .password = credential.password,
                    .subscription = std::string(format_topic(link_.tenant, id_, Leg::down).view())},
        static_cast<MqttEvents&>(*this));
}

LiveDevice::~LiveDevice() {
    client_.reset();
    if (agent_ != nullptr) agent::Agent::close(agent_);
}

agent::Ports LiveDevice::ports() {
    agent::Ports ports;
    ports.clock.context = this;
    ports.clock.link_ms = [](void*) { return steady_ms(); };
    ports.clock.uptime_ms = [](void* self) {
        const auto& device = *static_cast<LiveDevice*>(self);
        return static_cast<std::uint64_t>((device.now_ - device.link_.start).count());
    };
    ports.clock.wall = [](void* self) {
        return agent::WallReading{.unix_ms = unix_ms(static_cast<LiveDevice*>(self)->now_),
                                  .quality = ClockQuality::synced};
    };
    ports.storage = storage_.port();
    ports.transport.context = this;
    ports.transport.connect = [](void* self, std::string_view topic,
                                 std::span<const std::byte> will) {
        static_cast<LiveDevice*>(self)->client_->connect(topic, will);
    };
    ports.transport.disconnect = [](void* self) {
        static_cast<LiveDevice*>(self)->client_->disconnect();
    };
    ports.transport.publish = [](void* self, std::string_view topic,
                                 std::span<const std::byte> payload, bool retain) {
        return static_cast<LiveDevice*>(self)->client_->publish(topic, payload, retain);
    };
    ports.entropy.context = this;
    ports.entropy.random64 = [](void* self) {
        return static_cast<LiveDevice*>(self)->entropy_.next();
    };
    ports.handler.context = this;
    ports.handler.notice = [](void* self, const Notice& notice) {
        auto& device = *static_cast<LiveDevice*>(self);
        ++device.counts_.notices;
        device.household_.on_notice(notice, device.now_);
    };
    ports.handler.self_test = [](void* self, const SelfTestRequest& request) {
        // Answered outside: no call from a port may re-enter the agent.
        static_cast<LiveDevice*>(self)->self_tests_.push_back(request);
    };
    return ports;
}

Status LiveDevice::open() {
    agent::Options options;
    options.tenant = link_.tenant;
    options.device_id = id_;
    options.model = model_;
    options.firmware = firmware_;
    options.records_per_report = link_.records_per_report;
    options.flush_delay_ms = link_.flush_delay_ms;
    options.spool_sync_period_ms = link_.spool_sync_period_ms;
    options.ack_timeout_ms = link_.ack_timeout_ms;
    options.backoff_base_ms = 200;
    options.backoff_cap_ms = 5'000;
    options.reconnect_spread_ms = options.boot_spread_ms = 1'000;
    options.consent_purposes = household_.customer().consent_purposes();
    const std::size_t size_bytes = agent::Agent::memory_bytes(options);
    memory_.resize(size_bytes / sizeof(std::max_align_t) + 1);
    const auto opened =
        agent::Agent::open(options, ports(), std::as_writable_bytes(std::span(memory_)));
    if (!opened) {
        return fail(opened.error(), "agent of " + id_ + " does not start: " +
                                        std::string(to_string(opened.error())));
    }
    agent_ = *opened;
    return {};
}

void LiveDevice::live(WallTime to, TruthLedger& truth, std::vector<collector::Command>& commands) {
    emissions_.clear();
    household_.advance(to, emissions_, commands, truth);
    for (const Emission& emission : emissions_) tell(emission);
    now_ = household_.appliance().now();
    poll_wanted_ = true;
}

void LiveDevice::tell(const Emission& emission) {
    if (emission.at > now_) now_ = emission.at;
    struct {
        agent::Agent& agent;
        auto operator()(const Fault& fault) { return agent.fault(fault); }
        auto operator()(const Reading& reading) { return agent.reading(reading); }
        auto operator()(const Usage& usage) { return agent.usage(usage); }
        auto operator()(const Lifecycle& event) { return agent.lifecycle(event); }
    } teller{*agent_};
    const Result<agent::Accepted, Errc> told = std::visit(teller, emission.body);
    if (told) return;
    ++(told.error() == Errc::denied ? counts_.denied : counts_.refused);
}

void LiveDevice::answer_self_tests() {
    for (const SelfTestRequest& request : std::exchange(self_tests_, {})) {
        if (!agent_->self_test(household_.appliance().self_test(request))) ++counts_.refused;
    }
}

void LiveDevice::poll() {
    if (!poll_wanted_ && agent_->next_poll_ms() > steady_ms()) return;
    poll_wanted_ = false;
    answer_self_tests();
    agent_->poll();
}

void LiveDevice::flush() {
    agent_->flush();
    poll_wanted_ = true;
}

std::uint64_t LiveDevice::stream_id() const {
    return agent_->state().stream_id;
}

LiveDeviceCounts LiveDevice::counts() const {
    LiveDeviceCounts now = counts_;
    const agent::State state = agent_->state();
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
        now.made[lane] = state.lanes[lane].next_seq - 1;
        now.held += state.lanes[lane].held_count;
        now.in_flight_reports += state.lanes[lane].in_flight_reports;
    }
    for (const std::uint32_t dropped : state.dropped) now.dropped += dropped;
    now.connected = state.connected;
    now.reports_sent = state.reports_sent;
    now.reports_resent = state.reports_resent;
    return now;
}

void LiveDevice::on_connected() {
    agent_->on_connected();
    poll_wanted_ = true;
}

void LiveDevice::on_disconnected(std::string_view) {
    ++counts_.disconnects;
    agent_->on_disconnected();
    poll_wanted_ = true;
}

void LiveDevice::on_message(std::span<const std::byte> payload) {
    agent_->on_downlink(payload);
    poll_wanted_ = true;
}

}  // namespace aftercare::sim
