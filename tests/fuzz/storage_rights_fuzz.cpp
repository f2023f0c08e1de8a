// dovecot-acl, posthouse-metadata and the words in them: parsed, changed, written, and parsed again to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/access_list.h"
#include "storage/annotations.h"
#include "storage/special_use.h"

using namespace posthouse;
using namespace posthouse::storage;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void try_words(std::string_view text) {
    if (const auto rights = Rights::parse(text)) {
        require(Rights::parse(rights->letters()).value() == *rights);
        require(rights->empty() == text.empty());
    }
    if (const auto identifier = Identifier::parse(text)) {
        const Identifier again = Identifier::parse(identifier->text()).value();
        require(again == *identifier);
        // Whatever may be given an entry can be written and read again.
        AccessList list;
        require(list.change(again, true, {AccessChange::Action::replace, Rights::all()}).value());
        require(AccessList::parse(list.text()).entries() == list.entries() && list.entries().size() == 1);
    }
    if (const auto name = EntryName::parse(text)) require(EntryName::parse(name->text()).value() == *name);
    if (const auto use = parse_special_use(text)) require(parse_special_use(*use).value() == *use);
}

void try_access_list(std::string_view text) {
    AccessList list = AccessList::parse(text);
    const AccessList again = AccessList::parse(list.text());
    require(again.text() == list.text());
    require(again.entries() == list.entries() && again.senseless() == list.senseless());
    const Viewer bob{"bob", {"one", "two"}};
    require(list.senseless().empty() || list.effective(bob, false).empty());
    for (const AccessEntry& entry : list.entries()) {
        const Rights before = again.effective(bob, false);
        require(list.change(entry.who, entry.negative, {AccessChange::Action::add}).has_value());
        if (list.entries() == again.entries()) require(list.effective(bob, false) == before);
    }
    for (const AccessEntry& entry : list.entries())
        require(list.change(entry.who, entry.negative, {AccessChange::Action::forget}).value());
    require(list.entries().empty() && list.senseless() == again.senseless());
    require(list.effective(bob, true) == Rights::all());
}

void try_annotations(std::string_view text) {
    Annotations annotations = Annotations::parse(text);
    if (!annotations.damaged()) require(annotations.text() == text);
    const Annotations again = Annotations::parse(annotations.text());
    require(!again.damaged() && again.text() == annotations.text());
    for (const Annotation& one : annotations.all()) {
        require(again.find(one.name, one.user) == one.value);
        require(annotations.set(one.name, one.user, std::nullopt).value());
    }
    require(annotations.empty());
    const EntryName name = EntryName::parse("/private/comment").value();
    if (annotations.set(name, std::nullopt, std::string(text)))
        require(Annotations::parse(annotations.text()).find(name, std::nullopt) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_words(text);
    try_access_list(text);
    try_annotations(text);
    return 0;
}
