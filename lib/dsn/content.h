// What a report has to know of the message that it returns, found out in one pass over its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::dsn {

/// A message's content, as ContentScanner saw it. As it is made here: nothing is there to be returned.
struct Content {
    std::string header;      ///< its fields, lines ending in CRLF, without the empty line; at most max_returned_header
    std::uint64_t size = 0;  ///< bytes fed
    bool whole = false;      ///< it was fed to its end
    bool header_eight_bit = false;  ///< of the whole header
    bool eight_bit = false;         ///< anywhere
    bool boundary_occurs = false;   ///< a line begins with the boundary: it can't delimit this content
};

/// Takes content in pieces of any size; lines end in CRLF or LF. `boundary` is the one that the report will have.
class ContentScanner {
  public:
    explicit ContentScanner(std::string boundary) : delimiter_("--" + std::move(boundary)) {}

    void feed(std::string_view piece);
    /// The header is complete: for a report that returns no more than that, nothing else needs to be fed.
    bool header_done() const { return header_done_; }
    /// What was fed; `whole` says that it was everything.
    Content finish(bool whole);

  private:
    void end_header_line();

    std::string delimiter_;
    std::string line_start_;  ///< the first bytes of the present line, as many as a delimiter has
    Content content_;
    std::string header_line_;     ///< the present line while in the header
    std::size_t last_field_ = 0;  ///< where it begins in content_.header
    bool header_done_ = false;
    bool header_full_ = false;
};

/// The boundary of a report from random letters and digits, of which `random` should have 32: "=_" before them, which
/// quoted-printable and base64 never contain (RFC 2045 §6.7).
std::string make_boundary(std::string_view random);

}  // namespace posthouse::dsn
