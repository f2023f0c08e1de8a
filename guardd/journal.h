// Journal: the events since the last snapshot in a file, so that guardd may be killed at any moment. Blocks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "guardd/event.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace posthouse::guard {

/// The file `path`, and `path`.old while a snapshot is written that holds its events. What was appended survives the
/// process; what was synced, also the power. Belongs to one thread at a time.
class Journal {
  public:
    /// Most bytes of each of the files.
    static constexpr std::size_t max_octets = 32u << 20;

    explicit Journal(std::string path) : path_(std::move(path)) {}

    /// The events of both files in their order. Damaged lines are passed over: a torn last one is usual. Errors: a file
    /// that is there cannot be read.
    Result<std::vector<Event>> read() const;
    /// Appends whole lines. Errors: of the file; limit: it would become too large. Then none of them is there, or some.
    Result<> append(std::string_view lines);
    /// What was appended is on the disk.
    Result<> sync();
    /// Lines go into a new file from now on, unless an old one is still there.
    void turn_over();
    /// The old file's events are in a snapshot.
    void drop_old();

  private:
    Result<> open();
    std::string old_path() const { return path_ + ".old"; }

    std::string path_;
    UniqueFd file_;
    std::size_t octets_ = 0;
    bool folder_synced_ = false;
};

}  // namespace posthouse::guard
