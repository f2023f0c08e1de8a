// The commands of IMAP as typed values: what each parser makes of its arguments. Larger ones (SEARCH, FETCH,
// APPEND, NOTIFY, METADATA) have files of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/secret.h"
#include "lib/imap/annotations.h"
#include "lib/imap/flags.h"
#include "lib/imap/sequence_set.h"

namespace posthouse::imap {

/// CAPABILITY, NOOP, LOGOUT, STARTTLS, NAMESPACE, CHECK, CLOSE, UNSELECT, EXPUNGE, IDLE.
struct NoArguments {};

/// AUTHENTICATE (RFC 3501 §6.2.2), with the initial response of SASL-IR (RFC 4959 §3).
struct Authenticate {
    std::string mechanism;                   ///< in upper case
    std::optional<Secret> initial_response;  ///< decoded from base64; "=" is an empty one
};

/// LOGIN (RFC 3501 §6.2.3).
struct Login {
    std::string user;
    Secret password;
};

/// ID (RFC 2971 §3.1).
struct Id {
    std::vector<std::pair<std::string, std::optional<std::string>>> fields;
};

/// COMPRESS (RFC 4978 §3).
struct Compress {
    std::string mechanism;  ///< in upper case
};

/// ENABLE (RFC 5161 §3.1).
struct Enable {
    std::vector<std::string> capabilities;  ///< in upper case
};

/// What a client knows of a mailbox that it selects again: the QRESYNC parameter (RFC 7162 §3.2.5).
struct Resync {
    std::uint32_t uid_validity = 0;
    std::uint64_t modseq = 0;
    std::optional<SequenceSet> known_uids;
};

/// SELECT and EXAMINE (RFC 3501 §6.3.1, §6.3.2), with the parameters of RFC 4466 §2.1.
struct Select {
    std::string mailbox;
    bool condstore = false;  ///< (CONDSTORE) (RFC 7162 §3.1.8)
    std::optional<Resync> resync;
    bool annotate = false;  ///< (ANNOTATE): tell of annotations that others change (RFC 5257 §4.2)
};

/// CREATE (RFC 3501 §6.3.3), with USE (RFC 6154 §3).
struct Create {
    std::string mailbox;
    std::vector<std::string> special_uses;  ///< "\\Sent", as sent
};

/// DELETE, SUBSCRIBE, UNSUBSCRIBE (RFC 3501 §6.3.4, §6.3.6, §6.3.7).
struct MailboxArgument {
    std::string mailbox;
};

/// RENAME (RFC 3501 §6.3.5).
struct Rename {
    std::string from;
    std::string to;
};

/// What STATUS can tell (RFC 3501 §6.3.10), as bits.
enum StatusItem : std::uint32_t {
    kStatusMessages = 1,
    kStatusRecent = 2,
    kStatusUidNext = 4,
    kStatusUidValidity = 8,
    kStatusUnseen = 16,
    kStatusHighestModSeq = 32,     ///< RFC 7162 §3.1.7
    kStatusSize = 64,              ///< RFC 8438 §3
    kStatusDeleted = 128,          ///< RFC 9051 §6.3.11
    kStatusMailboxId = 256,        ///< RFC 8474 §4.3
    kStatusAppendLimit = 512,      ///< RFC 7889 §3.2
    kStatusDeletedStorage = 1024,  ///< RFC 9208 §4.1.4
};
using StatusItems = std::uint32_t;

/// STATUS (RFC 3501 §6.3.10).
struct Status {
    std::string mailbox;
    StatusItems items = 0;
};

/// LIST (RFC 3501 §6.3.8), with LIST-EXTENDED (RFC 5258 §3), LIST-STATUS (RFC 5819) and SPECIAL-USE (RFC 6154).
struct List {
    std::string reference;
    std::vector<std::string> patterns;
    bool extended = false;  ///< selection options, return options or several patterns were given
    // Selection options.
    bool select_subscribed = false;
    bool select_remote = false;
    bool select_recursive_match = false;
    bool select_special_use = false;
    // Return options.
    bool return_subscribed = false;
    bool return_children = false;
    bool return_special_use = false;
    bool return_my_rights = false;                            ///< RFC 8440
    std::optional<std::vector<std::string>> return_metadata;  ///< entries (RFC 9590)
    std::optional<StatusItems> return_status;
};

/// LSUB (RFC 3501 §6.3.9).
struct Lsub {
    std::string reference;
    std::string pattern;
};

/// STORE and UID STORE (RFC 3501 §6.4.6).
struct Store {
    enum class Mode { replace, add, remove };
    bool by_uid = false;
    SequenceSet messages;
    Mode mode = Mode::replace;
    bool silent = false;
    Flags flags;
    std::vector<AnnotationValue> annotations;      ///< some: ANNOTATION in the place of FLAGS (RFC 5257 §4.5)
    std::optional<std::uint64_t> unchanged_since;  ///< (UNCHANGEDSINCE n) (RFC 7162 §3.1.3)
};

/// COPY, MOVE and their UID variants (RFC 3501 §6.4.7, RFC 6851 §3).
struct Copy {
    bool by_uid = false;
    SequenceSet messages;
    std::string mailbox;
};

/// SETACL (RFC 4314 §3.1).
struct SetAcl {
    enum class Action { replace, add, remove };
    std::string mailbox;
    std::string identifier;
    Action action = Action::replace;
    std::string rights;  ///< letters
};

/// DELETEACL, LISTRIGHTS (RFC 4314 §3.2, §3.4).
struct AclIdentifier {
    std::string mailbox;
    std::string identifier;
};

/// GETQUOTA (RFC 9208 §4.1.1).
struct QuotaRoot {
    std::string root;
};

/// SETQUOTA (RFC 9208 §4.1.3).
struct SetQuota {
    std::string root;
    std::vector<std::pair<std::string, std::uint64_t>> limits;
};

/// UID EXPUNGE (RFC 4315 §2.1).
struct UidExpunge {
    SequenceSet messages;
};

}  // namespace posthouse::imap
