#include "firmware_sim/world/trace_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "common/sorted.hpp"
#include "common/time_text.hpp"

namespace aftercare::sim {
namespace {

std::string_view state_word(FaultState state) {
    return state == FaultState::raised    ? "raised"
           : state == FaultState::cleared ? "cleared"
                                          : "occurred";
}

std::string optional_time(const std::optional<WallTime>& at) {
    return at ? format_rfc3339(*at) : "";
}

}  // namespace

TraceWriter::TraceWriter(std::string folder, const collector::Catalogue& catalogue)
    : folder_(std::move(folder)), catalogue_(catalogue) {
    for (const auto& model : catalogue.models) {
        for (const auto& metric : model.metrics) metrics_.push_back(metric.name);
    }
    sort_unique(metrics_);
}

Result<std::unique_ptr<TraceWriter>> TraceWriter::create(const std::string& folder,
                                                         const collector::Catalogue& catalogue) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(Errc::unavailable, folder + ": " + error.message());
    std::unique_ptr<TraceWriter> writer(new TraceWriter(folder, catalogue));
    std::string readings = "at,device_id";
    for (const std::string& name : writer->metrics_) readings += "," + name;
    for (const auto& [file, name, header] :
         {std::tuple{&writer->devices_, "devices.csv",
                     std::string("device_id,model,firmware,region,customer_id,installed_at,"
                                 "warranty_until")},
          {&writer->readings_, "readings.csv", readings},
          {&writer->faults_, "faults.csv", "at,device_id,code,state"},
          {&writer->outcomes_, "outcomes.csv",
           "at,device_id,component,result,failed_at,failure_mode"},
          {&writer->failures_, "failures.csv", "at,device_id,component"}}) {
        if (Status opened = writer->open(*file, name, header); !opened) return fail(opened.error());
    }
    return writer;
}

Status TraceWriter::open(File& file, const char* name, const std::string& header) {
    const std::string path = folder_ + "/" + name;
    file.reset(std::fopen(path.c_str(), "wb"));
    if (!file) return fail(Errc::unavailable, path + ": cannot be written");
    fmt::print(file.get(), "{}\n", header);
    return {};
}

void TraceWriter::device(const collector::DeviceInfo& info) {
    fmt::print(devices_.get(), "{},{},{},{},{},{},{}\n", info.device_id, info.model, info.firmware,
               info.region, info.customer_id, optional_time(info.installed_at),
               optional_time(info.warranty_until));
}

void TraceWriter::telemetry(const collector::DeviceInfo& info, const Emission& emission) {
    const collector::ModelInfo* model = catalogue_.model(info.model);
    if (model == nullptr) return;
    if (const auto* told = std::get_if<Reading>(&emission.body)) {
        reading(*model, info.device_id, emission.at, *told);
    } else if (const auto* fault = std::get_if<Fault>(&emission.body)) {
        const auto* code = model->fault(fault->code);
        if (code == nullptr) return;
        fmt::print(faults_.get(), "{},{},{},{}\n", format_rfc3339(emission.at), info.device_id,
                   code->name, state_word(fault->state));
    }
}

void TraceWriter::reading(const collector::ModelInfo& model, const std::string& device_id,
                          WallTime at, const Reading& reading) {
    std::vector<std::string> cells(metrics_.size());
    for (const MetricSummary& summary : reading.metrics) {
        const auto* metric = model.metric(summary.metric_id);
        if (metric == nullptr) continue;
        const auto column = std::lower_bound(metrics_.begin(), metrics_.end(), metric->name);
        cells[static_cast<std::size_t>(column - metrics_.begin())] =
            fmt::format("{}", summary.mean);
    }
    fmt::print(readings_.get(), "{},{},{}\n", format_rfc3339(at), device_id, fmt::join(cells, ","));
}

void TraceWriter::command(const collector::Command& command) {
    const auto* submit = std::get_if<collector::SubmitOutcome>(&command);
    if (submit == nullptr) return;
    const collector::Outcome& outcome = submit->outcome;
    fmt::print(outcomes_.get(), "{},{},{},{},{},{}\n", format_rfc3339(outcome.at),
               outcome.device_id, outcome.component, collector::to_string(outcome.code),
               optional_time(outcome.failed_at), outcome.failure_mode);
}

Status TraceWriter::finish(const std::vector<collector::TrueFailure>& failures) {
    for (const auto& failure : failures) {
        fmt::print(failures_.get(), "{},{},{}\n", format_rfc3339(failure.at), failure.device_id,
                   failure.component);
    }
    for (File* file : {&devices_, &readings_, &faults_, &outcomes_, &failures_}) {
        if (std::fflush(file->get()) != 0 || std::ferror(file->get()) != 0) {
            return fail(Errc::unavailable, folder_ + ": not everything could be written");
        }
    }
    return {};
}

}  // namespace aftercare::sim
