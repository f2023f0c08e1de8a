// The table and a Config as documents for people and programs.
#include "lib/config/show.h"

#include "lib/config/value.h"

namespace posthouse::config {
namespace {

struct ToNode {
    static Node of(const std::string& text) { return Node{.value = text}; }

    Node operator()(const std::string* text) const { return of(*text); }
    Node operator()(const bool* flag) const { return Node{.value = *flag}; }
    Node operator()(const std::int64_t* number) const { return Node{.value = *number}; }
    Node operator()(const Duration* duration) const { return of(format_duration(*duration)); }
    Node operator()(const std::uint64_t* bytes) const { return of(format_size(*bytes)); }
    Node operator()(const std::vector<std::string>* strings) const {
        Node::List list;
        for (const std::string& text : *strings) list.push_back(of(text));
        return Node{.value = std::move(list)};
    }
    Node operator()(const std::vector<CertificateFiles>* certificates) const {
        Node::List list;
        for (const CertificateFiles& one : *certificates) {
            Node::Table table;
            table.push_back({"certificate", of(one.certificate)});
            table.push_back({"key", of(one.key)});
            list.push_back(Node{.value = std::move(table)});
        }
        return Node{.value = std::move(list)};
    }
};

std::string origin_of(const Parameter& parameter, const Origins& origins) {
    const auto found = origins.find(parameter.full_name());
    return found == origins.end() ? "default" : found->second;
}

constexpr std::string_view reference_title = R"(# Configuration

<!-- Generated from lib/config/parameters.def; rewrite it with `ninja -C BUILD reference`. -->

)";

}  // namespace

std::string limits_text(const Parameter& parameter) {
    std::string out;
    for (const std::string_view word : parameter.limits.words) {
        if (!out.empty()) out += ", ";
        out += "`" + std::string(word) + "`";
    }
    const auto format = [&](std::int64_t bound) {
        if (parameter.kind == Kind::duration) return format_duration(Duration(bound));
        if (parameter.kind == Kind::size) return format_size(static_cast<std::uint64_t>(bound));
        return std::to_string(bound);
    };
    const bool range =
        parameter.kind == Kind::integer || parameter.kind == Kind::duration || parameter.kind == Kind::size;
    if (range) out = format(parameter.limits.minimum) + " to " + format(parameter.limits.maximum);
    return out;
}

std::string_view introduction() {
    return R"(The server reads one TOML file, `/etc/posthouse/posthouse.toml` unless `--config FILE` or `POSTHOUSE_CONFIG` says
otherwise. Everything has a default. Each parameter can be overridden by the environment variable
`POSTHOUSE_SECTION_NAME`, for example `POSTHOUSE_SMTPD_WORKERS=4`; lists are written with commas there.

- `posthouse config check` checks the file, and whether certificates and folders are usable; nothing is changed.
- `posthouse config show` prints every value and where it comes from.
- A changed parameter takes effect at `reload` (SIGHUP to `posthoused`; no connection is dropped) or at `restart`.
- Durations have a unit: `250ms`, `30s`, `5m`, `1h`, `7d`. Sizes: `512`, `64K`, `50M`, `2G` (powers of 1024).
- Relative paths are relative to the folder of the configuration file, those of sockets to `general.run_folder`.
)";
}

Node to_node(const Config& config, const std::vector<std::string_view>& section_names) {
    Node::Table root;
    for (const std::string_view section : section_names) {
        Node::Table table;
        for (const Parameter& parameter : parameters()) {
            if (parameter.section != section) continue;
            table.push_back({std::string(parameter.name), std::visit(ToNode{}, value_of(parameter, config))});
        }
        root.push_back({std::string(section), Node{.value = std::move(table)}});
    }
    return Node{.value = std::move(root)};
}

std::string show_text(const Config& config, const Origins& origins) {
    std::string out;
    for (const Section& section : sections()) {
        if (!out.empty()) out += "\n";
        out += "[" + std::string(section.name) + "]\n";
        for (const Parameter& parameter : parameters()) {
            if (parameter.section != section.name) continue;
            out += std::string(parameter.name) + " = " + format_value(value_of(parameter, config)) + "  # " +
                   origin_of(parameter, origins) + "\n";
        }
    }
    return out;
}

std::string show_json(const Config& config, const Origins& origins) {
    Node::Table root;
    for (const Section& section : sections()) {
        Node::Table table;
        for (const Parameter& parameter : parameters()) {
            if (parameter.section != section.name) continue;
            Node::Table entry;
            entry.push_back({"value", std::visit(ToNode{}, value_of(parameter, config))});
            entry.push_back({"origin", Node{.value = origin_of(parameter, origins)}});
            entry.push_back({"applies", Node{.value = std::string(to_string(parameter.applies))}});
            table.push_back({std::string(parameter.name), Node{.value = std::move(entry)}});
        }
        root.push_back({std::string(section.name), Node{.value = std::move(table)}});
    }
    return write_json(Node{.value = std::move(root)}, true) + "\n";
}

std::string reference() {
    const Config defaults;
    std::string out(reference_title);
    out += introduction();
    for (const Section& section : sections()) {
        out += "\n## [" + std::string(section.name) + "]\n\n" + std::string(section.documentation) + "\n\n";
        out += "| parameter | kind | default | allowed | applies at | what it does |\n|---|---|---|---|---|---|\n";
        for (const Parameter& parameter : parameters()) {
            if (parameter.section != section.name) continue;
            out += "| `" + std::string(parameter.name) + "` | " + std::string(to_string(parameter.kind)) + " | `" +
                   format_value(value_of(parameter, defaults)) + "` | " + limits_text(parameter) + " | " +
                   std::string(to_string(parameter.applies)) + " | " + std::string(parameter.documentation) + " |\n";
        }
    }
    return out;
}

}  // namespace posthouse::config
