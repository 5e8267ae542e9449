#include "collector/io/live/engine_thread.hpp"

#include <chrono>

namespace aftercare::collector {

using std::chrono::steady_clock;

namespace {

double seconds_since(steady_clock::time_point at) {
    return std::chrono::duration<double>(steady_clock::now() - at).count();
}

}  // namespace

EngineThread::EngineThread(Parts parts) : parts_(std::move(parts)) {
    publish_figures();
    thread_ = std::thread([this] { run(); });
}

EngineThread::~EngineThread() {
    if (thread_.joinable()) stop();
}

void EngineThread::run() {
    while (true) {
        const auto begin = steady_clock::now();
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) break;
            turn_began_ = begin;
        }
        const EngineLoop::Turn turn = parts_.loop.turn(parts_.clock.now());
        keep_house(turn);
        run_tasks(turn);
        publish_figures();
        {
            const std::lock_guard lock(mutex_);
            turn_began_.reset();
            if (turn != EngineLoop::Turn::stalled) progressed_at_ = steady_clock::now();
        }
        if (turn == EngineLoop::Turn::broken) {
            if (parts_.on_broken) parts_.on_broken();
            return;
        }
        if (turn != EngineLoop::Turn::full) pause_until(begin + parts_.interval);
    }
    const bool drained = drain();
    publish_figures();
    const std::lock_guard lock(mutex_);
    drained_ = drained;
}

void EngineThread::keep_house(EngineLoop::Turn turn) {
    const Now now = parts_.clock.now();
    const auto until = steady_clock::now() + parts_.interval / 2;
    for (unsigned left = pace_.steps_after(turn, parts_.loop.taken(), now.instant); left > 0;
         --left) {
        const Result<bool> more = parts_.store.maintain(now.wall);
        if (more && *more) {
            if (steady_clock::now() < until) continue;
            return;
        }
        pace_.nothing_was_due(now.instant);
        if (!more && parts_.on_housekeeping) parts_.on_housekeeping(more.error().message);
        return;
    }
}

void EngineThread::run_tasks(EngineLoop::Turn turn) {
    if (turn == EngineLoop::Turn::stalled || turn == EngineLoop::Turn::broken) return;
    std::vector<std::function<void()>> tasks;
    {
        const std::lock_guard lock(mutex_);
        tasks.swap(tasks_);
    }
    for (const std::function<void()>& task : tasks) task();
}

Status EngineThread::between_turns(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() == kTasksWaitingMax) {
        return fail(Errc::exhausted, std::to_string(kTasksWaitingMax) +
                                         " such tasks wait for the store already; try again when "
                                         "it works");
    }
    tasks_.push_back(std::move(task));
    return {};
}

bool EngineThread::drain() {
    const auto deadline = steady_clock::now() + parts_.drain_max;
    while (steady_clock::now() < deadline) {
        switch (parts_.loop.turn(parts_.clock.now())) {
            case EngineLoop::Turn::idle:
                return parts_.loop.flush(parts_.clock.now()) == EngineLoop::Turn::idle;
            case EngineLoop::Turn::broken:
                return false;
            case EngineLoop::Turn::stalled:
                std::this_thread::sleep_for(parts_.interval);
                break;
            case EngineLoop::Turn::worked:
            case EngineLoop::Turn::busy:
            case EngineLoop::Turn::full:
                break;
        }
    }
    return false;
}

void EngineThread::pause_until(steady_clock::time_point at) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, at, [&] { return stopping_; });
}

bool EngineThread::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    const std::lock_guard lock(mutex_);
    return drained_;
}

void EngineThread::publish_figures() {
    LiveFigures figures;
    figures.engine = parts_.engine.statistics();
    figures.stalled = parts_.pump.stalled();
    parts_.store.report(figures);
    const std::lock_guard lock(mutex_);
    figures.stopping = stopping_;
    figures_ = std::move(figures);
}

LiveFigures EngineThread::figures() const {
    const std::lock_guard lock(mutex_);
    LiveFigures figures = figures_;
    // A disk that hangs instead of failing shows as a turn that does not end.
    if (turn_began_) figures.turn_seconds = seconds_since(*turn_began_);
    figures.progress_seconds = seconds_since(progressed_at_);
    return figures;
}

}  // namespace aftercare::collector
