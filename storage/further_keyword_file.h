// posthouse-keywords: names of a mailbox's further keywords, and which messages have them, by the base names of their
// files.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/result.h"
#include "storage/folder.h"
#include "storage/further_keywords.h"
#include "storage/record_file.h"

namespace posthouse::storage {

/// How far the file was read.
struct FurtherPosition {
    RecordPosition file;
    std::uint16_t next_number = first_further_keyword;  ///< above all that are named or on a message
    bool operator==(const FurtherPosition&) const = default;
};

/// Knows how far it read, not the content. The rules of RecordFile hold.
class FurtherKeywordFile {
  public:
    static constexpr const char* file_name = "posthouse-keywords";
    using Sets = std::unordered_map<std::string, FurtherSet>;  ///< by base name
    /// What a reload found.
    struct News {
        RecordNews kind = RecordNews::none;
        std::vector<KeywordDefinition> definitions;
        Sets sets;
    };

    FurtherPosition position() const { return {file_.position(), next_number_}; }
    void resume(const FurtherPosition& position);
    Result<bool> changed(const Folder& folder) const { return file_.changed(folder); }
    Result<News> reload(const Folder& folder);

    /// How many more keywords can be named.
    std::size_t room() const { return std::size_t{first_further_keyword} + max_further_keywords - next_number_; }
    /// Gives numbers to names that have none, durably. `names` must fit.
    Result<std::vector<KeywordDefinition>> define(const Folder& folder, std::span<const std::string> names);
    Result<> assign(const Folder& folder, std::span<const KeywordAssignment> assignments, Durable durable);
    /// There are more records than twice what counts, `live` names and messages.
    bool is_sparse(std::size_t live) const;
    /// Writes the file anew without what is superseded and without the messages that `keep` refuses, durably.
    Result<> compact(const Folder& folder, const std::function<bool(const std::string& base, const FurtherSet&)>& keep);

  private:
    void take_number(std::uint16_t number);

    RecordFile file_{file_name};
    std::uint16_t next_number_ = first_further_keyword;
};

}  // namespace posthouse::storage
