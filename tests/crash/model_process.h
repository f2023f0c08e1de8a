// A process of the model test: does what it is told over a socket, and keeps sessions open meanwhile.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "storage/store.h"
#include "storage/types.h"

namespace posthouse::storage::crash {

using Words = std::vector<std::string>;

/// "1:3,7" and back.
std::string text_of_set(const UidSet& set);
UidSet set_of_text(const std::string& text);

/// The other end of a process. Commands and what they give:
///   append MAILBOX FLAGS TOKEN: UID            deliver MAILBOX TOKEN
///   store MAILBOX ACTION FLAGS UIDS: UID=FLAGS...    expunge MAILBOX deleted|all UIDS: UID...
///   copy, move MAILBOX TARGET UIDS: UID=UID...       create, delete MAILBOX      rename MAILBOX TO
///   subscribe, unsubscribe MAILBOX              log SINCE: NOW then EVENT=MAILBOX, renamed=MAILBOX=OLD...; or NOW
///   whole list: NAME...                              status MAILBOX: MESSAGES UNSEEN DELETED UIDNEXT look MAILBOX:
///   UID=TOKEN=FLAGS...           reopen open VIEW MAILBOX: UID=FLAGS...            close VIEW refresh VIEW
///   reveal|hold: COUNT then -NUMBER=UID, +UID=FLAGS, ~UID=FLAGS...
/// A failure gives "error" and its code.
class ModelProcess {
  public:
    ModelProcess(const Settings& settings, const AccountName& account);
    ModelProcess(ModelProcess&& other) noexcept : socket_(other.socket_), child_(other.child_) { other.child_ = 0; }
    ModelProcess& operator=(ModelProcess&&) = delete;
    ~ModelProcess();

    Words ask(const Words& command) const;

  private:
    int socket_ = -1;
    pid_t child_ = 0;
};

}  // namespace posthouse::storage::crash
