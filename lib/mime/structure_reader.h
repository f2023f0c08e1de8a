// StructureReader: reads the tree of a message's parts while its bytes come by, in pieces of any size, and holds no
// more of them than header blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mime/structure.h"

namespace posthouse::mime {

/// The first bytes of a text part's body, as they stand in the message.
struct TextSample {
    std::uint32_t part = Part::none;
    std::string bytes;
};

/// A message without its bodies: what BODYSTRUCTURE is made of.
struct Outline {
    std::string headers;              ///< the header blocks of the parts; of each at most max_header_size bytes
    Structure structure;              ///< `header` of a part is a range of `headers`, empty when there was no more room
                                      ///< for it; `body` is one of the message
    std::vector<TextSample> samples;  ///< in order
};

/// What of a message its outline holds.
struct OutlineLimits {
    std::size_t texts = 0;              ///< samples: the first text/plain and text/html parts that are no attachments
    std::size_t bytes = 0;              ///< of each sample
    std::size_t headers = max_outline;  ///< bytes of header blocks
};

/// Reads one message. Linear in its size, whatever it holds.
class StructureReader {
  public:
    explicit StructureReader(const StructureLimits& limits = {}, const OutlineLimits& outline = {});

    /// The next bytes of the message.
    void feed(std::string_view raw);
    /// Bytes of header blocks held so far, for who wants to give up on a message that makes it too many.
    std::size_t bytes_held() const { return headers_.size(); }

    /// Ends the message. Ranges are those of the message.
    Structure structure() &&;
    Outline outline() &&;

  private:
    /// A place in the message, and what lies before it.
    struct Mark {
        std::size_t position = 0;
        WireSize size;
    };
    struct OpenPart {
        std::uint32_t index = 0;
        std::uint32_t last_child = Part::none;
        Mark header;
        Mark body;
    };
    struct Boundary {
        std::string text;
        std::size_t level;  ///< of its multipart in open_
    };
    /// What a header says that its part doesn't keep.
    struct ContentFields {
        std::string boundary;
        bool attached = false;  ///< it is sent as an attachment
    };
    struct BoundaryLine {
        std::size_t boundary;  ///< in boundaries_
        bool closing;
    };

    void begin_line(char first);
    std::size_t pass_over(std::string_view raw);
    std::size_t read_line(std::string_view raw);
    void take(std::string_view raw);
    void look_at_line(std::string_view line, bool whole);
    std::optional<BoundaryLine> match(std::string_view line, bool whole) const;
    void boundary_line(const BoundaryLine& line);
    void begin_part(const Mark& begin, std::uint32_t parent);
    void end_header(const Mark& end);
    ContentFields read_content_fields(Part& part, std::string_view header) const;
    void close_parts(std::size_t level, Mark end, const Mark& header_end);
    void finish();
    bool full() const { return parts_.size() >= limits_.parts; }

    StructureLimits limits_;
    OutlineLimits outline_limits_;
    std::vector<Part> parts_;
    std::vector<OpenPart> open_;        ///< the path from the root to the part that is being read
    std::vector<Boundary> boundaries_;  ///< of the open multiparts, outermost first
    std::vector<Range> kept_;           ///< of each part, its header in headers_
    std::string headers_;
    std::vector<TextSample> samples_;
    bool in_header_ = false;  ///< of the innermost part
    bool sampling_ = false;   ///< the bytes that come by belong to the last sample

    Mark here_;
    bool after_cr_ = false;
    bool at_line_start_ = true;
    std::size_t line_end_ = 0;         ///< bytes of the last line end
    bool looking_ = false;             ///< the present line has to be looked at when it is whole
    Mark line_start_;                  ///< of that line, as are the following
    std::size_t line_end_before_ = 0;  ///< bytes of the line end before it
    std::size_t headers_before_ = 0;   ///< size of headers_ before it
    std::size_t sample_before_ = 0;    ///< size of the last sample before it
    std::string line_;                 ///< its beginning, when it came in pieces
};

}  // namespace posthouse::mime
