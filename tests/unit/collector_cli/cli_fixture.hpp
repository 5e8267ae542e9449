// Runs the command line in process and keeps what it said.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "collector/cli/shell.hpp"
#include "tests/support/scratch_dir.hpp"

namespace aftercare::collector {

struct CliRun {
    int exit_code = 0;
    std::string out;
    std::string err;
};

class CliWorld {
  public:
    [[nodiscard]] std::string path(std::string_view name) const { return (dir_ / name).string(); }

    std::string file(std::string_view name, const std::string& text) const {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }

    static CliRun run(const std::vector<std::string>& arguments) {
        std::ostringstream out;
        std::ostringstream err;
        CliRun run;
        run.exit_code = run_cli(arguments, out, err, {});
        run.out = out.str();
        run.err = err.str();
        return run;
    }

  private:
    test::ScratchDir dir_{"cli"};
};

}  // namespace aftercare::collector
