// Merges pages in the Prometheus text format.
#include "webmail-bridge/metrics_merge.h"

#include <array>
#include <map>
#include <optional>
#include <utility>

#include "lib/base/ascii.h"

namespace posthouse::bridge {
namespace {

struct Family {
    std::string help;  ///< the whole line
    std::string type;
    std::string samples;
};

bool is_name_octet(char c) { return ascii::is_alnum(c) || c == '_' || c == ':'; }

std::string_view name_at_start(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && is_name_octet(text[end])) ++end;
    return text.substr(0, end);
}

/// A sample in its pieces: name{labels} value.
struct Sample {
    std::string_view name;
    std::string_view labels;  ///< without braces
    std::string_view rest;    ///< value and time
    bool has_worker = false;
};

/// The labels of a sample that begins at `text` with '{'; the quoted values may hold anything.
std::optional<std::size_t> end_of_labels(std::string_view text, bool& has_worker) {
    bool quoted = false;
    std::size_t label = 1;  // where the present label begins
    for (std::size_t at = 1; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted && c == '\\') {
            ++at;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (quoted) {
            continue;
        } else if (c == '=') {
            has_worker = has_worker || ascii::trim(text.substr(label, at - label)) == "worker";
        } else if (c == ',') {
            label = at + 1;
        } else if (c == '}') {
            return at;
        }
    }
    return std::nullopt;
}

std::optional<Sample> parse_sample(std::string_view line) {
    Sample sample;
    sample.name = name_at_start(line);
    if (sample.name.empty() || ascii::is_digit(sample.name.front())) return std::nullopt;
    line.remove_prefix(sample.name.size());
    if (line.starts_with('{')) {
        const std::optional<std::size_t> end = end_of_labels(line, sample.has_worker);
        if (!end) return std::nullopt;
        sample.labels = line.substr(1, *end - 1);
        line.remove_prefix(*end + 1);
    }
    sample.rest = ascii::trim(line);
    if (sample.rest.empty()) return std::nullopt;
    return sample;
}

/// Whether samples of this name belong to the family: a histogram's are its buckets, sum and count.
bool belongs(std::string_view sample, std::string_view family, std::string_view type) {
    if (!sample.starts_with(family)) return false;
    const std::string_view suffix = sample.substr(family.size());
    if (suffix.empty()) return true;
    if (type != "histogram" && type != "summary") return false;
    return suffix == "_sum" || suffix == "_count" || (type == "histogram" && suffix == "_bucket");
}

class Merger {
  public:
    void add(const MetricsText& text) {
        family_.clear();
        type_.clear();
        skipped_ = false;
        const std::string worker = "worker=\"" + std::to_string(text.worker) + "\"";
        for (const std::string_view line : ascii::split(text.text, '\n')) {
            if (line.starts_with("# HELP ")) {
                help(line);
            } else if (line.starts_with("# TYPE ")) {
                type(line);
            } else if (!line.empty() && line.front() != '#') {
                sample(line, worker);
            }
        }
    }

    std::string take() const {
        std::string page;
        for (const std::string* name : order_) {
            const Family& family = families_.find(*name)->second;
            if (family.samples.empty()) continue;
            if (!family.help.empty()) page += family.help + "\n";
            if (!family.type.empty()) page += "# TYPE " + *name + " " + family.type + "\n";
            page += family.samples;
        }
        return page;
    }

  private:
    static constexpr std::size_t prefix = 7;  // "# HELP ", "# TYPE "

    Family& family(std::string_view name) {
        const auto found = families_.find(name);
        if (found != families_.end()) return found->second;
        const auto added = families_.emplace(name, Family{}).first;
        order_.push_back(&added->first);
        return added->second;
    }
    void begin(std::string_view name) {
        if (family_ == name) return;
        family_ = name;
        type_.clear();
        skipped_ = false;
    }
    void help(std::string_view line) {
        const std::string_view name = name_at_start(line.substr(prefix));
        if (name.empty()) return;
        begin(name);
        Family& known = family(name);
        if (known.help.empty()) known.help = line;
    }
    void type(std::string_view line) {
        const std::string_view name = name_at_start(line.substr(prefix));
        if (name.empty()) return;
        begin(name);
        type_ = ascii::trim(line.substr(prefix + name.size()));
        Family& known = family(name);
        if (known.type.empty() && known.samples.empty()) known.type = type_;
        skipped_ = known.type != type_;
    }
    void sample(std::string_view line, const std::string& worker) {
        const std::optional<Sample> sample = parse_sample(line);
        if (!sample) return;
        if (!belongs(sample->name, family_, type_)) {
            begin(sample->name);
            skipped_ = !family(sample->name).type.empty();
        }
        if (skipped_) return;
        std::string& out = family(family_).samples;
        out.append(sample->name).append("{").append(sample->labels);
        if (!sample->has_worker) {
            if (!sample->labels.empty() && !sample->labels.ends_with(',')) out += ',';
            out += worker;
        }
        out.append("} ").append(sample->rest).append("\n");
    }

    std::map<std::string, Family, std::less<>> families_;
    std::vector<const std::string*> order_;
    std::string family_;  ///< of the lines that are read now
    std::string type_;
    bool skipped_ = false;
};

}  // namespace

std::string merge_metrics(const std::vector<MetricsText>& texts) {
    Merger merger;
    for (const MetricsText& text : texts) merger.add(text);
    return merger.take();
}

}  // namespace posthouse::bridge
