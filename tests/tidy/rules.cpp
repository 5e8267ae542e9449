#include "tests/tidy/rules.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace aftercare::tidy {
namespace {

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kLinesMax = 500;

bool is_header(std::string_view path) {
    return path.ends_with(".hpp") || path.ends_with(".h");
}
bool is_code(std::string_view path) {
    return is_header(path) || path.ends_with(".cpp") || path.ends_with(".c") ||
           path.ends_with(".proto");
}
bool is_core(std::string_view path) {
    return path.starts_with("common/") || path.starts_with("agent/core/") ||
           path.starts_with("collector/core/") || path.starts_with("firmware_sim/model/");
}

/// Characters as a reader counts them: UTF-8 continuation bytes do not.
std::size_t columns(std::string_view line) {
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

std::string_view without_comment(std::string_view line) {
    const std::size_t comment = line.find("//");
    return comment == std::string_view::npos ? line : line.substr(0, comment);
}

/// What is between the quotes or brackets of an include; nothing for other lines.
std::optional<std::string_view> included(std::string_view line) {
    constexpr std::string_view kInclude = "#include ";
    if (!line.starts_with(kInclude) || line.size() < kInclude.size() + 2) return std::nullopt;
    const std::string_view rest = line.substr(kInclude.size() + 1);
    const std::size_t end = rest.find_first_of("\">");
    if (end == std::string_view::npos) return std::nullopt;
    return rest.substr(0, end);
}

/// Files under `folder` must not include anything that begins with `prefix`.
struct Wall {
    std::string_view folder;
    std::string_view prefix;
};
constexpr std::array kWalls{
    Wall{"agent/", "collector/"},
    Wall{"agent/", "firmware_sim/"},
    Wall{"collector/", "agent/"},
    Wall{"collector/", "firmware_sim/"},
    Wall{"common/", "agent/"},
    Wall{"common/", "collector/"},
    Wall{"common/", "proto/"},
    Wall{"common/", "firmware_sim/"},
    Wall{"proto/", "agent/"},
    Wall{"proto/", "collector/"},
    Wall{"proto/", "firmware_sim/"},
    Wall{"agent/core/", "agent/io/"},
    Wall{"agent/ports/", "agent/core/"},
    Wall{"agent/ports/", "agent/io/"},
    Wall{"collector/core/", "collector/io/"},
    Wall{"collector/core/", "collector/ports/"},
    Wall{"collector/ports/", "collector/io/"},
    Wall{"firmware_sim/model/", "firmware_sim/io/"},
    Wall{"firmware_sim/model/", "firmware_sim/world/"},
    Wall{"firmware_sim/model/", "collector/io/"},
};

/// Headers through which the outside world would come into a core.
constexpr std::array<std::string_view, 23> kOutside{
    "thread",      "mutex",     "condition_variable",
    "future",      "fstream",   "iostream",
    "filesystem",  "random",    "ctime",
    "unistd.h",    "sys/",      "boost/asio",
    "boost/beast", "sqlite3.h", "SQLiteCpp/",
    "mqtt/",       "MQTT",      "mosquitto.h",
    "spdlog/",     "curl/",     "openssl/",
    "google/",     "toml++/"};
/// Readings of a clock, sleeping, the environment: in a core only as arguments. In pieces, so that
/// this file passes its own rules wherever it lies.
constexpr std::array<std::string_view, 8> kImpure{
    "_clock::"
    "now",
    "std::this_"
    "thread",
    "get"
    "env(",
    "s"
    "rand(",
    "gettime"
    "ofday",
    "clock_"
    "gettime",
    "std::"
    "thread",
    "std::"
    "mutex"};
/// What only the place of work knows.
constexpr std::array<std::string_view, 3> kWorkplace{
    "/wo"
    "rk/",
    "/tmp/"
    "brief",
    "sub"
    "agent"};

class Checker {
  public:
    Checker(std::string_view path, std::vector<Finding>& findings)
        : path_(path), findings_(findings) {}

    void line(std::size_t number, std::string_view text) {
        number_ = number;
        const bool in_raw_text = raw_text(text);
        if (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
            add("trailing whitespace");
        }
        for (const std::string_view word : kWorkplace) {
            if (text.find(word) != std::string_view::npos) add("a path or word of the workplace");
        }
        if (!is_code(path_)) return;
        if (!in_raw_text && columns(text) > kColumnsMax) add("longer than 100 columns");
        if (is_header(path_) &&
            without_comment(text).find("using namespace") != std::string_view::npos) {
            add("`using namespace` in a header");
        }
        if (const auto header = included(text)) include(*header);
        if (is_core(path_)) core_line(without_comment(text));
    }

    void whole(std::size_t line_count, std::string_view text) {
        number_ = 0;
        if (!text.empty() && text.back() != '\n') add("no newline at the end");
        if (is_code(path_) && line_count > kLinesMax) {
            add("longer than 500 lines: split it by noun");
        }
    }

  private:
    /// Whether the line is part of a raw string literal: data, which cannot be wrapped.
    bool raw_text(std::string_view text) {
        const std::size_t opened = text.find("R\"");
        const bool begins_inside = !raw_end_.empty();
        if (!begins_inside && opened != std::string_view::npos) {
            const std::size_t bracket = text.find('(', opened);
            if (bracket == std::string_view::npos) return false;
            raw_end_ = ")" + std::string(text.substr(opened + 2, bracket - opened - 2)) + "\"";
        }
        if (raw_end_.empty()) return false;
        if (text.find(raw_end_) != std::string_view::npos) raw_end_.clear();
        return true;
    }

    void include(std::string_view header) {
        for (const Wall& wall : kWalls) {
            if (path_.starts_with(wall.folder) && header.starts_with(wall.prefix)) {
                add(std::string(wall.folder) + " must not include " + std::string(wall.prefix));
            }
        }
        if (!is_core(path_)) return;
        for (const std::string_view outside : kOutside) {
            const bool whole_name =
                outside.back() != '/' && outside.find('/') == std::string_view::npos;
            if (whole_name ? header == outside : header.starts_with(outside)) {
                add("a core must not include <" + std::string(header) + ">");
            }
        }
    }

    void core_line(std::string_view code) {
        for (const std::string_view word : kImpure) {
            if (code.find(word) != std::string_view::npos) {
                add("`" + std::string(word) + "` in a core: pass it in as a value");
            }
        }
    }

    void add(std::string what) {
        findings_.push_back({std::string(path_), number_, std::move(what)});
    }

    std::string_view path_;
    std::vector<Finding>& findings_;
    std::size_t number_ = 0;
    std::string raw_end_;  ///< what closes the raw string we are in; empty = in none
};

}  // namespace

std::vector<Finding> check(std::string_view path, std::string_view text) {
    std::vector<Finding> findings;
    Checker checker(path, findings);
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        checker.line(++number, text.substr(begin, end - begin));
        begin = end + 1;
    }
    checker.whole(number, text);
    return findings;
}

}  // namespace aftercare::tidy
