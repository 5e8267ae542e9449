#include "tests/support/exposition.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <regex>
#include <set>
#include <sstream>

namespace aftercare::test {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// "name" of "name_bucket", where the family is a histogram.
std::string base_of(const std::string& name) {
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
        if (ends_with(name, suffix)) return name.substr(0, name.size() - suffix.size());
    }
    return name;
}

bool parse_value(const std::string& text, double& value) {
    if (text == "+Inf" || text == "Inf") {
        value = std::numeric_limits<double>::infinity();
        return true;
    }
    static const std::regex number(R"([-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|NaN|-Inf)");
    if (!std::regex_match(text, number)) return false;
    value = std::strtod(text.c_str(), nullptr);
    return true;
}

/// The body between the braces.
bool parse_labels(std::string_view text, std::map<std::string, std::string>& labels) {
    static const std::regex name_form("[a-zA-Z_][a-zA-Z0-9_]*");
    while (!text.empty()) {
        const std::size_t equals = text.find("=\"");
        if (equals == std::string_view::npos) return false;
        const std::string name(text.substr(0, equals));
        if (!std::regex_match(name, name_form) || name.rfind("__", 0) == 0) return false;
        std::string value;
        std::size_t at = equals + 2;
        for (; at < text.size() && text[at] != '"'; ++at) {
            if (text[at] != '\\') {
                value += text[at];
                continue;
            }
            if (++at == text.size()) return false;
            const char escaped = text[at];
            if (escaped != '\\' && escaped != '"' && escaped != 'n') return false;
            value += escaped == 'n' ? '\n' : escaped;
        }
        if (at == text.size() || !labels.emplace(name, value).second) return false;
        text.remove_prefix(at + 1);
        if (!text.empty() && text.front() != ',') return false;
        if (!text.empty()) text.remove_prefix(1);
    }
    return true;
}

class Reader {
  public:
    Result<std::map<std::string, Family>> read(std::string_view text) {
        if (text.empty() || text.back() != '\n') return wrong("the last line has no end");
        std::istringstream lines{std::string(text)};
        for (std::string line; std::getline(lines, line);) {
            ++line_no_;
            const std::string fault = line.rfind("# ", 0) == 0 ? comment(line) : sample(line);
            if (!fault.empty()) return wrong(fault + ": " + line);
        }
        for (const auto& [name, family] : families_) {
            if (family.samples.empty()) return wrong(name + " has no sample");
            const std::string fault =
                family.type == "histogram" ? check_histogram(family) : check_simple(family);
            if (!fault.empty()) return wrong(name + ": " + fault);
        }
        return std::move(families_);
    }

  private:
    tl::unexpected<Error> wrong(const std::string& what) const {
        return fail(Errc::invalid, "line " + std::to_string(line_no_) + ": " + what);
    }

    std::string comment(const std::string& line) {
        static const std::regex form(R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))");
        std::smatch parts;
        if (!std::regex_match(line, parts, form)) return "neither HELP nor TYPE";
        const std::string name = parts[2];
        if (parts[1] == "HELP") {
            if (families_.contains(name)) return "a second HELP";
            families_[name].name = name;
            families_[name].help = parts[3];
            current_ = name;
            return check_name(name);
        }
        if (name != current_ || !families_[name].type.empty()) return "TYPE not right after HELP";
        const std::string type = parts[3];
        if (type != "counter" && type != "gauge" && type != "histogram") return "unknown type";
        families_[name].type = type;
        if ((type == "counter") != ends_with(name, "_total")) {
            return "counters, and only they, end with _total";
        }
        return "";
    }

    std::string sample(const std::string& line) {
        static const std::regex form(R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (\S+))");
        std::smatch parts;
        if (!std::regex_match(line, parts, form)) return "not a sample";
        Sample one{.name = parts[1]};
        if (!parse_labels(std::string(parts[3]), one.labels)) return "labels";
        if (!parse_value(parts[4], one.value)) return "value";
        Family& family = families_[current_];
        if (family.type.empty()) return "no TYPE before the sample";
        const bool histogram = family.type == "histogram";
        if ((histogram ? base_of(one.name) : one.name) != current_) {
            return "a sample outside of its family";
        }
        if (!seen_.insert({one.name, one.labels}).second) return "a series twice";
        family.samples.push_back(std::move(one));
        return "";
    }

    /// Base units in the plural, at the end; what is not one must not look like one.
    static std::string check_name(const std::string& name) {
        static const std::regex foreign(
            "_(ms|milliseconds|us|minutes|hours|kb|mb|kib|mib|percent|celsius_c)(_|$)");
        if (std::regex_search(name, foreign)) return "not a base unit";
        if (!std::regex_match(name, std::regex("(aftercare_collector|process)_[a-z0-9_]+"))) {
            return "prefix";
        }
        return "";
    }

    static std::string check_simple(const Family& family) {
        for (const Sample& one : family.samples) {
            if (std::isnan(one.value)) return "not a number";
            if (family.type == "counter" && one.value < 0) return "a counter below 0";
        }
        return "";
    }

    static std::string check_histogram(const Family& family) {
        double before = 0;
        double bound_before = -std::numeric_limits<double>::infinity();
        double infinite = -1;
        double count = -2;
        bool sum = false;
        for (const Sample& one : family.samples) {
            if (ends_with(one.name, "_sum")) {
                sum = true;
            } else if (ends_with(one.name, "_count")) {
                count = one.value;
            } else {
                double bound = 0;
                if (!one.labels.contains("le") || !parse_value(one.labels.at("le"), bound)) {
                    return "a bucket without bound";
                }
                if (bound <= bound_before) return "bounds do not ascend";
                if (one.value < before) return "buckets are not cumulative";
                bound_before = bound;
                before = one.value;
                if (std::isinf(bound)) infinite = one.value;
            }
        }
        if (!sum) return "no _sum";
        return infinite == count ? "" : "the +Inf bucket is not _count";
    }

    std::map<std::string, Family> families_;
    std::set<std::pair<std::string, std::map<std::string, std::string>>> seen_;
    std::string current_;
    std::size_t line_no_ = 0;
};

}  // namespace

Result<std::map<std::string, Family>> parse_exposition(std::string_view text) {
    return Reader().read(text);
}

}  // namespace aftercare::test
