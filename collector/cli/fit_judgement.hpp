// What `rules fit` says of a pack judged on what it had not seen: in words, in the pack, as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/core/learn/fit/validate.hpp"
#include "collector/io/text/json.hpp"

namespace aftercare::collector {

struct Judgements {
    std::optional<Validation> by_devices, by_time;
    OutcomesLost lost;
    std::vector<Validation> with_outcomes_lost;  ///< one a draw
};

/// Counted over both, draw by draw.
void merge(const Judgements& part, Judgements& whole);

/// "84 % … 98 %".
std::string share_range(const Share& share);
/// Lines for people, counts with them.
std::string judgement_text(const Judgements& judged);
/// Lines for the head of the pack.
std::string judgement_comment(const Judgements& judged);
/// Adds `validation`, `validation_by_time` and `outcomes_lost`, those that there are.
void add_judgement(const Judgements& judged, Json& json);
Json share_json(const Share& share);

}  // namespace aftercare::collector
