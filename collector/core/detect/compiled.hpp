// A rule pack with its names resolved against the catalogue, per model: which leaf listens to which
// code or metric. Immutable; every device of a model shares it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
};

/// `all` or `any` over the last `child_count` results, or a leaf: the tree in postfix order.
struct CompiledNode {
    PredicateKind kind = PredicateKind::all;
    std::uint8_t leaf = 0;
    std::uint8_t child_count = 0;
};

struct CompiledRule {
    const Rule* rule = nullptr;
    std::uint32_t rule_index = 0;
    std::uint64_t definition_hash = 0;
    std::vector<CompiledLeaf> leaves;
    std::vector<CompiledNode> nodes;
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
};

/// Of a rule's id, component and condition: state kept under another hash does not fit.
std::uint64_t definition_hash(const Rule& rule);

/// One entry per model of the catalogue that a rule names. Lifetime: `pack` outlives the result.
/// Errors: invalid, naming rule, name and what the catalogue has.
Result<std::vector<CompiledModel>> compile(const RulePack& pack, const Catalogue& catalogue);

}  // namespace aftercare::collector
