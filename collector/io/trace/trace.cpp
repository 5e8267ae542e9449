#include "collector/io/trace/trace.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <unordered_map>

#include "collector/io/text/csv.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "common/sorted.hpp"
#include "common/time_text.hpp"
#include "common/topic.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kErrorsKept = 20;
constexpr std::size_t kModelBytesMax = 32;
using Cells = std::vector<std::string>;

/// One file: columns by name, rows one at a time, mistakes with file and line.
class File {
  public:
    File(Trace& trace, std::string name)
        : trace_(trace), path_(trace.history.name + "/" + std::move(name)) {}

    [[nodiscard]] bool exists() const { return std::filesystem::exists(path_); }

    /// Calls `take` for each good row; what it returns as an error counts against that row.
    Status read(const std::vector<std::string>& required,
                const std::function<Status(const Cells&)>& take) {
        std::ifstream stream(path_, std::ios::binary);
        if (!stream) return fail(Errc::not_found, path_ + ": cannot be read");
        const std::string text((std::istreambuf_iterator<char>(stream)), {});
        auto reader = CsvReader::create(text);
        if (!reader) return fail(reader.error().within(path_));
        for (const auto& name : required) {
            if (!reader->column(name)) {
                return fail(Errc::invalid, path_ + ":1: column '" + name + "' is missing");
            }
        }
        reader_ = &*reader;
        while (auto row = reader->next()) {
            if (!*row) {
                note(row->error().message);
                continue;
            }
            if (auto taken = take((*row)->cells); !taken) {
                note("line " + std::to_string((*row)->line) + ": " + taken.error().message);
            }
        }
        reader_ = nullptr;
        return {};
    }
    /// Of the row under way; empty when the file has no such column.
    [[nodiscard]] std::string_view cell(const Cells& cells, std::string_view name) const {
        const auto column = reader_->column(name);
        return column ? std::string_view(cells[*column]) : std::string_view{};
    }
    [[nodiscard]] const Cells& header() const { return reader_->header(); }

  private:
    /// Messages of the reader begin with "line N: "; ours read "path:N: ".
    void note(const std::string& message) {
        ++trace_.error_count;
        if (trace_.errors.size() >= kErrorsKept) return;
        constexpr std::string_view kLine = "line ";
        const bool numbered = message.rfind(kLine, 0) == 0;
        trace_.errors.push_back(path_ + ":" +
                                (numbered ? message.substr(kLine.size()) : " " + message));
    }

    Trace& trace_;
    std::string path_;
    const CsvReader* reader_ = nullptr;
};

class TraceReader {
  public:
    explicit TraceReader(const std::string& folder) { trace_.history.name = folder; }

    Result<Trace> read() {
        for (const auto step : {&TraceReader::devices, &TraceReader::readings, &TraceReader::faults,
                                &TraceReader::outcomes, &TraceReader::failures}) {
            if (auto done = (this->*step)(); !done) return fail(done.error());
        }
        if (trace_.history.devices.empty()) {
            return fail(Errc::invalid, trace_.history.name + "/devices.csv: no usable device");
        }
        sort_all();
        return std::move(trace_);
    }

  private:
    Status devices() {
        File file(trace_, "devices.csv");
        return file.read({"device_id", "model"}, [&](const Cells& cells) -> Status {
            HistoryDevice device;
            device.id = file.cell(cells, "device_id");
            device.model = file.cell(cells, "model");
            device.firmware = file.cell(cells, "firmware");
            device.region = file.cell(cells, "region");
            device.customer_id = file.cell(cells, "customer_id");
            if (!valid_id(device.id))
                return fail(Errc::invalid,
                            "device_id '" + device.id + "': 1-64 of A-Z a-z 0-9 _ - are allowed");
            if (device.model.empty() || device.model.size() > kModelBytesMax)
                return fail(Errc::invalid, "model must have 1-32 bytes");
            for (auto [column, member] : {std::pair{"installed_at", &device.installed_at},
                                          std::pair{"warranty_until", &device.warranty_until}}) {
                if (file.cell(cells, column).empty()) continue;
                const auto at = parse_rfc3339(file.cell(cells, column));
                if (!at) return fail(at.error().within(column));
                *member = *at;
            }
            const auto number = static_cast<std::uint32_t>(trace_.history.devices.size());
            if (!by_id_.emplace(device.id, number).second)
                return fail(Errc::conflict, "device '" + device.id + "' is there twice");
            trace_.history.devices.push_back(std::move(device));
            return {};
        });
    }

    Status readings() {
        File file(trace_, "readings.csv");
        if (!file.exists()) return {};
        std::vector<std::size_t> columns;
        return file.read({"at", "device_id"}, [&](const Cells& cells) -> Status {
            if (columns.empty()) columns = learn_metrics(file.header());
            auto reading = place<HistoryReading>(file, cells);
            if (!reading) return fail(reading.error());
            std::vector<float> row;
            for (const std::size_t column : columns) {
                const auto value = parse_value(cells[column]);
                if (!value) return fail(value.error().within(file.header()[column]));
                row.push_back(*value);
            }
            reading->row = static_cast<std::uint32_t>(trace_.history.readings.size());
            trace_.history.readings.push_back(*reading);
            trace_.history.values.insert(trace_.history.values.end(), row.begin(), row.end());
            return {};
        });
    }

    Status faults() {
        File file(trace_, "faults.csv");
        if (!file.exists()) return {};
        std::vector<std::string> codes;
        auto read =
            file.read({"at", "device_id", "code", "state"}, [&](const Cells& cells) -> Status {
                auto fault = place<HistoryFault>(file, cells);
                if (!fault) return fail(fault.error());
                const auto state = parse_state(file.cell(cells, "state"));
                if (!state) return fail(state.error());
                fault->state = *state;
                if (file.cell(cells, "code").empty()) return fail(Errc::invalid, "code is empty");
                fault->code = static_cast<std::uint32_t>(codes.size());
                codes.emplace_back(file.cell(cells, "code"));
                trace_.history.faults.push_back(*fault);
                return {};
            });
        trace_.history.fault_codes = codes;
        sort_unique(trace_.history.fault_codes);
        for (auto& fault : trace_.history.faults) {
            const auto found =
                std::lower_bound(trace_.history.fault_codes.begin(),
                                 trace_.history.fault_codes.end(), codes[fault.code]);
            fault.code = static_cast<std::uint32_t>(found - trace_.history.fault_codes.begin());
        }
        return read;
    }

    Status outcomes() {
        File file(trace_, "outcomes.csv");
        if (!file.exists()) return {};
        return file.read(
            {"at", "device_id", "component", "result"}, [&](const Cells& cells) -> Status {
                auto outcome = place<HistoryOutcome>(file, cells);
                if (!outcome) return fail(outcome.error());
                const auto code = parse_outcome_code(file.cell(cells, "result"));
                if (!code)
                    return fail(Errc::invalid, "result '" +
                                                   std::string(file.cell(cells, "result")) +
                                                   "' is no outcome code");
                outcome->code = *code;
                outcome->component = file.cell(cells, "component");
                outcome->failure_mode = file.cell(cells, "failure_mode");
                if (!file.cell(cells, "failed_at").empty()) {
                    const auto failed_at = parse_rfc3339(file.cell(cells, "failed_at"));
                    if (!failed_at) return fail(failed_at.error().within("failed_at"));
                    outcome->failed_at = *failed_at;
                }
                if (!outcome->component.empty())
                    trace_.history.components.push_back(outcome->component);
                trace_.history.outcomes.push_back(std::move(*outcome));
                return {};
            });
    }

    Status failures() {
        File file(trace_, "failures.csv");
        if (!file.exists()) return {};
        return file.read({"at", "device_id", "component"}, [&](const Cells& cells) -> Status {
            const auto at = place<HistoryOutcome>(file, cells);
            if (!at) return fail(at.error());
            trace_.failures.push_back({trace_.history.devices[at->device].id,
                                       std::string(file.cell(cells, "component")), at->at});
            return {};
        });
    }

    template <class Row>
    Result<Row> place(const File& file, const Cells& cells) {
        Row row;
        const auto at = parse_rfc3339(file.cell(cells, "at"));
        if (!at) return fail(at.error().within("at"));
        row.at = *at;
        const auto device = by_id_.find(std::string(file.cell(cells, "device_id")));
        if (device == by_id_.end()) {
            return fail(Errc::not_found, "device '" + std::string(file.cell(cells, "device_id")) +
                                             "' is not in devices.csv");
        }
        row.device = device->second;
        return row;
    }

    std::vector<std::size_t> learn_metrics(const Cells& header) {
        std::vector<std::size_t> columns;
        for (std::size_t i = 0; i < header.size(); ++i) {
            if (header[i] == "at" || header[i] == "device_id") continue;
            columns.push_back(i);
            trace_.history.metrics.push_back(header[i]);
        }
        return columns;
    }

    static Result<float> parse_value(const std::string& cell) {
        if (cell.empty()) return std::numeric_limits<float>::quiet_NaN();
        float value = 0;
        const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
        if (error != std::errc{} || end != cell.data() + cell.size() || !std::isfinite(value)) {
            return fail(Errc::invalid, "'" + cell + "' is no finite number");
        }
        return value;
    }

    static Result<FaultState> parse_state(std::string_view text) {
        if (text == "raised") return FaultState::raised;
        if (text == "cleared") return FaultState::cleared;
        if (text == "occurred") return FaultState::occurred;
        return fail(Errc::invalid,
                    "state '" + std::string(text) + "': raised, cleared or occurred");
    }

    void sort_all() {
        const auto by_device = [](const auto& a, const auto& b) {
            return a.device != b.device ? a.device < b.device : a.at < b.at;
        };
        std::stable_sort(trace_.history.readings.begin(), trace_.history.readings.end(), by_device);
        std::stable_sort(trace_.history.faults.begin(), trace_.history.faults.end(), by_device);
        std::stable_sort(trace_.history.outcomes.begin(), trace_.history.outcomes.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; });
        sort_unique(trace_.history.components);
    }

    Trace trace_;
    std::unordered_map<std::string, std::uint32_t> by_id_;
};

}  // namespace

Result<Trace> read_trace(const std::string& folder) {
    return TraceReader(folder).read();
}

Catalogue catalogue_of(const History& history) {
    std::vector<std::string> models;
    for (const auto& device : history.devices) models.push_back(device.model);
    return catalogue_for_trace(std::move(models), history.metrics, history.fault_codes,
                               history.components);
}

}  // namespace aftercare::collector
