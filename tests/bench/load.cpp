// The load: one connection a device, MQTT 5, QoS 1, payloads made before the clock starts, acks
// read as devices read them. One thread on epoll and libmosquitto, so that it is none of the
// programs under test.
//   bench_load PORT FIRST_DEVICE DEVICES REPORTS RECORDS RATE [--acks] [--every-report-asks]
// Prints READY once all are connected and have sent one report each, starts at a line on stdin, and
// ends with one JSON line.
#include <mosquitto.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/fleet.hpp"

namespace {

using namespace aftercare;
using namespace aftercare::bench;
using std::chrono::steady_clock;

constexpr std::size_t kUnderWayMax = 4'000;    ///< published, no PUBACK yet, over all devices
constexpr std::chrono::seconds kQuietMax{30};  ///< without any progress: something is broken
constexpr std::size_t kReportsPerTurn = 64;

struct Options {
    int port = 0;
    std::size_t first_device = 0;
    std::size_t devices = 0;
    std::size_t reports = 0;
    std::uint32_t records = 0;
    double rate = 0;  ///< reports a second
    bool acks = false;
    bool every_report_asks = false;
};

struct Waiting {
    Lane lane;
    Seq last_seq;
    steady_clock::time_point sent_at;
};

struct Load;
struct Client {
    Load* load = nullptr;
    std::size_t number = 0;
    mosquitto* mqtt = nullptr;
    std::string topic;
    std::array<Seq, kLaneCount> sent{};
    std::array<Seq, kLaneCount> acked{};
    std::deque<Waiting> waiting;  ///< reports that asked for their ack
    bool wants_write = false;
    [[nodiscard]] bool settled() const { return acked[0] >= sent[0] && acked[1] >= sent[1]; }
};

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "bench_load: %s\n", why.c_str());
    std::exit(69);
}

struct Load {
    Options options;
    std::vector<SentReport> reports;
    std::vector<std::unique_ptr<Client>> clients;
    int epoll = epoll_create1(0);
    proto::Codec codec;
    std::size_t subscribed = 0;
    std::size_t published = 0;
    std::size_t pubacks = 0;
    std::size_t acks = 0;
    std::size_t unsettled = 0;  ///< devices with something that is not acknowledged
    std::vector<double> latencies_ms;
    steady_clock::time_point progress_at = steady_clock::now();

    void on_ack(Client& client, const mosquitto_message& message) {
        const auto bytes = std::as_bytes(std::span{static_cast<const char*>(message.payload),
                                                   static_cast<std::size_t>(message.payloadlen)});
        const auto downlink = codec.decode_downlink(bytes);
        const Ack* ack = downlink ? std::get_if<Ack>(&*downlink) : nullptr;
        if (ack == nullptr || ack->stream_id != stream_of(client.number)) return;
        ++acks;
        const bool was_settled = client.settled();
        for (std::size_t i = 0; i < kLaneCount; ++i) {
            client.acked[i] = std::max(client.acked[i], ack->through[i]);
        }
        const auto now = steady_clock::now();
        progress_at = now;
        if (!was_settled && client.settled()) --unsettled;
        const auto stored = [&](const Waiting& report) {
            if (report.last_seq > client.acked[index(report.lane)]) return false;
            latencies_ms.push_back(
                std::chrono::duration<double, std::milli>(now - report.sent_at).count());
            return true;
        };
        client.waiting.erase(std::remove_if(client.waiting.begin(), client.waiting.end(), stored),
                             client.waiting.end());
    }

    void connect_all() {
        for (std::size_t i = 0; i < options.devices; ++i) {
            auto client = std::make_unique<Client>();
            client->load = this;
            client->number = options.first_device + i;
            client->topic = up_topic(client->number);
            client->mqtt = mosquitto_new(device_name(client->number).c_str(), true, client.get());
            configure(client->mqtt);
            if (const int code = mosquitto_connect(client->mqtt, "127.0.0.1", options.port, 600);
                code != 0) {
                give_up("cannot connect device " + std::to_string(i) + ": " +
                        (code == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(code)));
            }
            epoll_event event{.events = EPOLLIN, .data = {.ptr = client.get()}};
            epoll_ctl(epoll, EPOLL_CTL_ADD, mosquitto_socket(client->mqtt), &event);
            clients.push_back(std::move(client));
            if (i % 64 == 0) turn(0);
        }
        while (subscribed < options.devices) {
            turn(50);
            check_progress();
        }
    }

    static void configure(mosquitto* mqtt) {
        mosquitto_int_option(mqtt, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
        mosquitto_int_option(mqtt, MOSQ_OPT_TCP_NODELAY, 1);
        mosquitto_connect_callback_set(mqtt, [](mosquitto* connected, void* self, int code) {
            if (code != 0) give_up("the broker refuses a connection");
            const auto& client = *static_cast<Client*>(self);
            mosquitto_subscribe(connected, nullptr, down_topic(client.number).c_str(), 1);
        });
        mosquitto_subscribe_callback_set(mqtt, [](mosquitto*, void* self, int, int, const int*) {
            auto& load = *static_cast<Client*>(self)->load;
            ++load.subscribed;
            load.progress_at = steady_clock::now();
        });
        mosquitto_publish_callback_set(mqtt, [](mosquitto*, void* self, int) {
            auto& load = *static_cast<Client*>(self)->load;
            ++load.pubacks;
            load.progress_at = steady_clock::now();
        });
        mosquitto_message_callback_set(
            mqtt, [](mosquitto*, void* self, const mosquitto_message* message) {
                auto& client = *static_cast<Client*>(self);
                client.load->on_ack(client, *message);
            });
    }

    void follow_write(Client& client) {
        const bool wanted = mosquitto_want_write(client.mqtt);
        if (wanted == client.wants_write) return;
        client.wants_write = wanted;
        epoll_event event{.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN,
                          .data = {.ptr = &client}};
        epoll_ctl(epoll, EPOLL_CTL_MOD, mosquitto_socket(client.mqtt), &event);
    }

    void turn(int wait_ms) {
        std::array<epoll_event, 256> events{};
        const int count =
            epoll_wait(epoll, events.data(), static_cast<int>(events.size()), wait_ms);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            Client& client = *static_cast<Client*>(event.data.ptr);
            int code = 0;
            if ((event.events & EPOLLOUT) != 0) code = mosquitto_loop_write(client.mqtt, 1);
            if (code == 0 && (event.events & ~EPOLLOUT) != 0) {
                code = mosquitto_loop_read(client.mqtt, 1);
            }
            if (code != 0)
                give_up(std::string("a device lost its link: ") + mosquitto_strerror(code));
            follow_write(client);
        }
    }

    void check_progress() const {
        if (steady_clock::now() - progress_at > kQuietMax) {
            give_up("no progress: " + std::to_string(published) + " published, " +
                    std::to_string(pubacks) + " taken by the broker, " + std::to_string(unsettled) +
                    " devices wait for acks");
        }
    }

    void publish(const SentReport& report) {
        Client& client = *clients[report.device - options.first_device];
        if (client.settled()) ++unsettled;
        client.sent[index(report.lane)] = report.last_seq;
        if (report.ack_now) {
            client.waiting.push_back({report.lane, report.last_seq, steady_clock::now()});
        }
        if (mosquitto_publish(client.mqtt, nullptr, client.topic.c_str(),
                              static_cast<int>(report.payload.size()), report.payload.data(), 1,
                              false) != 0) {
            give_up("cannot publish");
        }
        follow_write(client);
        ++published;
    }

    /// Sends up to `end` and waits until the broker has it all, and where it is acknowledged, the
    /// devices know. Returns the seconds until the broker had it.
    double run(std::size_t end) {
        const std::size_t first = published;
        const auto begin = steady_clock::now();
        progress_at = begin;
        double sending_s = 0;
        while (pubacks < end || (options.acks && unsettled > 0)) {
            const std::chrono::duration<double> spent = steady_clock::now() - begin;
            const auto due =
                std::min(end, first + static_cast<std::size_t>(spent.count() * options.rate) + 1);
            for (std::size_t i = 0;
                 i < kReportsPerTurn && published < due && published - pubacks < kUnderWayMax;
                 ++i) {
                publish(reports[published]);
            }
            turn(published < due && published - pubacks < kUnderWayMax ? 0 : 1);
            check_progress();
            if (sending_s == 0 && pubacks == end) {
                sending_s = std::chrono::duration<double>(steady_clock::now() - begin).count();
            }
        }
        return sending_s;
    }

    [[nodiscard]] double percentile_ms(double share) {
        if (latencies_ms.empty()) return 0;
        std::sort(latencies_ms.begin(), latencies_ms.end());
        return latencies_ms[static_cast<std::size_t>(share *
                                                     static_cast<double>(latencies_ms.size() - 1))];
    }
};

Options parse(int argc, char** argv) {
    Options options;
    if (argc < 7) {
        std::fprintf(stderr,
                     "usage: bench_load PORT FIRST_DEVICE DEVICES REPORTS RECORDS RATE [--acks] "
                     "[--every-report-asks]\n");
        std::exit(64);
    }
    options.port = std::atoi(argv[1]);
    options.first_device = std::strtoul(argv[2], nullptr, 10);
    options.devices = std::strtoul(argv[3], nullptr, 10);
    options.reports = std::strtoul(argv[4], nullptr, 10);
    options.records = static_cast<std::uint32_t>(std::strtoul(argv[5], nullptr, 10));
    options.rate = std::strtod(argv[6], nullptr);
    for (int i = 7; i < argc; ++i) {
        options.acks |= std::string_view(argv[i]) == "--acks";
        options.every_report_asks |= std::string_view(argv[i]) == "--every-report-asks";
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    Load load;
    load.options = parse(argc, argv);
    const Options& options = load.options;
    const std::size_t total = options.devices + options.reports;
    const std::size_t rounds = total / options.devices + 1;
    const auto history =
        std::chrono::minutes{15} * static_cast<std::int64_t>(rounds * options.records + 1);
    const auto start = std::chrono::system_clock::now() - history;
    Fleet fleet({.first_device = options.first_device,
                 .device_count = options.devices,
                 .records_per_report = options.records,
                 .start_unix_ms =
                     std::chrono::duration_cast<std::chrono::milliseconds>(start.time_since_epoch())
                         .count(),
                 .every_report_asks = options.every_report_asks});
    std::size_t payload_bytes = 0;
    for (std::size_t i = 0; i < total; ++i) {
        load.reports.push_back(fleet.next());
        payload_bytes += load.reports.back().payload.size();
    }
    mosquitto_lib_init();
    load.connect_all();
    // Everybody's first report enrols the device and is no part of the measurement.
    load.run(options.devices);
    load.acks = 0;
    load.latencies_ms.clear();
    std::puts("READY");
    std::fflush(stdout);
    if (std::getchar() == EOF) return 0;
    const double sending_s = load.run(total);
    std::printf(
        "{\"sending_s\":%.3f,\"acks\":%zu,\"latency_ms_p50\":%.2f,\"latency_ms_p99\":%.2f,"
        "\"latency_count\":%zu,\"payload_bytes\":%zu}\n",
        sending_s, load.acks, load.percentile_ms(0.5), load.percentile_ms(0.99),
        load.latencies_ms.size(), payload_bytes);
    return 0;
}
