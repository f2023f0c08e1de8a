// Pages, put together.
#include "manual/page.h"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "manual/roff.h"

namespace posthouse::manual {

Result<Prose> Prose::read(const std::string& path) {
    const Result<std::string> text = read_file(path);
    if (!text) return fail(text.error());
    Result<Prose> prose = parse(*text);
    if (!prose) return fail(prose.error().code, path + ": " + prose.error().text);
    return prose;
}

Result<Prose> Prose::parse(std::string_view markdown) {
    Prose prose;
    std::string* section = nullptr;
    for (const std::string_view line : ascii::split(markdown, '\n')) {
        if (line.starts_with("## ")) {
            const std::string_view heading = line.substr(3);
            if (std::ranges::find(headings, heading) == headings.end())
                return fail(ErrorCode::invalid, "pages have no section \"" + std::string(heading) + '"');
            section = &prose.sections_[std::string(heading)];
        } else if (section != nullptr) {
            section->append(line).append("\n");
        } else if (!line.empty()) {
            return fail(ErrorCode::invalid, "text before the first heading");
        }
    }
    return prose;
}

std::string_view Prose::section(std::string_view heading) const {
    const auto found = sections_.find(heading);
    return found == sections_.end() ? std::string_view() : found->second;
}

Page::Page(std::string name, int number, std::string purpose)
    : name_(std::move(name)), number_(number), purpose_(std::move(purpose)) {}

void Page::add(std::string_view heading, std::string_view text) {
    if (!text.empty()) sections_[std::string(heading)] += text;
}

void Page::add(const Prose& prose) {
    for (const std::string_view heading : headings) {
        const std::string_view text = prose.section(heading);
        const bool goes_on = heading == headings.back() && !text.empty() && has(heading);
        add(heading, goes_on ? ",\n" + spans(text) : heading == headings.back() ? spans(text) : blocks(text));
    }
}

std::string Page::text(std::string_view version) const {
    std::string out = ".TH \"" + literal(ascii::upper(name_)) + "\" " + std::to_string(number_) + " \"\" \"Posthouse " +
                      std::string(version) + "\" \"Posthouse\"\n.nr HY 0\n.nh\n.ad l\n.SH NAME\n" + literal(name_) +
                      " \\- " + literal(purpose_) + '\n';
    for (const std::string_view heading : headings) {
        const auto section = sections_.find(heading);
        if (section == sections_.end()) continue;
        std::string_view text = section->second;
        // A heading is a paragraph's beginning already.
        if (text.starts_with(".PP\n")) text.remove_prefix(4);
        out += ".SH " + ascii::upper(heading) + '\n' + std::string(text);
    }
    return out;
}

}  // namespace posthouse::manual
