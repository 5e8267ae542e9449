#include "collector/io/live/lookout.hpp"

#include "collector/io/live/disk.hpp"

namespace aftercare::collector {
namespace {

void add(LiveFigures& figures, const PahoSource& source) {
    const PahoSource::Statistics link = source.statistics();
    figures.queue_reports = link.queue.messages;
    figures.queue_bytes = link.queue.bytes;
    figures.queue_waits = link.queue.waits;
    figures.broker_connected = source.connected();
    figures.broker_reconnects = link.reconnects;
    figures.messages_received = link.received;
    figures.messages_published = link.published;
    figures.publish_refused = link.publish_refused;
}

void add(LiveFigures& figures, const Server& server) {
    const Server::Statistics http = server.statistics();
    figures.http_requests = http.requests;
    figures.http_refused_connections = http.refused_connections;
    figures.http_connections = http.open_connections;
    figures.event_streams_dropped = http.dropped_streams;
}

void add(LiveFigures& figures, const Api& api) {
    const Api::Statistics asked = api.statistics();
    figures.http_limited_by_token = asked.limited_by_token;
    figures.http_limited_by_address = asked.limited_by_address;
    figures.event_streams = asked.open_streams;
    figures.event_streams_refused = asked.streams_refused;
}

}  // namespace

void Lookout::watch(const Server& server, const Api& api) {
    const std::lock_guard lock(mutex_);
    server_ = &server;
    api_ = &api;
}

void Lookout::watch(const EngineThread& engine, const PahoSource& source) {
    const std::lock_guard lock(mutex_);
    engine_ = &engine;
    source_ = &source;
}

void Lookout::forget_parts() {
    const std::lock_guard lock(mutex_);
    engine_ = nullptr;
    source_ = nullptr;
}

void Lookout::warm_start_took(double seconds) {
    const std::lock_guard lock(mutex_);
    warm_start_seconds_ = seconds;
}

void Lookout::broker_changed(bool connected, const std::string& why) {
    const std::lock_guard lock(mutex_);
    broker_trouble_ = connected ? std::string{} : why;
}

void Lookout::rules_reloaded(bool taken) {
    const std::lock_guard lock(mutex_);
    ++(taken ? rules_taken_ : rules_refused_);
}

LiveFigures Lookout::gather() {
    LiveFigures figures;
    {
        const std::lock_guard lock(mutex_);
        if (engine_ != nullptr) figures = engine_->figures();
        figures.warm = engine_ != nullptr;
        figures.warm_start_seconds = warm_start_seconds_;
        figures.broker_trouble = broker_trouble_;
        figures.rules_taken = rules_taken_;
        figures.rules_refused = rules_refused_;
        if (source_ != nullptr) add(figures, *source_);
        if (server_ != nullptr) add(figures, *server_);
        if (api_ != nullptr) add(figures, *api_);
    }
    figures.commands_waiting = commands_.waiting();
    figures.disk = look_at_disk(database_path_);
    figures.conditions = readiness_.track(assess(figures), real_wall_now());
    return figures;
}

void Lookout::look() {
    gather();
}

LiveFigures Lookout::figures() {
    LiveFigures figures = gather();
    figures.process = look_at_process();
    return figures;
}

}  // namespace aftercare::collector
