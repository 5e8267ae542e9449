#include "firmware_sim/io/desk_client.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "common/hash.hpp"
#include "firmware_sim/io/desk_json.hpp"

namespace aftercare::sim {
namespace {

using collector::Ticket;

constexpr std::chrono::milliseconds kRegistrationRetry{50};
constexpr std::size_t kDevicesPerRequest = 500;

/// Commands with the same subject must arrive in order.
std::string_view subject(const collector::Command& command) {
    struct {
        std::string_view operator()(const collector::RegisterDevice& c) { return c.info.device_id; }
        std::string_view operator()(const collector::InboundContact& c) { return c.device_id; }
        std::string_view operator()(const collector::OutboundContact& c) { return c.ticket_id; }
        std::string_view operator()(const collector::ChangeTicket& c) { return c.ticket_id; }
        std::string_view operator()(const collector::WorkOnTicket& c) { return c.ticket_id; }
        std::string_view operator()(const collector::SubmitOutcome& c) {
            return c.outcome.ticket_id.empty() ? c.outcome.device_id : c.outcome.ticket_id;
        }
        std::string_view operator()(const collector::AssignOutcome& c) { return c.outcome_id; }
        std::string_view operator()(const collector::ChangeRule& c) { return c.rule_id; }
        std::string_view operator()(const collector::ChangeProblem& c) { return c.problem_id; }
        std::string_view operator()(const collector::RetryRefused& c) { return c.topic; }
    } of;
    return std::visit(of, command);
}

/// Follows the cursor to the last page.
Result<std::vector<Ticket>> read_tickets(HttpSession& session, const std::string& query) {
    std::vector<Ticket> tickets;
    std::string cursor;
    do {
        const std::string path =
            "/api/v1/tickets?limit=1000" + query + (cursor.empty() ? "" : "&cursor=" + cursor);
        const Result<HttpReply> reply = session.get(path);
        if (!reply) return fail(reply.error());
        if (reply->status != 200) return fail(Errc::unavailable, path + ": " + describe(reply));
        Result<TicketPage> page = parse_ticket_page(reply->body);
        if (!page) return fail(page.error().within(path));
        cursor = page->next_cursor;
        std::move(page->items.begin(), page->items.end(), std::back_inserter(tickets));
    } while (!cursor.empty());
    return tickets;
}

}  // namespace

DeskClient::DeskClient(std::string api_url, std::string token)
    : api_url_(std::move(api_url)), token_(std::move(token)), session_(api_url_, token_) {
    for (std::size_t i = 0; i < kDeskLanes; ++i) {
        lanes_.push_back(std::make_unique<DeskLane>(api_url_, token_, i));
    }
    watcher_ = std::thread([this] { watch(); });
}

DeskClient::~DeskClient() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    watcher_.join();
}

void DeskClient::submit(collector::Command command) {
    Hash64 hash;
    hash.add(subject(command));
    lanes_[hash.value() % lanes_.size()]->submit(std::move(command));
}

void DeskClient::look() {
    const std::lock_guard lock(mutex_);
    look_wanted_ = true;
    wake_.notify_one();
}

std::vector<Ticket> DeskClient::take_seen() {
    const std::lock_guard lock(mutex_);
    return std::exchange(seen_, {});
}

DeskStatistics DeskClient::statistics() const {
    DeskStatistics now;
    for (const auto& lane : lanes_) {
        const LaneStatistics one = lane->statistics();
        now.commands.accepted += one.accepted;
        now.commands.conflicts += one.conflicts;
        now.commands.refused += one.refused;
        now.commands.retries += one.retries;
        now.commands.waiting += one.waiting;
        if (now.commands.first_refusal.empty()) now.commands.first_refusal = one.first_refusal;
    }
    const std::lock_guard lock(mutex_);
    now.looks = looks_;
    now.last_trouble = last_trouble_;
    return now;
}

void DeskClient::watch() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || look_wanted_; });
        if (stopping_) return;
        look_wanted_ = false;
        lock.unlock();
        look_now();
        lock.lock();
    }
}

// Only open tickets are listed; one that has gone from the list is read once more, so that whoever
// works on it learns how it ended.
void DeskClient::look_now() {
    Result<std::vector<Ticket>> open = read_tickets(session_, "&state=open_any");
    if (!open) {
        const std::lock_guard lock(mutex_);
        last_trouble_ = open.error().message;
        return;
    }
    std::set<std::string> open_now;
    for (const Ticket& ticket : *open) open_now.insert(ticket.id);
    std::vector<Ticket> sight = std::move(*open);
    for (const std::string& id : open_ids_) {
        if (open_now.contains(id)) continue;
        const Result<HttpReply> reply = session_.get("/api/v1/tickets/" + id);
        Result<Ticket> ended = fail(Errc::unavailable, describe(reply));
        if (reply && reply->status == 200) ended = parse_ticket_detail(reply->body);
        if (ended) {
            sight.push_back(std::move(*ended));
        } else {
            open_now.insert(id);  // Asked again at the next look.
        }
    }
    open_ids_ = std::move(open_now);
    const std::lock_guard lock(mutex_);
    ++looks_;
    last_trouble_.clear();
    std::move(sight.begin(), sight.end(), std::back_inserter(seen_));
}

Status DeskClient::register_devices(const std::vector<collector::RegisterDevice>& devices,
                                    milliseconds patience) {
    HttpSession session(api_url_, token_);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (std::size_t from = 0; from < devices.size(); from += kDevicesPerRequest) {
        const auto begin = devices.begin() + static_cast<std::ptrdiff_t>(from);
        const auto count = std::min(kDevicesPerRequest, devices.size() - from);
        const ApiCall call =
            to_api_call(std::vector(begin, begin + static_cast<std::ptrdiff_t>(count)));
        Result<HttpReply> reply = session.post(call.path, call.body);
        while (worth_a_retry(reply) && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(kRegistrationRetry);
            reply = session.post(call.path, call.body);
        }
        if (!reply || reply->status >= 300) {
            return fail(reply ? Errc::invalid : Errc::unavailable,
                        "registering the fleet: " + describe(reply));
        }
    }
    return {};
}

Result<std::vector<Ticket>> DeskClient::all_tickets() {
    HttpSession session(api_url_, token_);
    return read_tickets(session, "");
}

}  // namespace aftercare::sim
