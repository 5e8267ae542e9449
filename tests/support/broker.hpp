// A private Mosquitto on a free loopback port with its own persistence, for tests that need the
// real thing. The system service and port 1883 are never touched.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "common/result.hpp"
#include "tests/support/process.hpp"

namespace aftercare::test {

/// How much waits for a consumer that stands still before the broker drops messages silently.
enum class BrokerQueue : std::uint8_t {
    roomy,     ///< as the template in deploy/mosquitto: by bytes, not by count
    defaults,  ///< Mosquitto's own: 1,000 messages, 20 under way
    tiny,      ///< 10 messages, 5 under way: drops within a moment
};

struct BrokerOptions {
    std::filesystem::path dir;  ///< configuration, log and persistence go here; must exist
    bool persistence = true;
    std::string extra_configuration;  ///< further lines, for example of password_file or acl_file
    bool anonymous = true;
    BrokerQueue queue = BrokerQueue::roomy;
};

class Broker {
  public:
    /// Returns once it accepts connections. Errors: not_found (mosquitto is not installed),
    /// unavailable with the broker's own words.
    static Result<Broker> start(BrokerOptions options);

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string url() const;  ///< "mqtt://127.0.0.1:PORT"
    [[nodiscard]] std::filesystem::path database() const { return options_.dir / "mosquitto.db"; }
    [[nodiscard]] Process& process() { return *process_; }

    /// SIGKILL: what a power cut does to a broker. The port stays its own.
    void kill();
    /// Whether it said that messages to some client were dropped, since the first start.
    [[nodiscard]] bool has_dropped() const;
    /// Loses what its database holds. Pre: it does not run.
    void lose_database() { std::filesystem::remove(database()); }
    /// SIGTERM, which saves the persistence database.
    Status stop();
    /// Starts it again on the same port with what its database holds.
    Status start_again();

  private:
    Broker() = default;
    Status launch();
    BrokerOptions options_;
    std::uint16_t port_ = 0;
    std::optional<Process> process_;
};

}  // namespace aftercare::test
