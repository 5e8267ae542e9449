#include "tests/integration/http/running_collector.hpp"

#include <mosquitto.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>

#include "proto/codec.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

namespace aftercare::test {
namespace {

constexpr std::chrono::seconds kPatience{60};

constexpr const char* kCatalogue = R"([[model]]
id = "WM-1"
family = "washing_machine"
title = "Washer"
component = [ { id = 1, name = "drain_pump" } ]
metric = [ { id = 1, name = "drain_duration_s", unit = "s", title = "Drain time", range = [0, 300] } ]
fault = [ { id = 18, name = "E18", title = "No drain", severity = "major", component = "drain_pump" } ]
counter = [ { id = 1, name = "cycles_count" } ]
[[model.failure_mode]]
id = "drain_pump_blocked"
component = "drain_pump"
title = "Drain pump blocked"
)";

}  // namespace

struct Hand::Impl {
    explicit Impl(const std::string& name) : handle(mosquitto_new(name.c_str(), true, this)) {
        mosquitto_connect_callback_set(handle, [](mosquitto*, void* self, int code) {
            static_cast<Impl*>(self)->connected = code == 0;
        });
        mosquitto_disconnect_callback_set(
            handle, [](mosquitto*, void* self, int) { static_cast<Impl*>(self)->ended = true; });
        mosquitto_subscribe_callback_set(handle, [](mosquitto*, void* self, int, int, const int*) {
            ++static_cast<Impl*>(self)->subscriptions;
        });
        mosquitto_publish_callback_set(
            handle, [](mosquitto*, void* self, int) { ++static_cast<Impl*>(self)->taken; });
        mosquitto_message_callback_set(
            handle, [](mosquitto*, void* self, const mosquitto_message* message) {
                static_cast<Impl*>(self)->hear(*message);
            });
    }
    ~Impl() {
        mosquitto_disconnect(handle);
        mosquitto_loop_stop(handle, false);
        mosquitto_destroy(handle);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    void hear(const mosquitto_message& message) {
        const std::lock_guard lock(mutex);
        latest[message.topic].assign(static_cast<const char*>(message.payload),
                                     static_cast<std::size_t>(message.payloadlen));
        ++heard;
    }
    [[nodiscard]] bool await_taken(std::size_t count, std::chrono::milliseconds patience) const {
        return wait_until([&] { return taken >= count; }, patience, std::chrono::milliseconds{1});
    }

    mosquitto* handle;
    std::size_t given = 0;
    std::mutex mutex;
    std::map<std::string, std::string> latest;  ///< by topic
    std::atomic<std::size_t> taken = 0;
    std::atomic<std::size_t> heard = 0;
    std::atomic<std::size_t> subscriptions = 0;
    std::atomic<bool> connected = false;
    std::atomic<bool> ended = false;
};

Hand::Hand(const std::string& broker_url, const std::string& name, const std::string& password) {
    mosquitto_lib_init();
    impl_ = std::make_unique<Impl>(name);
    if (!password.empty()) {
        mosquitto_username_pw_set(impl_->handle, name.c_str(), password.c_str());
    }
    const int port = std::atoi(broker_url.c_str() + broker_url.rfind(':') + 1);
    mosquitto_connect(impl_->handle, "127.0.0.1", port, 60);
    mosquitto_loop_start(impl_->handle);
    CHECK(wait_until([&] { return impl_->connected.load(); }, kPatience,
                     std::chrono::milliseconds{1}));
}
Hand::~Hand() = default;

void Hand::publish(const std::string& topic, const std::string& payload) {
    hand_over(topic, payload);
    await_all();
}

void Hand::hand_over(const std::string& topic, const std::string& payload) {
    constexpr std::size_t kUnderWayMax = 200;
    // Not the test framework's checks: this may run on a thread of the test's.
    AFTERCARE_ASSERT(impl_->given < kUnderWayMax ||
                     impl_->await_taken(impl_->given - kUnderWayMax + 1, kPatience));
    const int result =
        mosquitto_publish(impl_->handle, nullptr, topic.c_str(), static_cast<int>(payload.size()),
                          payload.data(), 1, false);
    AFTERCARE_ASSERT(result == MOSQ_ERR_SUCCESS);
    ++impl_->given;
}

void Hand::await_all() {
    AFTERCARE_ASSERT(impl_->await_taken(impl_->given, kPatience));
}

void Hand::attempt(const std::string& topic, const std::string& payload) {
    hand_over(topic, payload);
    const auto answered = [&] { return impl_->taken >= impl_->given || impl_->ended; };
    // No answer is an answer as well: this broker forbids in silence.
    static_cast<void>(wait_until(answered, std::chrono::seconds{1}));
}

void Hand::listen(const std::string& topic) {
    const std::size_t before = impl_->subscriptions;
    mosquitto_subscribe(impl_->handle, nullptr, topic.c_str(), 1);
    CHECK(wait_until([&] { return impl_->subscriptions > before; }, kPatience,
                     std::chrono::milliseconds{1}));
}

std::size_t Hand::heard() const {
    return impl_->heard;
}

std::string Hand::latest(const std::string& topic) const {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->latest.find(topic);
    return found == impl_->latest.end() ? std::string{} : found->second;
}

RunningCollector::RunningCollector(const std::string& broker_url, const std::string& broker_lines,
                                   const std::string& tenants_lines) {
    std::ofstream(dir_ / "catalogue.toml") << kCatalogue;
    std::ofstream(dir_ / "collector.toml") << "[broker]\nurl = \"" << broker_url << "\"\n"
                                           << broker_lines << R"([database]
path = "aftercare.db"
[http]
listen = "127.0.0.1:0"
port_file = "port"
[tenants]
list = ["acme"]
)" << tenants_lines << R"([catalogue]
file = "catalogue.toml"
[intake]
reorder_reports_max = 4
ack_delay_lazy = "100ms"
)";
}

bool RunningCollector::launch(std::vector<std::string> more_arguments) {
    std::filesystem::remove(dir_ / "port");
    std::vector<std::string> words{AFTERCARE_COLLECTOR, "run", "--config",
                                   (dir_ / "collector.toml").string()};
    for (std::string& word : more_arguments) words.push_back(std::move(word));
    auto process = Process::start({.command = words, .log_dir = dir_.path(), .name = "collector"});
    if (!process) return false;
    process_ = std::move(*process);
    return true;
}

bool RunningCollector::launch_on(std::uint16_t port) {
    port_ = std::to_string(port);
    return launch({"--listen", "127.0.0.1:" + port_}) &&
           wait_until([&] { return accepts_connections(port) || !process_->running(); },
                      kPatience) &&
           process_->running();
}

bool RunningCollector::start(std::vector<std::string> more_arguments) {
    if (!launch(std::move(more_arguments))) return false;
    const bool listens = wait_until(
        [&] { return std::filesystem::exists(dir_ / "port") || !process_->running(); }, kPatience);
    std::ifstream(dir_ / "port") >> port_;
    return listens && process_->running();
}

int RunningCollector::stop() {
    const auto status = process_->stop(kPatience);
    return status && status->signal == 0 ? status->code : -1;
}

std::size_t RunningCollector::log_count(const std::string& text) const {
    const std::string all = log();
    std::size_t count = 0;
    for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1))
        ++count;
    return count;
}

Finished RunningCollector::command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--db", (dir_ / "aftercare.db").string()});
    return program(std::move(arguments));
}

Finished RunningCollector::program(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), AFTERCARE_COLLECTOR);
    auto finished = run_program({.command = arguments,
                                 .log_dir = dir_.path(),
                                 .name = "command-" + std::to_string(++commands_)},
                                kPatience);
    if (!finished) return {{.code = -1}, {}, finished.error().message};
    return *finished;
}

std::string RunningCollector::make_token(const std::string& role, const std::string& centre) const {
    std::vector<std::string> words{"token", "create", "--role", role, "--tenant", "acme"};
    if (!centre.empty()) words.insert(words.end(), {"--centre", centre});
    std::string token = command(words).out;
    while (!token.empty() && token.back() == '\n') token.pop_back();
    return token;
}

HttpReply RunningCollector::get(const std::string& path, const std::string& token) const {
    return http({.url = "http://127.0.0.1:" + port_ + path, .token = token}).value_or(HttpReply{});
}

HttpReply RunningCollector::post(const std::string& path, const std::string& token,
                                 const std::string& body, const std::string& if_match) const {
    HttpRequest request{.method = "POST",
                        .url = "http://127.0.0.1:" + port_ + path,
                        .body = body,
                        .token = token,
                        .headers = {{"Content-Type", "application/json"}}};
    if (!if_match.empty()) request.headers.emplace_back("If-Match", if_match);
    return http(request).value_or(HttpReply{});
}

double RunningCollector::metric(const std::string& series) const {
    return foreign_metric("aftercare_collector_" + series);
}

double RunningCollector::foreign_metric(const std::string& series) const {
    const std::string text = "\n" + get("/metrics").body;
    const std::string line = "\n" + series + " ";
    const std::size_t at = text.find(line);
    return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + line.size(), nullptr);
}

bool RunningCollector::wait_for_metric(const std::string& series, double at_least) const {
    return wait_until([&] { return metric(series) >= at_least; }, kPatience);
}

bool RunningCollector::wait_until_ready() const {
    return wait_until([&] { return get("/readyz").status == 200; }, kPatience);
}

std::string report_bytes(const std::string& device, Seq first, std::size_t count, Seq oldest) {
    Report report;
    report.header.device_id = std::string_view(device);
    report.header.model = "WM-1";
    report.header.firmware = "1.0";
    report.header.stream_id = 77;
    report.header.lane = Lane::urgent;
    report.header.first_seq = first;
    report.header.oldest_seq = oldest;
    report.header.boot = 1;
    report.header.uptime_ms = 10'000'000;
    report.header.ack_now = true;
    report.header.consent_epoch = 1;  // the owner was asked: nothing but acks comes down
    for (std::size_t i = 0; i < count; ++i) {
        report.records.push_back({.seq = first + i,
                                  .boot = 1,
                                  .uptime_ms = 1'000 * (first + i),
                                  .body = SelfTest{.test_id = 1, .result = TestResult::passed}});
    }
    return proto::Codec().encode_report(report);
}

std::string up_topic(const std::string& tenant, const std::string& device) {
    return std::string(format_topic(tenant, device, Leg::up).view());
}

}  // namespace aftercare::test
