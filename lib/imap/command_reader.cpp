// Collects one command from lines and literals.
#include "lib/imap/command_reader.h"

#include <limits>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/secret.h"

namespace posthouse::imap {

Result<std::optional<LiteralAnnouncement>> literal_at_end(std::string_view line) {
    constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();
    if (line.empty() || line.back() != '}') return std::nullopt;
    const auto open = line.rfind('{');
    if (open == std::string_view::npos) return std::nullopt;
    std::string_view number = line.substr(open + 1, line.size() - open - 2);
    LiteralAnnouncement found;
    if (!number.empty() && number.back() == '+') {
        found.synchronizing = false;
        number.remove_suffix(1);
    }
    if (number.empty()) return std::nullopt;
    for (const char c : number) {
        if (!ascii::is_digit(c)) return std::nullopt;
    }
    const auto size = ascii::parse_number(number);
    if (!size || *size > kMaxSize) return fail(ErrorCode::limit, "Literal size is out of range");
    found.size = *size;
    found.binary = open > 0 && line[open - 1] == '~';
    found.length = line.size() - open + (found.binary ? 1 : 0);
    return found;
}

CommandReader::Next CommandReader::add_line(std::string_view line) {
    const auto announced = literal_at_end(line);
    if (!announced) {
        // How many bytes follow is unknown; what comes is read as the next command, and answered as such.
        if (!refused_) refused_ = announced.error();
        return Refused{*refused_};
    }
    if (!refused_) {
        text_ += line.size();
        if (text_ > bounds_.text) {
            refused_ = Error{ErrorCode::limit, "Command line too long", {}};
        } else {
            bytes_ += line;
        }
    }
    if (!*announced) {
        if (refused_) return Refused{*refused_};
        return Complete{};
    }
    const LiteralAnnouncement& literal = **announced;
    if (!refused_ && bounds_.messages && is_at_message()) {
        return ReadLiteral{literal.size, literal.synchronizing, literal.binary, ReadLiteral::Destination::message};
    }
    if (!refused_) {
        if (literals_ >= bounds_.literals) {
            refused_ = Error{ErrorCode::limit, "Too many literals", {}};
        } else if (literal.size > bounds_.literal_sum - literal_sum_) {
            refused_ = Error{ErrorCode::limit, "Literal too large", {}};
        }
    }
    if (refused_) {
        // A client that waits for the continuation request gets the refusal instead, and sends nothing more.
        if (literal.synchronizing) return Refused{*refused_};
        return ReadLiteral{literal.size, false, literal.binary, ReadLiteral::Destination::discard};
    }
    ++literals_;
    literal_sum_ += static_cast<std::size_t>(literal.size);
    bytes_ += "\r\n";
    return ReadLiteral{literal.size, literal.synchronizing, literal.binary, ReadLiteral::Destination::command};
}

void CommandReader::add_literal(std::string_view bytes) { bytes_ += bytes; }

bool CommandReader::is_at_message() const {
    // Of many URLs as literals not each is a reason to parse all again. Two literals before it, the word is no mailbox.
    constexpr std::size_t enough = 2;
    const std::string_view before = std::string_view(bytes_).substr(0, bytes_.rfind('{'));
    if (literals_ >= enough && before.ends_with("URL ")) return false;
    if (!streamed_) return ends_in_message_literal(bytes_, bounds_.limits);
    const Result<AppendSection> section = parse_append_section(bytes_, *streamed_);
    return section && section->octets() != nullptr;
}

void CommandReader::message_done(AppendPlace place) {
    streamed_ = place;
    bytes_.clear();
    text_ = literal_sum_ = literals_ = 0;
}

void CommandReader::refuse(Error error) {
    if (!refused_) refused_ = std::move(error);
}

void CommandReader::reset(CommandBounds bounds) {
    bounds_ = bounds;
    wipe(bytes_);  // it may have held a password
    if (bytes_.capacity() > 4096) bytes_.shrink_to_fit();
    text_ = literal_sum_ = literals_ = 0;
    refused_.reset();
    streamed_.reset();
}

}  // namespace posthouse::imap
