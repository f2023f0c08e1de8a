// A manual page: sections in their usual order, each of what the program knows and of what docs/man tells beside it.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::manual {

/// The sections that pages have, in their order.
inline constexpr std::array<std::string_view, 15> headings = {
    "Synopsis", "Description", "Commands",    "Daemons",     "Options", "Listeners", "Configuration", "Signals",
    "Control",  "Log",         "Exit status", "Environment", "Files",   "Examples",  "See also"};

/// What a file in docs/man tells: sections of Markdown, each below a heading "## Files".
class Prose {
  public:
    Prose() = default;
    /// Errors: as read_file; invalid (a heading that pages don't have, or text before the first).
    static Result<Prose> read(const std::string& path);
    static Result<Prose> parse(std::string_view markdown);

    /// By heading; empty when there is none.
    std::string_view section(std::string_view heading) const;

  private:
    std::map<std::string, std::string, std::less<>> sections_;
};

class Page {
  public:
    /// "posthouse-queue", 8, "Messages on their way".
    Page(std::string name, int number, std::string purpose);

    const std::string& name() const { return name_; }
    int number() const { return number_; }
    const std::string& purpose() const { return purpose_; }
    /// "posthouse-queue.8"
    std::string file_name() const { return name_ + '.' + std::to_string(number_); }
    /// "posthouse-queue(8)"
    std::string reference() const { return name_ + '(' + std::to_string(number_) + ')'; }

    /// Appends to a section; `text` is ready for man(7).
    void add(std::string_view heading, std::string_view text);
    /// Appends each section of `prose`.
    void add(const Prose& prose);
    bool has(std::string_view heading) const { return sections_.contains(heading); }
    /// The page whole, of this version of Posthouse.
    std::string text(std::string_view version) const;

  private:
    std::string name_;
    int number_;
    std::string purpose_;
    std::map<std::string, std::string, std::less<>> sections_;
};

}  // namespace posthouse::manual
