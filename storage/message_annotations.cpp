// Tables of annotations, and their records: in values LF is "\n" and the backslash is doubled, so that a record is a
// line.
#include "storage/message_annotations.h"

#include <algorithm>
#include <limits>

#include "lib/base/ascii.h"

namespace posthouse::storage {
namespace {

/// What an entry takes beside its name and value, in memory or in its record.
constexpr std::size_t overhead = 128;

std::size_t bytes_of(std::string_view entry, std::string_view value) { return entry.size() + value.size() + overhead; }

std::string escaped(std::string_view value) {
    std::string text;
    text.reserve(value.size());
    for (const char c : value) {
        if (c == '\n')
            text += "\\n";
        else if (c == '\\')
            text += "\\\\";
        else
            text += c;
    }
    return text;
}

/// Nothing: it isn't what `escaped` gives.
std::optional<std::string> unescaped(std::string_view text) {
    std::string value;
    value.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') return std::nullopt;
        if (text[i] != '\\') {
            value += text[i];
            continue;
        }
        ++i;
        if (i == text.size() || (text[i] != 'n' && text[i] != '\\')) return std::nullopt;
        value += text[i] == 'n' ? '\n' : '\\';
    }
    return value;
}

std::optional<std::uint32_t> take_nonzero(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view digits = text.substr(0, end);
    const auto number = ascii::parse_number(digits);
    // One spelling for each.
    if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max() || digits.front() == '0')
        return std::nullopt;
    text.remove_prefix(end);
    return static_cast<std::uint32_t>(*number);
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

const AnnotationEntries& AnnotationTable::of(Uid uid) const {
    static const AnnotationEntries none;
    const auto place = messages_.find(uid.value());
    return place == messages_.end() ? none : *place->second;
}

std::optional<std::string_view> AnnotationTable::find(Uid uid, std::string_view entry) const {
    const AnnotationEntries& entries = of(uid);
    const auto place = entries.find(entry);
    return place == entries.end() ? std::nullopt : std::optional<std::string_view>(place->second);
}

Result<bool> AnnotationTable::set(Uid uid, const std::string& entry, const std::optional<std::string>& value) {
    if (value && value->size() > max_message_annotation_bytes) return fail(ErrorCode::limit, "Value is too long");
    const std::optional<std::string_view> before = find(uid, entry);
    if (before == value) return false;
    const std::size_t was = before ? bytes_of(entry, *before) : 0;
    const std::size_t is = value ? bytes_of(entry, *value) : 0;
    if (is > was && bytes_ - was + is > max_annotation_table_bytes)
        return fail(ErrorCode::limit, "Too many annotations in the mailbox");
    if (!before && of(uid).size() >= max_message_annotations)
        return fail(ErrorCode::limit, "Too many annotations of a message");
    bytes_ = bytes_ - was + is;
    size_ = size_ - (before ? 1 : 0) + (value ? 1 : 0);
    auto entries = std::make_shared<AnnotationEntries>(of(uid));
    if (value)
        entries->insert_or_assign(entry, *value);
    else
        entries->erase(entry);
    if (entries->empty())
        messages_.erase(uid.value());
    else
        messages_.insert_or_assign(uid.value(), std::move(entries));
    return true;
}

void AnnotationTable::drop(Uid uid) {
    const auto place = messages_.find(uid.value());
    if (place == messages_.end()) return;
    for (const auto& [entry, value] : *place->second) bytes_ -= bytes_of(entry, value);
    size_ -= place->second->size();
    messages_.erase(place);
}

std::map<std::uint32_t, std::set<std::string>> differences(const AnnotationTable& before, const AnnotationTable& now) {
    std::map<std::uint32_t, std::set<std::string>> found;
    // Each value that the one has and the other hasn't, or has otherwise.
    const auto compare = [&](const AnnotationTable& one, const AnnotationTable& other) {
        for (const auto& [uid, entries] : one.messages()) {
            const auto place = other.messages().find(uid);
            if (place != other.messages().end() && place->second == entries) continue;
            for (const auto& [entry, value] : *entries)
                if (other.find(Uid(uid), entry) != value) found[uid].insert(entry);
        }
    };
    compare(before, now);
    compare(now, before);
    return found;
}

std::string to_record(const AnnotationHeader& header) {
    return "V " + std::to_string(header.uid_validity.value()) + " " + header.whose;
}

std::string to_record(const AnnotationRecord& record) {
    const std::string head = std::to_string(record.uid.value()) + " " + record.entry;
    return record.value ? "A " + head + "\t" + escaped(*record.value) : "N " + head;
}

std::string to_record(const AnnotationDrop& drop) { return "D " + std::to_string(drop.uid.value()); }

std::optional<AnyAnnotationRecord> parse_annotation_record(std::string_view record) {
    if (record.size() < 2 || record[1] != ' ') return std::nullopt;
    const char kind = record[0];
    record.remove_prefix(2);
    const auto number = take_nonzero(record);
    if (!number) return std::nullopt;
    if (kind == 'D') return record.empty() ? std::optional(AnnotationDrop{Uid(*number)}) : std::nullopt;
    if (!take(record, ' ')) return std::nullopt;
    if (kind == 'V') return AnnotationHeader{UidValidity(*number), std::string(record)};
    if (kind != 'A' && kind != 'N') return std::nullopt;
    const std::size_t end = std::min(record.find('\t'), record.size());
    AnnotationRecord found{Uid(*number), std::string(record.substr(0, end)), std::nullopt};
    if (!imap::is_annotation_entry(found.entry)) return std::nullopt;
    record.remove_prefix(end);
    if (kind == 'N') return record.empty() ? std::optional(found) : std::nullopt;
    if (!take(record, '\t')) return std::nullopt;
    found.value = unescaped(record);
    if (!found.value || found.value->size() > max_message_annotation_bytes) return std::nullopt;
    return found;
}

}  // namespace posthouse::storage
