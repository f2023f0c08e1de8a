// Message content as DATA carries it (RFC 5321 §4.5.2), or BDAT (RFC 3030 §2): dots unstuffed, the end found, what
// breaks the rules noticed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/smtp/reply.h"

namespace posthouse::smtp {

enum class BareLf { reject, normalize, keep };  ///< normalize: becomes CRLF
enum class BareCr { reject, keep };
enum class Nul { reject, keep };

/// How the end of the content is known: by a dot on a line of its own (DATA), or by who counts the octets (BDAT), so
/// that dots have no meaning.
enum class Framing { dot, counted };

/// How content that breaks RFC 5321 §2.3.8 is treated.
struct DataPolicy {
    BareLf bare_lf = BareLf::reject;
    BareCr bare_cr = BareCr::reject;
    Nul nul = Nul::reject;
    std::uint64_t max_size = UINT64_MAX;  ///< octets of decoded content
};

/// 552 5.3.4: the content is larger than the policy allows.
Reply too_large(const DataPolicy& policy);

/// What was seen. A line number counts from 1; 0 means never.
struct DataFacts {
    std::uint64_t size = 0;          ///< decoded octets, also when they were too many to keep
    std::uint64_t lines = 0;         ///< line ends in the decoded content
    std::uint64_t longest_line = 0;  ///< octets without the line end
    bool has_8bit = false;
    std::uint64_t bare_lf = 0;
    std::uint64_t first_bare_lf_line = 0;
    std::uint64_t bare_cr = 0;
    std::uint64_t first_bare_cr_line = 0;
    std::uint64_t nul = 0;
    std::uint64_t first_nul_line = 0;
    bool operator==(const DataFacts&) const = default;
};

/// Decodes content as it comes, in pieces of any size. The lines after 354 end with CRLF.CRLF and with nothing else (so
/// that no second message can be smuggled in). Content that is to be refused is read to its end all the same.
class DataDecoder {
  public:
    explicit DataDecoder(const DataPolicy& policy, Framing framing = Framing::dot)
        : policy_(policy), framing_(framing) {}

    /// Takes bytes and appends decoded content to `out`. Returns how many were taken: all of them, unless the end was
    /// found; what follows it is the next command. Nothing more is appended once refusal is certain.
    std::size_t feed(std::string_view bytes, std::string& out);
    /// The end of counted content: a last line without CRLF gets it, unless bare LFs are kept.
    void finish(std::string& out);
    /// The end was found.
    bool done() const { return done_; }
    /// Content is being dropped, because `refusal` is certain.
    bool refused() const;
    const DataFacts& facts() const { return facts_; }
    /// The reply to refuse the content with, nullopt when it is acceptable: 552 5.3.4 when too large, 550 5.6.11 for a
    /// bare LF or CR, 550 5.6.0 for NUL, each with the line it was met in.
    std::optional<Reply> refusal() const;

  private:
    /// What of a line that begins with a dot was seen, before it is known whether it is the last one.
    enum class Held { nothing, dot, dot_cr };

    void emit(std::string_view content, std::string& out);
    void end_line(bool with_cr);
    void note_bare_cr();
    std::size_t feed_held(std::string_view bytes, std::size_t at, std::string& out);
    std::size_t feed_text(std::string_view bytes, std::size_t at, std::string& out);
    void note_bytes(std::string_view text);

    DataPolicy policy_;
    Framing framing_;
    DataFacts facts_;
    Held held_ = Held::nothing;
    bool line_start_ = true;
    bool after_crlf_ = true;   ///< the line before ended with CRLF (the one of DATA, at first)
    bool pending_cr_ = false;  ///< the last byte was CR: its LF may be the next one
    bool done_ = false;
    std::uint64_t line_length_ = 0;
};

}  // namespace posthouse::smtp
