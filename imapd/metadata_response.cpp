// Which annotations a client is shown.
#include "imapd/metadata_response.h"

#include <algorithm>
#include <utility>

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
        std::string lower = ascii::lower(name);
        if (lower != "/private" && lower != "/shared")
            if (const Result<storage::EntryName> entry = storage::EntryName::parse(lower); !entry)
                return fail(entry.error());
        if (std::ranges::find(entries, lower) == entries.end()) entries.push_back(std::move(lower));
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
    const std::size_t before = out.size();
    const auto add = [&](const std::string& name, const std::optional<std::string>& value) {
        if (value && query.max_size && value->size() > *query.max_size) {
            longest = std::max(longest.value_or(0), value->size());
            return;
        }
        if (out.size() == before) {
            begin_metadata(out, mailbox);
            out += '(';
        } else {
            out += ' ';
        }
        imap::append_astring(out, name);
        out += ' ';
        append_value(out, value);
    };
    const std::vector<storage::Annotation> visible = annotations.visible_to(query.user);
    std::vector<bool> is_told(visible.size());
    for (const std::string& entry : query.entries) {
        bool is_there = false;
        for (std::size_t i = 0; i < visible.size(); ++i) {
            const std::string& name = visible[i].name.text();
            if (!is_within(name, entry, query.depth)) continue;
            is_there = true;
            if (!is_told[i]) add(name, visible[i].value);
            is_told[i] = true;
        }
        if (!is_there && query.depth == imap::GetMetadata::Depth::zero) add(entry, std::nullopt);
    }
    if (out.size() > before) out += ")\r\n";
    return longest;
}

}  // namespace posthouse::imapd
