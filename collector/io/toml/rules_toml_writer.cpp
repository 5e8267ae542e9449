
#include "collector/io/toml/rules_toml.hpp"
#include "collector/io/toml/toml_text.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

/// `key = value` pairs of one predicate, in the order in which people read them.
class Pairs {
  public:
    explicit Pairs(std::string_view between) : between_(between) {}

    Pairs& raw(std::string_view key, const std::string& value) {
        if (!text_.empty()) text_ += between_;
        text_.append(key).append(" = ").append(value);
        return *this;
    }
    Pairs& text(std::string_view key, std::string_view value) {
        return raw(key, toml_quoted(value));
    }
    Pairs& number(std::string_view key, double value) { return raw(key, toml_number(value)); }
    Pairs& whole(std::string_view key, std::uint32_t value) {
        return raw(key, std::to_string(value));
    }
    Pairs& duration(std::string_view key, milliseconds span) {
        return text(key, format_duration(span));
    }
    [[nodiscard]] const std::string& str() const { return text_; }

  private:
    std::string_view between_;
    std::string text_;
};

std::string list_of(const std::vector<std::string>& names) {
    std::string text = "[";
    for (const std::string& name : names) {
        if (text.size() > 1) text += ", ";
        text += toml_quoted(name);
    }
    return text + "]";
}

std::string inline_table(const Predicate& node);

std::string inline_tables(const std::vector<Predicate>& nodes) {
    std::string text = "[ ";
    for (const Predicate& node : nodes) {
        if (text.size() > 2) text += ", ";
        text += inline_table(node);
    }
    return text + " ]";
}

void write_fault_count(const Predicate& node, Pairs& pairs) {
    pairs.raw("fault_count", list_of(node.faults));
    if (node.count > 1) pairs.whole("count", node.count);
    if (node.window > milliseconds{0}) pairs.duration("window", node.window);
    pairs.duration("hold", node.hold);
}

void write_threshold(const Predicate& node, Pairs& pairs) {
    pairs.text("threshold", node.metric)
        .text("side", kSideWords[static_cast<std::size_t>(node.side)]);
    pairs.text("statistic", kStatisticWords[static_cast<std::size_t>(node.statistic)]);
    pairs.number("limit", node.limit).number("clear", node.clear_limit);
    if (node.duration > milliseconds{0}) pairs.duration("duration", node.duration);
    if (node.hold > milliseconds{0}) pairs.duration("hold", node.hold);
}

void write_prior(const Predicate& node, Pairs& pairs) {
    if (node.prior_readings == 0) return;
    Pairs prior(", ");
    prior.number("mean", node.prior_mean).number("deviation", node.prior_deviation);
    prior.whole("readings", node.prior_readings);
    pairs.raw("prior", "{ " + prior.str() + " }");
}

void write_drift(const Predicate& node, Pairs& pairs) {
    pairs.text("drift", node.metric).text("side", kSideWords[static_cast<std::size_t>(node.side)]);
    pairs.number("limit", node.limit).number("clear", node.clear_limit);
    pairs.duration("window", node.window).duration("baseline", node.baseline);
    pairs.whole("samples_min", node.samples_min);
    if (node.deviation_min > 0) pairs.number("deviation_min", node.deviation_min);
    if (node.hold > milliseconds{0}) pairs.duration("hold", node.hold);
    if (node.counts_for > milliseconds{0}) pairs.duration("counts_for", node.counts_for);
    write_prior(node, pairs);
}

void write_fault_sequence(const Predicate& node, Pairs& pairs) {
    pairs.raw("fault_sequence", list_of(node.faults)).raw("then", list_of(node.then));
    pairs.duration("window", node.window).duration("hold", node.hold);
}

void write_cusum(const Predicate& node, Pairs& pairs) {
    pairs.text("cusum", node.metric).text("side", kSideWords[static_cast<std::size_t>(node.side)]);
    pairs.number("slack", node.slack).number("limit", node.limit);
    pairs.number("clear", node.clear_limit).whole("readings", node.target_readings);
    if (node.deviation_min > 0) pairs.number("deviation_min", node.deviation_min);
    if (node.hold > milliseconds{0}) pairs.duration("hold", node.hold);
    write_prior(node, pairs);
}

std::string reference_table(const CohortReference& reference) {
    Pairs pairs(", ");
    pairs.text("model", reference.model);
    if (!reference.firmware.empty()) pairs.text("firmware", reference.firmware);
    std::string quantiles;
    for (const double value : reference.quantiles) {
        quantiles += (quantiles.empty() ? "" : ", ") + toml_number(value);
    }
    pairs.raw("quantiles", "[" + quantiles + "]");
    return "{ " + pairs.str() + " }";
}

void write_cohort(const Predicate& node, Pairs& pairs) {
    pairs.text("cohort", node.metric).text("side", kSideWords[static_cast<std::size_t>(node.side)]);
    pairs.number("percentile", node.limit).number("clear", node.clear_limit);
    pairs.duration("window", node.window).whole("samples_min", node.samples_min);
    if (node.hold > milliseconds{0}) pairs.duration("hold", node.hold);
    std::string references;
    for (const CohortReference& reference : node.references) {
        references += (references.empty() ? "" : ", ") + reference_table(reference);
    }
    pairs.raw("reference", "[ " + references + " ]");
}

void write_life(const Predicate& node, Pairs& pairs) {
    const bool by_age = node.metric.empty();
    pairs.text("life", by_age ? "age" : node.metric).number("shape", node.shape);
    if (by_age) {
        pairs.duration("scale", milliseconds{static_cast<std::int64_t>(node.scale)});
    } else {
        pairs.number("scale", node.scale).number("ahead", node.ahead);
    }
    pairs.number("probability", node.probability);
}

void write_predicate(const Predicate& node, Pairs& pairs) {
    switch (node.kind) {
        case PredicateKind::fault_count:
            return write_fault_count(node, pairs);
        case PredicateKind::threshold:
            return write_threshold(node, pairs);
        case PredicateKind::drift:
            return write_drift(node, pairs);
        case PredicateKind::fault_sequence:
            return write_fault_sequence(node, pairs);
        case PredicateKind::cusum:
            return write_cusum(node, pairs);
        case PredicateKind::cohort:
            return write_cohort(node, pairs);
        case PredicateKind::life:
            return write_life(node, pairs);
        case PredicateKind::silence:
            pairs.duration("silence", node.duration);
            return;
        case PredicateKind::none_of:
            pairs.raw("not", inline_table(node.children.front()));
            return;
        case PredicateKind::all:
            pairs.raw("all", inline_tables(node.children));
            return;
        case PredicateKind::any:
            pairs.raw("any", inline_tables(node.children));
            return;
    }
}

std::string inline_table(const Predicate& node) {
    Pairs pairs(", ");
    write_predicate(node, pairs);
    return "{ " + pairs.str() + " }";
}

/// The root's parts are tables of their own, for people.
void write_condition(const Predicate& root, std::string& out) {
    const bool joins = root.kind == PredicateKind::all || root.kind == PredicateKind::any;
    if (!joins) {
        Pairs pairs("\n");
        write_predicate(root, pairs);
        out += "[rule.when]\n" + pairs.str() + "\n";
        return;
    }
    for (const Predicate& child : root.children) {
        Pairs pairs("\n");
        write_predicate(child, pairs);
        out += root.kind == PredicateKind::all ? "[[rule.when.all]]\n" : "[[rule.when.any]]\n";
        out += pairs.str() + "\n";
    }
}

void write_comment(std::string_view comment, std::string& out) {
    while (!comment.empty()) {
        const std::size_t end = comment.find('\n');
        const std::string_view line = comment.substr(0, end);
        out.append(line.empty() ? "#" : "# ").append(line).append("\n");
        comment = end == std::string_view::npos ? "" : comment.substr(end + 1);
    }
}

void write_rule(const Rule& rule, std::string_view comment, std::string& out) {
    out += "\n";
    write_comment(comment, out);
    Pairs pairs("\n");
    pairs.text("id", rule.id).whole("version", rule.version);
    if (!rule.models.empty()) pairs.raw("models", list_of(rule.models));
    pairs.text("component", rule.component).text("failure_mode", rule.failure_mode);
    pairs.text("title", rule.title).duration("horizon", rule.horizon);
    pairs.text("severity", to_string(rule.severity));
    pairs.text("action", kActionWords[static_cast<std::size_t>(rule.action)]);
    pairs.text("mode", kModeWords[static_cast<std::size_t>(rule.mode)]);
    pairs.number("probability", rule.probability);
    pairs.number("precision_floor", rule.precision_floor);
    pairs.whole("decided_min", rule.decided_min);
    out += "[[rule]]\n" + pairs.str() + "\n";
    write_condition(rule.when, out);
}

}  // namespace

std::string condition_to_toml(const Predicate& root) {
    std::string out;
    write_condition(root, out);
    return out;
}

std::string rule_pack_to_toml(const RulePack& pack, const PackComments& comments) {
    std::string out;
    write_comment(comments.head, out);
    Pairs head("\n");
    head.text("id", pack.id).whole("version", pack.version);
    out += "[pack]\n" + head.str() + "\n";
    for (std::size_t i = 0; i < pack.rules.size(); ++i) {
        write_rule(pack.rules[i], i < comments.rules.size() ? comments.rules[i] : "", out);
    }
    return out;
}

}  // namespace aftercare::collector
