// From a URL to octets.
#include "imapd/fetch/url_part.h"

#include <algorithm>
#include <span>

namespace posthouse::imapd {
namespace {

using Text = imap::Section::Text;

std::unexpected<Error> nothing_there(const char* what) { return fail(ErrorCode::not_found, what); }

}  // namespace

Result<UrlPart> UrlPart::open(storage::Mailbox& mailbox, const imap::MessageUrl& url) {
    if (url.uid_validity && *url.uid_validity != mailbox.uid_validity().value())
        return nothing_there("The mailbox has another UIDVALIDITY");
    Result<OpenMessage> message = OpenMessage::open(mailbox, storage::Uid(url.uid));
    if (!message) return fail(message.error());
    UrlPart part(std::move(*message));
    if (Result<> narrowed = part.narrow(url); !narrowed) return fail(narrowed.error());
    return part;
}

/// To the section, and to what PARTIAL takes of it.
Result<> UrlPart::narrow(const imap::MessageUrl& url) {
    const imap::Section& section = url.section;
    if (section.text == Text::header_fields || section.text == Text::header_fields_not) {
        Result<std::optional<std::string>> fields = message_.header_fields(section);
        if (!fields) return fail(fields.error());
        if (!*fields) return nothing_there("The message has no such part");
        fields_ = std::move(*fields);
        end_ = fields_->size();
    } else {
        const Result<std::optional<mime::Range>> range = message_.find(section);
        if (!range) return fail(range.error());
        if (!*range) return nothing_there("The message has no such part");
        position_ = (*range)->begin;
        end_ = position_ + (*range)->size();
    }
    position_ += std::min(url.offset, left());
    if (url.count) end_ = position_ + std::min(*url.count, left());
    return {};
}

Result<std::string> UrlPart::read(std::size_t most) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(most, left()));
    std::string piece;
    if (fields_) {
        piece = fields_->substr(static_cast<std::size_t>(position_), count);
    } else {
        piece.resize(count);
        const Result<std::size_t> read = message_.read(position_, std::span(piece.data(), count));
        if (!read) return fail(read.error());
        if (*read == 0) return fail(ErrorCode::io, "Message is shorter than it was");
        piece.resize(*read);
    }
    std::ranges::replace(piece, '\0', '\x80');
    position_ += piece.size();
    return piece;
}

}  // namespace posthouse::imapd
