// From a document and the environment to a Config: known keys only, everything checked, paths made absolute.
#include "lib/config/load.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/config/assign.h"
#include "lib/config/nearest.h"
#include "lib/config/value.h"

namespace posthouse::config {
namespace {

/// More problems than these are not shown: the first ones are what the reader mends.
constexpr std::size_t max_problems = 50;

class Loader {
  public:
    Loader(std::string path, const Environment& environment) : path_(std::move(path)), environment_(environment) {}

    void document(const Node& root) {
        for (const auto& [name, node] : *root.get<Node::Table>()) section(name, node);
    }

    void environment() {
        for (const auto& [variable, text] : environment_) {
            const Parameter* parameter = of_variable(variable);
            if (parameter == nullptr) continue;
            if (Result<> assigned = assign_text(*parameter, text, config_); !assigned) {
                problems_.push_back({"environment " + variable, assigned.error().text});
            } else {
                origins_[parameter->full_name()] = "environment " + variable;
            }
        }
    }

    /// Absolute paths and the host name.
    void complete() {
        config_.general.run_folder = absolute(config_.general.run_folder, folder());
        for (const Parameter& parameter : parameters()) {
            const Member member = parameter.member(config_);
            if (parameter.kind == Kind::path) {
                std::string& path = *std::get<std::string*>(member);
                path = absolute(path, folder());
            } else if (parameter.kind == Kind::socket) {
                std::string& path = *std::get<std::string*>(member);
                path = absolute(path, config_.general.run_folder);
            } else if (parameter.kind == Kind::certificates) {
                for (CertificateFiles& files : *std::get<std::vector<CertificateFiles>*>(member)) {
                    files.certificate = absolute(files.certificate, folder());
                    files.key = absolute(files.key, folder());
                }
            }
        }
        if (config_.general.hostname.empty()) {
            std::array<char, 256> name{};
            if (::gethostname(name.data(), name.size() - 1) == 0) config_.general.hostname = name.data();
            if (config_.general.hostname.empty()) config_.general.hostname = "localhost";
        }
    }

    std::expected<Loaded, Problems> result() {
        if (problems_.empty()) return Loaded{std::make_shared<const Config>(std::move(config_)), std::move(origins_)};
        if (problems_.size() > max_problems) problems_.resize(max_problems);
        return std::unexpected(std::move(problems_));
    }

  private:
    std::string where(const Node& node) const {
        return node.line == 0 ? path_ : path_ + ":" + std::to_string(node.line);
    }

    void section(const std::string& name, const Node& node) {
        if (problems_.size() > max_problems) return;
        const auto known = [&](const Section& one) { return one.name == name; };
        if (std::ranges::none_of(sections(), known)) {
            std::vector<std::string_view> names;
            for (const Section& one : sections()) names.push_back(one.name);
            problems_.push_back({where(node), "unknown section " + quote(name) + nearest_hint(name, names)});
            return;
        }
        const auto* table = node.get<Node::Table>();
        if (table == nullptr) {
            problems_.push_back({where(node), name + " must be a section, not " + std::string(node.type_name())});
            return;
        }
        for (const auto& [key, value] : *table) this->value(name, key, value);
    }

    void value(const std::string& section, const std::string& key, const Node& node) {
        if (problems_.size() > max_problems) return;
        const Parameter* parameter = find_parameter(section, key);
        if (parameter == nullptr) {
            std::vector<std::string_view> names;
            for (const Parameter& one : parameters()) {
                if (one.section == section) names.push_back(one.name);
            }
            problems_.push_back(
                {where(node), "unknown parameter " + quote(section + "." + key) + nearest_hint(key, names)});
            return;
        }
        if (Result<> assigned = assign(*parameter, node, config_); !assigned) {
            problems_.push_back({where(node), parameter->full_name() + " " + assigned.error().text});
        } else {
            origins_[parameter->full_name()] = where(node);
        }
    }

    /// The parameter that a variable overrides. A variable that names a section but no parameter of it is a problem;
    /// others (POSTHOUSE_CONFIG) are none of ours.
    const Parameter* of_variable(const std::string& variable) {
        std::vector<std::string> names;
        for (const Parameter& parameter : parameters()) {
            names.push_back(parameter.environment_name());
            if (names.back() == variable) return &parameter;
        }
        for (const Section& section : sections()) {
            if (!variable.starts_with("POSTHOUSE_" + ascii::upper(section.name) + "_")) continue;
            const std::vector<std::string_view> candidates(names.begin(), names.end());
            problems_.push_back(
                {"environment " + variable, "overrides no parameter" + nearest_hint(variable, candidates)});
            break;
        }
        return nullptr;
    }

    std::string folder() const {
        std::error_code error;
        const auto file = std::filesystem::absolute(path_, error);
        return error ? "/" : file.parent_path().string();
    }

    static std::string absolute(const std::string& path, const std::string& folder) {
        if (path.empty() || path.front() == '/') return path;
        return (std::filesystem::path(folder) / path).lexically_normal().string();
    }

    std::string path_;
    const Environment& environment_;
    Config config_;
    Origins origins_;
    Problems problems_;
};

}  // namespace

Environment process_environment() {
    Environment out;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (!text.starts_with("POSTHOUSE_") || equals == std::string_view::npos) continue;
        out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

std::expected<Loaded, Problems> load_document(const std::string& path, const Node& document,
                                              const Environment& environment) {
    Loader loader(path, environment);
    loader.document(document);
    loader.environment();
    loader.complete();
    return loader.result();
}

std::expected<Loaded, Problems> load_text(const std::string& path, std::string_view text,
                                          const Environment& environment) {
    Result<Node> document = parse_toml(text);
    if (!document) {
        const std::string& line = document.error().detail;
        return std::unexpected(Problems{{line.empty() ? path : path + ":" + line, document.error().text}});
    }
    return load_document(path, *document, environment);
}

std::expected<Loaded, Problems> load_file(const std::string& path, const Environment& environment) {
    Result<std::string> text = read_file(path, max_document);
    if (!text) {
        const bool missing = text.error().code == ErrorCode::not_found;
        return std::unexpected(Problems{{path, missing ? "no such configuration file" : text.error().message()}});
    }
    return load_text(path, *text, environment);
}

}  // namespace posthouse::config
