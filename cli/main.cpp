// posthouse: the administrator's command line.
#include <iostream>

#include "cli/command.h"

int main(int argc, char** argv) {
    posthouse::cli::Context context{
        .config_path = {}, .version = POSTHOUSE_VERSION, .in = std::cin, .out = std::cout, .err = std::cerr};
    return posthouse::cli::run(argc, argv, context);
}
