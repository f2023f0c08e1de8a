// What FETCH shows of a message's annotations.
#include "imapd/fetch/annotation_item.h"

#include <set>
#include <string_view>

#include "lib/imap/list_pattern.h"

namespace posthouse::imapd {
namespace {

/// The entries to show, each once.
std::set<std::string_view> entries_of(const imap::AnnotationQuery& query, const storage::AnnotationEntries& shared,
                                      const storage::AnnotationEntries& own, std::uint64_t& work) {
    std::set<std::string_view> shown;
    for (const std::string& entry : query.entries) {
        if (entry.find_first_of("*%") == std::string::npos) {
            shown.insert(entry);
            continue;
        }
        const imap::ListPattern pattern(entry, '/');
        const auto add_matching = [&](const storage::AnnotationEntries& entries) {
            for (const auto& [name, value] : entries) {
                work += entry.size() * name.size();
                if (pattern.matches(name)) shown.insert(name);
            }
        };
        if (query.attributes.value_shared || query.attributes.size_shared) add_matching(shared);
        if (query.attributes.value_priv || query.attributes.size_priv) add_matching(own);
    }
    return shown;
}

}  // namespace

std::string annotation_item(const imap::AnnotationQuery& query, const storage::AnnotationTables& tables,
                            storage::Uid uid, std::uint64_t& work) {
    std::string text;
    for (const std::string_view entry : entries_of(query, tables.shared->of(uid), tables.own->of(uid), work)) {
        text += text.empty() ? '(' : ' ';
        imap::append_annotation(text, {entry, tables.own->find(uid, entry), tables.shared->find(uid, entry)},
                                query.attributes);
    }
    if (!text.empty()) text += ')';
    return text;
}

}  // namespace posthouse::imapd
