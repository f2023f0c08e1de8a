// A whole mail root as a fresh look through the engine finds it, compared with what lies in its folders.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage::crash {

/// Content that is known by its token alone: a size of its own, nothing but the token's own lines.
std::string text_of(const std::string& token);
/// The token of a whole message; empty: half of one, or none of ours.
std::string token_of(const std::string& text);

/// Flags in one word: "17:Kept,Work"; the number is SystemFlags::bits().
std::string word_of(const Flags& flags);
Flags flags_of_word(const std::string& word);

/// These names and others: as many as there are letters.
std::vector<std::string> names_for_letters(std::vector<std::string> names);
/// Gives the mailbox's 26 letters to these names and others, so that every keyword made later gets a number. Leaves its
/// messages as they are, but an empty mailbox uses up a UID.
void use_up_letters(Mailbox& mailbox, std::vector<std::string> names = {});
/// A keyword that is meant to get a number.
std::string far_keyword(std::uint32_t number);
/// A word's part that is in the name of a message's file where letters were used up, and the part that isn't.
std::string near_part(const std::string& word);
std::string far_part(const std::string& word);
/// One word of such parts.
std::string joined_parts(const std::string& near, const std::string& far);

struct SeenMessage {
    std::string token;
    std::string flags;  ///< word_of
    std::int64_t date = 0;
    std::string annotations;  ///< those of all, and the owner's, as words: "shared/comment=text own/altsubject=text "
};

struct SeenMailbox {
    std::size_t account = 0;
    std::string name;
    std::uint32_t validity = 0;
    std::uint32_t next = 0;
    std::uint64_t modseq = 0;                       ///< HIGHESTMODSEQ
    std::map<std::uint32_t, SeenMessage> messages;  ///< by UID
    std::string access;                             ///< its access control list as text
    std::string annotations;                        ///< as text
};

struct SeenTree {
    std::map<std::string, SeenMailbox> mailboxes;                 ///< by GUID
    std::set<std::pair<std::size_t, std::string>> subscriptions;  ///< account, name
    std::map<std::size_t, std::string> annotations;               ///< of each account as a whole, as text
};

/// Opens every account and mailbox with a store of its own and reads everything. Fails the test where counts, rows and
/// the Maildir disagree, the usage that quota stands on isn't what the files take, a message isn't whole, or something
/// lies about that has no business there.
SeenTree look(const Settings& settings, const std::vector<AccountName>& accounts);
/// The same through a store that is open.
SeenTree look(Store& store, const std::vector<AccountName>& accounts);

}  // namespace posthouse::storage::crash
