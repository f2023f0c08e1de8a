// posthouse-keywords: what its records say, added to, and written anew when most of them are superseded.
#include "storage/further_keyword_file.h"

#include <algorithm>
#include <map>

namespace posthouse::storage {

void FurtherKeywordFile::resume(const FurtherPosition& position) {
    file_.resume(position.file);
    next_number_ = position.next_number;
}

void FurtherKeywordFile::take_number(std::uint16_t number) {
    next_number_ = std::max<std::uint16_t>(next_number_, static_cast<std::uint16_t>(number + 1));
}

Result<FurtherKeywordFile::News> FurtherKeywordFile::reload(const Folder& folder) {
    News news;
    const Result<RecordNews> kind = file_.reload(folder, [&](std::string_view record) {
        if (auto definition = parse_keyword_definition(record))
            news.definitions.push_back(std::move(*definition));
        else if (auto assignment = parse_keyword_assignment(record))
            news.sets.insert_or_assign(std::move(assignment->base), std::move(assignment->set));
    });
    if (!kind) return fail(kind.error());
    news.kind = *kind;
    if (news.kind == RecordNews::whole) next_number_ = first_further_keyword;
    for (const KeywordDefinition& definition : news.definitions) take_number(definition.number);
    for (const auto& [base, set] : news.sets)
        if (!set.empty()) take_number(set.back());
    return news;
}

Result<std::vector<KeywordDefinition>> FurtherKeywordFile::define(const Folder& folder,
                                                                  std::span<const std::string> names) {
    std::vector<KeywordDefinition> definitions;
    std::vector<std::string> records;
    for (const std::string& name : names) {
        definitions.push_back({static_cast<std::uint16_t>(next_number_ + definitions.size()), name});
        records.push_back(to_record(definitions.back()));
    }
    if (Result<> appended = file_.append(folder, records, Durable::at_once); !appended) return fail(appended.error());
    for (const KeywordDefinition& definition : definitions) take_number(definition.number);
    return definitions;
}

Result<> FurtherKeywordFile::assign(const Folder& folder, std::span<const KeywordAssignment> assignments,
                                    Durable durable) {
    std::vector<std::string> records;
    records.reserve(assignments.size());
    for (const KeywordAssignment& assignment : assignments) records.push_back(to_record(assignment));
    return file_.append(folder, records, durable);
}

bool FurtherKeywordFile::is_sparse(std::size_t live) const {
    constexpr std::size_t few = 256;
    return file_.position().records > few + 2 * live;
}

Result<> FurtherKeywordFile::compact(const Folder& folder,
                                     const std::function<bool(const std::string& base, const FurtherSet&)>& keep) {
    FurtherNames names;
    std::map<std::string, FurtherSet> sets;  // by arrival, as far as names tell it
    Result<> read = file_.visit_all(folder, [&](std::string_view record) {
        if (const auto definition = parse_keyword_definition(record))
            names.define(definition->number, definition->name);
        else if (auto assignment = parse_keyword_assignment(record))
            sets.insert_or_assign(std::move(assignment->base), std::move(assignment->set));
    });
    if (!read) return read;
    std::vector<std::string> records;
    for (const std::uint16_t number : names.named())
        records.push_back(to_record(KeywordDefinition{number, std::string(names.name(number))}));
    for (const auto& [base, set] : sets)
        if (!set.empty() && keep(base, set)) records.push_back(to_record(KeywordAssignment{base, set}));
    return file_.rewrite(folder, records);
}

}  // namespace posthouse::storage
