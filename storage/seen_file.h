// posthouse-seen.…: what one reader of a mailbox has seen, by UID, apart from the owner's \Seen in the files' names.
#pragma once

#include <memory>
#include <string>

#include "lib/base/result.h"
#include "storage/folder.h"
#include "storage/record_file.h"
#include "storage/types.h"

namespace posthouse::storage {

/// One reader's file. The rules of RecordFile hold. Records under another UIDVALIDITY count no more: the mailbox was
/// numbered anew, and its messages are unseen.
class SeenFile {
  public:
    /// `viewer`: an address.
    explicit SeenFile(std::string viewer);
    SeenFile(const SeenFile&) = delete;
    SeenFile& operator=(const SeenFile&) = delete;

    /// Half of SHA-256 of the reader's address stands for it, as an address may be longer than a file's name.
    static std::string file_name(std::string_view viewer);

    /// The file isn't as it was read, or it was read for another UIDVALIDITY. Costs one stat.
    Result<bool> changed(const Folder& folder, UidValidity now) const;
    Result<> reload(const Folder& folder, UidValidity now);
    /// The messages seen, as of the last reload and mark. Some may be gone.
    const std::shared_ptr<const UidSet>& seen() const { return seen_; }
    /// After a reload: these are seen, or unseen, from now on. Durable in time, as flags are.
    Result<> mark(const Folder& folder, const UidSet& uids, bool is_seen);

    /// The reader's file is needed no more. Durable.
    static Result<> remove(const Folder& folder, std::string_view viewer);

  private:
    bool is_sparse(const UidSet& seen) const;
    Result<> rewrite(const Folder& folder, const UidSet& seen);

    const std::string viewer_;
    const std::string name_;
    RecordFile file_;
    UidValidity validity_;        ///< of the mailbox
    UidValidity known_validity_;  ///< that the file's records are about
    std::shared_ptr<const UidSet> seen_ = std::make_shared<UidSet>();
};

}  // namespace posthouse::storage
