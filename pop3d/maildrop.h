// The maildrop (RFC 1939 §4): INBOX as it was at log-in, with this session's marks. Blocking: for the disk pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/pop3/command.h"
#include "storage/mailbox.h"
#include "storage/store.h"

namespace posthouse::pop3d {

/// One message of the maildrop.
struct Message {
    storage::Uid uid;
    bool deleted = false;      ///< DELE; removed in the UPDATE state only
    bool retrieved = false;    ///< RETR sent it; gets \Seen in the UPDATE state
    std::uint64_t octets = 0;  ///< with CRLF line ends, without dot-stuffing (RFC 1939 §11)
    std::string unique_id;     ///< that another server gave it; empty: none did, or not to this message alone
};

/// The messages of INBOX at one moment. Not locked against other sessions: a message that they remove can't be
/// retrieved any more, but keeps its number.
class Maildrop {
  public:
    /// Opens the account's INBOX (made when missing) and numbers what is new in it.
    static Result<Maildrop> open(storage::Store& store, const storage::AccountName& account);

    /// All messages, marked or not: message n is element n - 1.
    const std::vector<Message>& messages() const { return messages_; }
    /// The message, unless it doesn't exist or is marked as deleted.
    const Message* find(pop3::MessageNumber number) const;
    /// Messages that aren't marked as deleted, and their octets.
    std::size_t count() const { return count_; }
    std::uint64_t octets() const { return octets_; }
    std::size_t deleted() const { return messages_.size() - count_; }

    /// Marks a message that find() gives.
    void mark_deleted(pop3::MessageNumber number);
    void mark_retrieved(pop3::MessageNumber number);
    /// RSET: unmarks what is marked as deleted.
    void unmark_deleted();

    /// The unique-id (RFC 1939 §7): what another server gave it, else UID and UIDVALIDITY as 8 hexadecimal digits each,
    /// which is Dovecot's default; so clients don't download again what they got from there.
    std::string unique_id(const Message& message) const;

    storage::Mailbox& mailbox() const { return *mailbox_; }
    /// The UPDATE state (RFC 1939 §6): removes what is marked as deleted; then what was retrieved gets \Seen. Fails
    /// when a message marked as deleted could not be removed.
    Result<> update();

  private:
    Maildrop(std::shared_ptr<storage::Mailbox> mailbox, std::vector<Message> messages);

    std::shared_ptr<storage::Mailbox> mailbox_;
    std::vector<Message> messages_;
    std::size_t count_;
    std::uint64_t octets_ = 0;
};

}  // namespace posthouse::pop3d
