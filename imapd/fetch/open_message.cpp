// A message as FETCH and SEARCH read it.
#include "imapd/fetch/open_message.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/imap/bodystructure.h"
#include "lib/imap/envelope.h"
#include "lib/mime/header.h"
#include "lib/mime/limits.h"
#include "lib/mime/section.h"

namespace posthouse::imapd {
namespace {

/// Held in memory as a whole: most mail is below it.
constexpr std::uint64_t kSmall = 128 << 10;

mime::SectionPart part_of(imap::Section::Text text) {
    using Text = imap::Section::Text;
    switch (text) {
        case Text::whole: return mime::SectionPart::whole;
        case Text::text: return mime::SectionPart::text;
        case Text::mime: return mime::SectionPart::mime;
        case Text::header:
        case Text::header_fields:
        case Text::header_fields_not: break;
    }
    return mime::SectionPart::header;
}

/// Finds the empty line that ends a header block in a text that comes in pieces.
class HeaderEnd {
  public:
    /// The octets up to and with the empty line, once they were all seen.
    std::optional<std::uint64_t> feed(std::string_view piece) {
        for (;;) {
            const std::size_t lf = piece.find('\n');
            if (piece.substr(0, lf).find_first_not_of('\r') != std::string_view::npos) empty_ = false;
            if (lf == std::string_view::npos) break;
            seen_ += lf + 1;
            if (empty_) return seen_;
            empty_ = true;
            piece.remove_prefix(lf + 1);
        }
        seen_ += piece.size();
        return std::nullopt;
    }

  private:
    std::uint64_t seen_ = 0;
    bool empty_ = true;  ///< nothing but CR was seen of this line
};

}  // namespace

std::string selected_fields(std::string_view block, const imap::Section& section) {
    const std::vector<std::string_view> names(section.fields.begin(), section.fields.end());
    const bool exclude = section.text == imap::Section::Text::header_fields_not;
    std::string out;
    for (const mime::Range& field : mime::select_fields(block, {0, block.size()}, names, exclude))
        out += field.of(block);
    if (!out.empty() && out.back() != '\n') out += "\r\n";
    out += "\r\n";
    return out;
}

Result<OpenMessage> OpenMessage::open(storage::Mailbox& mailbox, storage::Uid uid) {
    Result<storage::MessageContent> content = mailbox.open_message(uid);
    if (!content) return fail(content.error());
    return OpenMessage(uid, std::move(*content));
}

Result<OpenMessage> OpenMessage::open(storage::Mailbox& mailbox, const storage::MessageRow& row) {
    Result<storage::MessageContent> content = mailbox.open_message(row);
    if (!content) return fail(content.error());
    return OpenMessage(row.uid, std::move(*content));
}

/// Takes a small message into memory, once.
Result<> OpenMessage::load() {
    if (held_ || size() > kSmall) return {};
    Result<> moved = content_.seek(0);
    if (!moved) return moved;
    Result<std::string> all = content_.read_string(static_cast<std::size_t>(size()));
    if (!all) return fail(all.error());
    held_ = std::move(*all);
    return {};
}

/// What is passed over on the way is read as well: backwards, all from the beginning.
Result<> OpenMessage::move_to(std::uint64_t position) {
    if (content_.offset() == position) return {};
    octets_read_ += position > content_.offset() ? position - content_.offset() : position;
    return content_.seek(position);
}

Result<std::size_t> OpenMessage::read(std::uint64_t position, std::span<char> out) {
    if (Result<> loaded = load(); !loaded) return fail(loaded.error());
    octets_read_ += out.size();
    if (held_) {
        const std::size_t begin = std::min<std::uint64_t>(position, held_->size());
        const std::size_t count = std::min(out.size(), held_->size() - begin);
        std::copy_n(held_->data() + begin, count, out.data());
        return count;
    }
    if (Result<> moved = move_to(position); !moved) return fail(moved.error());
    return content_.read(out);
}

Result<std::string> OpenMessage::read_string(std::uint64_t position, std::size_t count) {
    if (Result<> loaded = load(); !loaded) return fail(loaded.error());
    octets_read_ += count;
    if (held_) return held_->substr(std::min<std::uint64_t>(position, held_->size()), count);
    if (Result<> moved = move_to(position); !moved) return fail(moved.error());
    return content_.read_string(count);
}

Result<std::string> OpenMessage::text() {
    return read_string(0, static_cast<std::size_t>(std::min<std::uint64_t>(size(), kMaxParsed)));
}

Result<std::uint64_t> OpenMessage::header_size() {
    if (header_size_) return *header_size_;
    if (Result<> loaded = load(); !loaded) return fail(loaded.error());
    HeaderEnd end;
    if (held_) {
        header_size_ = end.feed(*held_).value_or(held_->size());
        octets_read_ += *header_size_;
        return *header_size_;
    }
    std::array<char, 16 << 10> piece;
    for (std::uint64_t position = 0;;) {
        Result<std::size_t> count = read(position, piece);
        if (!count) return fail(count.error());
        const auto found = end.feed(std::string_view(piece.data(), *count));
        position += *count;
        if (found || *count == 0) {
            header_size_ = found.value_or(position);
            return *header_size_;
        }
    }
}

Result<std::string> OpenMessage::header() {
    const Result<std::uint64_t> end = header_size();
    if (!end) return fail(end.error());
    return read_string(0, static_cast<std::size_t>(std::min<std::uint64_t>(*end, mime::max_header_size)));
}

/// Reads all of the message for its structure, in pieces.
Result<mime::StructureReader> OpenMessage::read_structure(const mime::OutlineLimits& limits) {
    mime::StructureReader reader({}, limits);
    std::array<char, 16 << 10> piece{};
    for (std::uint64_t position = 0;;) {
        const Result<std::size_t> count = read(position, piece);
        if (!count) return fail(count.error());
        if (*count == 0) return reader;
        reader.feed({piece.data(), *count});
        position += *count;
    }
}

Result<const mime::Structure*> OpenMessage::structure() {
    if (!structure_) {
        Result<mime::StructureReader> reader = read_structure({.headers = 0});
        if (!reader) return fail(reader.error());
        structure_ = std::move(*reader).structure();
    }
    return &*structure_;
}

Result<std::optional<mime::Range>> OpenMessage::find(const imap::Section& section) {
    const auto end = static_cast<std::size_t>(size());
    if (section.part.empty()) {
        if (section.text == imap::Section::Text::whole) return mime::Range{0, end};
        const Result<std::uint64_t> header = header_size();
        if (!header) return fail(header.error());
        const auto boundary = static_cast<std::size_t>(*header);
        if (section.text == imap::Section::Text::text) return mime::Range{boundary, end};
        return mime::Range{0, boundary};
    }
    const Result<const mime::Structure*> tree = structure();
    if (!tree) return fail(tree.error());
    return mime::find_section(**tree, section.part, part_of(section.text));
}

Result<DecodedPart*> OpenMessage::decoded(const std::vector<std::uint32_t>& part) {
    if (decoded_ && decoded_->numbers() == part) return &*decoded_;
    if (part.empty()) {
        decoded_.emplace(part, mime::Range{0, static_cast<std::size_t>(size())}, mime::TransferEncoding::identity);
        return &*decoded_;
    }
    const Result<const mime::Structure*> tree = structure();
    if (!tree) return fail(tree.error());
    const mime::Part* found = mime::find_part(**tree, part);
    if (found == nullptr) return nullptr;
    const bool is_leaf = found->kind == mime::Part::Kind::leaf;
    decoded_.emplace(part, found->body, is_leaf ? found->encoding : mime::TransferEncoding::identity);
    return &*decoded_;
}

Result<std::optional<std::string>> OpenMessage::header_fields(const imap::Section& section) {
    const auto range = find(section);
    if (!range) return fail(range.error());
    if (!*range) return std::nullopt;
    const Result<std::string> block =
        read_string((*range)->begin, std::min<std::size_t>((*range)->size(), mime::max_header_size));
    if (!block) return fail(block.error());
    return selected_fields(*block, section);
}

Result<std::string> OpenMessage::envelope() {
    const Result<std::string> block = header();
    if (!block) return fail(block.error());
    std::string out;
    imap::append_envelope(*block, {0, block->size()}, out);
    return out;
}

Result<std::string> OpenMessage::body_structure(bool extended) {
    Result<mime::StructureReader> reader = read_structure({});
    if (!reader) return fail(reader.error());
    const mime::Outline outline = std::move(*reader).outline();
    return extended ? imap::bodystructure(outline.headers, outline.structure)
                    : imap::body(outline.headers, outline.structure);
}

}  // namespace posthouse::imapd
