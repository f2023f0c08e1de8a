// Reads the tokens of a command one after the other.
#include "lib/imap/arguments.h"

#include <limits>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/imap/strings.h"

namespace posthouse::imap {

void Arguments::fail(std::string text, ErrorCode code) {
    if (!error_) error_ = Error{code, std::move(text), {}};
    position_ = bytes_.size();
}

bool Arguments::accept(char c) {
    if (at_end() || bytes_[position_] != c) return false;
    ++position_;
    return true;
}

bool Arguments::accept_text(std::string_view text) {
    if (failed() || !ascii::istarts_with(rest(), text)) return false;
    position_ += text.size();
    return true;
}

bool Arguments::accept_word(std::string_view word) {
    if (failed() || !ascii::istarts_with(rest(), word)) return false;
    const std::size_t after = position_ + word.size();
    if (after < bytes_.size() && is_atom_char(bytes_[after])) return false;
    position_ = after;
    return true;
}

void Arguments::expect(char c) {
    if (failed() || accept(c)) return;
    if (at_end()) return fail("Missing argument");
    fail(std::string("Expected '") + c + "'");
}

void Arguments::space() {
    if (failed() || accept(' ')) {
        if (!failed() && at_end()) fail("Missing argument");
        return;
    }
    if (at_end()) return fail("Missing argument");
    fail("Expected a space");
}

void Arguments::end() {
    if (!failed() && !at_end()) fail("Unexpected arguments after the command's end");
}

std::string_view Arguments::take_while(bool (*wanted)(char)) {
    const std::size_t start = position_;
    while (position_ < bytes_.size() && wanted(bytes_[position_])) ++position_;
    return bytes_.substr(start, position_ - start);
}

std::string_view Arguments::atom() {
    const std::string_view text = take_while(is_atom_char);
    if (text.empty() && !failed()) fail(at_end() ? "Missing argument" : "Expected an atom");
    return text;
}

std::string Arguments::keyword() { return ascii::upper(atom()); }

bool Arguments::next_is_string() const {
    return peek() == '"' || peek() == '{' || (peek() == '~' && rest().starts_with("~{"));
}

std::string Arguments::quoted() {
    std::string text;
    ++position_;
    while (!at_end()) {
        char c = bytes_[position_++];
        if (c == '"') return text;
        if (c == '\\') {
            c = peek();
            if (c != '"' && c != '\\') break;
            ++position_;
        }
        if (c == '\0' || c == '\r' || c == '\n') break;
        text += c;
    }
    fail("Invalid quoted string");
    return {};
}

std::string Arguments::literal() {
    const bool binary = accept('~');
    expect('{');
    const std::uint64_t size = number64();
    accept('+');
    if (!failed() && !accept_text("}\r\n")) fail("Invalid literal");
    if (failed()) return {};
    if (size > bytes_.size() - position_) {
        fail("Literal is shorter than announced");
        return {};
    }
    std::string text(bytes_.substr(position_, static_cast<std::size_t>(size)));
    position_ += static_cast<std::size_t>(size);
    if (!binary && text.find('\0') != std::string::npos) {
        fail("NUL byte in a literal");
        return {};
    }
    return text;
}

std::string Arguments::string() {
    if (failed()) return {};
    if (peek() == '"') return quoted();
    if (next_is_string()) return literal();
    fail(at_end() ? "Missing argument" : "Expected a string");
    return {};
}

std::string Arguments::astring() {
    if (next_is_string()) return string();
    const std::string_view text = take_while(is_astring_char);
    if (text.empty() && !failed()) fail(at_end() ? "Missing argument" : "Expected an atom or a string");
    return std::string(text);
}

std::optional<std::string> Arguments::nstring() {
    if (accept_word("NIL")) return std::nullopt;
    return string();
}

std::string Arguments::list_mailbox() {
    std::string text = next_is_string() ? string() : std::string(take_while(is_list_char));
    if (failed()) return {};
    if (text.size() > limits_.mailbox_name) fail("Mailbox pattern too long", ErrorCode::limit);
    return text;
}

std::string Arguments::mailbox() {
    std::string name = astring();
    if (name.size() > limits_.mailbox_name) fail("Mailbox name too long", ErrorCode::limit);
    if (failed()) return {};
    if (ascii::iequals(name, "INBOX")) return "INBOX";
    return name;
}

std::uint64_t Arguments::number64() {
    const std::string_view digits = take_while([](char c) { return ascii::is_digit(c); });
    if (failed()) return 0;
    if (digits.empty()) {
        fail(at_end() ? "Missing argument" : "Expected a number");
        return 0;
    }
    const auto value = ascii::parse_number(digits);
    if (!value || *value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        fail("Number is out of range");
        return 0;
    }
    return *value;
}

std::uint32_t Arguments::number() {
    const std::uint64_t value = number64();
    if (value > std::numeric_limits<std::uint32_t>::max()) {
        fail("Number is out of range");
        return 0;
    }
    return static_cast<std::uint32_t>(value);
}

std::uint32_t Arguments::nz_number() {
    const std::uint32_t value = number();
    if (value == 0) fail("Number must not be zero");
    return value;
}

}  // namespace posthouse::imap
