// Holds the picture in docs/architecture.md against the includes: an arrow that is drawn but not
// taken, or taken but not drawn, fails.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

#include <CppUTest/TestHarness.h>

namespace fs = std::filesystem;

namespace {

using Arrow = std::pair<std::string, std::string>;

const fs::path kRoot = AFTERCARE_SOURCE_DIR;
const char* const kPrograms[] = {"common", "proto", "agent", "collector", "firmware_sim"};

// "collector/core/kpi/board.hpp" lives in room "collector/core"; "common/rng.hpp" in "common";
// "agent/main.cpp" in "agent".
std::string room_of(const std::string& path) {
    const auto first = path.find('/');
    if (first == std::string::npos) return "";
    const std::string top = path.substr(0, first);
    if (std::find(std::begin(kPrograms), std::end(kPrograms), top) == std::end(kPrograms))
        return "";
    const auto second = path.find('/', first + 1);
    if (top == "common" || top == "proto" || second == std::string::npos) return top;
    return path.substr(0, second);
}

std::set<Arrow> arrows_taken() {
    std::set<Arrow> arrows;
    const std::regex include{R"re(^\s*#include ["<]([^">]+)[">])re"};
    for (const char* top : kPrograms) {
        for (const auto& entry : fs::recursive_directory_iterator(kRoot / top)) {
            const std::string extension = entry.path().extension().string();
            if (extension != ".cpp" && extension != ".hpp" && extension != ".h" &&
                extension != ".c")
                continue;
            const std::string from = room_of(fs::relative(entry.path(), kRoot).string());
            std::ifstream file{entry.path()};
            std::smatch match;
            for (std::string line; std::getline(file, line);) {
                if (!std::regex_search(line, match, include)) continue;
                std::string target = match[1];
                if (target.rfind("aftercare/agent", 0) == 0) target = "agent/include/" + target;
                const std::string to = room_of(target);
                if (!to.empty() && to != from) arrows.insert({from, to});
            }
        }
    }
    return arrows;
}

// Lines such as `  collector_core[collector/core] --> common` or `agent_io --> agent_core` in the
// first mermaid block; a name in brackets gives the room of the node.
std::set<Arrow> arrows_drawn() {
    std::ifstream file{kRoot / "docs/architecture.md"};
    std::set<Arrow> arrows;
    std::map<std::string, std::string> rooms;
    const std::regex node{R"re(^\s*(\w+)\["?([\w/]+)[^\]]*\]\s*$)re"};
    const std::regex arrow{R"re(^\s*(\w+) --> ([\w &]+?)\s*$)re"};
    bool inside = false;
    std::smatch match;
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("```", 0) == 0) {
            if (inside) break;
            inside = line == "```mermaid";
        } else if (inside && std::regex_match(line, match, node)) {
            rooms[match[1]] = match[2];
        } else if (inside && std::regex_match(line, match, arrow)) {
            const std::string from = match[1], targets = match[2];
            const std::regex word{R"(\w+)"};
            for (std::sregex_iterator it{targets.begin(), targets.end(), word}, end; it != end;
                 ++it) {
                arrows.insert({rooms[from], rooms[it->str()]});
            }
        }
    }
    return arrows;
}

std::string list(const std::set<Arrow>& arrows, const std::set<Arrow>& without) {
    std::string text;
    for (const auto& arrow : arrows) {
        if (!without.contains(arrow)) text += arrow.first + " -> " + arrow.second + "\n";
    }
    return text;
}

}  // namespace

TEST_GROUP(Architecture){};

TEST(Architecture, every_arrow_of_the_picture_is_an_include_and_every_include_is_drawn) {
    const auto taken = arrows_taken(), drawn = arrows_drawn();
    CHECK_TEXT(drawn.size() > 5, "no picture found in docs/architecture.md");
    STRCMP_EQUAL_TEXT("", list(taken, drawn).c_str(),
                      "includes that docs/architecture.md does not draw");
    STRCMP_EQUAL_TEXT("", list(drawn, taken).c_str(),
                      "arrows of docs/architecture.md that no include takes");
}
