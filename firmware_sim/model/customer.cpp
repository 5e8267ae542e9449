#include "firmware_sim/model/customer.hpp"

#include <utility>

namespace aftercare::sim {
namespace {

constexpr const char* kLanguages[] = {"en", "de", "fr"};
constexpr const char* kRegions[] = {"north", "south"};
/// An unanswered failure is called about again after this long, on average.
constexpr double kImpatienceHours = 96;

}  // namespace

Customer::Customer(std::string id, const CustomerOptions& options, Rng rng)
    : id_(std::move(id)),
      options_(options),
      rng_(rng),
      language_(kLanguages[rng_.below(3)]),
      segment_(rng_.chance(0.2) ? "premium" : "standard"),
      region_(kRegions[rng_.below(2)]) {
    if (!rng_.chance(options_.contact_consent_ratio)) consent_ &= ~bit(Purpose::contact);
}

WallTime Customer::call_time(WallTime failed_at, bool again) {
    return failed_at + hours_ms(rng_.exponential(again ? kImpatienceHours : options_.call_delay_h));
}

std::optional<WallTime> Customer::heeds_notice(WallTime seen_at) {
    if (!rng_.chance(options_.heeds_notice_ratio)) return std::nullopt;
    return seen_at + hours_ms(rng_.exponential(options_.notice_delay_h));
}

}  // namespace aftercare::sim
