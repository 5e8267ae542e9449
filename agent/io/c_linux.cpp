// aftercare_start and aftercare_stop: an agent with a thread of its own behind the same C handle.
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "agent/core/c_handle.hpp"
#include "agent/include/aftercare/telemetry.h"
#include "agent/io/host.hpp"

using namespace aftercare;
using namespace aftercare::agent;

namespace {

class Service {
  public:
    aftercare_agent handle;

    void take(std::unique_ptr<Host> host) {
        host_ = std::move(host);
        handle.agent = &host_->agent();
    }
    // Before begin(): the agent has no thread yet.
    aftercare_result open_kit(const aftercare_telemetry_options* options,
                              aftercare_telemetry** kit) {
        if (options == nullptr) return AFTERCARE_OK;
        const std::size_t bytes = aftercare_telemetry_memory_bytes(options);
        kit_memory_.resize(bytes / sizeof(std::max_align_t) + 1);
        return aftercare_telemetry_open(&handle, options, kit_memory_.data(), bytes, kit);
    }
    void begin() {
        handle.host = this;
        handle.lock = [](void* s) { static_cast<Service*>(s)->mutex_.lock(); };
        handle.unlock = [](void* s) {
            auto& service = *static_cast<Service*>(s);
            service.mutex_.unlock();
            service.host_->wake();
        };
        thread_ = std::thread{[this] { run(); }};
    }
    void end(std::chrono::milliseconds timeout) {
        stopping_ = true;
        host_->wake();
        thread_.join();
        host_->stop(timeout);
    }

  private:
    void run() {
        std::vector<pollfd> set;
        host_->add_to(set);
        for (;;) {
            std::uint64_t next_ms = 0;
            {
                const std::lock_guard lock{mutex_};
                host_->step();
                next_ms = host_->next_poll_ms();
            }
            // After step(), which takes the wake-up away: end() sets the flag before it wakes.
            if (stopping_) return;
            const std::uint64_t now_ms = host_->link_now_ms();
            ::poll(set.data(), set.size(),
                   next_ms <= now_ms
                       ? 0
                       : static_cast<int>(std::min<std::uint64_t>(next_ms - now_ms, 60'000)));
        }
    }

    std::vector<std::max_align_t> kit_memory_;  // the agent may drive the kit to its end
    std::unique_ptr<Host> host_;
    std::mutex mutex_;
    std::thread thread_;
    std::atomic<bool> stopping_{false};
};

std::string text(const char* value) {
    return value == nullptr ? std::string{} : std::string{value};
}

HostOptions host_options(const Options& agent, const aftercare_linux_options& in) {
    HostOptions o;
    o.agent = agent;
    o.spool.path = text(in.spool_path);
    o.spool.sector_count = (in.spool_kib == 0 ? 256 : in.spool_kib) / 4;
    o.broker.url = text(in.broker_url);
    o.broker.username = text(in.username);
    o.broker.password = text(in.password);
    o.broker.ca_file = text(in.ca_file);
    o.broker.cert_file = text(in.cert_file);
    o.broker.key_file = text(in.key_file);
    if (in.keepalive_s != 0) o.broker.keepalive_s = in.keepalive_s;
    if (in.log != nullptr) {
        o.log = [log = in.log, context = in.log_context](LogLevel level, std::string_view message) {
            log(context, static_cast<int>(level), std::string(message).c_str());
        };
    }
    return o;
}

bool kit_sane(const aftercare_linux_options& in) {
    return in.telemetry == nullptr ||
           (in.telemetry_kit != nullptr && aftercare_telemetry_memory_bytes(in.telemetry) > 0);
}

// Takes over the groups that are set. False when one is set in part.
bool take_groups(aftercare_agent& handle, HostOptions& out) {
    const aftercare_ports* in = &handle.ports;
    const Ports given = ports_from_c(handle);
    const auto group = [](std::initializer_list<bool> set, auto take) {
        const auto count = std::count(set.begin(), set.end(), true);
        if (count == static_cast<std::ptrdiff_t>(set.size())) take();
        return count == 0 || count == static_cast<std::ptrdiff_t>(set.size());
    };
    if (in->random64 != nullptr) out.entropy = given.entropy;
    return group({in->storage_read != nullptr, in->storage_program != nullptr,
                  in->storage_erase != nullptr, in->storage_sync != nullptr},
                 [&] { out.storage = given.storage; }) &&
           group({in->connect != nullptr, in->disconnect != nullptr, in->publish != nullptr},
                 [&] { out.transport = given.transport; }) &&
           group({in->uptime_ms != nullptr, in->wall != nullptr}, [&] { out.clock = given.clock; });
}

}  // namespace

extern "C" {

// No exception of the C++ side may reach C: running out of memory or threads is an error like
// others.
aftercare_result aftercare_start(const aftercare_options* options,
                                 const aftercare_linux_options* linux_options,
                                 const aftercare_handlers* handlers, aftercare_agent** agent) {
    if (agent == nullptr) return AFTERCARE_INVALID;
    Options o;
    aftercare_linux_options given;
    aftercare_result taken =
        copy_sized(linux_options, offsetof(aftercare_linux_options, username), given);
    if (taken == AFTERCARE_OK) taken = options_from_c(options, o);
    if (taken != AFTERCARE_OK) return taken;
    try {
        auto service = std::make_unique<Service>();
        taken = handlers_from_c(handlers, service->handle);
        if (taken == AFTERCARE_OK && given.ports != nullptr) {
            taken = take_ports(given.ports, service->handle);
        }
        if (taken != AFTERCARE_OK) return taken;
        HostOptions host = host_options(o, given);
        host.handler = handler_port(service->handle);
        if (!take_groups(service->handle, host) || (given.spool_path == nullptr && !host.storage) ||
            !kit_sane(given)) {
            return AFTERCARE_INVALID;
        }
        const auto log = host.log;
        auto opened = Host::open(std::move(host));
        if (!opened) {
            if (log) log(LogLevel::error, opened.error().message);
            return result_to_c(opened.error().code);
        }
        service->take(std::move(*opened));
        const aftercare_result kit = service->open_kit(given.telemetry, given.telemetry_kit);
        if (kit != AFTERCARE_OK) return kit;
        service->begin();
        *agent = &service.release()->handle;
        return AFTERCARE_OK;
    } catch (const std::exception&) {
        return AFTERCARE_UNAVAILABLE;
    }
}

void aftercare_stop(aftercare_agent* agent, uint32_t timeout_ms) {
    if (agent == nullptr) return;
    const std::unique_ptr<Service> service{static_cast<Service*>(agent->host)};
    service->end(std::chrono::milliseconds{timeout_ms});
}

}  // extern "C"
