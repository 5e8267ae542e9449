// The thread that owns engine and store: turns of the loop at the pace of the batch interval,
// figures for everyone else, and a stop that drains.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "collector/io/live/engine_loop.hpp"
#include "collector/io/live/house_pace.hpp"
#include "collector/io/live/live_clock.hpp"
#include "collector/io/live/metered_store.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kTasksWaitingMax = 16;

class EngineThread {
  public:
    struct Parts {
        Engine& engine;
        Pump& pump;
        MeteredStore& store;
        EngineLoop& loop;
        LiveClock clock;
        milliseconds interval{100};
        milliseconds drain_max{
            10'000};  ///< after that a stop gives up; what is left was never acked
        std::function<void()> on_broken;  ///< called once, from this thread, which then ends
        /// Called with the reason when a step of the store's housekeeping fails.
        std::function<void(const std::string& why)> on_housekeeping;
    };
    /// Starts it. The parts outlive the thread.
    explicit EngineThread(Parts parts);
    ~EngineThread();

    /// Takes in what still waits, commits, publishes the acks, ends. False when the store refused
    /// until the end: what was not stored was not acknowledged and comes again.
    bool stop();
    /// Runs the task in the engine's thread between two turns, as soon as no batch waits for the
    /// store; several in the order they came. Errors: exhausted. Thread: any.
    Status between_turns(std::function<void()> task);
    /// What the store said when the engine contradicted the database; empty while it has not.
    /// Pre: stopped.
    [[nodiscard]] const std::string& broken_because() const { return parts_.loop.broken_because(); }
    /// Thread: any.
    [[nodiscard]] LiveFigures figures() const;

  private:
    void run();
    bool drain();
    void run_tasks(EngineLoop::Turn turn);
    void keep_house(EngineLoop::Turn turn);
    void pause_until(std::chrono::steady_clock::time_point at);
    void publish_figures();

    Parts parts_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    bool drained_ = false;
    std::vector<std::function<void()>> tasks_;  ///< wait for a turn to end
    LiveFigures figures_;
    std::optional<std::chrono::steady_clock::time_point> turn_began_;  ///< of the one under way
    std::chrono::steady_clock::time_point progressed_at_ = std::chrono::steady_clock::now();
    HousePace pace_;  ///< only this thread
    std::thread thread_;
};

}  // namespace aftercare::collector
