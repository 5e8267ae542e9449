#include "tests/e2e/console/console_fixture.hpp"

#include <cstdio>
#include <cstdlib>

#include <CppUTest/TestHarness.h>

namespace aftercare::test {

Browser* ConsoleFixture::shared_browser() {
    static const ScratchDir dir{"console-browser"};
    static const Result<std::unique_ptr<Browser>> started = Browser::start(dir.path());
    if (started) return started->get();
    if (started.error().code == Errc::not_found) {
        std::printf("SKIP: no browser to drive (deploy/install-deps --browser): %s\n",
                    started.error().message.c_str());
        return nullptr;
    }
    FAIL(started.error().message.c_str());
    return nullptr;
}

ConsoleFixture::ConsoleFixture() : browser_(shared_browser()) {
    if (browser_ == nullptr) return;
    desk_ = std::make_unique<DeskWorld>();
    browser_->open("about:blank");
    browser_->resize(1280, 900);
    browser_->complaints();
    browser_->requested();
}

void ConsoleFixture::enter(const std::string& token, const std::string& view) {
    browser_->open(desk_->url() + "/#token=" + token + "&" + view);
    browser_->await("h1", "");
    CHECK_TRUE(browser_->run("return location.hash.indexOf('token=') < 0"));
}

void ConsoleFixture::look_at(const std::string& view) {
    browser_->run("location.hash = '#/' + arguments[0]", {view});
}

void ConsoleFixture::picture(const std::string& name) {
    const char* dir = std::getenv("AFTERCARE_PICTURES");
    if (dir != nullptr) browser_->picture(std::filesystem::path(dir) / (name + ".png"));
}

void ConsoleFixture::check_clean(const std::set<int>& statuses) {
    picture(UtestShell::getCurrent()->getName().asCharString());
    for (const Browser::Line& line : browser_->complaints()) {
        bool expected = false;
        for (const int status : statuses) {
            expected |= line.source == "network" &&
                        line.text.find("status of " + std::to_string(status)) != std::string::npos;
        }
        CHECK_TEXT(expected, (line.source + ": " + line.text).c_str());
    }
    for (const std::string& url : browser_->requested()) {
        const bool own = url.rfind(desk_->url() + "/", 0) == 0 || url.rfind("data:", 0) == 0 ||
                         url == "about:blank";
        CHECK_TEXT(own, ("the page asked for " + url).c_str());
    }
}

}  // namespace aftercare::test
