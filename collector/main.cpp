// aftercare-collector: see collector/cli.
#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "collector/cli/shell.hpp"

int main(int argc, char** argv) {
    using namespace aftercare::collector;
    // `… | head` closes the pipe: that ends us quietly, as it ends every filter.
    std::signal(SIGPIPE, SIG_DFL);
    std::ios::sync_with_stdio(false);
    try {
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        const int code = run_cli(arguments, std::cout, std::cerr, terminal_of(STDOUT_FILENO));
        std::cout.flush();
        if (code == 0 && !std::cout) {
            std::cerr << "aftercare-collector: cannot write to stdout\n";
            return static_cast<int>(Exit::io);
        }
        return code;
    } catch (const std::exception& error) {
        std::cerr << "aftercare-collector: " << error.what() << " (this is a bug)\n";
        return static_cast<int>(Exit::bug);
    }
}
