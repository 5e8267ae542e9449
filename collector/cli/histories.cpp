#include "collector/cli/histories.hpp"

#include <ostream>

#include "collector/io/trace/trace.hpp"

namespace aftercare::collector {

Result<std::vector<History>> read_histories(Shell& shell, const std::vector<std::string>& folders) {
    std::vector<History> histories;
    for (const std::string& folder : folders) {
        auto trace = read_trace(folder);
        if (!trace) return fail(trace.error());
        for (const std::string& error : trace->errors) shell.err << error << "\n";
        if (trace->error_count > 0) {
            shell.err << folder << ": " << trace->error_count << " rows were left out\n";
        }
        histories.push_back(std::move(trace->history));
    }
    return histories;
}

}  // namespace aftercare::collector
