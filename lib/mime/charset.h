// Charsets to UTF-8.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct UConverter;

namespace posthouse::mime {

/// `bytes` of that charset (an IANA name or a common alias, without regard to case) as UTF-8; what can't be converted
/// becomes U+FFFD. US-ASCII with 8-bit bytes is taken for UTF-8 where it is valid, else for Windows-1252; ISO-8859-1
/// counts as Windows-1252, as browsers do. nullopt when the charset is unknown.
std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset);

/// Bytes of unknown origin: kept when they are valid UTF-8, else read as Windows-1252.
std::string guess_utf8(std::string_view bytes);

/// Bytes at the end of a text in UTF-8 that only begin a character.
std::size_t cut_character(std::string_view text);

/// Converts one text that comes in pieces: together they give what to_utf8 or guess_utf8 gives for the whole.
class Utf8Converter {
  public:
    /// `is_utf8`: all of the text is valid UTF-8. nullopt when the charset is unknown.
    static std::optional<Utf8Converter> of(std::string_view charset, bool is_utf8);
    static Utf8Converter guess(bool is_utf8);

    /// Appends what `bytes` give, whole characters; `last`: the text ends with them.
    void feed(std::string_view bytes, bool last, std::string& out);

  private:
    using Converter = std::shared_ptr<UConverter>;

    Utf8Converter() = default;
    static Converter open(const std::string& name);
    static Converter open_utf8();
    void convert(std::string_view bytes, bool last, std::string& out);

    bool as_it_is_ = false;
    Converter from_;  ///< empty: no converter could be had
    Converter to_;
    bool first_ = true;
    std::string held_;  ///< the beginning of a character, of what is left as it is
};

}  // namespace posthouse::mime
