// The file behind a MessageWriter: content becomes lines with LF, or stays as it came when a bare CR turns up.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "storage/folder.h"

namespace posthouse::storage {

/// A file in a folder's tmp/ that is being written. Removed with its owner, unless it was moved away.
class WriterState {
  public:
    /// A new file of this name.
    static Result<std::unique_ptr<WriterState>> create(std::shared_ptr<const Folder> folder, std::string name);
    /// Takes over an empty open file of this name.
    WriterState(std::shared_ptr<const Folder> folder, std::string name, UniqueFd file);
    WriterState(const WriterState&) = delete;
    WriterState& operator=(const WriterState&) = delete;
    ~WriterState();

    Result<> write(std::string_view octets);
    /// Writes what is buffered; then the sizes are final.
    Result<> finish();
    /// fsync of the file.
    Result<> sync();

    const Folder& folder() const { return *folder_; }
    /// In tmp/.
    const std::string& name() const { return name_; }
    int file() const { return file_.get(); }
    std::uint64_t physical_size() const { return physical_; }
    std::uint64_t wire_size() const { return physical_ + buffer_.size() + expanded_ + (held_cr_ ? 1 : 0); }
    /// physical_size() after a finish() now.
    std::uint64_t stored_size() const { return held_cr_ ? wire_size() : physical_ + buffer_.size(); }
    /// The file is elsewhere now: don't remove it.
    void release() { name_.clear(); }

  private:
    Result<> put_lines(std::string_view octets);
    Result<> put_raw(std::string_view octets);
    Result<> add(std::string_view stored);
    Result<> flush();
    Result<> keep_crlf();

    std::shared_ptr<const Folder> folder_;
    std::string name_;
    UniqueFd file_;
    std::string buffer_;
    std::uint64_t physical_ = 0;  ///< bytes written to the file
    std::uint64_t expanded_ = 0;  ///< LFs stored without a CR before them: reading adds one
    bool held_cr_ = false;        ///< the last octet was CR; what follows decides
    bool last_was_cr_ = false;    ///< in what is stored, when keeping CRLF
    bool keeps_crlf_ = false;
    bool failed_ = false;
};

/// Reads a file's length of LFs without CR: how many octets reading it adds.
Result<std::uint64_t> count_bare_lf(int file);

}  // namespace posthouse::storage
