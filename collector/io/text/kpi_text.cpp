#include "collector/io/text/kpi_text.hpp"

#include <cstdio>

namespace aftercare::collector {
namespace {

constexpr const char* kUndefined = "–";

std::string with_decimals(double value, int decimals) {
    char digits[64];
    std::snprintf(digits, sizeof digits, "%.*f", decimals, value);
    return digits;
}

/// "1,204": thousands apart, no decimals.
std::string whole(double value) {
    std::string digits = with_decimals(value, 0);
    const std::size_t first = digits[0] == '-' ? 1 : 0;
    for (std::size_t place = digits.size(); place > first + 3;) {
        place -= 3;
        digits.insert(place, ",");
    }
    return digits;
}

std::string in_unit(const Kpi& kpi, const std::optional<double>& value) {
    if (!value) return kUndefined;
    if (kpi.kind == KpiKind::count) return whole(*value);
    const std::string number = with_decimals(*value, 1);
    return kpi.kind == KpiKind::per_thousand ? number : number + " " + kpi.unit;
}

std::string interval_text(const Kpi& kpi) {
    if (!kpi.low || !kpi.high) return "";
    return with_decimals(*kpi.low, 1) + " … " + with_decimals(*kpi.high, 1);
}

std::string from_text(const Kpi& kpi) {
    switch (kpi.kind) {
        case KpiKind::rate:
            return whole(kpi.numerator) + " / " + whole(kpi.denominator);
        case KpiKind::duration:
            return whole(kpi.denominator);
        case KpiKind::per_thousand:
            return whole(kpi.numerator) + " / " + with_decimals(kpi.denominator, 1);
        case KpiKind::count:
            return "";
    }
    return "";
}

std::string section_title(const std::string& section) {
    if (section == "proactive") return "Proactive contact";
    if (section == "recurrence") return "Repair recurrence";
    if (section == "resolution") return "Resolution";
    return section;
}

void optional_number(CsvWriter& csv, const std::optional<double>& value) {
    if (value) {
        csv.number(*value);
    } else {
        csv.blank();
    }
}

}  // namespace

std::string kpi_value_text(const Kpi& kpi) {
    return in_unit(kpi, kpi.value);
}

std::string kpi_table_text(const std::vector<Kpi>& board, const Terminal& terminal) {
    constexpr auto kRight = Column::Align::right;
    Table table({{"KPI", Column::Align::left, true},
                 {"value", kRight},
                 {"95 % interval", kRight},
                 {"median", kRight},
                 {"p90", kRight},
                 {"from", kRight},
                 {"pending", kRight}});
    std::string section;
    for (const Kpi& kpi : board) {
        if (kpi.section != section) table.add_heading(section_title(kpi.section));
        section = kpi.section;
        const bool duration = kpi.kind == KpiKind::duration;
        const std::string title =
            kpi.kind == KpiKind::per_thousand ? kpi.title + " " + kpi.unit : kpi.title;
        table.add({"  " + title, kpi_value_text(kpi), interval_text(kpi),
                   duration ? in_unit(kpi, kpi.median) : "", duration ? in_unit(kpi, kpi.p90) : "",
                   from_text(kpi),
                   kpi.pending == 0 ? "" : whole(static_cast<double>(kpi.pending))});
    }
    return table.text(terminal);
}

void append_kpi_header(CsvWriter& csv) {
    csv.header({"dimension", "dimension_value", "id", "section", "title", "unit", "value", "low",
                "high", "numerator", "denominator", "mean", "median", "p90", "pending"});
}

void append_kpi(CsvWriter& csv, const Cut& cut, const Kpi& kpi) {
    csv.text(cut.dimension).text(cut.value);
    csv.text(kpi.id).text(kpi.section).text(kpi.title).text(kpi.unit);
    optional_number(csv, kpi.value);
    optional_number(csv, kpi.low);
    optional_number(csv, kpi.high);
    csv.number(kpi.numerator).number(kpi.denominator);
    optional_number(csv, kpi.mean);
    optional_number(csv, kpi.median);
    optional_number(csv, kpi.p90);
    csv.number(kpi.pending);
    csv.end_row();
}

}  // namespace aftercare::collector
