// Quota: what a user may store, and the decision whether something more fits. Pure: no files, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/quota_rule.h"
#include "storage/mailbox_name.h"

namespace posthouse::storage {

/// What mail takes, or by how much that changes: bytes of the files, and number of messages.
struct Usage {
    std::int64_t bytes = 0;
    std::int64_t messages = 0;

    Usage& operator+=(const Usage& other) {
        bytes += other.bytes;
        messages += other.messages;
        return *this;
    }
    friend Usage operator+(Usage a, const Usage& b) { return a += b; }
    friend Usage operator-(const Usage& a) { return {-a.bytes, -a.messages}; }
    bool operator==(const Usage&) const = default;
};

/// The most that mail may take; 0: no limit.
struct QuotaLimit {
    std::uint64_t bytes = 0;
    std::uint64_t messages = 0;
    bool operator==(const QuotaLimit&) const = default;
};

/// May the message that fills the mailbox exceed the limit? A delivery's may, by the grace: refusing it bounces it.
enum class LastMail { must_fit, may_exceed };

/// Whether something fits.
struct QuotaDecision {
    enum class Verdict {
        fits,
        full,       ///< not now: when messages are removed, it may fit
        too_large,  ///< never, not even into an empty mailbox
    };
    Verdict verdict = Verdict::fits;
    /// The highest warning that is reached with it, and wasn't before.
    std::optional<config::QuotaWarning> crossed;

    bool fits() const { return verdict == Verdict::fits; }
};

/// What a QuotaLimits is made of; the words of lib/config/quota_rule.h.
struct QuotaWords {
    std::vector<std::string> rules;  ///< a later rule for the same mask replaces an earlier one
    std::vector<std::string> warnings;
    std::string grace;  ///< empty: none
};

/// A user's quota. Immutable.
class QuotaLimits {
  public:
    /// No limits.
    QuotaLimits() = default;
    /// invalid: a word makes no sense.
    static Result<QuotaLimits> parse(const QuotaWords& words);

    /// There is a limit for some mailbox.
    bool limited() const;
    /// Messages of this mailbox count. Those of an ignored one always fit.
    bool counts(const MailboxName& mailbox) const;
    /// The soft limit: what all mail of the user may take for something to be put into this mailbox.
    QuotaLimit soft(const MailboxName& mailbox) const;
    /// The hard limit: the soft one and the grace, which the last delivery may use up.
    QuotaLimit hard(const MailboxName& mailbox) const;
    /// The limit of rule "*": what is told to people, and what warnings are percentages of.
    const QuotaLimit& total() const { return total_; }
    bool operator==(const QuotaLimits&) const = default;

  private:
    const config::QuotaRule* rule_for(const MailboxName& mailbox) const;

    std::vector<config::QuotaRule> rules_;  ///< without that of "*"
    std::vector<config::QuotaWarning> warnings_;
    config::QuotaAmount grace_;
    QuotaLimit total_;

    friend QuotaDecision check(const Usage& usage, const QuotaLimits& limits, const MailboxName& mailbox,
                               const Usage& added, LastMail last);
    friend bool has_ample_room(const Usage& usage, const QuotaLimits& limits, const MailboxName& mailbox,
                               const Usage& added);
};

/// Does `added` fit into `mailbox` when all counted mail takes `usage`? A delivery of unknown size asks with nothing
/// added: is there room at all?
QuotaDecision check(const Usage& usage, const QuotaLimits& limits, const MailboxName& mailbox, const Usage& added,
                    LastMail last);

/// More than other processes can add in a second: with so much room left, what was counted a moment ago will do.
inline constexpr Usage ample_room{128 << 20, 10'000};
/// `added` fits into `mailbox` and leaves ample room to its soft limit and to the next warning.
bool has_ample_room(const Usage& usage, const QuotaLimits& limits, const MailboxName& mailbox, const Usage& added);

}  // namespace posthouse::storage
