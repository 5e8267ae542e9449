// A person at the console: one browser for all tests of a group, a service desk of its own for
// each.
#pragma once

#include <set>

#include "tests/e2e/console/browser.hpp"
#include "tests/e2e/console/desk_world.hpp"

namespace aftercare::test {

class ConsoleFixture {
  public:
    /// Null where there is no browser; the reason was printed and the test has nothing to do.
    ConsoleFixture();
    [[nodiscard]] bool usable() const { return browser_ != nullptr; }

    Browser& browser() { return *browser_; }
    DeskWorld& desk() { return *desk_; }

    /// Comes in with a token and looks at a view, "tickets?state=open_any".
    void enter(const std::string& token, const std::string& view);
    /// Goes to a view as a link does: without loading the page again.
    void look_at(const std::string& view);
    /// The browser said nothing of errors but answers of these statuses, and asked nobody but the
    /// collector.
    void check_clean(const std::set<int>& statuses = {});
    /// Keeps a picture of the page as NAME.png in the directory AFTERCARE_PICTURES, if that is set.
    void picture(const std::string& name);
    /// Whether something that was stored as text ran as a script.
    bool hacked() { return browser_->run("return Boolean(window.hacked)"); }

  private:
    static Browser* shared_browser();
    Browser* browser_;
    std::unique_ptr<DeskWorld> desk_;
};

/// A field or button of a form by the form's title, `form("Comment", "textarea")`.
inline std::string form(const std::string& title, const std::string& part) {
    return "form[data-form='" + title + "'] " + part;
}

/// What must be shown as text wherever it stands.
inline constexpr const char* kHostile =
    R"(<script>window.hacked=1</script><img src=x onerror="window.hacked=1">'"&amp;)";

}  // namespace aftercare::test
