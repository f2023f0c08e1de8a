// Sets of keywords by what files and index say, made once each.
#include "storage/keyword_sets.h"

#include <cstring>
#include <utility>

namespace posthouse::storage {

KeywordSets::KeywordSets(const KeywordFile& letters, std::shared_ptr<const FurtherNames> further)
    : letters_(letters), further_(std::move(further)) {}

Keywords KeywordSets::of(std::uint32_t letters, std::string_view numbers) const {
    if (letters == 0 && numbers.empty()) return {};
    const std::scoped_lock guard(mutex_);
    // Letters and numbers can be combined at will: what is remembered is bounded.
    constexpr std::size_t max_names = 1u << 16;
    if (names_remembered_ > max_names) {
        by_letters_.clear();
        by_both_.clear();
        names_remembered_ = 0;
    }
    const auto remember = [&](auto& sets, auto key) {
        const auto [place, is_new] = sets.try_emplace(std::move(key));
        if (is_new) {
            place->second = make(letters, numbers);
            names_remembered_ += place->second.names().size() + 1;
        }
        return place->second;
    };
    if (numbers.empty()) return remember(by_letters_, letters);
    std::string key(reinterpret_cast<const char*>(&letters), sizeof letters);
    return remember(by_both_, std::move(key.append(numbers)));
}

Keywords KeywordSets::of(std::uint32_t letters, const FurtherSet& numbers) const {
    return of(letters, to_bytes(numbers));
}

Keywords KeywordSets::make(std::uint32_t letters, std::string_view numbers) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < max_letters; ++i)
        if ((letters >> i & 1) != 0 && !letters_.name(i).empty()) names.push_back(letters_.name(i));
    for (const std::uint16_t number : further_set_of(numbers))
        if (const std::string_view name = further_->name(number); !name.empty()) names.emplace_back(name);
    return Keywords::make(std::move(names)).value_or(Keywords());  // both took valid names only
}

std::vector<std::string> KeywordSets::names() const {
    std::vector<std::string> names = letters_.names();
    for (std::string& name : further_->names()) names.push_back(std::move(name));
    return names;
}

}  // namespace posthouse::storage
