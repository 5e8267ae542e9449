// Writes what a simulated fleet told and what became of it as a trace folder (docs/simulator.md):
// as the appliances and the desk told it, before link, agent and collector. Ground truth goes to
// failures.csv only.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "collector/core/commands.hpp"
#include "collector/core/model/catalogue.hpp"
#include "collector/core/model/device.hpp"
#include "common/result.hpp"
#include "firmware_sim/model/appliance.hpp"

namespace aftercare::sim {

class TraceWriter {
  public:
    /// The folder is made; files of that name in it are replaced.
    /// Lifetime: the catalogue must outlive the writer.  Errors: unavailable.
    static Result<std::unique_ptr<TraceWriter>> create(const std::string& folder,
                                                       const collector::Catalogue& catalogue);

    void device(const collector::DeviceInfo& info);
    void telemetry(const collector::DeviceInfo& info, const Emission& emission);
    /// Outcomes; other commands are no part of a trace.
    void command(const collector::Command& command);
    /// Errors: unavailable, when something could not be written.
    Status finish(const std::vector<collector::TrueFailure>& failures);

  private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    using File = std::unique_ptr<std::FILE, Close>;

    TraceWriter(std::string folder, const collector::Catalogue& catalogue);
    Status open(File& file, const char* name, const std::string& header);
    void reading(const collector::ModelInfo& model, const std::string& device_id, WallTime at,
                 const Reading& reading);

    std::string folder_;
    const collector::Catalogue& catalogue_;
    std::vector<std::string> metrics_;  ///< columns
    File devices_, readings_, faults_, outcomes_, failures_;
};

}  // namespace aftercare::sim
