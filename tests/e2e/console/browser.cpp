#include "tests/e2e/console/browser.hpp"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "tests/support/free_port.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/process.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using nlohmann::json;

namespace aftercare::test {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr const char* kElementKey = "element-6066-11e4-a52e-4f735466cecf";  // W3C WebDriver, 12

/// The first element that can be seen; what is folded or not on the page yet cannot.
constexpr const char* kVisible =
    "const seen = [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility());";

json capabilities(const std::filesystem::path& dir) {
    json arguments{"--headless=new",
                   "--window-size=1280,900",
                   "--disable-gpu",
                   "--disable-dev-shm-usage",
                   "--disable-background-networking",
                   "--disable-component-update",
                   "--disable-sync",
                   "--no-first-run",
                   "--user-data-dir=" + (dir / "profile").string()};
    // Chromium's sandbox refuses root.
    if (::geteuid() == 0) arguments.push_back("--no-sandbox");
    return {
        {"capabilities",
         {{"alwaysMatch",
           {{"goog:chromeOptions", {{"args", arguments}, {"binary", (dir / "chromium").string()}}},
            {"goog:loggingPrefs", {{"browser", "ALL"}, {"performance", "ALL"}}}}}}}};
}

std::string decoded_base64(const std::string& text) {
    static constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) continue;  // padding
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes += static_cast<char>(bits >> held & 0xff);
    }
    return bytes;
}

}  // namespace

struct Browser::Impl {
    std::optional<Process> driver;
    std::string url;  ///< of the session, once there is one
    pid_t chromium = 0;

    /// Errors: invalid (the driver refuses), unavailable.
    Result<json> send(const std::string& method, const std::string& path, const json& body = {}) {
        HttpRequest request{.method = method,
                            .url = url + path,
                            .headers = {{"Content-Type", "application/json"}},
                            .timeout = kPatience};
        if (method == "POST") request.body = body.is_null() ? "{}" : body.dump();
        const auto reply = http(request);
        if (!reply) return fail(reply.error());
        json answer = json::parse(reply->body, nullptr, false);
        if (answer.is_discarded()) return fail(Errc::invalid, reply->body);
        if (reply->status == 200) return std::move(answer["value"]);
        return fail(Errc::invalid,
                    method + " " + path + ": " + answer["value"].value("message", "?"));
    }
    json must(const std::string& method, const std::string& path, const json& body = {}) {
        auto answer = send(method, path, body);
        CHECK_TEXT(answer.has_value(), answer ? "" : answer.error().message.c_str());
        return std::move(*answer);
    }
    /// Again when the page drew itself anew between finding and doing.
    void work_on(const std::string& css,
                 const std::function<Result<json>(const std::string&)>& work) {
        std::string why;
        const bool done = wait_until(
            [&] {
                const auto answer = work(element(css));
                if (!answer) why = answer.error().message;
                return answer.has_value();
            },
            kPatience);
        CHECK_TEXT(done, (css + ": " + why).c_str());
    }
    std::string element(const std::string& css) {
        std::string id;
        const bool found = wait_until(
            [&] {
                const auto answer =
                    send("POST", "/execute/sync",
                         {{"script", std::string(kVisible) + "return seen[0]"}, {"args", {css}}});
                if (answer && answer->is_object()) id = answer->value(kElementKey, "");
                return !id.empty();
            },
            kPatience);
        CHECK_TEXT(found, ("nothing to be seen is " + css).c_str());
        return "/element/" + id;
    }
};

Browser::Browser() : impl_(std::make_unique<Impl>()) {}

Result<std::unique_ptr<Browser>> Browser::start(const std::filesystem::path& dir) {
    const auto port = free_port();
    if (!port) return fail(port.error());
    // Whatever becomes of the test, the kernel ends chromedriver with it, and Chromium with that.
    std::ofstream(dir / "chromium") << "#!/bin/sh\nexec setpriv --pdeathsig KILL chromium \"$@\"\n";
    std::filesystem::permissions(dir / "chromium", std::filesystem::perms::owner_all);
    auto driver = Process::start({.command = {"chromedriver", "--port=" + std::to_string(*port)},
                                  .environment = {{"HOME", dir.string()}},
                                  .log_dir = dir,
                                  .name = "chromedriver"});
    if (!driver) return fail(driver.error());
    const bool up =
        wait_until([&] { return !driver->running() || accepts_connections(*port); }, kPatience);
    if (!up || !driver->running()) {
        return fail(Errc::not_found, "chromedriver does not start: " + driver->err());
    }
    std::unique_ptr<Browser> browser(new Browser);
    Impl& impl = *browser->impl_;
    impl.driver = std::move(*driver);
    impl.url = "http://127.0.0.1:" + std::to_string(*port);
    const auto session = impl.send("POST", "/session", capabilities(dir));
    if (!session) return fail(Errc::not_found, session.error().message);
    impl.chromium = (*session)["capabilities"].value("goog:processID", 0);
    impl.url += "/session/" + (*session)["sessionId"].get<std::string>();
    return browser;
}

Browser::~Browser() {
    static_cast<void>(impl_->send("DELETE", ""));
    const auto gone = [&] { return impl_->chromium == 0 || ::kill(impl_->chromium, 0) != 0; };
    if (!wait_until(gone, std::chrono::seconds{5})) ::kill(impl_->chromium, SIGKILL);
    static_cast<void>(impl_->driver->stop());
}

void Browser::open(const std::string& url) {
    impl_->must("POST", "/url", {{"url", url}});
}

void Browser::resize(int width, int height) {
    // Chromium's windows are 500 wide at least; what a phone shows is set for the page itself.
    impl_->must("POST", "/goog/cdp/execute",
                {{"cmd", "Emulation.setDeviceMetricsOverride"},
                 {"params",
                  {{"width", width},
                   {"height", height},
                   {"deviceScaleFactor", 1},
                   {"mobile", width < 600}}}});
}

json Browser::run(const std::string& body, const json& arguments) {
    return impl_->must(
        "POST", "/execute/sync",
        {{"script", body}, {"args", arguments.is_null() ? json::array() : arguments}});
}

void Browser::click(const std::string& css) {
    impl_->work_on(
        css, [&](const std::string& element) { return impl_->send("POST", element + "/click"); });
}

void Browser::fill(const std::string& css, const std::string& text) {
    impl_->work_on(css, [&](const std::string& element) {
        const auto cleared = impl_->send("POST", element + "/clear");
        return cleared ? impl_->send("POST", element + "/value", {{"text", text}}) : cleared;
    });
}

void Browser::choose(const std::string& css, const std::string& value) {
    impl_->work_on(css, [&](const std::string& element) -> Result<json> {
        const json option{{"using", "css selector"}, {"value", "option[value='" + value + "']"}};
        const auto found = impl_->send("POST", element + "/element", option);
        if (!found) return found;
        return impl_->send("POST",
                           "/element/" + (*found)[kElementKey].get<std::string>() + "/click");
    });
}

void Browser::press(const std::string& keys) {
    const json active = impl_->must("GET", "/element/active");
    impl_->must("POST", "/element/" + active[kElementKey].get<std::string>() + "/value",
                {{"text", keys}});
}

std::string Browser::text(const std::string& css) {
    return run(std::string(kVisible) + "return seen.map((e) => e.innerText).join('\\n')", {css});
}

std::size_t Browser::count(const std::string& css) {
    return run(std::string(kVisible) + "return seen.length", {css});
}

void Browser::await(const std::string& css, const std::string& words) {
    std::string seen;
    const bool found = wait_until(
        [&] {
            seen = text(css);
            return seen.find(words) != std::string::npos;
        },
        kPatience);
    CHECK_TEXT(found, (css + " does not say \"" + words + "\" but \"" + seen + "\"").c_str());
}

void Browser::await_gone(const std::string& css) {
    CHECK_TEXT(wait_until([&] { return count(css) == 0; }, kPatience),
               (css + " is still there: " + text(css)).c_str());
}

std::vector<Browser::Line> Browser::complaints() {
    std::vector<Line> lines;
    for (const json& entry : impl_->must("POST", "/se/log", {{"type", "browser"}})) {
        if (entry["level"] != "SEVERE" && entry["level"] != "WARNING") continue;
        lines.push_back({entry.value("source", ""), entry.value("message", "")});
    }
    return lines;
}

std::vector<std::string> Browser::requested() {
    std::vector<std::string> urls;
    for (const json& entry : impl_->must("POST", "/se/log", {{"type", "performance"}})) {
        const json message = json::parse(entry["message"].get<std::string>())["message"];
        if (message["method"] != "Network.requestWillBeSent") continue;
        urls.push_back(message["params"]["request"]["url"]);
    }
    return urls;
}

void Browser::picture(const std::filesystem::path& file) {
    std::ofstream(file, std::ios::binary)
        << decoded_base64(impl_->must("GET", "/screenshot").get<std::string>());
}

}  // namespace aftercare::test
