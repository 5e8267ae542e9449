// A strict reader of Prometheus' text format 0.0.4, written from its specification and from the
// naming rules, so that the program's own writer is checked by something that shares no code with
// it. Source: prometheus.io/docs/instrumenting/exposition_formats, …/practices/naming.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace aftercare::test {

struct Sample {
    std::string name;  ///< with _bucket, _sum, _count of a histogram
    std::map<std::string, std::string> labels;
    double value = 0;
};

struct Family {
    std::string name;
    std::string type;
    std::string help;
    std::vector<Sample> samples;
};

/// Families by name.
/// Errors: invalid, naming line and rule: HELP and TYPE once and first, a family in one piece,
/// names, label syntax and escapes, no series twice, counters and only they end with _total and do
/// not fall below 0, base units, histograms cumulative with +Inf equal to _count.
Result<std::map<std::string, Family>> parse_exposition(std::string_view text);

}  // namespace aftercare::test
