#include "tests/bench/bar_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace aftercare::bench {
namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 360;
constexpr double kLeft = 56;
constexpr double kTop = 72;
constexpr double kBottom = 44;
// Okabe and Ito's colours: told apart by everybody.
constexpr std::array kColours{"#0072B2", "#E69F00", "#999999", "#56B4E9"};

template <class... Values>
std::string text(const char* format, Values... values) {
    char line[400];
    std::snprintf(line, sizeof line, format, values...);
    return line;
}

/// 1, 2 or 5 times a power of ten, so that at most six lines fit below `top`.
double step_of(double top) {
    double step = std::pow(10, std::floor(std::log10(top)) - 1);
    for (const double factor : {2.0, 2.5, 2.0, 2.0, 2.5}) {
        if (top / step <= 6) break;
        step *= factor;
    }
    return step;
}

struct Axis {
    double top;
    [[nodiscard]] double y(double value) const {
        return kHeight - kBottom - value / top * (kHeight - kTop - kBottom);
    }
};

std::string grid(const BarChart& chart, const Axis& axis) {
    std::string svg;
    const double step = step_of(axis.top);
    for (double value = 0; value <= axis.top; value += step) {
        svg += text("<line class='g' x1='%.0f' x2='%.0f' y1='%.1f' y2='%.1f'/>", kLeft, kWidth - 12,
                    axis.y(value), axis.y(value));
        svg += text("<text x='%.0f' y='%.1f' text-anchor='end'>%g</text>\n", kLeft - 6,
                    axis.y(value) + 4, value);
    }
    if (chart.guide > 0) {
        svg += text("<line class='d' x1='%.0f' x2='%.0f' y1='%.1f' y2='%.1f'/>\n", kLeft,
                    kWidth - 12, axis.y(chart.guide), axis.y(chart.guide));
    }
    return svg;
}

std::string group_of_bars(const BarChart& chart, const Axis& axis, std::size_t group) {
    const double room = (kWidth - kLeft - 12) / static_cast<double>(chart.groups.size());
    const double x0 = kLeft + room * static_cast<double>(group);
    const double width = room * 0.8 / static_cast<double>(chart.series.size());
    std::string svg;
    for (std::size_t i = 0; i < chart.bars[group].size(); ++i) {
        const Bar& bar = chart.bars[group][i];
        const double x = x0 + room * 0.1 + width * static_cast<double>(i);
        svg += text("<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'/>", x,
                    axis.y(bar.median), width - 3, axis.y(0) - axis.y(bar.median), kColours[i % 4]);
        const double middle = x + (width - 3) / 2;
        svg += text("<line class='r' x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>", middle, middle,
                    axis.y(bar.min), axis.y(bar.max));
        svg += text("<text x='%.1f' y='%.1f' text-anchor='middle'>%.2f</text>\n", middle,
                    axis.y(bar.max) - 5, bar.median);
    }
    return svg + text("<text x='%.1f' y='%.0f' text-anchor='middle'>%s</text>\n", x0 + room / 2,
                      kHeight - kBottom + 20, chart.groups[group].c_str());
}

}  // namespace

std::string to_svg(const BarChart& chart) {
    double top = chart.guide;
    for (const auto& group : chart.bars) {
        for (const Bar& bar : group) top = std::max(top, bar.max);
    }
    const Axis axis{top > 0 ? top * 1.1 : 1};
    std::string svg =
        text("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' role='img'>\n",
             kWidth, kHeight) +
        "<title>" + chart.title +
        "</title>\n<style>text{font:12px sans-serif;fill:#222}.g{stroke:#8884}.d{stroke:#D55E00;"
        "stroke-dasharray:6 4}.r{stroke:#222}.b{fill:#fff}</style>\n" +
        text("<rect class='b' width='%.0f' height='%.0f'/>\n", kWidth, kHeight) +
        text("<text x='%.0f' y='20' style='font-size:15px'>%s</text>\n", kLeft,
             chart.title.c_str()) +
        text("<text x='%.0f' y='38'>%s</text>\n", kLeft, chart.unit.c_str());
    double x = kLeft;
    for (std::size_t i = 0; i < chart.series.size(); ++i) {
        svg += text("<rect x='%.0f' y='48' width='12' height='12' fill='%s'/>", x, kColours[i % 4]);
        svg += text("<text x='%.0f' y='59'>%s</text>\n", x + 17, chart.series[i].c_str());
        x += 30 + 7 * static_cast<double>(chart.series[i].size());
    }
    svg += grid(chart, axis);
    for (std::size_t group = 0; group < chart.groups.size(); ++group) {
        svg += group_of_bars(chart, axis, group);
    }
    return svg + "</svg>\n";
}

}  // namespace aftercare::bench
