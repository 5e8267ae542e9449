// One thread that waits for thousands of sockets and a timer: Boost.Asio, kept out of every header.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace aftercare::sim {

class EventLoop {
  public:
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Dispatches sockets, and calls `tick` every `period` until it returns false. Ticks that were
    /// missed are not made up for.
    void run(std::chrono::milliseconds period, const std::function<bool()>& tick);
    /// Dispatches what is ready, without waiting: to be called between slices of long work.
    void dispatch_ready();
    /// Runs `task` from the loop, never from inside this call.
    void defer(std::function<void()> task);

    struct Impl;  ///< event_loop_asio.hpp, for the sockets only
    [[nodiscard]] Impl& impl() { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::sim
