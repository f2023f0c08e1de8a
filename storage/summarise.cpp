// Making the records of a message.
#include "storage/summarise.h"

#include <sodium.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/imap/base_subject.h"
#include "lib/imap/bodystructure.h"
#include "lib/imap/envelope.h"
#include "lib/mime/address.h"
#include "lib/mime/collation.h"
#include "lib/mime/encoded_word.h"
#include "lib/mime/limits.h"
#include "lib/mime/message_id.h"
#include "lib/mime/preview.h"
#include "lib/mime/structure_reader.h"
#include "storage/kept_fields.h"

namespace posthouse::storage {
namespace {

/// Read at first: most header blocks are shorter.
constexpr std::size_t kFirstPiece = 8 << 10;
/// Read at a time of a body.
constexpr std::size_t kPiece = 32 << 10;
/// Once a message's parts have more of header blocks than this, their BODYSTRUCTURE is too long to keep.
constexpr std::size_t kMaxOutline = 256 << 10;
constexpr mime::OutlineLimits kSamples{.texts = 2, .bytes = 16 << 10};

/// What the views of a HeaderSummary point to.
struct Scratch {
    std::string envelope;
    std::string subject;
    std::string from;
    std::string to;
    std::string cc;
    std::string display_from;
    std::string display_to;
    std::string references;
    std::array<unsigned char, crypto_hash_sha256_BYTES> seed{};
};

std::string mailbox_key(const std::vector<mime::Address>& addresses) {
    if (addresses.empty()) return {};
    // ENVELOPE shows a group's name as its addr-mailbox.
    const mime::Address& first = addresses.front();
    const bool group = first.kind == mime::Address::Kind::group_start;
    return mime::casemap_key(mime::decode_encoded_words(group ? first.name : first.local));
}

std::string display_key(const std::vector<mime::Address>& addresses) {
    if (addresses.empty()) return {};
    const mime::Address& first = addresses.front();
    if (!first.name.empty()) return mime::casemap_key(mime::decode_encoded_words(first.name));
    return mime::casemap_key(mime::decode_encoded_words(first.local + "@" + first.domain));
}

void add_id(Scratch& scratch, std::string_view normal_id) {
    const imap::MessageIdHash hash = imap::message_id_hash(normal_id);
    scratch.references.append(reinterpret_cast<const char*>(&hash), sizeof hash);
}

/// References and thread: the root's id, else that of the message answered, else its own.
void summarise_ids(const imap::EnvelopeFields& fields, Scratch& scratch, HeaderSummary& summary) {
    std::string seed;
    if (fields.references) {
        mime::MessageIdReader reader(*fields.references);
        for (auto id = reader.next(); !id.empty(); id = reader.next()) {
            std::string normal = mime::normal_message_id(id);
            if (normal.empty()) continue;
            add_id(scratch, normal);
            if (seed.empty()) seed = std::move(normal);
        }
    }
    if (scratch.references.empty() && fields.in_reply_to) {
        seed = mime::normal_message_id(mime::MessageIdReader(*fields.in_reply_to).next());
        if (!seed.empty()) add_id(scratch, seed);
    }
    summary.references = imap::MessageIdHashes(scratch.references);
    if (fields.message_id) {
        const auto id = mime::parse_message_id(*fields.message_id);
        std::string normal = id ? mime::normal_message_id(*id) : std::string();
        summary.message_id = imap::message_id_hash(normal);
        if (seed.empty()) seed = std::move(normal);
    }
    if (seed.empty()) return;
    crypto_hash_sha256(scratch.seed.data(), reinterpret_cast<const unsigned char*>(seed.data()), seed.size());
    summary.thread_seed = {reinterpret_cast<const char*>(scratch.seed.data()), scratch.seed.size() / 2};
}

std::string header_record(std::string_view block, std::optional<std::size_t> size) {
    const imap::EnvelopeFields fields = imap::read_envelope(block, {0, block.size()});
    Scratch scratch;
    HeaderSummary summary;
    scratch.envelope.reserve(block.size());
    imap::append_envelope(fields, scratch.envelope);
    summary.envelope = scratch.envelope;
    if (size) summary.header_size = static_cast<std::uint32_t>(*size);
    if (fields.date) summary.sent = mime::parse_date(*fields.date);
    if (fields.subject) {
        const imap::BaseSubject base = imap::base_subject(*fields.subject);
        scratch.subject = mime::casemap_key(base.text);
        summary.is_reply = base.is_reply;
    }
    summary.subject = scratch.subject;
    summary.from = scratch.from = mailbox_key(fields.from);
    summary.to = scratch.to = mailbox_key(fields.to);
    summary.cc = scratch.cc = mailbox_key(fields.cc);
    summary.display_from = scratch.display_from = display_key(fields.from);
    summary.display_to = scratch.display_to = display_key(fields.to);
    summarise_ids(fields, scratch, summary);
    return encode(summary);
}

/// The header block ends behind its first empty line; `text` is on the wire, where every line ends in CRLF.
std::size_t find_end(std::string_view text, std::size_t from) {
    if (text.starts_with("\r\n")) return 2;
    const auto found = text.find("\n\r\n", from);
    return found == std::string_view::npos ? found : found + 3;
}

std::string preview_of(const mime::Outline& outline) {
    for (const mime::TextSample& sample : outline.samples) {
        std::string text = mime::preview(outline.structure.at(sample.part), sample.bytes);
        if (!text.empty()) return text;
    }
    return {};
}

}  // namespace

/// Appends the next octets to text_; false at the end of the message.
Result<bool> Summariser::read_piece(MessageContent& content, std::size_t count) {
    const std::size_t before = text_.size();
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, content.wire_size() - content.offset()));
    text_.resize(before + count);
    std::size_t done = 0;
    while (done < count) {
        const Result<std::size_t> n = content.read(std::span(text_).subspan(before + done));
        if (!n) return fail(n.error());
        if (*n == 0) break;
        done += *n;
    }
    text_.resize(before + done);
    return done == count && content.offset() < content.wire_size();
}

Result<> Summariser::read_header(MessageContent& content) {
    if (Result<> moved = content.seek(0); !moved) return moved;
    text_.clear();
    header_size_.reset();
    bool more = true;
    std::size_t searched = 0;
    std::size_t count = kFirstPiece;
    while (more && text_.size() < mime::max_header_size) {
        const Result<bool> read = read_piece(content, count);
        if (!read) return fail(read.error());
        more = *read;
        const std::size_t end = find_end(text_, searched);
        if (end != std::string::npos) {
            header_size_ = end;
            return {};
        }
        // The empty line may begin in what was searched.
        searched = text_.size() - std::min<std::size_t>(text_.size(), 2);
        count = std::max(kPiece, text_.size());
    }
    if (!more) header_size_ = text_.size();
    return {};
}

Result<MessageSummary> Summariser::summarise(MessageContent& content, SummaryParts parts) {
    if (Result<> read = read_header(content); !read) return fail(read.error());
    MessageSummary made;
    const std::string_view block =
        std::string_view(text_).substr(0, std::min(header_size_.value_or(text_.size()), mime::max_header_size));
    if (has(parts, SummaryPart::header)) made.header = header_record(block, header_size_);
    if (has(parts, SummaryPart::fields)) made.fields = encode_kept_fields(block);
    made.octets_read = text_.size();
    if (!has(parts, SummaryPart::body)) return made;

    mime::StructureReader reader({}, kSamples);
    reader.feed(text_);
    for (bool more = true; more && reader.bytes_held() <= kMaxOutline;) {
        text_.clear();
        const Result<bool> read = read_piece(content, kPiece);
        if (!read) return fail(read.error());
        reader.feed(text_);
        made.octets_read += text_.size();
        more = *read;
    }
    const bool too_long = reader.bytes_held() > kMaxOutline;
    const mime::Outline outline = std::move(reader).outline();
    BodySummary summary;
    std::string structure;
    if (!too_long) summary.bodystructure = structure = imap::bodystructure(outline.headers, outline.structure);
    const std::string preview = preview_of(outline);
    summary.preview = preview;
    made.body = encode(summary);
    return made;
}

}  // namespace posthouse::storage
