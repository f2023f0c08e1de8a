// The table of parameters.def as an array.
#include "lib/config/parameter.h"

#include <concepts>

#include "lib/base/ascii.h"

namespace posthouse::config {
namespace {

constexpr std::int64_t number(std::integral auto value) { return static_cast<std::int64_t>(value); }
constexpr std::int64_t number(Duration value) { return value.count(); }

#define ANY \
    Limits {}
#define RANGE(minimum, maximum) \
    Limits { number(minimum), number(maximum) }
#define WORDS(...)               \
    Limits {                     \
        .words = { __VA_ARGS__ } \
    }

const std::vector<Section>& section_table() {
    static const std::vector<Section> table = {
#define SECTION(section, Struct, documentation) {#section, documentation},
#define PARAMETER(section, name, kind, initial, limits, applies, documentation)
#define SECTION_END(section, Struct)
#include "lib/config/parameters.def"
#undef SECTION
#undef PARAMETER
    };
    return table;
}

const std::vector<Parameter>& parameter_table() {
    static const std::vector<Parameter> table = {
#define SECTION(section, Struct, documentation)
#define PARAMETER(section, name, kind, initial, limits, applies, documentation)                           \
    {#section, #name, Kind::kind, limits, Applies::applies, documentation, [](Config& config) -> Member { \
         return &config.section.name;                                                                     \
     }},
#include "lib/config/parameters.def"
#undef SECTION
#undef PARAMETER
#undef SECTION_END
    };
    return table;
}

}  // namespace

std::string Parameter::full_name() const { return std::string(section) + "." + std::string(name); }

std::string Parameter::environment_name() const {
    return "POSTHOUSE_" + ascii::upper(section) + "_" + ascii::upper(name);
}

std::span<const Parameter> parameters() { return parameter_table(); }
std::span<const Section> sections() { return section_table(); }

const Parameter* find_parameter(std::string_view section, std::string_view name) {
    for (const Parameter& parameter : parameters()) {
        if (parameter.section == section && parameter.name == name) return &parameter;
    }
    return nullptr;
}

std::vector<const Parameter*> changed(const Config& before, const Config& after) {
    Config old_values = before;
    Config new_values = after;
    std::vector<const Parameter*> out;
    for (const Parameter& parameter : parameters()) {
        const Member old_value = parameter.member(old_values);
        const Member new_value = parameter.member(new_values);
        const bool same =
            std::visit([&](auto* value) { return *value == *std::get<decltype(value)>(new_value); }, old_value);
        if (!same) out.push_back(&parameter);
    }
    return out;
}

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::string: return "string";
        case Kind::path: return "path";
        case Kind::socket: return "socket path";
        case Kind::boolean: return "true or false";
        case Kind::integer: return "integer";
        case Kind::duration: return "duration";
        case Kind::size: return "size";
        case Kind::list: return "list of strings";
        case Kind::word: return "word";
        case Kind::addresses: return "list of addresses";
        case Kind::networks: return "list of networks";
        case Kind::certificates: return "list of certificates";
    }
    return "unknown";
}

std::string_view to_string(Applies applies) { return applies == Applies::reload ? "reload" : "restart"; }

}  // namespace posthouse::config
