// The Asio side of EventLoop, included by the two files that need it.
#pragma once

#include <boost/asio/io_context.hpp>

#include "firmware_sim/io/event_loop.hpp"

namespace aftercare::sim {

struct EventLoop::Impl {
    boost::asio::io_context context{1};
};

}  // namespace aftercare::sim
