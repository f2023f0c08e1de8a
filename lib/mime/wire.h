// A stored message as it is on the wire: each LF that lacks its CR gets one. Sizes, lines, conversion, partial reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// What a piece of a message measures once its line ends are CRLF.
struct WireSize {
    std::uint64_t octets = 0;
    std::uint64_t lines = 0;  ///< line ends; a last line without one doesn't count

    WireSize& operator+=(const WireSize& other) {
        octets += other.octets;
        lines += other.lines;
        return *this;
    }
    friend bool operator==(const WireSize&, const WireSize&) = default;
};

/// Measures `raw`; an LF at its very start counts as one without CR, unless `after_cr` says that a CR stands before it.
WireSize wire_size(std::string_view raw, bool after_cr = false);

/// Converts raw bytes to CRLF line ends chunk by chunk. CRLF stays as it is, also when a chunk ends between CR and LF;
/// a bare CR stays bare.
class CrlfEncoder {
  public:
    /// Appends the converted chunk to `out`.
    void encode(std::string_view raw, std::string& out);
    /// Forgets the last byte, to start with another message.
    void reset() { after_cr_ = false; }

  private:
    bool after_cr_ = false;
};

/// Reads a piece of a message forward as it is on the wire, in steps of any size, never holding more than asked for.
class WireReader {
  public:
    /// `raw` must outlive the reader.
    explicit WireReader(std::string_view raw) : raw_(raw) {}

    /// Passes over up to `octets` octets of the wire form and returns how many it passed: fewer only at the end.
    std::uint64_t skip(std::uint64_t octets);
    /// Appends up to `octets` octets of the wire form to `out` and returns how many: fewer only at the end.
    std::uint64_t read(std::uint64_t octets, std::string& out);
    bool at_end() const { return position_ == raw_.size(); }

  private:
    std::uint64_t advance(std::uint64_t octets, std::string* out);

    std::string_view raw_;
    std::size_t position_ = 0;  ///< next raw byte
    bool cr_sent_ = false;      ///< the CR that raw_[position_], an LF, lacks was passed already
};

/// The octets [offset, offset + count) of the wire form, cut at its end (RFC 9051 §6.4.5, `<offset.count>`).
std::string wire_slice(std::string_view raw, std::uint64_t offset, std::uint64_t count);
/// The whole wire form.
std::string to_wire(std::string_view raw);

}  // namespace posthouse::mime
