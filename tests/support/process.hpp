// A child process under test: started without a shell, killed by its pid, never left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.hpp"

namespace aftercare::test {

struct ProcessOptions {
    std::vector<std::string> command;  ///< program (absolute, or found in PATH) and arguments
    std::vector<std::pair<std::string, std::string>> environment;  ///< added to the inherited one
    std::filesystem::path log_dir;  ///< where `NAME.out` and `NAME.err` go; must exist
    std::string name = "process";
    std::filesystem::path working_dir;  ///< empty = inherited
    bool stdin_pipe = false;            ///< else stdin is /dev/null
    bool own_group = false;             ///< gets a process group, so that `signal_group` works
};

struct ExitStatus {
    int code = 0;    ///< when `signal` is 0
    int signal = 0;  ///< that ended it
    [[nodiscard]] bool clean() const { return code == 0 && signal == 0; }
};

/// The kernel kills the child when the thread that started it ends, so a crashed test leaves
/// nothing.
class Process {
  public:
    /// Errors: unavailable (cannot fork, log cannot be opened). A program that cannot be executed
    /// exits with 127.
    static Result<Process> start(ProcessOptions options);
    /// SIGKILLs and reaps what still runs.
    ~Process();
    Process(Process&&) noexcept;
    Process& operator=(Process&&) noexcept;

    [[nodiscard]] pid_t pid() const;
    [[nodiscard]] bool running();
    /// False when it had ended already.
    bool signal(int number);
    bool signal_group(int number);
    /// Errors: unavailable when it still runs after `timeout`, with the tail of its stderr.
    Result<ExitStatus> wait(std::chrono::milliseconds timeout);
    /// SIGKILL and reap: a power cut for one program.
    void kill();
    /// SIGTERM, then `wait`.
    Result<ExitStatus> stop(std::chrono::milliseconds timeout = std::chrono::seconds{10});

    /// Pre: stdin_pipe. False when the child closed its end.
    bool write(std::string_view text);
    void close_stdin();

    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;
    /// Waits until stdout or stderr contains `text`. False on time-out or when the child ended
    /// without.
    bool wait_for(std::string_view text, std::chrono::milliseconds timeout);

  private:
    Process();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Runs to the end. Errors: as start and wait; the process is killed at the time-out.
struct Finished {
    ExitStatus status;
    std::string out;
    std::string err;
};
Result<Finished> run_program(ProcessOptions options, std::chrono::milliseconds timeout);

}  // namespace aftercare::test
