// A browser without a window, driven over the W3C WebDriver protocol: chromedriver is told by plain
// HTTP and JSON what a person's hands would do. What cannot be done fails the running test.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace aftercare::test {

/// W3C WebDriver, 17.4.2: what a key without a character is typed as.
namespace key {
inline constexpr const char* kTab = "\ue004";
inline constexpr const char* kEnter = "\ue007";
}  // namespace key

class Browser {
  public:
    /// `dir`: profile and logs; must exist. Errors: not_found (chromedriver or Chromium is not
    /// installed), unavailable, with chromedriver's words.
    static Result<std::unique_ptr<Browser>> start(const std::filesystem::path& dir);
    /// Ends Chromium and chromedriver by their process ids.
    ~Browser();
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;

    void open(const std::string& url);
    void resize(int width, int height);
    /// What the body of a JavaScript function returns; it may be a promise.
    nlohmann::json run(const std::string& body, const nlohmann::json& arguments = {});

    // `css` names the first visible element that matches; waits for it.
    void click(const std::string& css);
    /// Replaces what a field holds.
    void fill(const std::string& css, const std::string& text);
    void choose(const std::string& css, const std::string& value);
    /// To whatever has the focus.
    void press(const std::string& keys);

    /// Visible text of the page's part; empty while there is none.
    std::string text(const std::string& css);
    std::size_t count(const std::string& css);
    /// Waits until the visible text of a part contains `words`. Fails with what is there instead.
    void await(const std::string& css, const std::string& words);
    void await_gone(const std::string& css);

    struct Line {
        std::string source;  ///< "network", "javascript", "security", …
        std::string text;
    };
    /// What the browser's console said since the last call: warnings and errors.
    std::vector<Line> complaints();
    /// Addresses that were asked for since the last call.
    std::vector<std::string> requested();
    /// PNG.
    void picture(const std::filesystem::path& file);

  private:
    Browser();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::test
