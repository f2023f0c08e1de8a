// posthouse-annotations, posthouse-annotations.…: annotations of a mailbox's messages (RFC 5257), by UID: those that
// all see, and those that one user has.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "storage/folder.h"
#include "storage/message_annotations.h"
#include "storage/record_file.h"
#include "storage/types.h"

namespace posthouse::storage {

/// One file. The rules of RecordFile hold. Records under another UIDVALIDITY count no more: the mailbox was numbered
/// anew.
class MessageAnnotationFile {
  public:
    /// Which file it is.
    struct Name {
        std::string file;
        std::string whose;  ///< as its first record tells it
    };
    static Name shared();
    /// Half of SHA-256 of a user's address stands for it, as an address may be longer than a file's name.
    static Name of(const AnnotationUser& user);

    explicit MessageAnnotationFile(Name name);
    MessageAnnotationFile(const MessageAnnotationFile&) = delete;
    MessageAnnotationFile& operator=(const MessageAnnotationFile&) = delete;

    /// The file isn't as it was read, or it was read for another UIDVALIDITY. Costs one stat.
    Result<bool> changed(const Folder& folder, UidValidity now) const;
    Result<> reload(const Folder& folder, UidValidity now);
    /// As of the last reload and change.
    const std::shared_ptr<const AnnotationTable>& table() const { return table_; }

    /// Whether a message is there.
    using Exists = std::function<bool(Uid)>;
    /// After a reload: makes changes, all or none; durable. Gives the messages that have other values now. limit: more
    /// than a bound of AnnotationTable lets; what messages had that are gone is no reason for that.
    Result<UidSet> change(const Folder& folder, std::span<const AnnotationRecord> changes, const Exists& exists);
    /// After a reload: these messages are gone. Durable in time.
    Result<> drop(const Folder& folder, const std::vector<Uid>& uids);

    /// The file is needed no more. Durable.
    static Result<> remove(const Folder& folder, const AnnotationUser& user);

  private:
    bool is_sparse(const AnnotationTable& table) const;
    Result<> rewrite(const Folder& folder, const AnnotationTable& table);
    void take(const AnyAnnotationRecord& record, AnnotationTable& table);

    const Name name_;
    RecordFile file_;
    UidValidity validity_;        ///< of the mailbox
    UidValidity known_validity_;  ///< that the file's records are about
    std::shared_ptr<const AnnotationTable> table_ = std::make_shared<AnnotationTable>();
};

}  // namespace posthouse::storage
