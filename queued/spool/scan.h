// Scan: the messages of a folder by name and due time, in batches, without opening one of them.
#pragma once

#include <dirent.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "queued/spool/folders.h"

namespace posthouse::spool {

/// One pass over a folder. What is moved while it goes on may be missed or come twice (once by each name): whoever
/// scans again each minute and knows messages by their ids is not misled. Used by one thread at a time.
class Scan {
  public:
    static Result<Scan> begin(const OpenFolder& folder);

    /// The next ones, at most `most`, in no order; none: the folder is at its end. Errors: io.
    Result<std::vector<Place>> next(std::size_t most);
    /// The next temporary name instead, passing over all others; nullopt: at the end. Errors: io.
    Result<std::optional<std::string>> next_temporary();
    /// Names passed over that no queue file has. Temporary names aren't counted.
    std::uint64_t foreign() const { return foreign_; }

  private:
    struct Close {
        void operator()(DIR* stream) const { ::closedir(stream); }
    };
    /// Any name; nullopt: at the end. Lives until the next.
    Result<std::optional<std::string_view>> read();
    Scan(DIR* stream, Folder folder) : stream_(stream), folder_(folder) {}
    std::unique_ptr<DIR, Close> stream_;
    Folder folder_;
    std::uint64_t foreign_ = 0;
};

}  // namespace posthouse::spool
