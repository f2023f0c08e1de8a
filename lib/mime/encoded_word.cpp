// Encoded words to UTF-8.
#include "lib/mime/encoded_word.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "lib/base/ascii.h"
#include "lib/mime/charset.h"
#include "lib/mime/limits.h"
#include "lib/mime/scanner.h"
#include "lib/mime/transfer.h"

namespace posthouse::mime {
namespace {

struct EncodedWord {
    std::string_view charset;  ///< without the language
    std::string bytes;         ///< decoded
    std::size_t length;        ///< of the whole word
};

/// Where the next bytes of a kind are, from ever later positions: each byte of the text is looked at once.
template <typename Find>
class NextPosition {
  public:
    explicit NextPosition(Find find) : find_(find) {}
    std::size_t from(std::size_t position) {
        if (!known_ || found_ < position) found_ = find_(position);
        known_ = true;
        return found_;
    }

  private:
    Find find_;
    bool known_ = false;
    std::size_t found_ = 0;
};

/// Finds the encoded words of a text one after the other.
class WordReader {
  public:
    explicit WordReader(std::string_view text) : text_(text) {}

    /// The word that starts at `start`, at "=?". White space inside, which is forbidden, is let pass in the Q encoding.
    std::optional<EncodedWord> read(std::size_t start) {
        const std::string_view inside = text_.substr(start + 2, max_encoded_word);
        const std::string_view name = inside.substr(0, max_charset_name);
        const auto charset_end = name.find_first_of("? \t\r\n");
        if (charset_end == std::string_view::npos || charset_end == 0 || inside[charset_end] != '?') {
            return std::nullopt;
        }
        if (charset_end + 2 >= inside.size() || inside[charset_end + 2] != '?') return std::nullopt;
        const char encoding = ascii::to_lower(inside[charset_end + 1]);
        if (encoding != 'b' && encoding != 'q') return std::nullopt;
        const std::size_t content_start = start + 2 + charset_end + 3;
        const std::size_t end = end_.from(content_start);
        if (end == std::string_view::npos || end - start > max_encoded_word) return std::nullopt;
        if (encoding == 'b' && space_.from(content_start) < end) return std::nullopt;
        const std::string_view content = text_.substr(content_start, end - content_start);
        return EncodedWord{name.substr(0, std::min(charset_end, name.find('*'))),
                           encoding == 'b' ? decode_base64(content) : decode_q(content), end + 2 - start};
    }

  private:
    std::string_view text_;
    struct FindEnd {
        std::string_view text;
        std::size_t operator()(std::size_t position) const { return text.find("?=", position); }
    };
    struct FindSpace {
        std::string_view text;
        std::size_t operator()(std::size_t position) const { return text.find_first_of(" \t\r\n", position); }
    };
    NextPosition<FindEnd> end_{FindEnd{text_}};
    NextPosition<FindSpace> space_{FindSpace{text_}};
};

/// Joins what is decoded, and converts it when the charset changes.
class Decoder {
  public:
    explicit Decoder(std::string_view text) : text_(text), words_(text) {}

    std::string run() {
        std::size_t position = 0;
        std::size_t plain = 0;  // from here on nothing was written yet
        while (true) {
            const std::size_t start = text_.find("=?", position);
            if (start == std::string_view::npos) break;
            std::optional<EncodedWord> word = words_.read(start);
            if (!word) {
                position = start + 2;
                continue;
            }
            const std::string_view between = text_.substr(plain, start - plain);
            const bool adjacent = after_word_ && std::ranges::all_of(between, is_space);
            if (!adjacent) add_plain(between);
            add_word(*word, text_.substr(start, word->length), adjacent ? between : std::string_view());
            position = plain = start + word->length;
        }
        add_plain(text_.substr(plain));
        return std::move(out_);
    }

  private:
    void add_plain(std::string_view plain) {
        flush();
        out_ += guess_utf8(plain);
        after_word_ = false;
    }

    void add_word(const EncodedWord& word, std::string_view source, std::string_view space_before) {
        if (!ascii::iequals(word.charset, charset_)) flush();
        charset_ = word.charset;
        bytes_ += word.bytes;
        if (!source_.empty()) source_ += space_before;
        source_ += source;
        after_word_ = true;
    }

    void flush() {
        if (!source_.empty()) out_ += to_utf8(bytes_, charset_).value_or(guess_utf8(source_));
        charset_ = {};
        bytes_.clear();
        source_.clear();
    }

    std::string_view text_;
    WordReader words_;
    std::string out_;
    std::string_view charset_;  ///< of the words not yet converted
    std::string bytes_;
    std::string source_;  ///< the same words as sent
    bool after_word_ = false;
};

}  // namespace

std::string decode_encoded_words(std::string_view text) {
    if (!text.contains("=?")) return guess_utf8(text);
    return Decoder(text).run();
}

}  // namespace posthouse::mime
