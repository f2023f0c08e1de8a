// manual-pages PROSE FOLDER: writes the manual pages to FOLDER/man5 and FOLDER/man8; PROSE is docs/man.
#include <cstdio>
#include <filesystem>

#include "lib/base/file.h"
#include "manual/pages.h"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: manual-pages PROSE FOLDER\n");
        return 2;
    }
    const auto give_up = [](const posthouse::Error& error) {
        std::fprintf(stderr, "manual-pages: %s\n", error.message().c_str());
        return 1;
    };
    const auto pages = posthouse::manual::all_pages(argv[1]);
    if (!pages) return give_up(pages.error());
    for (const posthouse::manual::Page& page : *pages) {
        const std::string folder = std::string(argv[2]) + "/man" + std::to_string(page.number());
        std::error_code error;
        std::filesystem::create_directories(folder, error);
        const auto written =
            posthouse::write_file_durably(folder + '/' + page.file_name(), page.text(POSTHOUSE_VERSION), 0644);
        if (!written) return give_up(written.error());
    }
}
