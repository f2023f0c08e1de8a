// Mailbox names as clients see them: UTF-8, "/" between levels, INBOX in any case. On disk: layout.h.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::storage {

/// The character between the levels of a name.
constexpr char hierarchy_separator = '/';

/// The name of a mailbox: UTF-8 without control characters, no empty level, at most 1024 bytes. "inbox" in any case,
/// alone or as first level, is spelled INBOX (RFC 9051 §5.1). Whether it can be on disk says the Layout.
class MailboxName {
  public:
    /// INBOX.
    MailboxName();
    /// From UTF-8. invalid: not a name (empty, not UTF-8, control characters, empty level); limit: too long.
    static Result<MailboxName> parse(std::string_view utf8);

    /// UTF-8, e.g. "Work/Entwürfe".
    const std::string& text() const { return text_; }
    bool is_inbox() const;
    /// Work for Work/Open; nothing for a name of one level.
    std::optional<MailboxName> parent() const;
    /// This name is below `ancestor`: Work/Open below Work.
    bool is_below(const MailboxName& ancestor) const;
    /// The name with `from` at its front replaced by `to`; itself when it is neither `from` nor below it.
    Result<MailboxName> moved(const MailboxName& from, const MailboxName& to) const;

    bool operator==(const MailboxName&) const = default;
    auto operator<=>(const MailboxName&) const = default;

  private:
    explicit MailboxName(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace posthouse::storage
