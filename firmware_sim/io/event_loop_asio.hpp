// The Asio side of EventLoop, included by the two files that need it.
#pragma once

#include <boost/asio/io_context.hpp>

#include "firmware_sim/io/event_loop.hpp"

namespace aftercare::sim {

struct EventLoop::Impl {
    // Without the hint that one thread is enough: with it, tasks deferred inside a handler are
    // counted only after the handler, a nested poll that runs them counts below zero and stops the
    // context.
    boost::asio::io_context context;
};

}  // namespace aftercare::sim
