// Rights and their letters.
#include "storage/rights.h"

namespace posthouse::storage {
namespace {

struct Letter {
    char letter;
    Right right;
};

constexpr Letter alphabet[] = {{'l', Right::lookup},         {'r', Right::read},           {'w', Right::write},
                               {'s', Right::seen},           {'t', Right::delete_message}, {'i', Right::insert},
                               {'p', Right::post},           {'e', Right::expunge},        {'k', Right::create},
                               {'x', Right::delete_mailbox}, {'a', Right::administer},     {'n', Right::annotate}};

constexpr Rights virtual_create{Right::create, Right::delete_mailbox};
constexpr Rights virtual_delete{Right::delete_message, Right::expunge};

/// None: no such letter.
Rights meaning_of(char c) {
    if (c == 'c') return virtual_create;
    if (c == 'd') return virtual_delete;
    for (const auto& [letter, right] : alphabet)
        if (letter == c) return {right};
    return {};
}

}  // namespace

Result<Rights> Rights::parse(std::string_view letters) {
    Rights rights;
    for (const char c : letters) {
        const Rights meant = meaning_of(c);
        if (meant.empty()) return fail(ErrorCode::invalid, "Unknown right");
        rights = rights | meant;
    }
    return rights;
}

std::string Rights::letters() const {
    std::string text;
    for (const auto& [letter, right] : alphabet)
        if (has(right)) text += letter;
    return text;
}

std::string Rights::imap_letters() const {
    std::string text = letters();
    if (has_any(virtual_create)) text += 'c';
    if (has_any(virtual_delete)) text += 'd';
    return text;
}

FlagScope changeable_flags(Rights rights) {
    FlagScope scope{{}, rights.has(Right::write)};
    if (scope.keywords) scope.system = {Flag::answered, Flag::flagged, Flag::draft};
    if (rights.has(Right::seen)) scope.system.set(Flag::seen);
    if (rights.has(Right::delete_message)) scope.system.set(Flag::deleted);
    return scope;
}

}  // namespace posthouse::storage
