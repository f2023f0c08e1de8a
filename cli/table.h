// Tables for people: columns padded to equal width, and text of others made harmless for a terminal.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::cli {

/// `text` without control characters and invalid UTF-8 (shown as \xNN), so that nothing in the directory can move the
/// cursor or recolour a terminal.
std::string printable(std::string_view text);

/// Rows below a heading.
class Table {
  public:
    explicit Table(std::vector<std::string> heading) : rows_{std::move(heading)} {}
    /// A row has as many cells as the heading: what is more is left out, what is less is empty.
    void add(std::vector<std::string> row);
    void print(std::ostream& out) const;
    /// Without a row, those words ("No aliases.") in place of the bare heading.
    void print_or(std::string_view words, std::ostream& out) const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace posthouse::cli
