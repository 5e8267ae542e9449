#include "collector/core/detect/compiled.hpp"

#include <algorithm>
#include <bit>

#include "collector/core/detect/detector.hpp"
#include "collector/core/detect/life.hpp"
#include "common/hash.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kRulesMax = 10'000;
constexpr std::string_view kOnlyInAll =
    "a `not` stands beside other predicates in an `all`, and holds no `not`, life or silence";

template <class Item>
std::string names_of(const std::vector<Item>& items) {
    if (items.empty()) return "none";
    if constexpr (requires(Item item) { item.name; }) {
        return joined(items, ", ", &Item::name);
    } else {
        return joined(items, ", ", &Item::id);
    }
}

tl::unexpected<Error> unknown(const Rule& rule, const ModelInfo& model, std::string_view kind,
                              const std::string& name, const std::string& allowed) {
    return fail(Errc::invalid, "rule '" + rule.id + "': model '" + model.id + "' has no " +
                                   std::string(kind) + " '" + name + "': its catalogue has " +
                                   allowed);
}

std::string words(const std::string& name, const std::string& title) {
    return title.empty() || title == name ? name : name + " (" + title + ")";
}

/// One rule against one model.
class RuleCompiler {
  public:
    RuleCompiler(const Rule& rule, const ModelInfo& model) : rule_(rule), model_(model) {}

    Result<CompiledRule> compile() {
        if (!model_.component(std::string_view(rule_.component))) {
            return unknown(rule_, model_, "component", rule_.component,
                           names_of(model_.components));
        }
        const FailureMode* mode = model_.failure_mode(rule_.failure_mode);
        if (!mode) {
            return unknown(rule_, model_, "failure mode", rule_.failure_mode,
                           names_of(model_.failure_modes));
        }
        if (mode->component != rule_.component) {
            return fail(Errc::invalid, "rule '" + rule_.id + "': failure mode '" + mode->id +
                                           "' is one of component '" + mode->component +
                                           "', not of '" + rule_.component + "'");
        }
        if (Status added = add(rule_.when); !added) return fail(added.error());
        if (out_.leaves.size() > kLeavesPerRuleMax) {
            return fail(Errc::invalid, "rule '" + rule_.id + "' has more than " +
                                           std::to_string(kLeavesPerRuleMax) +
                                           " simple predicates");
        }
        out_.rule = &rule_;
        out_.definition_hash = definition_hash(rule_);
        return std::move(out_);
    }

  private:
    tl::unexpected<Error> refuse(std::string_view what) const {
        return fail(Errc::invalid, "rule '" + rule_.id + "': " + std::string(what));
    }

    Status add(const Predicate& node) {
        const bool joins = node.kind == PredicateKind::all || node.kind == PredicateKind::any;
        if (node.kind == PredicateKind::none_of) return add_negation(node);
        if (!joins) return add_leaf(node);
        if (node.children.empty() || node.children.size() > kLeavesPerRuleMax) {
            return refuse("all and any take 1 to " + std::to_string(kLeavesPerRuleMax) +
                          " predicates");
        }
        bool positive = false;
        for (const Predicate& child : node.children) {
            const bool negation = child.kind == PredicateKind::none_of;
            if (negation && node.kind != PredicateKind::all) return refuse(kOnlyInAll);
            positive = positive || !negation;
            if (Status added = add(child); !added) return added;
        }
        if (!positive) return refuse(kOnlyInAll);
        out_.nodes.push_back(
            {.kind = node.kind, .child_count = static_cast<std::uint8_t>(node.children.size())});
        return {};
    }

    // What time alone tells has no lane that could pass.
    Status add_negation(const Predicate& node) {
        const bool sound = node.children.size() == 1 && !negated_ && &node != &rule_.when &&
                           !mentions(node, PredicateKind::life) &&
                           !mentions(node, PredicateKind::silence);
        if (!sound) return refuse(kOnlyInAll);
        negated_ = out_.negates = true;
        const auto first = static_cast<std::uint8_t>(out_.leaves.size());
        if (Status added = add(node.children.front()); !added) return added;
        negated_ = false;
        out_.nodes.push_back({.kind = node.kind,
                              .leaf = first,
                              .leaf_end = static_cast<std::uint8_t>(out_.leaves.size()),
                              .child_count = 1});
        return {};
    }

    Status add_leaf(const Predicate& node) {
        CompiledLeaf leaf{.predicate = &node, .silence = std::max(node.hold, rule_.horizon)};
        leaf.negated = negated_;
        if (Status named = name(node, leaf); !named) return named;
        out_.nodes.push_back(
            {.kind = node.kind, .leaf = static_cast<std::uint8_t>(out_.leaves.size())});
        out_.leaves.push_back(std::move(leaf));
        return {};
    }

    Status name(const Predicate& node, CompiledLeaf& leaf) const {
        switch (node.kind) {
            case PredicateKind::fault_count:
                if (node.count >= 1 && node.count <= kFaultCountMax) {
                    return name_faults(node.faults, leaf.labels);
                }
                return refuse("fault_count needs codes and a count of 1 to " +
                              std::to_string(kFaultCountMax));
            case PredicateKind::fault_sequence:
                return name_sequence(node, leaf);
            case PredicateKind::life:
                return name_life(node, leaf);
            case PredicateKind::silence:
                if (node.duration < kSilenceMin) return refuse("a silence of under two hours");
                leaf.silence = milliseconds::max();
                return {};
            default:
                return name_metric(node, leaf);
        }
    }

    Status name_faults(const std::vector<std::string>& codes,
                       std::vector<std::pair<std::uint32_t, std::string>>& labels) const {
        if (codes.empty()) return refuse("a predicate over faults needs codes");
        for (const std::string& code : codes) {
            const FaultInfo* fault = model_.fault(std::string_view(code));
            if (!fault) return unknown(rule_, model_, "fault", code, names_of(model_.faults));
            const bool known = std::any_of(labels.begin(), labels.end(), [&](const auto& label) {
                return label.first == fault->id;
            });
            if (!known) labels.emplace_back(fault->id, words(fault->name, fault->title));
        }
        return {};
    }

    Status name_sequence(const Predicate& node, CompiledLeaf& leaf) const {
        const auto ids = [&](const std::vector<std::string>& codes, auto& out) {
            for (const std::string& code : codes) {
                out.push_back(model_.fault(std::string_view(code))->id);
            }
        };
        if (Status named = name_faults(node.faults, leaf.labels); !named) return named;
        if (Status named = name_faults(node.then, leaf.labels); !named) return named;
        ids(node.faults, leaf.firsts);
        ids(node.then, leaf.seconds);
        return {};
    }

    Status name_life(const Predicate& node, CompiledLeaf& leaf) const {
        const bool sound = node.shape > 1 && node.scale > 0 && node.ahead > 0 &&
                           node.probability > 0 && node.probability < 1;
        if (!sound) return refuse("life needs a shape above 1, a scale and a probability");
        leaf.age_limit = age_limit(node);
        if (node.metric.empty()) return {};
        const auto& counters = model_.counters;
        const auto counter = std::find_if(counters.begin(), counters.end(), [&](const auto& item) {
            return item.name == node.metric;
        });
        if (counter == counters.end()) {
            return unknown(rule_, model_, "counter", node.metric, names_of(counters));
        }
        leaf.labels.emplace_back(counter->id, counter->name);
        leaf.lane = Lane::bulk;
        return {};
    }

    Status name_metric(const Predicate& node, CompiledLeaf& leaf) const {
        const MetricInfo* metric = model_.metric(std::string_view(node.metric));
        if (!metric) return unknown(rule_, model_, "metric", node.metric, names_of(model_.metrics));
        const bool buckets =
            node.kind == PredicateKind::drift || node.kind == PredicateKind::cohort;
        if (buckets && (node.window < milliseconds{8} || node.baseline < node.window)) {
            return refuse("drift needs a window and a baseline not shorter than it");
        }
        leaf.labels.emplace_back(metric->id, words(metric->name, metric->title));
        leaf.unit = metric->unit;
        leaf.lane = Lane::bulk;
        for (std::size_t i = 0; i < node.references.size(); ++i) {
            const CohortReference& reference = node.references[i];
            if (reference.model != model_.id) continue;
            leaf.choices.push_back(
                {firmware_hash(reference.firmware), static_cast<std::uint16_t>(i)});
        }
        return {};
    }

    const Rule& rule_;
    const ModelInfo& model_;
    bool negated_ = false;  ///< what is added now stands below a `not`
    CompiledRule out_;
};

/// Kinds of later versions add their members to the hash; those that were before keep theirs.
void add_newer_members(Hash64& hash, const Predicate& node) {
    hash.add(node.then.size());
    for (const std::string& name : node.then) {
        hash.add(name.size());
        hash.add(name);
    }
    hash.add(std::uint64_t{node.target_readings});
    for (const double value : {node.slack, node.shape, node.scale, node.ahead, node.probability}) {
        hash.add(std::bit_cast<std::uint64_t>(value));
    }
    hash.add(node.references.size());
    for (const CohortReference& reference : node.references) {
        for (const std::string* name : {&reference.model, &reference.firmware}) {
            hash.add(name->size());
            hash.add(*name);
        }
        for (const double value : reference.quantiles) {
            hash.add(std::bit_cast<std::uint64_t>(value));
        }
    }
}

void add_to(Hash64& hash, const Predicate& node) {
    hash.add(static_cast<std::uint64_t>(node.kind));
    hash.add(node.faults.size());
    for (const std::string& name : node.faults) {
        hash.add(name.size());
        hash.add(name);
    }
    hash.add(node.metric.size());
    hash.add(node.metric);
    const auto add_number = [&](auto value) { hash.add(static_cast<std::uint64_t>(value)); };
    add_number(node.count);
    add_number(node.side);
    add_number(node.statistic);
    add_number(node.samples_min);
    add_number(node.prior_readings);
    for (const milliseconds span :
         {node.window, node.hold, node.duration, node.baseline, node.counts_for}) {
        add_number(span.count());
    }
    for (const double value : {node.limit, node.clear_limit, node.deviation_min, node.prior_mean,
                               node.prior_deviation}) {
        hash.add(std::bit_cast<std::uint64_t>(value));
    }
    if (node.kind > PredicateKind::any) add_newer_members(hash, node);
    hash.add(node.children.size());
    for (const Predicate& child : node.children) add_to(hash, child);
}

// A rule for every model concerns those that have all its names; a rule that no model can hear is a
// mistake.
Status compile_rule(const RulePack& pack, std::size_t rule_index, const Catalogue& catalogue,
                    std::vector<CompiledModel>& models) {
    const Rule& rule = pack.rules[rule_index];
    for (const std::string& name : rule.models) {
        if (catalogue.model(name)) continue;
        return fail(Errc::invalid, "rule '" + rule.id + "': the catalogue has no model '" + name +
                                       "', only " + names_of(catalogue.models));
    }
    bool heard = false;
    Error reason{Errc::invalid, "rule '" + rule.id + "': the catalogue has no models"};
    for (std::size_t i = 0; i < catalogue.models.size(); ++i) {
        const bool named = std::find(rule.models.begin(), rule.models.end(),
                                     catalogue.models[i].id) != rule.models.end();
        if (!rule.models.empty() && !named) continue;
        Result<CompiledRule> compiled = RuleCompiler(rule, catalogue.models[i]).compile();
        if (!compiled && named) return fail(compiled.error());
        if (!compiled) {
            reason = compiled.error();
            continue;
        }
        heard = true;
        compiled->rule_index = static_cast<std::uint32_t>(rule_index);
        models[i].rules.push_back(std::move(*compiled));
    }
    if (!heard) return fail(reason);
    return {};
}

/// Where the leaf looks for what concerns it.
void index_leaf(CompiledModel& model, const CompiledLeaf& leaf, LeafRef ref) {
    const Predicate& predicate = *leaf.predicate;
    if (predicate.kind == PredicateKind::life && predicate.metric.empty()) {
        model.ages.push_back(ref);
    } else if (predicate.kind == PredicateKind::silence) {
        const bool first = model.silences.empty();
        model.silence_min =
            first ? predicate.duration : std::min(model.silence_min, predicate.duration);
        model.silences.push_back(ref);
    }
    if (predicate.kind == PredicateKind::cohort) model.cohorts.push_back(ref);
    LeafIndex& heard = predicate.kind == PredicateKind::life ? model.by_counter
                       : leaf.lane == Lane::urgent           ? model.by_fault
                                                             : model.by_metric;
    for (const auto& [id, label] : leaf.labels) heard.add(id, ref);
}

void index_leaves(CompiledModel& model) {
    for (std::size_t rule = 0; rule < model.rules.size(); ++rule) {
        const auto& leaves = model.rules[rule].leaves;
        for (std::size_t leaf = 0; leaf < leaves.size(); ++leaf) {
            index_leaf(model, leaves[leaf],
                       {static_cast<std::uint16_t>(rule), static_cast<std::uint8_t>(leaf)});
        }
        if (model.rules[rule].negates) model.negating.push_back(static_cast<std::uint16_t>(rule));
    }
    model.by_fault.seal();
    model.by_metric.seal();
    model.by_counter.seal();
}

}  // namespace

void LeafIndex::add(std::uint32_t id, LeafRef ref) {
    entries_.push_back({id, ref});
}

void LeafIndex::seal() {
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.id < b.id; });
    for (const Entry& entry : entries_) refs_.push_back(entry.ref);
}

std::span<const LeafRef> LeafIndex::of(std::uint32_t id) const {
    const auto first = std::lower_bound(
        entries_.begin(), entries_.end(), id,
        [](const Entry& entry, std::uint32_t wanted) { return entry.id < wanted; });
    auto last = first;
    while (last != entries_.end() && last->id == id) ++last;
    return {refs_.data() + (first - entries_.begin()), static_cast<std::size_t>(last - first)};
}

std::uint64_t definition_hash(const Rule& rule) {
    Hash64 hash;
    hash.add(rule.id.size());
    hash.add(rule.id);
    hash.add(rule.component.size());
    hash.add(rule.component);
    add_to(hash, rule.when);
    return hash.value();
}

RulesChange compare(const RulePack& before, const RulePack& after) {
    const auto find = [](const RulePack& pack, const std::string& id) {
        const auto found = std::find_if(pack.rules.begin(), pack.rules.end(),
                                        [&](const Rule& rule) { return rule.id == id; });
        return found == pack.rules.end() ? nullptr : &*found;
    };
    RulesChange change;
    for (const Rule& rule : after.rules) {
        const Rule* old = find(before, rule.id);
        if (old == nullptr) {
            change.added.push_back(rule.id);
        } else if (definition_hash(*old) == definition_hash(rule)) {
            ++change.kept;
            if (!(*old == rule)) change.altered.push_back(rule.id);
        } else {
            change.restarted.push_back(rule.id);
        }
    }
    for (const Rule& rule : before.rules) {
        if (find(after, rule.id) == nullptr) change.removed.push_back(rule.id);
    }
    return change;
}

Result<std::vector<CompiledModel>> compile(const RulePack& pack, const Catalogue& catalogue) {
    if (pack.rules.size() > kRulesMax) {
        return fail(Errc::invalid, "rule pack '" + pack.id + "' has more than " +
                                       std::to_string(kRulesMax) + " rules");
    }
    std::vector<CompiledModel> models(catalogue.models.size());
    for (std::size_t i = 0; i < models.size(); ++i) models[i].id = catalogue.models[i].id;
    for (std::size_t i = 0; i < pack.rules.size(); ++i) {
        if (Status added = compile_rule(pack, i, catalogue, models); !added)
            return fail(added.error());
    }
    std::erase_if(models, [](const CompiledModel& model) { return model.rules.empty(); });
    for (CompiledModel& model : models) index_leaves(model);
    return models;
}

}  // namespace aftercare::collector
