// config-reference FILE: writes the reference of all parameters, docs/configuration.md.
#include <cstdio>

#include "lib/base/file.h"
#include "lib/config/show.h"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: config-reference FILE\n");
        return 2;
    }
    const posthouse::Result<> written = posthouse::write_file_durably(argv[1], posthouse::config::reference(), 0644);
    if (!written) std::fprintf(stderr, "config-reference: %s\n", written.error().message().c_str());
    return written ? 0 : 1;
}
