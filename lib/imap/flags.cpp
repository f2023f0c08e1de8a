// Flags and keywords of messages: reading and printing.
#include "lib/imap/flags.h"

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"
#include "lib/imap/limits.h"
#include "lib/imap/strings.h"

namespace posthouse::imap {
namespace {

struct Name {
    std::string_view text;
    std::uint8_t bit;
};
constexpr std::array<Name, 5> kNames{{{"\\Answered", kAnswered},
                                      {"\\Flagged", kFlagged},
                                      {"\\Deleted", kDeleted},
                                      {"\\Seen", kSeen},
                                      {"\\Draft", kDraft}}};

void append_separated(std::string& out, std::string_view name) {
    if (!out.empty() && out.back() != '(' && out.back() != ' ') out += ' ';
    out += name;
}

}  // namespace

void Flags::add_keyword(std::string_view keyword) {
    if (!has_keyword(keyword)) keywords.emplace_back(keyword);
}

bool Flags::has_keyword(std::string_view keyword) const {
    return std::ranges::any_of(keywords, [&](const std::string& k) { return ascii::iequals(k, keyword); });
}

std::uint8_t system_flag(std::string_view name) {
    for (const Name& known : kNames) {
        if (ascii::iequals(known.text, name)) return known.bit;
    }
    return 0;
}

bool is_keyword(std::string_view text) {
    return !text.empty() && text.size() <= kMaxKeyword && std::ranges::all_of(text, is_atom_char);
}

void read_flag(Arguments& arguments, Flags& flags) {
    if (arguments.accept('\\')) {
        const std::string name = "\\" + std::string(arguments.atom());
        if (arguments.failed()) return;
        const std::uint8_t bit = system_flag(name);
        if (bit == 0) return arguments.fail("Invalid system flag " + reply_text(name.substr(0, kMaxKeyword)));
        flags.system |= bit;
        return;
    }
    const std::string_view keyword = arguments.atom();
    if (arguments.failed()) return;
    if (!is_keyword(keyword)) return arguments.fail("Invalid keyword", ErrorCode::limit);
    if (flags.keywords.size() >= kMaxFlags) return arguments.fail("Too many flags", ErrorCode::limit);
    flags.add_keyword(keyword);
}

Flags read_flag_list(Arguments& arguments) {
    Flags flags;
    arguments.expect('(');
    if (arguments.accept(')')) return flags;
    do {
        read_flag(arguments, flags);
    } while (arguments.accept(' '));
    arguments.expect(')');
    return flags;
}

void append_flag_names(std::string& out, const Flags& flags) {
    for (const Name& known : kNames) {
        if ((flags.system & known.bit) != 0) append_separated(out, known.text);
    }
    for (const std::string& keyword : flags.keywords) append_separated(out, keyword);
}

void append_flags(std::string& out, const Flags& flags, bool recent) {
    out += '(';
    append_flag_names(out, flags);
    if (recent) append_separated(out, "\\Recent");
    out += ')';
}

}  // namespace posthouse::imap
