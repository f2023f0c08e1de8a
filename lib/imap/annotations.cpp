// Annotations of messages: the grammar of RFC 5257 §5.
#include "lib/imap/annotations.h"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/imap/limits.h"
#include "lib/imap/strings.h"

namespace posthouse::imap {
namespace {

/// Literals may hold any octet (RFC 3516), atoms and strings what they always may.
std::optional<std::string> read_value(Arguments& arguments) { return arguments.nstring(); }

std::string read_entry(Arguments& arguments) {
    std::string entry = arguments.astring();
    if (!arguments.failed() && !is_annotation_entry(entry)) arguments.fail("Invalid annotation entry");
    return entry;
}

std::string read_pattern(Arguments& arguments) {
    std::string pattern = arguments.list_mailbox();
    if (pattern.size() > kMaxAnnotationName) arguments.fail("Annotation entry is too long", ErrorCode::limit);
    return pattern;
}

/// "value.priv" or "value.shared".
std::optional<AnnotationScope> read_scope(Arguments& arguments) {
    const std::string attribute = ascii::lower(arguments.astring());
    if (attribute == "value.priv") return AnnotationScope::priv;
    if (attribute == "value.shared") return AnnotationScope::shared;
    arguments.fail("Expected value.priv or value.shared");
    return std::nullopt;
}

void read_attribute(Arguments& arguments, AnnotationAttributes& attributes) {
    const std::string name = ascii::lower(arguments.list_mailbox());
    const bool all = name == "*" || name == "%";
    const bool value = all || name == "value" || name == "value*" || name == "value.*";
    const bool size = all || name == "size" || name == "size*" || name == "size.*";
    const AnnotationAttributes before = attributes;
    attributes.value_priv |= value || name == "value.priv";
    attributes.value_shared |= value || name == "value.shared";
    attributes.size_priv |= size || name == "size.priv";
    attributes.size_shared |= size || name == "size.shared";
    const bool is_one =
        value || size || name == "value.priv" || name == "value.shared" || name == "size.priv" || name == "size.shared";
    if (!is_one && attributes == before) arguments.fail("Unknown annotation attribute");
}

}  // namespace

bool is_annotation_entry(std::string_view name) {
    if (name.size() < 2 || name.size() > kMaxAnnotationName || name.front() != '/' || name.back() == '/') return false;
    if (name.find("//") != std::string_view::npos) return false;
    return std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f' && c != '*' && c != '%'; });
}

AnnotationQuery read_annotation_query(Arguments& arguments) {
    AnnotationQuery query;
    arguments.expect('(');
    const bool several = arguments.accept('(');
    do {
        if (query.entries.size() >= kMaxWords) {
            arguments.fail("Too many entries", ErrorCode::limit);
            return query;
        }
        query.entries.push_back(read_pattern(arguments));
    } while (several && arguments.accept(' '));
    if (several) arguments.expect(')');
    arguments.space();
    if (arguments.accept('(')) {
        std::size_t count = 0;
        do {
            if (++count > kMaxWords) arguments.fail("Too many attributes", ErrorCode::limit);
            read_attribute(arguments, query.attributes);
        } while (arguments.accept(' '));
        arguments.expect(')');
    } else {
        read_attribute(arguments, query.attributes);
    }
    arguments.expect(')');
    return query;
}

std::vector<AnnotationValue> read_annotation_values(Arguments& arguments) {
    std::vector<AnnotationValue> values;
    arguments.expect('(');
    do {
        const std::string entry = read_entry(arguments);
        arguments.space();
        arguments.expect('(');
        do {
            if (values.size() >= kMaxWords) arguments.fail("Too many annotations", ErrorCode::limit);
            const std::optional<AnnotationScope> scope = read_scope(arguments);
            arguments.space();
            std::optional<std::string> value = read_value(arguments);
            if (arguments.failed()) return {};
            values.push_back({entry, *scope, std::move(value)});
        } while (arguments.accept(' '));
        arguments.expect(')');
    } while (arguments.accept(' '));
    arguments.expect(')');
    return values;
}

AnnotationSearch read_annotation_search(Arguments& arguments) {
    AnnotationSearch search;
    search.entries = read_pattern(arguments);
    arguments.space();
    if (!arguments.accept_word("value")) search.scope = read_scope(arguments);
    arguments.space();
    search.text = read_value(arguments);
    return search;
}

void append_annotation(std::string& out, std::string_view entry, const std::vector<AnnotationShown>& attributes) {
    append_astring(out, entry);
    out += " (";
    bool is_first = true;
    for (const AnnotationShown& shown : attributes) {
        if (!std::exchange(is_first, false)) out += ' ';
        out += shown.attribute;
        out += ' ';
        append_nstring(out, shown.value);
    }
    out += ')';
}

}  // namespace posthouse::imap
