// posthouse: the administrator's command line.
#include <iostream>

#include "cli/command.h"
#include "lib/base/log.h"

int main(int argc, char** argv) {
    // What the engine notes of its work is for the daemons' log: whoever runs a command is told by the command.
    static_cast<void>(posthouse::log::open(
        {.program = "posthouse", .path = {}, .json = false, .level = posthouse::log::Level::error}));
    posthouse::cli::Context context{
        .config_path = {}, .version = POSTHOUSE_VERSION, .in = std::cin, .out = std::cout, .err = std::cerr};
    return posthouse::cli::run(argc, argv, context);
}
