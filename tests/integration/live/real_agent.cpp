#include "tests/integration/live/real_agent.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

namespace aftercare::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kUnansweredMax = 50;
constexpr const char* kReading =
    R"({"kind":"reading","window_ms":3600000,"metrics":[{"id":1,"mean":20.5},{"id":2,"mean":3}]})";

}  // namespace

RealAgent::RealAgent(RealAgentOptions options) : options_(std::move(options)) {
    std::ofstream(options_.dir / "agent.toml")
        << "[device]\ntenant = \"demo\"\nid = \"" << options_.device_id << "\"\nmodel = \""
        << options_.model << "\"\nfirmware = \"1\"\n"
        << "[broker]\nurl = \"" << options_.broker_url << "\"\n"
        << "[spool]\npath = \"" << (options_.dir / "spool").string() << "\"\nsync_period = \"1s\"\n"
        << "[report]\nflush_delay = \"50ms\"\n"
        << "[link]\nack_timeout = \"1s\"\nbackoff_base = \"100ms\"\nbackoff_cap = \"1s\"\n"
        << "reconnect_spread = \"200ms\"\n";
    start();
}

void RealAgent::start() {
    auto process = Process::start({.command = {options_.program, "run", "--config",
                                               (options_.dir / "agent.toml").string(), "--stdin"},
                                   .log_dir = options_.dir,
                                   .name = "agent-" + std::to_string(++runs_),
                                   .stdin_pipe = true});
    CHECK_TEXT(process.has_value(), process ? "" : process.error().message.c_str());
    process_.emplace(std::move(*process));
    line_no_ = answer_no_ = read_bytes_ = 0;
    asked_.clear();
}

void RealAgent::report(int count) {
    std::string text;
    for (int i = 0; i < count && asked_.size() < kUnansweredMax; ++i) {
        Question question;
        if (line_no_ % 4 == 0) {
            question.fault_code = next_code_++;
            text += R"({"kind":"fault","state":"occurred","code":)" +
                    std::to_string(question.fault_code) + "}\n";
        } else if (line_no_ % 4 == 1) {
            text += "{\"kind\":\"usage\",\"duration_s\":3600,\"energy_wh\":900}\n";
        } else {
            text += std::string(kReading) + "\n";
        }
        asked_[line_no_++] = question;
    }
    CHECK_TEXT(process_->write(text), process_->err().c_str());
}

void RealAgent::take(const std::string& line) {
    const auto answer = nlohmann::json::parse(line, nullptr, false);
    CHECK_TEXT(answer.is_object() && answer.value("ok", false), line.c_str());
    const Question question = asked_.at(answer_no_);
    asked_.erase(answer_no_++);
    if (question.status) {
        held_ = answer["urgent"]["held"].get<Seq>() + answer["bulk"]["held"].get<Seq>();
        return;
    }
    const Seq seq = answer["seq"];
    Seq& max = seq_max_[index(answer["lane"] == "urgent" ? Lane::urgent : Lane::bulk)];
    CHECK_TEXT(seq > max, ("a seq was used again: " + line).c_str());
    max = seq;
    if (question.fault_code != 0 && answer["durable"]) durable_[seq] = question.fault_code;
}

void RealAgent::read_answers() {
    std::ifstream out(options_.dir / ("agent-" + std::to_string(runs_) + ".out"));
    out.seekg(static_cast<std::streamoff>(read_bytes_));
    for (std::string line; std::getline(out, line) && !out.eof();) {
        read_bytes_ += line.size() + 1;
        take(line);
    }
}

void RealAgent::await_answers() {
    const auto all_there = [&] {
        read_answers();
        return asked_.empty();
    };
    CHECK_TEXT(wait_until(all_there, seconds{20}), process_->err().c_str());
}

void RealAgent::kill_and_start_again() {
    report(10);
    process_->kill();
    read_answers();
    start();
}

void RealAgent::await_acknowledgement(seconds patience) {
    const auto nothing_held = [&] {
        asked_[line_no_++] = {.status = true};
        CHECK_TEXT(process_->write("{\"kind\":\"status\"}\n"), process_->err().c_str());
        await_answers();
        return held_ == 0;
    };
    CHECK_TEXT(wait_until(nothing_held, patience, milliseconds{200}),
               (options_.device_id + " still holds records: " + process_->err()).c_str());
    process_->close_stdin();
    const auto ended = process_->wait(seconds{30});
    CHECK_TEXT(ended.has_value() && ended->clean(), process_->err().c_str());
}

std::uint64_t RealAgent::check(const StoredRecords& stored) const {
    const StoredRecords::value_type* found = nullptr;
    for (const auto& entry : stored) {
        if (entry.first.device_id != options_.device_id) continue;
        CHECK_TEXT(found == nullptr, (options_.device_id + " has two streams").c_str());
        found = &entry;
    }
    CHECK_TEXT(found != nullptr, (options_.device_id + " has stored nothing").c_str());
    std::uint64_t made = 0;
    for (const Lane lane : {Lane::urgent, Lane::bulk}) {
        const LaneContent& content = found->second[index(lane)];
        CHECK(!content.copies.empty());
        // Nothing is held any more: what was said last is stored, or its answer died with a kill.
        const Seq last = content.copies.rbegin()->first;
        CHECK_TEXT(last >= seq_max_[index(lane)], (options_.device_id + " lost its last").c_str());
        const std::string fault = content.fault(last);
        CHECK_TEXT(fault.empty(), (options_.device_id + ": " + fault).c_str());
        made += last;
    }
    const LaneContent& urgent = found->second[index(Lane::urgent)];
    for (const auto& [seq, code] : durable_) {
        const auto stored_code = urgent.fault_codes.find(seq);
        CHECK_TEXT(
            stored_code != urgent.fault_codes.end(),
            (options_.device_id + " lost a durable record: seq " + std::to_string(seq)).c_str());
        LONGS_EQUAL(code, stored_code->second);
    }
    return made;
}

}  // namespace aftercare::test
