// Markdown to man(7).
#include "manual/roff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/base/utf8.h"

namespace posthouse::manual {
namespace {

/// The character at `at` by its number; moves `at` behind it.
std::string escape_of(std::string_view text, std::size_t& at) {
    const std::size_t length = utf8::character_length(text.substr(at));
    const char32_t code_point = length == 0 ? U'\uFFFD' : utf8::code_point(text.substr(at, length));
    at += std::max<std::size_t>(length, 1);
    return fmt::format("\\[u{:04X}]", static_cast<std::uint32_t>(code_point));
}

/// A line that begins with a request's character would be one.
std::string guarded(std::string line) { return line.starts_with('.') || line.starts_with('\'') ? "\\&" + line : line; }

/// "- `term`: text" and "- text".
std::string list_item(std::string_view text) {
    const std::size_t end = text.starts_with('`') ? text.find("`:", 1) : std::string_view::npos;
    if (end != std::string_view::npos) {
        return item(bold(literal(text.substr(1, end - 1))), capitalised(ascii::trim(text.substr(end + 2))));
    }
    return ".IP \\(bu 3\n" + guarded(spans(text)) + '\n';
}

/// The blocks of a text: what stands between empty lines; a fenced example is one, whatever is in it.
std::vector<std::string> split_blocks(std::string_view markdown) {
    std::vector<std::string> all;
    std::string block;
    bool fenced = false;
    const auto end = [&] {
        if (!block.empty()) all.push_back(std::move(block));
        block.clear();
    };
    for (const std::string_view line : ascii::split(markdown, '\n')) {
        const bool is_fence = line.starts_with("```");
        const bool is_item = !fenced && line.starts_with("- ");
        if ((is_fence && !fenced) || is_item || (line.empty() && !fenced)) end();
        if (is_fence) fenced = !fenced;
        if (!line.empty() || fenced) block += std::string(line) + '\n';
        if (is_fence && !fenced) end();
    }
    end();
    return all;
}

/// Lines of a paragraph as one.
std::string joined(std::string_view lines) {
    std::string text;
    for (const std::string_view line : ascii::split(lines, '\n')) {
        const std::string_view words = ascii::trim(line);
        if (!words.empty()) text.append(text.empty() ? "" : " ").append(words);
    }
    return text;
}

}  // namespace

std::string literal(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (static_cast<unsigned char>(c) >= 0x80) {
            out += escape_of(text, at);
            continue;
        }
        ++at;
        switch (c) {
            case '\\': out += "\\e"; break;
            case '-': out += "\\-"; break;
            case '\'': out += "\\(aq"; break;
            case '`': out += "\\(ga"; break;
            case '^': out += "\\(ha"; break;
            case '~': out += "\\(ti"; break;
            default: out += c;
        }
    }
    return out;
}

std::string bold(std::string_view ready) { return "\\fB" + std::string(ready) + "\\fR"; }
std::string italic(std::string_view ready) { return "\\fI" + std::string(ready) + "\\fR"; }

std::string capitalised(std::string_view text) {
    std::string out(text);
    if (!out.empty()) out.front() = ascii::to_upper(out.front());
    return out;
}

std::string spans(std::string_view markdown) {
    const std::string text = joined(markdown);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '`') {
            const std::size_t end = text.find('`', at + 1);
            if (end != std::string::npos) {
                out += bold(literal(std::string_view(text).substr(at + 1, end - at - 1)));
                at = end + 1;
                continue;
            }
        }
        if (text[at] == '[') {
            const std::size_t middle = text.find("](", at);
            const std::size_t end = middle == std::string::npos ? middle : text.find(')', middle);
            if (end != std::string::npos && text.find('[', at + 1) > middle) {
                out += spans(std::string_view(text).substr(at + 1, middle - at - 1));
                at = end + 1;
                continue;
            }
        }
        const std::size_t next = std::min(text.find_first_of("`[", at + 1), text.size());
        out += literal(std::string_view(text).substr(at, next - at));
        at = next;
    }
    return out;
}

std::string blocks(std::string_view markdown) {
    std::string out;
    for (const std::string& block : split_blocks(markdown)) {
        if (block.starts_with("```")) {
            const std::size_t begin = block.find('\n') + 1;
            out += ".PP\n" + example(std::string_view(block).substr(begin, block.rfind("```") - begin));
        } else if (block.starts_with("- ")) {
            out += list_item(joined(std::string_view(block).substr(2)));
        } else {
            out += ".PP\n" + guarded(spans(block)) + '\n';
        }
    }
    return out;
}

std::string item(std::string_view term, std::string_view markdown) {
    return ".TP\n" + guarded(std::string(term)) + '\n' + guarded(spans(markdown)) + '\n';
}

std::string example(std::string_view lines) {
    std::string out = ".RS 4\n.EX\n";
    while (lines.ends_with('\n')) lines.remove_suffix(1);
    for (const std::string_view line : ascii::split(lines, '\n')) out += guarded(literal(line)) + '\n';
    return out + ".EE\n.RE\n";
}

}  // namespace posthouse::manual
