// Which annotations a client is shown.
#include "imapd/metadata_response.h"

#include <algorithm>

#include "imapd/session.h"
#include "lib/base/ascii.h"
#include "lib/imap/strings.h"

namespace posthouse::imapd {
namespace {

/// `name` is asked for by `entry` to that depth (RFC 5464 §4.2.2).
bool is_within(std::string_view name, std::string_view entry, imap::GetMetadata::Depth depth) {
    if (name == entry) return true;
    if (depth == imap::GetMetadata::Depth::zero) return false;
    if (!name.starts_with(entry) || name[entry.size()] != '/') return false;
    return depth == imap::GetMetadata::Depth::infinity ||
           name.substr(entry.size() + 1).find('/') == std::string_view::npos;
}

void append_value(std::string& out, const std::optional<std::string>& value) {
    if (value && value->find('\0') != std::string::npos)
        out += "~{" + std::to_string(value->size()) + "}\r\n" + *value;
    else
        imap::append_nstring(out, value);
}

void begin_metadata(std::string& out, std::string_view mailbox) {
    out += "* METADATA ";
    if (mailbox.empty())
        out += "\"\"";
    else
        imap::append_mailbox(out, mailbox);
    out += ' ';
}

}  // namespace

storage::AnnotationUser annotation_user(const Session& session, const Place& place) {
    return place.is_foreign ? storage::AnnotationUser(session.user()) : std::nullopt;
}

bool may_annotate(storage::Rights rights) {
    using storage::Right;
    return rights.has(Right::lookup) &&
           rights.has_any({Right::read, Right::seen, Right::write, Right::insert, Right::post});
}

Result<std::vector<std::string>> read_queried(std::span<const std::string> names) {
    std::vector<std::string> entries;
    for (const std::string& name : names) {
        entries.push_back(ascii::lower(name));
        if (entries.back() == "/private" || entries.back() == "/shared") continue;
        if (const Result<storage::EntryName> entry = storage::EntryName::parse(name); !entry)
            return fail(entry.error());
    }
    return entries;
}

void append_changed_entry(std::string& out, std::string_view mailbox, std::string_view entry) {
    begin_metadata(out, mailbox);
    imap::append_astring(out, entry);
    out += "\r\n";
}

std::optional<std::size_t> append_metadata(std::string& out, std::string_view mailbox,
                                           const storage::Annotations& annotations, const MetadataQuery& query) {
    std::optional<std::size_t> longest;
    std::string values;
    const auto add = [&](const std::string& name, const std::optional<std::string>& value) {
        if (value && query.max_size && value->size() > *query.max_size) {
            longest = std::max(longest.value_or(0), value->size());
            return;
        }
        if (!values.empty()) values += ' ';
        imap::append_astring(values, name);
        values += ' ';
        append_value(values, value);
    };
    const std::vector<storage::Annotation> visible = annotations.visible_to(query.user);
    for (const std::string& entry : query.entries) {
        bool is_there = false;
        for (const storage::Annotation& annotation : visible) {
            if (!is_within(annotation.name.text(), entry, query.depth)) continue;
            is_there = true;
            add(annotation.name.text(), annotation.value);
        }
        if (!is_there && query.depth == imap::GetMetadata::Depth::zero) add(entry, std::nullopt);
    }
    if (values.empty()) return longest;
    begin_metadata(out, mailbox);
    out += "(" + values + ")\r\n";
    return longest;
}

}  // namespace posthouse::imapd
