// Message content as DATA and BDAT carry it: runs of whole lines are copied, only line ends and leading dots are looked
// at.
#include "lib/smtp/data_decoder.h"

#include <algorithm>
#include <cstring>

namespace posthouse::smtp {
namespace {

/// Position of `wanted` in bytes[from, to), or `to`.
std::size_t find_byte(std::string_view bytes, char wanted, std::size_t from, std::size_t to) {
    if (from == to) return to;
    const void* found = std::memchr(bytes.data() + from, wanted, to - from);
    return found == nullptr ? to : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

bool any_8bit(std::string_view bytes) {
    unsigned char seen = 0;  // without an early exit the compiler makes it a loop over vectors
    for (const char c : bytes) seen = static_cast<unsigned char>(seen | static_cast<unsigned char>(c));
    return seen >= 0x80;
}

std::string at_line(std::uint64_t line) { return " at line " + std::to_string(line); }

}  // namespace

Reply too_large(const DataPolicy& policy) {
    return {552, "5.3.4", "Message is larger than " + std::to_string(policy.max_size) + " bytes"};
}

bool DataDecoder::refused() const {
    return facts_.size > policy_.max_size || (facts_.bare_lf != 0 && policy_.bare_lf == BareLf::reject) ||
           (facts_.bare_cr != 0 && policy_.bare_cr == BareCr::reject) ||
           (facts_.nul != 0 && policy_.nul == Nul::reject);
}

std::optional<Reply> DataDecoder::refusal() const {
    if (facts_.size > policy_.max_size) return too_large(policy_);
    if (facts_.bare_lf != 0 && policy_.bare_lf == BareLf::reject) {
        return Reply(550, "5.6.11",
                     "bare LF in message data" + at_line(facts_.first_bare_lf_line) + "; lines must end in CRLF");
    }
    if (facts_.bare_cr != 0 && policy_.bare_cr == BareCr::reject) {
        return Reply(550, "5.6.11",
                     "bare CR in message data" + at_line(facts_.first_bare_cr_line) + "; lines must end in CRLF");
    }
    if (facts_.nul != 0 && policy_.nul == Nul::reject) {
        return Reply(550, "5.6.0", "NUL in message data" + at_line(facts_.first_nul_line));
    }
    return std::nullopt;
}

void DataDecoder::emit(std::string_view content, std::string& out) {
    facts_.size += content.size();
    if (!refused()) out.append(content);
}

void DataDecoder::note_bare_cr() {
    if (facts_.bare_cr++ == 0) facts_.first_bare_cr_line = facts_.lines + 1;
}

/// Counts the line that ends here; `with_cr` tells CRLF from a bare LF.
void DataDecoder::end_line(bool with_cr) {
    if (!with_cr && facts_.bare_lf++ == 0) facts_.first_bare_lf_line = facts_.lines + 1;
    facts_.longest_line = std::max(facts_.longest_line, line_length_);
    ++facts_.lines;
    line_length_ = 0;
    line_start_ = true;
    after_crlf_ = with_cr;
    pending_cr_ = false;
}

/// A line that begins with a dot: the dot alone may end the data, else it was stuffed and is dropped. After a bare LF
/// a lone dot is content: only CRLF.CRLF ends the data.
std::size_t DataDecoder::feed_held(std::string_view bytes, std::size_t at, std::string& out) {
    const char c = bytes[at];
    if (held_ == Held::dot && c == '\r') {
        held_ = Held::dot_cr;
        return at + 1;
    }
    const bool with_cr = held_ == Held::dot_cr;
    held_ = Held::nothing;
    line_start_ = false;
    if (c != '\n') {
        if (!with_cr) return at;  // ".text": goes on as "text"
        emit("\r", out);          // ".\rtext": the same, and the CR may be bare
        ++line_length_;
        pending_cr_ = true;
        return at;
    }
    if (with_cr && after_crlf_) {
        done_ = true;
        return at + 1;
    }
    line_length_ = 1;
    emit(with_cr || policy_.bare_lf != BareLf::keep ? ".\r\n" : ".\n", out);
    end_line(with_cr);
    return at + 1;
}

/// Copies bytes up to the end of `bytes` or to a line that begins with a dot that has a meaning.
std::size_t DataDecoder::feed_text(std::string_view bytes, std::size_t at, std::string& out) {
    const std::size_t begin = at;
    std::size_t run = at;  // what is not yet emitted begins here
    const bool dots = framing_ == Framing::dot;
    while (at < bytes.size() && !(dots && line_start_ && bytes[at] == '.')) {
        line_start_ = false;
        const std::size_t lf = find_byte(bytes, '\n', at, bytes.size());
        const bool ended = lf < bytes.size();
        if (pending_cr_ && lf != at) note_bare_cr();
        bool cr_before = pending_cr_ && lf == at;
        pending_cr_ = false;
        for (std::size_t cr = find_byte(bytes, '\r', at, lf); cr < lf; cr = find_byte(bytes, '\r', cr + 1, lf)) {
            if (cr + 1 < lf) {
                note_bare_cr();
            } else if (ended) {
                cr_before = true;
            } else {
                pending_cr_ = true;
            }
        }
        line_length_ += lf - at;
        at = lf;
        if (!ended) break;
        if (cr_before) {
            --line_length_;
        } else if (policy_.bare_lf != BareLf::keep) {
            emit(bytes.substr(run, lf - run), out);
            emit("\r\n", out);
            run = lf + 1;
        }
        end_line(cr_before);
        at = lf + 1;
    }
    note_bytes(bytes.substr(begin, at - begin));
    emit(bytes.substr(run, at - run), out);
    return at;
}

/// Looks for NUL and 8-bit bytes in what feed_text took. The lines in `text` are already counted.
void DataDecoder::note_bytes(std::string_view text) {
    if (!facts_.has_8bit) facts_.has_8bit = any_8bit(text);
    for (std::size_t at = find_byte(text, '\0', 0, text.size()); at < text.size();
         at = find_byte(text, '\0', at + 1, text.size())) {
        if (facts_.nul++ == 0) {
            const auto lines_after = static_cast<std::uint64_t>(std::ranges::count(text.substr(at), '\n'));
            facts_.first_nul_line = facts_.lines - lines_after + 1;
        }
    }
}

std::size_t DataDecoder::feed(std::string_view bytes, std::string& out) {
    std::size_t at = 0;
    while (at < bytes.size() && !done_) {
        if (held_ != Held::nothing) {
            at = feed_held(bytes, at, out);
        } else if (framing_ == Framing::dot && line_start_ && bytes[at] == '.') {
            held_ = Held::dot;
            ++at;
        } else {
            at = feed_text(bytes, at, out);
        }
    }
    return at;
}

void DataDecoder::finish(std::string& out) {
    if (done_) return;
    done_ = true;
    if (pending_cr_) note_bare_cr();
    pending_cr_ = false;
    if (line_start_) return;
    if (policy_.bare_lf == BareLf::keep) {
        facts_.longest_line = std::max(facts_.longest_line, line_length_);
        return;
    }
    emit("\r\n", out);
    end_line(true);
}

}  // namespace posthouse::smtp
