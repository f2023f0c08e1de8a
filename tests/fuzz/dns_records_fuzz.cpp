// RDATA of strangers: what is read is bounded, and names are such that they can stand in a text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "lib/dns/mail_hosts.h"
#include "lib/dns/name.h"
#include "lib/dns/records.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check_name(std::string_view name) {
    require(name.size() < 4 * dns::max_wire_name);
    require(std::ranges::all_of(name, [](char c) { return c > ' ' && c < 127; }));
    require(dns::same_name(name, dns::normal_name(name)));
}

}  // namespace

// The first byte chooses the type; then each record has a byte for its length before it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.empty()) return 0;
    const int type = static_cast<unsigned char>(input.front()) % 6;
    input.remove_prefix(1);
    dns::RawAnswer raw;
    raw.outcome = dns::Outcome::records;
    raw.name = "example.org";
    while (!input.empty() && raw.records.size() < dns::max_records) {
        const std::size_t length = std::min<std::size_t>(static_cast<unsigned char>(input.front()), input.size() - 1);
        raw.records.emplace_back(input.substr(1, length));
        input.remove_prefix(1 + length);
    }
    const std::size_t count = raw.records.size();
    const auto check_count = [&](const auto& answer) {
        require(answer.failed() ? answer.records.empty() : answer.records.size() == count);
    };
    switch (type) {
        case 0: {
            const auto answer = dns::parse_answer(raw, dns::parse_mx);
            check_count(answer);
            for (const dns::Mx& mx : answer.records) check_name(mx.exchange);
            const auto hosts = dns::select_mail_hosts(answer, "example.org", {.own_names = {"mx.example.org"}},
                                                      [](std::size_t below) { return below / 2; });
            if (!hosts) break;
            require(!hosts->hosts.empty() && hosts->hosts.size() <= 20);
            require(std::ranges::is_sorted(hosts->hosts, {}, &dns::MailHost::preference));
            break;
        }
        case 1: check_count(dns::parse_answer(raw, dns::parse_a)); break;
        case 2: check_count(dns::parse_answer(raw, dns::parse_aaaa)); break;
        case 3: check_count(dns::parse_answer(raw, dns::parse_tlsa)); break;
        case 4: check_count(dns::parse_answer(raw, dns::parse_txt)); break;
        default: {
            const auto answer = dns::parse_answer(raw, dns::parse_name);
            check_count(answer);
            for (const std::string& name : answer.records) check_name(name);
        }
    }
    return 0;
}
