// TemporaryFolder: where a test's files lie.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace posthouse {

/// A folder in memory where there is one (no test here waits for a disk), removed at the end.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        const bool has_memory = ::access("/dev/shm", W_OK) == 0;
        std::string name =
            (has_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + "/posthouse-test-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace posthouse
