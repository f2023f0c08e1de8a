// Annotations of messages: the grammar of RFC 5257 §5.
#include "lib/imap/annotations.h"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/imap/limits.h"
#include "lib/imap/list_pattern.h"
#include "lib/imap/strings.h"

namespace posthouse::imap {
namespace {

std::string read_pattern(Arguments& arguments) {
    std::string pattern = arguments.list_mailbox();
    if (pattern.size() > kMaxAnnotationName) arguments.fail("Annotation entry is too long", ErrorCode::limit);
    if (!arguments.failed() && !pattern.starts_with('/') && !pattern.starts_with('*') && !pattern.starts_with('%'))
        arguments.fail("Invalid annotation entry");
    return pattern;
}

void read_attribute(Arguments& arguments, AnnotationAttributes& attributes) {
    const std::string name = ascii::lower(arguments.list_mailbox());
    if (arguments.failed()) return;
    const ListPattern pattern(name, '.');
    bool is_known = false;
    const auto take = [&](bool& asked, std::string_view both, std::string_view one) {
        const bool is_meant = pattern.matches(both) || pattern.matches(one);
        asked |= is_meant;
        is_known |= is_meant;
    };
    take(attributes.value_priv, "value", "value.priv");
    take(attributes.value_shared, "value", "value.shared");
    take(attributes.size_priv, "size", "size.priv");
    take(attributes.size_shared, "size", "size.shared");
    if (!is_known) arguments.fail("Unknown annotation attribute");
}

/// NUL is for a literal8 only (RFC 5257 §3.2.2).
void append_value(std::string& out, std::optional<std::string_view> value) {
    if (!value || value->find('\0') == std::string_view::npos) return append_nstring(out, value);
    out += "~{" + std::to_string(value->size()) + "}\r\n";
    out += *value;
}

}  // namespace

bool is_annotation_entry(std::string_view name) {
    if (name.size() < 2 || name.size() > kMaxAnnotationName || name.front() != '/' || name.back() == '/') return false;
    if (name.find("//") != std::string_view::npos || !ascii::is_utf8(name)) return false;
    return std::ranges::none_of(name, [](char c) { return ascii::is_control(c) || c == '*' || c == '%'; });
}

std::string read_annotation_entry(Arguments& arguments) {
    std::string entry = arguments.astring();
    if (!arguments.failed() && !is_annotation_entry(entry)) arguments.fail("Invalid annotation entry");
    return entry;
}

AnnotationScope read_annotation_scope(Arguments& arguments) {
    const std::string attribute = ascii::lower(arguments.astring());
    if (attribute == "value.priv") return AnnotationScope::priv;
    if (attribute != "value.shared") arguments.fail("Expected value.priv or value.shared");
    return AnnotationScope::shared;
}

AnnotationQuery read_annotation_query(Arguments& arguments) {
    AnnotationQuery query;
    arguments.expect('(');
    const bool several = arguments.accept('(');
    do {
        if (query.entries.size() >= kMaxAnnotationPatterns) {
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
        const std::string entry = read_annotation_entry(arguments);
        arguments.space();
        arguments.expect('(');
        do {
            if (values.size() >= kMaxAnnotationValues) arguments.fail("Too many annotations", ErrorCode::limit);
            const AnnotationScope scope = read_annotation_scope(arguments);
            arguments.space();
            std::optional<std::string> value = arguments.nstring();
            if (arguments.failed()) return {};
            values.push_back({entry, scope, std::move(value)});
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
    if (!arguments.accept_word("value")) search.scope = read_annotation_scope(arguments);
    arguments.space();
    search.text = arguments.nstring();
    return search;
}

void append_annotation(std::string& out, const AnnotationShown& shown, const AnnotationAttributes& attributes) {
    append_astring(out, shown.entry);
    out += " (";
    const auto size_of = [](std::optional<std::string_view> value) {
        return "\"" + std::to_string(value ? value->size() : 0) + "\"";
    };
    const std::size_t begin = out.size();
    const auto name = [&](std::string_view attribute) {
        if (out.size() > begin) out += ' ';
        out.append(attribute).append(" ");
    };
    if (attributes.value_priv) {
        name("value.priv");
        append_value(out, shown.priv);
    }
    if (attributes.size_priv) {
        name("size.priv");
        out += size_of(shown.priv);
    }
    if (attributes.value_shared) {
        name("value.shared");
        append_value(out, shown.shared);
    }
    if (attributes.size_shared) {
        name("size.shared");
        out += size_of(shown.shared);
    }
    out += ')';
}

void append_changed_annotations(std::string& out, std::span<const std::string> entries) {
    out += "ANNOTATION (";
    bool is_first = true;
    for (const std::string& entry : entries) {
        if (!std::exchange(is_first, false)) out += ' ';
        append_astring(out, entry);
    }
    out += ')';
}

}  // namespace posthouse::imap
