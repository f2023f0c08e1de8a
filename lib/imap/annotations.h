// Annotations of messages (RFC 5257): their names, and what FETCH, STORE, SEARCH, SORT and APPEND say of them, as
// values.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/imap/arguments.h"

namespace posthouse::imap {

/// Longest name of an entry that is taken, in octets.
constexpr std::size_t kMaxAnnotationName = 255;

/// Each entry has a value that all see, and one for each user (RFC 5257 §3.3).
enum class AnnotationScope { shared, priv };

/// "/comment", "/altsubject", "/<section>/comment", "/<section>/flags/seen", "/vendor/<vendor>/…": begins with "/", no
/// empty component, UTF-8 without controls, "*" and "%" (RFC 5257 §3.2). Names are compared as they are.
bool is_annotation_entry(std::string_view name);

/// One value of STORE and APPEND; none: NIL, the value is removed.
struct AnnotationValue {
    std::string entry;
    AnnotationScope scope = AnnotationScope::priv;
    std::optional<std::string> value;  ///< any octets
    bool operator==(const AnnotationValue&) const = default;
};

/// Which attributes FETCH asks for (RFC 5257 §4.3).
struct AnnotationAttributes {
    bool value_priv = false;
    bool value_shared = false;
    bool size_priv = false;
    bool size_shared = false;
    bool operator==(const AnnotationAttributes&) const = default;
};

/// FETCH's "(/comment value)" or "((/comment /altsubject) (value.priv size.priv))".
struct AnnotationQuery {
    std::vector<std::string> entries;  ///< with "*" and "%", which stops at "/"
    AnnotationAttributes attributes;
    bool operator==(const AnnotationQuery&) const = default;
};

/// SEARCH's "ANNOTATION /comment value.priv "text"" (RFC 5257 §4.8); no scope: `value`, which is either.
struct AnnotationSearch {
    std::string entries;  ///< a pattern
    std::optional<AnnotationScope> scope;
    std::optional<std::string> text;  ///< substring, without regard to case; none: NIL, there is no value
    bool operator==(const AnnotationSearch&) const = default;
};

AnnotationQuery read_annotation_query(Arguments& arguments);
/// "(/comment (value.priv "text" value.shared NIL) /altsubject (…))" (RFC 5257 §4.5, §4.7).
std::vector<AnnotationValue> read_annotation_values(Arguments& arguments);
AnnotationSearch read_annotation_search(Arguments& arguments);
/// "/comment".
std::string read_annotation_entry(Arguments& arguments);
/// "value.priv" or "value.shared".
AnnotationScope read_annotation_scope(Arguments& arguments);

/// The values of one entry of a message.
struct AnnotationShown {
    std::string_view entry;
    std::optional<std::string_view> priv;
    std::optional<std::string_view> shared;
};
/// Appends "/comment (value.priv "text" size.priv "4" value.shared NIL)" (RFC 5257 §4.4): the attributes asked for.
void append_annotation(std::string& out, const AnnotationShown& shown, const AnnotationAttributes& attributes);
/// Appends "ANNOTATION (/comment /altsubject)": what others have changed (RFC 5257 §4.4).
void append_changed_annotations(std::string& out, std::span<const std::string> entries);

}  // namespace posthouse::imap
