// The other end of the wire for tests of the agent alone: collects reports, acknowledges when told
// to.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/downlink.hpp"
#include "common/report.hpp"

namespace aftercare::test {

class FakeCollector {
  public:
    /// Pre: a broker listens at `url` (mqtt://127.0.0.1:PORT).
    explicit FakeCollector(const std::string& url);
    ~FakeCollector();
    FakeCollector(const FakeCollector&) = delete;
    FakeCollector& operator=(const FakeCollector&) = delete;

    /// Acknowledges every report as it comes.
    void acknowledge_all(bool on);
    void send(const std::string& tenant, const std::string& device, const Downlink& downlink);
    /// Records received so far, duplicates once.
    [[nodiscard]] std::vector<Record> records(Lane lane) const;
    /// The last presence of the device.
    [[nodiscard]] std::optional<Presence> presence() const;
    /// Why a report could not be decoded; empty when all could.
    [[nodiscard]] std::string refusal() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::test
