// A grouped bar chart with ranges as SVG, readable in light and dark.
#pragma once

#include <string>
#include <vector>

namespace aftercare::bench {

struct Bar {
    double median = 0;
    double min = 0;
    double max = 0;
};

struct BarChart {
    std::string title;
    std::string unit;
    std::vector<std::string> series;     ///< one colour each, at most four
    std::vector<std::string> groups;     ///< along the axis
    std::vector<std::vector<Bar>> bars;  ///< [group][series]
    double guide = 0;                    ///< a dashed line; 0 = none
};

std::string to_svg(const BarChart& chart);

}  // namespace aftercare::bench
