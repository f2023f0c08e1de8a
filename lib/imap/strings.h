// Strings as IMAP writes them: quoted, literal, astring and nstring, each chosen by content (RFC 3501 §4.3, §9).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::imap {

/// ATOM-CHAR (RFC 3501 §9): any ASCII but controls, SP and the atom-specials ( ) { % * " \ ].
bool is_atom_char(char c);
/// ASTRING-CHAR: ATOM-CHAR or "]".
bool is_astring_char(char c);
/// list-char: ATOM-CHAR, "%", "*" or "]".
bool is_list_char(char c);

/// The text can be a quoted string: no NUL, CR, LF and 8-bit byte.
bool is_quotable(std::string_view text);

/// Appends `text` between quotes, with \ before " and \. The text must be quotable.
void append_quoted(std::string& out, std::string_view text);
/// Appends `{n}` CRLF and the bytes. A NUL, which no literal may hold, goes out as 0x80.
void append_literal(std::string& out, std::string_view bytes);
/// Appends a quoted string where the text allows and is short (1,000 bytes), else a literal.
void append_string(std::string& out, std::string_view text);
/// Appends NIL for nullopt, else a string.
void append_nstring(std::string& out, std::optional<std::string_view> text);
/// Appends an atom where the text is one (and not empty, and not NIL), else a string.
void append_astring(std::string& out, std::string_view text);
/// Appends a mailbox name. One with UTF-8 comes in quotes (RFC 9051 §9, RFC 6855 §3): only clients that have enabled it
/// are sent such names.
void append_mailbox(std::string& out, std::string_view name);

/// Text for people in a reply: what cannot stand there (CR, LF, NUL, controls, 8-bit) becomes "?"; an empty text or
/// one that would read as a response code gets a space-holder in front.
std::string reply_text(std::string_view text);

}  // namespace posthouse::imap
