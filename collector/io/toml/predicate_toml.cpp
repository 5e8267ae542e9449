#include "collector/io/toml/predicate_toml.hpp"
#include "common/words.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace aftercare::collector {
namespace {

constexpr double kAny = std::numeric_limits<double>::max();
// In the order of the enumerators.
constexpr std::array<std::string_view, 11> kKinds{
    "fault_count", "threshold", "drift", "all",     "any", "fault_sequence",
    "cusum",       "cohort",    "life",  "silence", "not"};
constexpr int kDepthMax = 4;
constexpr std::size_t kReferencesMax = 1'000;

Predicate read_predicate(const toml::table& table, milliseconds horizon, int depth,
                         Mistakes& mistakes);

void read_fault_count(TableReader& reader, milliseconds horizon, Predicate& node) {
    node.faults = reader.texts("fault_count", Need::required);
    node.count = reader.whole("count", Need::optional, 1, 1, kFaultCountMax);
    const Need window = node.count > 1 ? Need::required : Need::optional;
    node.window = reader.duration("window", window);
    // A code that counts is evidence for as long as the rule looks ahead.
    node.hold = reader.duration("hold", Need::optional, horizon);
}

// Between `clear` and `limit` a predicate keeps its state; `clear` lies on the quiet side of
// `limit`.
void check_clear(TableReader& reader, const Predicate& node) {
    const bool wrong =
        node.side == Side::below ? node.clear_limit < node.limit : node.clear_limit > node.limit;
    if (wrong) {
        reader.mistake("clear", node.side == Side::below ? "must not be lower than 'limit'"
                                                         : "must not be greater than 'limit'");
    }
}

void read_threshold(TableReader& reader, Predicate& node) {
    node.metric = reader.text("threshold", Need::required);
    constexpr std::span<const std::string_view> kTwoSides(kSideWords.data(), 2);
    node.side = static_cast<Side>(reader.choice("side", Need::optional, kTwoSides, 0));
    node.statistic =
        static_cast<Statistic>(reader.choice("statistic", Need::optional, kStatisticWords, 0));
    node.limit = reader.number("limit", Need::required, 0, -kAny, kAny);
    node.clear_limit = reader.number("clear", Need::optional, node.limit, -kAny, kAny);
    node.duration = reader.duration("duration", Need::optional);
    node.hold = reader.duration("hold", Need::optional);
    check_clear(reader, node);
}

void read_fault_sequence(TableReader& reader, milliseconds horizon, Predicate& node) {
    node.faults = reader.texts("fault_sequence", Need::required);
    node.then = reader.texts("then", Need::required);
    node.window = reader.duration("window", Need::required);
    node.hold = reader.duration("hold", Need::optional, horizon);
}

void read_prior(TableReader& outer, Need need, Mistakes& mistakes, Predicate& node) {
    const toml::table* table = outer.subtable("prior", need);
    if (!table) return;
    TableReader reader(*table, "prior", mistakes);
    node.prior_mean = reader.number("mean", Need::required, 0, -kAny, kAny);
    node.prior_deviation = reader.number("deviation", Need::required, 1, 1e-12, kAny);
    node.prior_readings = reader.whole("readings", Need::required, 1, 1, 100'000);
    reader.finish();
}

void read_drift(TableReader& reader, Mistakes& mistakes, Predicate& node) {
    node.metric = reader.text("drift", Need::required);
    node.side = static_cast<Side>(reader.choice("side", Need::optional, kSideWords, 2));
    node.limit = reader.number("limit", Need::required, 1, 1e-6, 1e6);
    // Drift limits are distances, whatever the side.
    node.clear_limit = reader.number("clear", Need::optional, node.limit, 0, node.limit);
    node.window = reader.duration("window", Need::required);
    node.baseline = reader.duration("baseline", Need::required);
    node.samples_min = reader.whole("samples_min", Need::optional, 12, 2, 100'000);
    node.deviation_min = reader.number("deviation_min", Need::optional, 0, 0, kAny);
    node.hold = reader.duration("hold", Need::optional);
    node.counts_for = reader.duration("counts_for", Need::optional);
    if (node.baseline < node.window)
        reader.mistake("baseline", "must not be shorter than 'window'");
    if (node.window < milliseconds{8} || node.baseline < milliseconds{8}) {
        reader.mistake("window", "window and baseline must be longer than a few milliseconds");
    }
    read_prior(reader, Need::optional, mistakes, node);
}

void read_cusum(TableReader& reader, Mistakes& mistakes, Predicate& node) {
    node.metric = reader.text("cusum", Need::required);
    node.side = static_cast<Side>(reader.choice("side", Need::optional, kSideWords, 2));
    node.slack = reader.number("slack", Need::optional, 0.5, 0, 1e3);
    node.limit = reader.number("limit", Need::optional, 5, 1e-6, 1e6);
    node.clear_limit = reader.number("clear", Need::optional, node.limit, 0, node.limit);
    node.target_readings = reader.whole("readings", Need::optional, 50, 0, 100'000);
    node.deviation_min = reader.number("deviation_min", Need::optional, 0, 0, kAny);
    node.hold = reader.duration("hold", Need::optional);
    node.samples_min = 2;
    const bool own = node.target_readings >= 2;
    read_prior(reader, own ? Need::optional : Need::required, mistakes, node);
    if (!own && node.prior_readings == 1) {
        reader.mistake("readings", "with 'prior' alone, its readings must be 2 or more");
    }
}

CohortReference read_reference(const toml::table& table, Mistakes& mistakes) {
    TableReader reader(table, "reference", mistakes);
    CohortReference reference;
    reference.model = reader.text("model", Need::required);
    reference.firmware = reader.text("firmware", Need::optional);
    const std::vector<double> quantiles =
        reader.numbers("quantiles", Need::required, reference.quantiles.size());
    std::copy(quantiles.begin(), quantiles.end(), reference.quantiles.begin());
    if (!std::is_sorted(quantiles.begin(), quantiles.end())) {
        reader.mistake("quantiles",
                       "must not fall: they are the 1st, 5th, 25th, 50th, 75th, "
                       "95th and 99th percentile");
    }
    reader.finish();
    return reference;
}

void read_cohort(TableReader& reader, Mistakes& mistakes, Predicate& node) {
    node.metric = reader.text("cohort", Need::required);
    constexpr std::span<const std::string_view> kTwoSides(kSideWords.data(), 2);
    node.side = static_cast<Side>(reader.choice("side", Need::optional, kTwoSides, 0));
    node.limit = reader.number("percentile", Need::required, 99, 50, 100);
    node.clear_limit = reader.number("clear", Need::optional, node.limit, 0, node.limit);
    node.window = reader.duration("window", Need::required);
    node.baseline = node.window;
    node.samples_min = reader.whole("samples_min", Need::optional, 12, 1, 100'000);
    node.hold = reader.duration("hold", Need::optional);
    if (node.window < milliseconds{8}) {
        reader.mistake("window", "must be longer than a few milliseconds");
    }
    for (const toml::table* table : reader.tables("reference", Need::required)) {
        CohortReference reference = read_reference(*table, mistakes);
        const auto same = [&](const CohortReference& other) {
            return other.model == reference.model && other.firmware == reference.firmware;
        };
        if (std::any_of(node.references.begin(), node.references.end(), same)) {
            mistakes.add(*table, "another reference is of this model and firmware");
        }
        node.references.push_back(std::move(reference));
    }
    if (node.references.size() > kReferencesMax) {
        reader.mistake("reference", "more than " + std::to_string(kReferencesMax));
    }
}

// An age is measured in time and looks one horizon ahead; a count says itself how far.
void read_life(TableReader& reader, milliseconds horizon, Predicate& node) {
    const std::string what = reader.text("life", Need::required);
    node.shape = reader.number("shape", Need::required, 2, 1.001, 100);
    node.probability = reader.number("probability", Need::required, 0.5, 1e-6, 0.999);
    if (what == "age") {
        node.scale =
            static_cast<double>(reader.duration("scale", Need::required, milliseconds{1}).count());
        node.ahead = static_cast<double>(horizon.count());
        if (node.scale <= 0) reader.mistake("scale", "must be longer than nothing");
        return;
    }
    node.metric = what;
    node.scale = reader.number("scale", Need::required, 1, 1e-6, 1e18);
    node.ahead = reader.number("ahead", Need::required, 1, 1e-6, 1e18);
}

void read_silence(TableReader& reader, Predicate& node) {
    node.duration = reader.duration("silence", Need::required, kSilenceMin);
    if (node.duration < kSilenceMin) reader.mistake("silence", "must be 2h or longer");
}

void read_negation(TableReader& reader, milliseconds horizon, int depth, Mistakes& mistakes,
                   Predicate& node) {
    const toml::table* child = reader.subtable("not", Need::required);
    if (!child) return;
    node.children.push_back(read_predicate(*child, horizon, depth, mistakes));
    for (const PredicateKind kind :
         {PredicateKind::none_of, PredicateKind::life, PredicateKind::silence}) {
        if (!mentions(node.children.front(), kind)) continue;
        reader.mistake("not", "holds no 'not', 'life' or 'silence'");
    }
}

// A negation alone would be true of nearly every device at nearly all times.
void check_negations(TableReader& reader, std::string_view key, const Predicate& node) {
    const auto negation = [](const Predicate& child) {
        return child.kind == PredicateKind::none_of;
    };
    const auto count = std::count_if(node.children.begin(), node.children.end(), negation);
    const bool rest = count < static_cast<std::ptrdiff_t>(node.children.size());
    if (count > 0 && (node.kind != PredicateKind::all || !rest)) {
        reader.mistake(key, "a 'not' stands beside other predicates in an 'all'");
    }
}

void read_children(TableReader& reader, std::string_view key, milliseconds horizon, int depth,
                   Mistakes& mistakes, Predicate& node) {
    const auto children = reader.tables(key, Need::required);
    if (children.size() < 2) reader.mistake(key, "needs at least two predicates");
    if (depth >= kDepthMax) {
        reader.mistake(key, "nested deeper than " + std::to_string(kDepthMax) + " levels");
        return;
    }
    for (const toml::table* child : children) {
        node.children.push_back(read_predicate(*child, horizon, depth + 1, mistakes));
    }
    check_negations(reader, key, node);
}

// The key that is present says the kind: { drift = "rotate_rpm", limit = 1.5, … }.
Predicate read_predicate(const toml::table& table, milliseconds horizon, int depth,
                         Mistakes& mistakes) {
    Predicate node;
    TableReader reader(table, "predicate", mistakes);
    std::vector<std::size_t> kinds;
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
        if (reader.has(kKinds[i])) kinds.push_back(i);
    }
    if (kinds.size() != 1) {
        mistakes.add(
            table, std::string(kinds.empty() ? "a predicate" : "only one kind per predicate; it") +
                       " starts with one of the keys " + joined(kKinds));
        return node;
    }
    node.kind = static_cast<PredicateKind>(kinds[0]);
    switch (node.kind) {
        case PredicateKind::fault_count:
            read_fault_count(reader, horizon, node);
            break;
        case PredicateKind::threshold:
            read_threshold(reader, node);
            break;
        case PredicateKind::drift:
            read_drift(reader, mistakes, node);
            break;
        case PredicateKind::fault_sequence:
            read_fault_sequence(reader, horizon, node);
            break;
        case PredicateKind::cusum:
            read_cusum(reader, mistakes, node);
            break;
        case PredicateKind::cohort:
            read_cohort(reader, mistakes, node);
            break;
        case PredicateKind::life:
            read_life(reader, horizon, node);
            break;
        case PredicateKind::silence:
            read_silence(reader, node);
            break;
        case PredicateKind::none_of:
            read_negation(reader, horizon, depth, mistakes, node);
            break;
        case PredicateKind::all:
        case PredicateKind::any:
            read_children(reader, kKinds[kinds[0]], horizon, depth, mistakes, node);
            break;
    }
    reader.finish();
    return node;
}

}  // namespace

Predicate read_condition(const toml::table& table, milliseconds horizon, Mistakes& mistakes) {
    Predicate node = read_predicate(table, horizon, 1, mistakes);
    if (node.kind == PredicateKind::none_of) {
        mistakes.add(table, "a 'not' stands beside other predicates in an 'all'");
    }
    return node;
}

}  // namespace aftercare::collector
