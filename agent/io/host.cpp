#include "agent/io/host.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/topic.hpp"

namespace aftercare::agent {
namespace {

// For hosts that only spool: never connects.
TransportPort no_link() {
    TransportPort port;
    port.connect = [](void*, std::string_view, std::span<const std::byte>) {};
    port.disconnect = [](void*) {};
    port.publish = [](void*, std::string_view, std::span<const std::byte>, bool) { return false; };
    return port;
}

// A private key that others can read is nobody's identity. Whether it can be read at all is told
// with the connection.
Result<void> check_key(const std::string& path) {
    struct stat info {};
    if (path.empty() || ::stat(path.c_str(), &info) != 0 || (info.st_mode & 077) == 0) return {};
    return fail(Errc::invalid, "key_file " + path + " can be read by others; run chmod 600 on it");
}

bool plain_text_abroad(const std::string& url) {
    if (!url.starts_with("mqtt://")) return false;
    const std::string host = url.substr(7);
    return !host.starts_with("127.") && !host.starts_with("localhost") &&
           !host.starts_with("[::1]");
}

}  // namespace

Result<std::unique_ptr<Host>> Host::open(HostOptions options) {
    if (!valid_id(options.agent.tenant) || !valid_id(options.agent.device_id)) {
        return fail(Errc::invalid,
                    "tenant and device id must be 1-64 characters out of A-Z a-z 0-9 _ -");
    }
    if (auto private_key = check_key(options.broker.key_file); !private_key) {
        return fail(private_key.error());
    }
    std::unique_ptr<Host> host{new Host};
    if (!options.storage) {
        auto storage = FileStorage::open(options.spool);
        if (!storage) return fail(storage.error());
        host->storage_ = std::move(*storage);
        options.storage = host->storage_->port();
    }
    host->options_ = std::move(options);
    HostOptions& o = host->options_;
    host->wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (host->wake_fd_ < 0) return fail(Errc::unavailable, "cannot make an eventfd");

    Ports ports;
    host->clock_port_ = o.clock.value_or(host->clock_.port());
    ports.clock = host->clock_port_;
    ports.storage = *o.storage;
    ports.entropy = o.entropy.value_or(system_entropy());
    ports.handler = o.handler;
    ports.transport = o.transport.value_or(no_link());
    if (!o.transport && !o.broker.url.empty()) {
        o.broker.client_id = std::string(o.agent.device_id);
        o.broker.down_topic =
            std::string(format_topic(o.agent.tenant, o.agent.device_id, Leg::down).view());
        host->transport_ =
            std::make_unique<PahoTransport>(o.broker, [h = host.get()] { h->wake(); });
        ports.transport = host->transport_->port();
    }
    if (o.log && plain_text_abroad(o.broker.url)) {
        o.log(LogLevel::warning, "broker " + o.broker.url +
                                     ": plain text, password included, for everyone on the way; "
                                     "use mqtts://");
    }
    if (o.log) {
        ports.log = {host.get(), [](void* c, LogLevel level, std::string_view message) {
                         static_cast<Host*>(c)->options_.log(level, message);
                     }};
    }
    o.agent.spool_sectors_max = std::max(4U, o.storage->sector_count);
    host->memory_.resize(Agent::memory_bytes(o.agent) / sizeof(Block) + 1);
    auto opened = Agent::open(o.agent, ports, std::as_writable_bytes(std::span{host->memory_}));
    if (!opened) {
        return fail(opened.error(), "agent: cannot begin on spool " +
                                        (host->storage_ ? o.spool.path.string() : "of the caller") +
                                        " (" + std::string(to_string(opened.error())) + ")");
    }
    host->agent_ = *opened;
    host->note_ack();
    host->last_ack_ms_ = UINT64_MAX;  // those of earlier runs tell nothing of this one
    return host;
}

Host::~Host() {
    Agent::close(agent_);
    transport_.reset();
    if (wake_fd_ >= 0) ::close(wake_fd_);
}

void Host::wake() const {
    const std::uint64_t one = 1;
    // A full counter means that a wake-up is already pending.
    static_cast<void>(!::write(wake_fd_, &one, sizeof one));
}

void Host::add_to(std::vector<pollfd>& set) const {
    set.push_back({wake_fd_, POLLIN, 0});
    if (network_.fd() >= 0) set.push_back({network_.fd(), POLLIN, 0});
}

// Once per kind of trouble, not once per attempt.
void Host::on_link_lost(const std::string& why) {
    ++failed_attempts_;
    last_failure_ = why;
    if (why == last_trouble_ || !options_.log) return;
    last_trouble_ = why;
    options_.log(LogLevel::warning, "broker " + options_.broker.url + ": " + why +
                                        "; trying again with growing pauses, records are kept");
}

void Host::step() {
    std::uint64_t ignored = 0;
    static_cast<void>(!::read(wake_fd_, &ignored, sizeof ignored));
    if (network_.came_up()) {
        if (options_.log) options_.log(LogLevel::debug, "network: something came up");
        agent_->network_up();
    }
    if (transport_) {
        for (const LinkEvent& event : transport_->drain()) {
            switch (event.kind) {
                case LinkEvent::Kind::connected:
                    if (options_.log) {
                        options_.log(LogLevel::info, "connected to " + options_.broker.url);
                    }
                    last_trouble_.clear();
                    failed_attempts_ = 0;
                    agent_->on_connected();
                    break;
                case LinkEvent::Kind::disconnected:
                    on_link_lost(event.text);
                    agent_->on_disconnected();
                    break;
                case LinkEvent::Kind::message:
                    agent_->on_downlink(
                        std::as_bytes(std::span{event.text.data(), event.text.size()}));
                    note_ack();
                    break;
            }
        }
    }
    agent_->poll();
}

void Host::note_ack() {
    const State state = agent_->state();
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
        const Seq through = state.lanes[lane].acked_through;
        if (through != std::exchange(acked_[lane], through)) {
            last_ack_ms_ = SystemClock::monotonic_ms();
        }
    }
}

LinkStatus Host::link_status() const {
    const std::uint64_t now_ms = SystemClock::monotonic_ms();
    const std::uint64_t link_ms = link_now_ms();
    const std::uint64_t next_ms = agent_->state().next_attempt_ms;
    LinkStatus status;
    status.broker = options_.broker.url;
    status.last_failure = last_failure_;
    status.failed_attempts = failed_attempts_;
    status.next_attempt_in_ms = next_ms > link_ms ? next_ms - link_ms : 0;
    status.last_ack_ago_ms = last_ack_ms_ == UINT64_MAX ? UINT64_MAX : now_ms - last_ack_ms_;
    return status;
}

void Host::stop(std::chrono::milliseconds timeout) {
    agent_->flush();
    const std::uint64_t until =
        SystemClock::monotonic_ms() + static_cast<std::uint64_t>(timeout.count());
    const bool linked = transport_ != nullptr || options_.transport.has_value();
    while (linked && SystemClock::monotonic_ms() < until) {
        const State state = agent_->state();
        const bool waiting = state.lanes[0].held_count + state.lanes[1].held_count > 0;
        // A first attempt still under way gets its chance; a link known to be down does not.
        if (!waiting || (!state.connected && failed_attempts_ > 0)) break;
        std::vector<pollfd> set;
        add_to(set);
        ::poll(set.data(), set.size(), 100);
        step();
    }
    agent_->flush();
    if (transport_) transport_->leave();
}

}  // namespace aftercare::agent
