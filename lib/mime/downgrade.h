// Messages for who can't take their octets: parts in binary or 8bit become base64 or quoted-printable (RFC 6152 §3,
// RFC 3030 §3).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/mime/structure.h"
#include "lib/mime/transfer_encoder.h"

namespace posthouse::mime {

/// What the receiver takes: lines of any octets but NUL (8BITMIME), or of ASCII only.
enum class LineForm { eight_bit, seven_bit };
/// What is within a multipart/signed is signed with its encoding (RFC 1847 §2.1): leave it alone, or change it and
/// break the signature.
enum class SignedParts { keep, encode };

/// A message and what of it has to be encoded. Parts that are in binary become base64; those in 8bit, which are looked
/// at for seven_bit only, quoted-printable or base64, whichever is shorter. Their Content-Transfer-Encoding fields
/// follow, and those of the multiparts and messages around them, which can't be encoded themselves (RFC 2045 §6.4);
/// only message/global may be, and is as a whole (RFC 6532 §3.7). What parts decode to stays the same; in a message
/// whose lines end in LF, a text's line ends count as CRLF.
class Downgrade {
  public:
    /// `message` must outlive this.
    Downgrade(std::string_view message, LineForm form, SignedParts signed_parts = SignedParts::keep);

    /// Something is encoded. If not, `write` copies.
    bool changes() const { return !edits_.empty(); }
    /// What `write` gives is of the form. Else something is left that no part holds or that can't be encoded: in a
    /// header (RFC 6532), between parts, in another encoding, within what is signed.
    bool complete() const { return complete_; }
    /// Within a multipart/signed something had to be encoded: it was (then the signature is broken), or was kept.
    bool concerns_signature() const { return concerns_signature_; }
    /// A DKIM-Signature (RFC 6376 §3.5) doesn't fit any more, as the body changes.
    bool breaks_dkim() const;

    /// Writes the message. Errors: of `write`.
    Result<> write(const Write& write) const;

  private:
    enum class Action { replace, base64, base64_of_text, quoted_printable };
    /// What comes in the place of a range: a text, or what the range holds in an encoding.
    struct Edit {
        Range range;
        std::string text;
        Action action = Action::replace;
    };

    void find_encodings();
    void follow_labels();
    void check();
    bool is_fit(std::string_view text) const;
    bool is_signed(const Part& part) const;
    bool is_message(const Part& part) const;
    bool may_be_encoded(const Part& part) const;
    bool needs_encoding(const Part& part) const;
    void encode(std::uint32_t index);
    bool label(const Part& part, std::string_view encoding);
    std::string encoding_of(const Part& part) const;
    Result<> encode_range(const Edit& edit, const Write& write) const;

    std::string_view message_;
    LineForm form_;
    SignedParts signed_parts_;
    std::string_view line_end_;  ///< of the message's first line
    Structure structure_;
    std::vector<bool> encoded_;  ///< by part: it is encoded, or stands in one that is
    std::vector<Edit> edits_;    ///< in order
    bool complete_ = true;
    bool concerns_signature_ = false;
};

}  // namespace posthouse::mime
