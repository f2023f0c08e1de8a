// MetadataWatch: which annotations have changed since the client was told (RFC 5464 §4.4.2).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/net/async.h"
#include "storage/account.h"
#include "storage/annotations.h"

namespace posthouse::imapd {

class Session;

/// Remembers values for a client that has enabled METADATA: of the server and of the selected mailbox.
class MetadataWatch {
  public:
    /// "* METADATA "INBOX" /shared/comment", naming what is other than at the last look; nothing at the first.
    /// `mailbox`: its name as it is sent, or "" for the server.
    std::string look(const std::string& mailbox, const storage::Annotations& now, const storage::AnnotationUser& user);
    /// The client set this entry itself.
    void set_by_client(const std::string& mailbox, const std::string& entry, const std::optional<std::string>& value);
    /// Of mailboxes only this one is looked at any more.
    void keep_only(std::string_view mailbox);

  private:
    using Values = std::map<std::string, std::string>;
    std::map<std::string, Values> known_;
};

/// The annotations of a mailbox or, without a name, of the account with those of the server, which go before them (RFC
/// 5464 §6.2.1). Blocks.
Result<storage::Annotations> annotations_of(const Session& session, const storage::Account& account,
                                            const std::optional<storage::MailboxName>& name);

/// Tells what others changed, if the client has enabled METADATA.
net::Async<> send_metadata_changes(Session& session);

}  // namespace posthouse::imapd
