#include "firmware_sim/io/event_loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "firmware_sim/io/event_loop_asio.hpp"

namespace aftercare::sim {
namespace asio = boost::asio;

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run(std::chrono::milliseconds period, const std::function<bool()>& tick) {
    asio::steady_timer timer(impl_->context);
    const std::function<void(const boost::system::error_code&)> on_timer =
        [&](const boost::system::error_code&) {
            const auto began = std::chrono::steady_clock::now();
            if (!tick()) {
                impl_->context.stop();
                return;
            }
            timer.expires_at(began + period);
            timer.async_wait(on_timer);
        };
    timer.expires_after(period);
    timer.async_wait(on_timer);
    impl_->context.restart();
    impl_->context.run();
}

void EventLoop::dispatch_ready() {
    impl_->context.poll();
}

void EventLoop::defer(std::function<void()> task) {
    asio::post(impl_->context, std::move(task));
}

}  // namespace aftercare::sim
