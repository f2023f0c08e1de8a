// Which fields are kept, and their record: a version, then the fields, or a version that says that they are too long.
#include "storage/kept_fields.h"

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"
#include "lib/mime/header.h"

namespace posthouse::storage {
namespace {

constexpr char version = '\x41';
constexpr char version_too_long = '\x42';

/// In lower case and in order. What Roundcube, Thunderbird, mutt, neomutt, K-9, Outlook and mbsync ask for.
constexpr auto names = std::to_array<std::string_view>({"bcc",
                                                        "cc",
                                                        "content-description",
                                                        "content-transfer-encoding",
                                                        "content-type",
                                                        "date",
                                                        "disposition-notification-to",
                                                        "from",
                                                        "importance",
                                                        "in-reply-to",
                                                        "lines",
                                                        "list-id",
                                                        "list-post",
                                                        "list-subscribe",
                                                        "list-unsubscribe",
                                                        "mail-followup-to",
                                                        "mail-reply-to",
                                                        "message-id",
                                                        "mime-version",
                                                        "newsgroups",
                                                        "organization",
                                                        "precedence",
                                                        "priority",
                                                        "references",
                                                        "reply-to",
                                                        "return-path",
                                                        "return-receipt-to",
                                                        "sender",
                                                        "subject",
                                                        "to",
                                                        "user-agent",
                                                        "x-draft-info",
                                                        "x-k9mail-identity",
                                                        "x-label",
                                                        "x-mailer",
                                                        "x-mozilla-draft-info",
                                                        "x-original-to",
                                                        "x-priority",
                                                        "x-spam-flag",
                                                        "x-spam-status",
                                                        "x-tuid"});
static_assert(std::ranges::is_sorted(names));

}  // namespace

bool is_kept_field(std::string_view name) { return std::ranges::binary_search(names, ascii::lower(name)); }

std::string encode_kept_fields(std::string_view block) {
    std::string record(1, version);
    mime::HeaderReader reader(block, {0, block.size()});
    while (const auto field = reader.next()) {
        if (!is_kept_field(field->name)) continue;
        record += field->whole.of(block);
        if (!record.ends_with('\n')) record += "\r\n";
        if (record.size() > kMaxKeptFields) return std::string(1, version_too_long);
    }
    return record;
}

Result<std::optional<std::string_view>> decode_kept_fields(std::string_view record) {
    if (record.size() == 1 && record.front() == version_too_long) return std::nullopt;
    const bool is_good = !record.empty() && record.size() <= kMaxKeptFields && record.front() == version &&
                         (record.size() == 1 || record.ends_with("\r\n"));
    if (!is_good) return fail(ErrorCode::invalid, "Fields kept of a message are damaged");
    return record.substr(1);
}

}  // namespace posthouse::storage
