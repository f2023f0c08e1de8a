// The base subject: what is left of a Subject without "Re:", "[list]", "(fwd)" and their like. Named as in the RFC's
// ABNF:
//     subject       = *subj-leader [subj-middle] *subj-trailer
//     subj-refwd    = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
//     subj-blob     = "[" *BLOBCHAR "]" *WSP
//     subj-fwd      = "[fwd:" subject "]"
//     subj-leader   = (*subj-blob subj-refwd) / WSP
//     subj-trailer  = "(fwd)" / WSP
#include "lib/imap/base_subject.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/mime/encoded_word.h"
#include "lib/mime/header.h"
#include "lib/mime/scanner.h"

namespace posthouse::imap {
namespace {

/// Step 1: encoded words decoded, each run of white space one space.
std::string decoded(std::string_view value) {
    const std::string text = mime::decode_encoded_words(mime::unfold(value.substr(0, kMaxSubject)));
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (!mime::is_space(c)) {
            out += c;
        } else if (!out.ends_with(' ')) {
            out += ' ';
        }
    }
    return out;
}

void skip_space(std::string_view& text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
}

/// subj-blob: passes over it, and over the space behind it.
bool take_blob(std::string_view& text) {
    if (!text.starts_with('[')) return false;
    const auto end = text.find_first_of("[]", 1);
    if (end == std::string_view::npos || text[end] == '[') return false;
    text.remove_prefix(end + 1);
    skip_space(text);
    return true;
}

/// subj-refwd.
bool take_reply_mark(std::string_view& text) {
    std::string_view rest = text;
    if (ascii::istarts_with(rest, "fwd")) {
        rest.remove_prefix(3);
    } else if (ascii::istarts_with(rest, "fw") || ascii::istarts_with(rest, "re")) {
        rest.remove_prefix(2);
    } else {
        return false;
    }
    skip_space(rest);
    take_blob(rest);
    if (!rest.starts_with(':')) return false;
    text = rest.substr(1);
    return true;
}

/// Takes the marks of a reply or a forward off the text, layer by layer.
class Peeler {
  public:
    explicit Peeler(std::string_view text) : text_(text) {}

    void run() {
        do {
            trailers();
            leaders_and_blobs();
        } while (forwarded());
    }
    std::string_view text() const { return text_; }
    bool is_reply() const { return is_reply_; }

  private:
    /// Step 2.
    void trailers() {
        while (true) {
            while (text_.ends_with(' ')) text_.remove_suffix(1);
            constexpr std::string_view mark = "(fwd)";
            if (text_.size() < mark.size() || !ascii::iequals(text_.substr(text_.size() - mark.size()), mark)) return;
            text_.remove_suffix(mark.size());
            is_reply_ = true;
        }
    }

    /// Steps 3 to 5. A run of blobs is looked at once: when no "re:" stands behind it, none stands behind its rest.
    void leaders_and_blobs() {
        while (true) {
            skip_space(text_);
            std::string_view rest = text_;
            std::string_view last_blob = rest;
            while (true) {
                const std::string_view before = rest;
                if (!take_blob(rest)) break;
                last_blob = before;
            }
            if (take_reply_mark(rest)) {
                text_ = rest;
                is_reply_ = true;
                continue;
            }
            text_ = rest.empty() ? last_blob : rest;
            return;
        }
    }

    /// Step 6.
    bool forwarded() {
        constexpr std::string_view mark = "[fwd:";
        if (!ascii::istarts_with(text_, mark) || !text_.ends_with(']')) return false;
        text_.remove_prefix(mark.size());
        text_.remove_suffix(1);
        is_reply_ = true;
        return true;
    }

    std::string_view text_;
    bool is_reply_ = false;
};

}  // namespace

BaseSubject base_subject(std::string_view value) {
    const std::string text = decoded(value);
    Peeler peeler(text);
    peeler.run();
    return {std::string(peeler.text()), peeler.is_reply()};
}

}  // namespace posthouse::imap
