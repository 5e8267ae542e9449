// A rule pack with its names resolved against the catalogue, per model: which leaf listens to which
// code or metric. Immutable; every device of a model shares it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/core/detect/cohort.hpp"
#include "collector/core/detect/fault_sequence.hpp"
#include "collector/core/detect/rule.hpp"
#include "collector/core/model/catalogue.hpp"
#include "common/result.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

/// A simple predicate of one rule.
struct CompiledLeaf {
    const Predicate* predicate = nullptr;  ///< in the pack
    Lane lane = Lane::urgent;              ///< whose records feed it
    milliseconds silence{};  ///< a state that no sample ended stands this long after the last one
    std::vector<std::pair<std::uint32_t, std::string>>
        labels;  ///< code or metric id, words for people
    std::string unit;
    std::vector<std::uint32_t> firsts;   ///< fault_sequence: which of `labels` come first …
    std::vector<std::uint32_t> seconds;  ///< … and which second
    std::vector<CohortChoice> choices;   ///< cohort: the references of this model
    double age_limit = 0;                ///< life: true from this age or count on
    bool negated = false;                ///< below a `not`

    [[nodiscard]] SequenceRole role_of(std::uint32_t code) const {
        const auto among = [code](const std::vector<std::uint32_t>& codes) {
            return std::find(codes.begin(), codes.end(), code) != codes.end();
        };
        return {among(firsts), among(seconds)};
    }
};

/// An operation on the last `child_count` results, or a leaf: the tree in postfix order.
struct CompiledNode {
    PredicateKind kind = PredicateKind::all;
    std::uint8_t leaf = 0;  ///< itself; none_of: the first of the leaves below it, up to …
    std::uint8_t leaf_end = 0;
    std::uint8_t child_count = 0;
};

struct CompiledRule {
    const Rule* rule = nullptr;
    std::uint32_t rule_index = 0;
    std::uint64_t definition_hash = 0;
    std::vector<CompiledLeaf> leaves;
    std::vector<CompiledNode> nodes;
    bool negates = false;  ///< has a `not`: then time alone may make it true
};

struct LeafRef {
    std::uint16_t rule = 0;  ///< into CompiledModel::rules
    std::uint8_t leaf = 0;
};

/// Which leaves listen to an id; ordered by id.
class LeafIndex {
  public:
    void add(std::uint32_t id, LeafRef ref);
    /// Call once after the last add.
    void seal();
    [[nodiscard]] std::span<const LeafRef> of(std::uint32_t id) const;

  private:
    struct Entry {
        std::uint32_t id;
        LeafRef ref;
    };
    std::vector<Entry> entries_;
    std::vector<LeafRef> refs_;
};

struct CompiledModel {
    std::string id;
    std::vector<CompiledRule> rules;
    LeafIndex by_fault;
    LeafIndex by_metric;
    LeafIndex by_counter;
    std::vector<LeafRef> ages;            ///< leaves of `life` by age
    std::vector<LeafRef> cohorts;         ///< leaves of `cohort`
    std::vector<LeafRef> silences;        ///< leaves of `silence`
    std::vector<std::uint16_t> negating;  ///< rules with a `not`
    milliseconds silence_min{};           ///< shortest duration of a silence; 0 = none
};

/// Of a rule's id, component and condition: state kept under another hash does not fit.
std::uint64_t definition_hash(const Rule& rule);

/// One entry per model of the catalogue that a rule names. Lifetime: `pack` outlives the result.
/// Errors: invalid, naming rule, name and what the catalogue has.
Result<std::vector<CompiledModel>> compile(const RulePack& pack, const Catalogue& catalogue);

}  // namespace aftercare::collector
