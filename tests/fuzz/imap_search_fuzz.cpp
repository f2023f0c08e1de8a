// SEARCH over any message: the input is a command, an empty line, and a message. Its keys are tested against all that
// SEARCH looks at, and what is cut out of a text is found in it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "imapd/search/text_match.h"
#include "lib/base/ascii.h"
#include "lib/imap/command.h"
#include "lib/imap/limits.h"
#include "lib/imap/search_command.h"
#include "lib/mime/date.h"
#include "lib/mime/header.h"
#include "lib/mime/structure.h"
#include "lib/mime/text.h"

using namespace posthouse;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

/// The texts of the parts, decoded so many bytes at a time.
std::vector<std::string> texts_of_parts(std::string_view message, const mime::Structure& structure, std::size_t size) {
    std::vector<std::string> texts(1);
    mime::visit_text(
        message, structure,
        [&](const mime::Part&, std::string_view piece, bool last) {
            require(ascii::is_utf8(piece));
            texts.back() += piece;
            if (last) texts.emplace_back();
            return true;
        },
        size);
    texts.pop_back();
    return texts;
}

/// All texts of a message, decoded: of its header fields, of its parts' and of its parts.
std::vector<std::string> texts_of(std::string_view message) {
    std::vector<std::string> texts;
    const mime::Structure structure = mime::parse_structure(message);
    for (const mime::Part& part : structure.parts)
        mime::visit_header_text(message, part.header, [&](std::string_view, std::string_view text) {
            texts.emplace_back(text);
            return true;
        });
    const std::vector<std::string> whole = texts_of_parts(message, structure, message.size());
    for (const std::size_t size : {1UZ, 7UZ, 64UZ}) require(texts_of_parts(message, structure, size) == whole);
    texts.insert(texts.end(), whole.begin(), whole.end());
    return texts;
}

bool begins_character(std::string_view text, std::size_t place) {
    return place >= text.size() || (static_cast<unsigned char>(text[place]) & 0xC0U) != 0x80U;
}

/// Searching in pieces finds what searching the whole finds.
bool is_in(const imapd::TextMatch& match, std::string_view text) {
    std::string buffer;
    const bool found = match.in(text, buffer);
    require(found == mime::casemap_key(text).contains(match.key()));
    imapd::TextSearch search(match, buffer, {.piece = 5, .keys = 11});
    bool found_in_pieces = false;
    while (!found_in_pieces) {
        std::size_t size = std::min(text.size(), 13UZ);
        while (!begins_character(text, size)) ++size;
        found_in_pieces = search.feed(text.substr(0, size), size == text.size());
        require(buffer.size() <= std::max(11UZ, 2 * match.key().size()) + 5 * 33);
        if (size == text.size()) break;
        text.remove_prefix(size);
    }
    require(found_in_pieces == found);
    return found;
}

void check_cuts(std::string_view text) {
    require(ascii::is_utf8(text) && is_in(imapd::TextMatch(""), text) && is_in(imapd::TextMatch(text), text));
    std::size_t begin = text.size() / 3;
    std::size_t end = text.size() / 2;
    while (!begins_character(text, begin)) ++begin;
    while (!begins_character(text, end)) ++end;
    if (begin < end) require(is_in(imapd::TextMatch(text.substr(begin, end - begin)), text));
}

void try_key(const imap::SearchKey& key, const std::vector<std::string>& texts, int depth) {
    using Kind = imap::SearchKey::Kind;
    require(depth <= imap::Limits().search_depth + 2);
    for (const imap::SearchKey& child : key.children) try_key(child, texts, depth + 1);
    if (key.kind != Kind::header && key.kind != Kind::body && key.kind != Kind::text) return;
    require(ascii::is_utf8(key.text));
    const imapd::TextMatch match(key.text);
    for (const std::string& text : texts) {
        // Whatever stands around it.
        if (is_in(match, text)) require(is_in(match, "a " + text) && is_in(match, text + " b"));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(input.find("\r\n\r\n"), input.size());
    const std::string_view message = input.substr(std::min(input.size(), end + 4));
    const std::vector<std::string> texts = texts_of(message);
    for (const std::string& text : texts) check_cuts(text);
    if (const auto head = imap::read_head(input.substr(0, end)))
        if (const auto search = imap::parse_arguments<imap::Search>(*head)) try_key(search->key, texts, 0);
    return 0;
}
