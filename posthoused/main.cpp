// posthoused: starts the daemons of the mail server and keeps them running.
#include <cstdio>

#include "posthoused/options.h"
#include "posthoused/supervisor.h"

int main(int argc, char** argv) {
    const auto options = posthouse::supervisor::parse_options(argc, argv);
    if (options && options->version) {
        std::puts("posthoused " POSTHOUSE_VERSION);
        return 0;
    }
    return posthouse::supervisor::run_posthoused(argc, argv);
}
