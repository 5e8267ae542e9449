#include "tests/support/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include "tests/support/wait_until.hpp"

namespace aftercare::test {
namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string tail(const std::string& text) {
    constexpr std::size_t kTailBytes = 1000;
    return text.size() <= kTailBytes ? text : text.substr(text.size() - kTailBytes);
}

int open_log(const std::filesystem::path& path) {
    return open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
}

ExitStatus decode(int wait_status) {
    if (WIFSIGNALED(wait_status)) return {.code = 0, .signal = WTERMSIG(wait_status)};
    return {.code = WEXITSTATUS(wait_status), .signal = 0};
}

}  // namespace

struct Process::Impl {
    ProcessOptions options;
    std::filesystem::path out_path;
    std::filesystem::path err_path;
    pid_t pid = -1;
    int stdin_fd = -1;
    std::optional<ExitStatus> ended;

    [[noreturn]] void become_child(pid_t parent, int in, int out, int err) const {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::signal(SIGPIPE, SIG_DFL);        // Ours is ignored, and would be inherited.
        if (getppid() != parent) _exit(126);  // The parent died before the line above.
        if (options.own_group) setpgid(0, 0);
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        if (!options.working_dir.empty() && chdir(options.working_dir.c_str()) != 0) _exit(126);
        for (const auto& [key, value] : options.environment) setenv(key.c_str(), value.c_str(), 1);
        std::vector<char*> arguments;
        for (const std::string& word : options.command) {
            arguments.push_back(const_cast<char*>(word.c_str()));
        }
        arguments.push_back(nullptr);
        execvp(arguments[0], arguments.data());
        const std::string why =
            "cannot execute " + options.command[0] + ": " + std::strerror(errno);
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, why.data(), why.size());
        _exit(127);
    }

    bool reap(int flags) {
        if (ended) return true;
        int wait_status = 0;
        pid_t got = 0;
        do {
            got = waitpid(pid, &wait_status, flags);
        } while (got < 0 && errno == EINTR);
        if (got == pid) ended = decode(wait_status);
        return ended.has_value();
    }
};

Process::Process() : impl_(std::make_unique<Impl>()) {}
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        if (impl_) kill();
        impl_ = std::move(other.impl_);
    }
    return *this;
}
Process::~Process() {
    if (impl_) kill();
}

Result<Process> Process::start(ProcessOptions options) {
    AFTERCARE_ASSERT(!options.command.empty());
    Process process;
    Impl& impl = *process.impl_;
    impl.out_path = options.log_dir / (options.name + ".out");
    impl.err_path = options.log_dir / (options.name + ".err");
    impl.options = std::move(options);
    std::signal(SIGPIPE, SIG_IGN);  // A child that closes its stdin is an answer, not an end.

    const int out = open_log(impl.out_path);
    const int err = open_log(impl.err_path);
    int in[2] = {-1, -1};
    if (impl.options.stdin_pipe) {
        if (pipe2(in, O_CLOEXEC) != 0) in[0] = -1;
    } else {
        in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    if (out < 0 || err < 0 || in[0] < 0) {
        return fail(Errc::unavailable, "cannot open logs of " + impl.options.name + " in " +
                                           impl.options.log_dir.string() + ": " +
                                           std::strerror(errno));
    }
    const pid_t parent = getpid();
    impl.pid = fork();
    if (impl.pid == 0) impl.become_child(parent, in[0], out, err);
    close(out);
    close(err);
    close(in[0]);
    impl.stdin_fd = in[1];
    if (impl.pid < 0) {
        impl.ended = ExitStatus{};
        return fail(Errc::unavailable, std::string("cannot fork: ") + std::strerror(errno));
    }
    return process;
}

pid_t Process::pid() const {
    return impl_->pid;
}

bool Process::running() {
    return !impl_->reap(WNOHANG);
}

bool Process::signal(int number) {
    return running() && ::kill(impl_->pid, number) == 0;
}

bool Process::signal_group(int number) {
    AFTERCARE_ASSERT(impl_->options.own_group);
    return ::kill(-impl_->pid, number) == 0;
}

Result<ExitStatus> Process::wait(std::chrono::milliseconds timeout) {
    if (!wait_until([this] { return !running(); }, timeout, std::chrono::milliseconds{5})) {
        return fail(Errc::unavailable,
                    impl_->options.name + " still runs; its stderr ends: " + tail(err()));
    }
    return *impl_->ended;
}

void Process::kill() {
    close_stdin();
    if (running()) {
        ::kill(impl_->pid, SIGKILL);
        impl_->reap(0);
    }
}

Result<ExitStatus> Process::stop(std::chrono::milliseconds timeout) {
    signal(SIGTERM);
    return wait(timeout);
}

bool Process::write(std::string_view text) {
    AFTERCARE_ASSERT(impl_->options.stdin_pipe);
    while (!text.empty()) {
        const ssize_t written = ::write(impl_->stdin_fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void Process::close_stdin() {
    if (impl_->stdin_fd >= 0) close(impl_->stdin_fd);
    impl_->stdin_fd = -1;
}

std::string Process::out() const {
    return read_file(impl_->out_path);
}
std::string Process::err() const {
    return read_file(impl_->err_path);
}

bool Process::wait_for(std::string_view text, std::chrono::milliseconds timeout) {
    const auto seen = [&] {
        return out().find(text) != std::string::npos || err().find(text) != std::string::npos;
    };
    bool found = false;
    const bool decided = wait_until(
        [&] {
            const bool alive = running();  // Asked first: its last words still count.
            found = seen();
            return found || !alive;
        },
        timeout);
    return decided && found;
}

Result<Finished> run_program(ProcessOptions options, std::chrono::milliseconds timeout) {
    Result<Process> process = Process::start(std::move(options));
    if (!process) return fail(process.error());
    const Result<ExitStatus> status = process->wait(timeout);
    if (!status) return fail(status.error());
    return Finished{*status, process->out(), process->err()};
}

}  // namespace aftercare::test
