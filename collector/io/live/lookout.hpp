// Gathers what the parts of the running collector tell about themselves, as far as they are there
// yet, and judges and dates readiness. The API has it from the first second on, before the database
// is read. Thread: any.
#pragma once

#include <mutex>
#include <string>

#include "collector/io/http/api.hpp"
#include "collector/io/http/figures.hpp"
#include "collector/io/http/server.hpp"
#include "collector/io/live/engine_thread.hpp"
#include "collector/io/paho/paho_source.hpp"

namespace aftercare::collector {

class Lookout {
  public:
    /// Lifetime: `commands` outlives the lookout, every part until `forget_parts`.
    Lookout(std::string database_path, const CommandQueue& commands)
        : database_path_(std::move(database_path)), commands_(commands) {}

    void watch(const Server& server, const Api& api);
    /// From here on the state of all devices is in memory.
    void watch(const EngineThread& engine, const PahoSource& source);
    void forget_parts();
    void warm_start_took(double seconds);
    /// The rule packs were read again: taken, or refused.
    void rules_reloaded(bool taken);
    void broker_changed(bool connected, const std::string& why);

    /// Dates changes of readiness. Call about once a second.
    void look();
    /// Everything, for a scrape.
    LiveFigures figures();

  private:
    LiveFigures gather();

    const std::string database_path_;
    const CommandQueue& commands_;
    ReadinessLog readiness_;
    std::mutex mutex_;
    const Server* server_ = nullptr;
    const Api* api_ = nullptr;
    const EngineThread* engine_ = nullptr;
    const PahoSource* source_ = nullptr;
    double warm_start_seconds_ = 0;
    std::string broker_trouble_;
    std::uint64_t rules_taken_ = 0;
    std::uint64_t rules_refused_ = 0;
};

}  // namespace aftercare::collector
