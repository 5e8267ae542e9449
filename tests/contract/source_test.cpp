// Both sources keep the promises of Source: Paho over a real broker, and the one in the process.
#include <mqtt/async_client.h>

#include <map>
#include <mutex>

#include "collector/io/paho/paho_source.hpp"
#include "tests/contract/memory_source.hpp"
#include "tests/contract/source_contract.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::collector;

namespace {

constexpr std::chrono::seconds kPatience{20};

class MemoryFixture final : public testing::SourceFixture {
  public:
    Source& source() override { return *source_; }
    void send(const std::string& topic, const std::string& payload) override {
        source_->send({topic, payload});
    }
    void retain(const std::string& topic, const std::string& payload) override {
        retained_[topic] = payload;
        source_->send({topic, payload});
    }
    void restart_source() override {
        source_ = fresh();
        for (const auto& [topic, payload] : retained_) source_->send({topic, payload});
    }
    std::vector<Message> heard() override { return source_->published(); }
    void cut_link() override { source_->set_link(false); }
    void mend_link() override { source_->set_link(true); }

  private:
    static std::unique_ptr<testing::MemorySource> fresh() {
        return std::make_unique<testing::MemorySource>(
            MessageQueue::Limits{testing::kSourceQueueMax, 1'000'000});
    }
    std::unique_ptr<testing::MemorySource> source_ = fresh();
    std::map<std::string, std::string> retained_;
};

/// A broker that queues without limit, as the deployed one does, and devices behind one client.
class PahoFixture final : public testing::SourceFixture {
  public:
    PahoFixture() {
        auto broker = aftercare::test::Broker::start(
            {.dir = folder_.path(), .extra_configuration = "max_queued_messages 0\n"});
        AFTERCARE_ASSERT(broker.has_value());
        broker_.emplace(std::move(*broker));
        restart_source();
        connect_devices();
    }
    ~PahoFixture() override { source_.reset(); }
    Source& source() override { return *source_; }
    void send(const std::string& topic, const std::string& payload) override {
        AFTERCARE_ASSERT(devices_->publish(topic, payload, 1, false)->wait_for(kPatience));
    }
    void retain(const std::string& topic, const std::string& payload) override {
        AFTERCARE_ASSERT(devices_->publish(topic, payload, 1, true)->wait_for(kPatience));
    }
    void restart_source() override {
        source_.reset();
        auto source = PahoSource::create({.url = broker_->url(),
                                          .client_id = "collector",
                                          .queue = {testing::kSourceQueueMax, 1'000'000}});
        AFTERCARE_ASSERT(source.has_value());
        source_ = std::move(*source);
    }
    std::vector<Message> heard() override {
        const std::lock_guard lock(mutex_);
        return heard_;
    }
    void cut_link() override { broker_->kill(); }
    void mend_link() override {
        AFTERCARE_ASSERT(broker_->start_again().has_value());
        connect_devices();
    }

  private:
    void connect_devices() {
        const std::string address = "tcp://127.0.0.1:" + std::to_string(broker_->port());
        devices_ = std::make_unique<mqtt::async_client>(address, "devices");
        devices_->set_message_callback([this](const mqtt::const_message_ptr& message) {
            const std::lock_guard lock(mutex_);
            heard_.push_back({message->get_topic(), message->get_payload_str()});
        });
        devices_->connect()->wait_for(kPatience);
        devices_->subscribe("aftercare/v1/+/+/+/down", 1)->wait_for(kPatience);
    }

    aftercare::test::ScratchDir folder_{"source"};
    std::optional<aftercare::test::Broker> broker_;
    std::mutex mutex_;
    std::vector<Message> heard_;
    std::unique_ptr<mqtt::async_client> devices_;
    std::unique_ptr<PahoSource> source_;
};

}  // namespace

TEST_GROUP(MemorySource) {
    MemoryFixture fixture;
};
TEST_GROUP(PahoSource) {
    PahoFixture fixture;
};

#define CONTRACT_TEST(promise)     \
    TEST(MemorySource, promise) {  \
        testing::promise(fixture); \
    }                              \
    TEST(PahoSource, promise) {    \
        testing::promise(fixture); \
    }
SOURCE_CONTRACT_LIST(CONTRACT_TEST)
