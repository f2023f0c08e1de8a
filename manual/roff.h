// Text for man(7): the pages' prose is the Markdown of this project's documentation, in the few forms that it needs.
#pragma once

#include <string>
#include <string_view>

namespace posthouse::manual {

/// Text as it is, typed by whoever reads it or not: nothing in it is a request or an escape. No line breaks.
std::string literal(std::string_view text);
/// One paragraph of Markdown as text within a line: `code` is bold, [text](target) is text.
std::string spans(std::string_view markdown);
/// Markdown: paragraphs, lists ("- "; with a `term`: at the beginning the term stands out), and fenced examples.
std::string blocks(std::string_view markdown);
/// A term, ready for man(7), and below it what is said of it, in Markdown.
std::string item(std::string_view term, std::string_view markdown);
/// With a capital at its beginning.
std::string capitalised(std::string_view text);
/// Lines as they are typed.
std::string example(std::string_view lines);

/// Font changes around text that is ready for man(7).
std::string bold(std::string_view ready);
std::string italic(std::string_view ready);

}  // namespace posthouse::manual
