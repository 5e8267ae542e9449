#include "agent/core/session.hpp"

#include <algorithm>

#include "common/divide.hpp"

namespace aftercare::agent {
namespace {
constexpr std::uint64_t kUsefulAfterMs = 60'000;
}

std::uint32_t SendWindow::record_count() const {
    std::uint32_t total = 0;
    for (std::uint32_t i = 0; i < count_; ++i) total += reports_[i].record_count;
    return total;
}

void SendWindow::remove(std::uint32_t i) {
    std::copy(reports_.begin() + i + 1, reports_.begin() + count_, reports_.begin() + i);
    --count_;
}

void SendWindow::acked(SpoolSeq through) {
    while (count_ > 0 && reports_[0].last <= through) remove(0);
    if (count_ > 0 && reports_[0].first <= through) {
        const std::uint32_t gone = through - reports_[0].first + 1;
        reports_[0].first = through + 1;
        reports_[0].record_count -= std::min(gone, reports_[0].record_count);
    }
}

void SendWindow::resend_all() {
    for (std::uint32_t i = 0; i < count_; ++i) reports_[i].resend_at_ms = 0;
}

std::uint64_t SendWindow::next_resend_ms() const {
    std::uint64_t next = kNever;
    for (std::uint32_t i = 0; i < count_; ++i) next = std::min(next, reports_[i].resend_at_ms);
    return next;
}

void ByteBudget::earn(std::uint64_t now_ms) {
    const std::uint64_t passed = std::min<std::uint64_t>(now_ms - at_ms_, kDayMs);
    level_ = std::min(level_ + per_day_ * static_cast<std::int64_t>(passed), per_day_ * kDayMs);
    at_ms_ = now_ms;
}

void ByteBudget::spend(std::size_t bytes, std::uint64_t now_ms) {
    if (per_day_ == 0) return;
    earn(now_ms);
    level_ -= static_cast<std::int64_t>(bytes) * kDayMs;
}

std::uint64_t ByteBudget::ready_ms() const {
    if (per_day_ == 0 || level_ >= 0) return 0;
    return at_ms_ + divide(static_cast<std::uint64_t>(-level_ + per_day_ - 1),
                           static_cast<std::uint64_t>(per_day_))
                        .quotient;
}

std::uint64_t Jitter::below(std::uint64_t bound) {
    state_ += 0x9E3779B9;
    std::uint32_t mixed = state_ ^ state_ >> 16;
    mixed *= 0x7FEB352D;
    mixed ^= mixed >> 15;
    mixed *= 0x846CA68B;
    mixed ^= mixed >> 16;
    return (mixed * bound) >> 32;
}

std::uint64_t Connector::next_ms(std::uint64_t now_ms) const {
    return link_ == Link::online ? kNever : std::max(due_ms_, now_ms);
}

bool Connector::begin_attempt(std::uint64_t now_ms) {
    if (link_ != Link::offline || now_ms < due_ms_) return false;
    link_ = Link::connecting;
    due_ms_ = now_ms + times_.connect_timeout_ms;
    return true;
}

bool Connector::attempt_timed_out(std::uint64_t now_ms) {
    if (link_ != Link::connecting || now_ms < due_ms_) return false;
    lost(now_ms);
    return true;
}

void Connector::connected(std::uint64_t now_ms) {
    link_ = Link::online;
    online_since_ms_ = now_ms;
}

void Connector::lost(std::uint64_t now_ms) {
    if (link_ == Link::offline) return;
    const bool was_online = link_ == Link::online;
    if (was_online && now_ms - online_since_ms_ >= kUsefulAfterMs) backoff_.reset();
    link_ = Link::offline;
    auto wait = static_cast<std::uint64_t>(backoff_.next(jitter_).count());
    if (was_online && backoff_.attempts() == 1) {
        wait = jitter_.below(std::uint64_t{times_.reconnect_spread_ms} + 1);
    }
    due_ms_ = now_ms + wait;
}

bool Connector::bring_forward(std::uint64_t from_ms) {
    const std::uint64_t at_ms =
        from_ms + jitter_.below(std::uint64_t{times_.reconnect_spread_ms} + 1);
    if (at_ms >= due_ms_) return false;
    due_ms_ = at_ms;
    return true;
}

void Connector::urge(std::uint64_t now_ms) {
    if (link_ == Link::offline && bring_forward(std::max(now_ms, urge_from_ms_))) {
        urge_from_ms_ = due_ms_ + kUrgentAttemptEveryMs;
    }
}

std::uint64_t Connector::resend_at(std::uint64_t now_ms, std::uint32_t attempts) {
    const std::uint64_t doubled = std::uint64_t{times_.ack_timeout_ms}
                                  << std::min<std::uint32_t>(attempts, 20);
    const std::uint64_t jitter =
        std::min<std::uint64_t>(doubled, std::max(times_.backoff_cap_ms, times_.ack_timeout_ms));
    return now_ms + times_.ack_timeout_ms + jitter_.below(jitter + 1);
}

}  // namespace aftercare::agent
