// Records of DNS as values, parsed from the RDATA that libunbound gives; and Answer, what a query came to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/address.h"

namespace posthouse::dns {

/// Types of records that are asked for.
enum class Type : std::uint16_t { a = 1, cname = 5, soa = 6, ptr = 12, mx = 15, txt = 16, aaaa = 28, tlsa = 52 };
std::string_view to_string(Type type);

/// MX (RFC 1035 §3.3.9). An empty `exchange` is the root: null MX (RFC 7505 §3).
struct Mx {
    std::uint16_t preference = 0;
    std::string exchange;
    bool operator==(const Mx&) const = default;
};

/// TLSA (RFC 6698 §2.1). What the numbers mean, and whether they mean something, is lib/dane's.
struct Tlsa {
    std::uint8_t usage = 0;
    std::uint8_t selector = 0;
    std::uint8_t matching = 0;
    std::string data;  ///< certificate association data, as bytes
    bool operator==(const Tlsa&) const = default;
};

// Parsers of RDATA: the whole of it, nothing behind. Errors: invalid.
Result<Mx> parse_mx(std::string_view rdata);
Result<net::Address> parse_a(std::string_view rdata);     ///< with port 0
Result<net::Address> parse_aaaa(std::string_view rdata);  ///< with port 0 (RFC 3596 §2.2)
Result<Tlsa> parse_tlsa(std::string_view rdata);
/// The record's strings joined without anything between them, as RFC 8461 §3.1 and others want it.
Result<std::string> parse_txt(std::string_view rdata);
/// A record that is one name: PTR, CNAME.
Result<std::string> parse_name(std::string_view rdata);

/// What became of a query.
enum class Outcome {
    records,  ///< there are some
    no_data,  ///< the name exists, without records of this type (NODATA)
    no_name,  ///< the name does not exist (NXDOMAIN)
    failed,   ///< nobody knows, now: no answer in time, SERVFAIL, bogus, unreadable. Try again later
};
/// What DNSSEC says of it (RFC 4035 §4.3).
enum class Dnssec {
    secure,    ///< signed, and so is what is said not to exist
    insecure,  ///< from a zone that is not signed, or nothing is validated
    bogus,     ///< ought to be signed and is not, or wrongly: the outcome is `failed`
};
std::string_view to_string(Outcome outcome);
std::string_view to_string(Dnssec dnssec);

/// The answer to one query.
template <typename Record>
struct Answer {
    Outcome outcome = Outcome::failed;
    Dnssec dnssec = Dnssec::insecure;  ///< of all CNAMEs on the way, too
    std::vector<Record> records{};     ///< some when `outcome` is records, else none
    std::string name{};                ///< whose records these are: the one asked for, or where its CNAMEs lead
    std::uint32_t ttl = 0;             ///< seconds
    std::string reason{};              ///< of a failure, for the log

    bool secure() const { return dnssec == Dnssec::secure; }
    bool failed() const { return outcome == Outcome::failed; }
};

/// An answer whose records are not parsed yet.
using RawAnswer = Answer<std::string>;

/// More records than this in one answer are not taken: it fails.
inline constexpr std::size_t max_records = 256;

/// `raw` with its records parsed. One that can't be makes the answer fail: what is left may say something else.
template <typename Record>
Answer<Record> parse_answer(RawAnswer raw, Result<Record> (*parse)(std::string_view)) {
    Answer<Record> answer{raw.outcome, raw.dnssec, {}, std::move(raw.name), raw.ttl, std::move(raw.reason)};
    for (const std::string& rdata : raw.records) {
        Result<Record> record = parse(rdata);
        if (!record) {
            answer.outcome = Outcome::failed;
            answer.records.clear();
            answer.reason = record.error().message();
            break;
        }
        answer.records.push_back(std::move(*record));
    }
    return answer;
}

}  // namespace posthouse::dns
