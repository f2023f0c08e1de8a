// The handlers of the command table: each gets a valid, typed command in a state that allows it, sends its untagged
// responses, and returns the reply.
#pragma once

#include "imapd/reply.h"
#include "lib/imap/command.h"
#include "lib/net/async.h"

namespace posthouse::imapd {

class Session;

// connection.cpp
net::Async<Reply> capability(Session& session, imap::NoArguments command);
net::Async<Reply> noop(Session& session, imap::NoArguments command);
net::Async<Reply> logout(Session& session, imap::NoArguments command);
net::Async<Reply> starttls(Session& session, imap::NoArguments command);
net::Async<Reply> id(Session& session, imap::Id command);
net::Async<Reply> enable(Session& session, imap::Enable command);
net::Async<Reply> compress(Session& session, imap::Compress command);
// login.cpp
net::Async<Reply> login(Session& session, imap::Login command);
net::Async<Reply> authenticate(Session& session, imap::Authenticate command);
net::Async<Reply> unauthenticate(Session& session, imap::NoArguments command);
// select.cpp
net::Async<Reply> select(Session& session, imap::Select command);
net::Async<Reply> examine(Session& session, imap::Select command);
net::Async<Reply> close(Session& session, imap::NoArguments command);
net::Async<Reply> unselect(Session& session, imap::NoArguments command);
net::Async<Reply> check(Session& session, imap::NoArguments command);
// mailboxes.cpp
net::Async<Reply> create(Session& session, imap::Create command);
net::Async<Reply> remove(Session& session, imap::MailboxArgument command);
net::Async<Reply> rename(Session& session, imap::Rename command);
net::Async<Reply> subscribe(Session& session, imap::MailboxArgument command);
net::Async<Reply> unsubscribe(Session& session, imap::MailboxArgument command);
// list.cpp
net::Async<Reply> list(Session& session, imap::List command);
net::Async<Reply> lsub(Session& session, imap::Lsub command);
net::Async<Reply> list_namespaces(Session& session, imap::NoArguments command);
// status.cpp
net::Async<Reply> status(Session& session, imap::Status command);
// append.cpp
net::Async<Reply> append(Session& session, imap::Append command);
net::Async<Reply> replace(Session& session, imap::Replace command);
// fetch.cpp
net::Async<Reply> fetch(Session& session, imap::Fetch command);
// store.cpp
net::Async<Reply> store(Session& session, imap::Store command);
// search.cpp
net::Async<Reply> search(Session& session, imap::Search command);
// sort.cpp
net::Async<Reply> sort(Session& session, imap::Sort command);
net::Async<Reply> thread(Session& session, imap::Thread command);
// context.cpp
net::Async<Reply> cancel_update(Session& session, imap::CancelUpdate command);
// esearch.cpp
net::Async<Reply> esearch(Session& session, imap::Esearch command);
// notify.cpp
net::Async<Reply> notify(Session& session, imap::Notify command);
// copy.cpp
net::Async<Reply> copy(Session& session, imap::Copy command);
net::Async<Reply> move(Session& session, imap::Copy command);
// expunge.cpp
net::Async<Reply> expunge(Session& session, imap::NoArguments command);
net::Async<Reply> uid_expunge(Session& session, imap::UidExpunge command);
// acl.cpp
net::Async<Reply> set_acl(Session& session, imap::SetAcl command);
net::Async<Reply> delete_acl(Session& session, imap::AclIdentifier command);
net::Async<Reply> get_acl(Session& session, imap::MailboxArgument command);
net::Async<Reply> list_rights(Session& session, imap::AclIdentifier command);
net::Async<Reply> my_rights(Session& session, imap::MailboxArgument command);
// metadata.cpp
net::Async<Reply> get_metadata(Session& session, imap::GetMetadata command);
net::Async<Reply> set_metadata(Session& session, imap::SetMetadata command);
// quota.cpp
net::Async<Reply> get_quota(Session& session, imap::QuotaRoot command);
net::Async<Reply> get_quota_root(Session& session, imap::MailboxArgument command);
net::Async<Reply> set_quota(Session& session, imap::SetQuota command);
// idle.cpp
net::Async<Reply> idle(Session& session, imap::NoArguments command);

}  // namespace posthouse::imapd
