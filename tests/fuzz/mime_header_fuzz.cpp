// Fuzzes the value of a header field: as addresses, date, ids, content fields, parameters and encoded words.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/base/ascii.h"
#include "lib/mime/address.h"
#include "lib/mime/charset.h"
#include "lib/mime/content.h"
#include "lib/mime/date.h"
#include "lib/mime/encoded_word.h"
#include "lib/mime/header.h"
#include "lib/mime/limits.h"
#include "lib/mime/message_id.h"
#include "lib/mime/transfer.h"

namespace {

using namespace posthouse;

/// Stops the fuzzer when something that always holds doesn't.
void require(bool holds) {
    if (!holds) std::abort();
}

void check_addresses(std::string_view value) {
    bool in_group = false;
    for (const mime::Address& address : mime::parse_addresses(value)) {
        switch (address.kind) {
            case mime::Address::Kind::group_start:
                require(!in_group);
                in_group = true;
                break;
            case mime::Address::Kind::group_end:
                require(in_group);
                in_group = false;
                break;
            case mime::Address::Kind::mailbox: {
                if (address.local.empty() || !ascii::is_ascii(address.local)) break;
                // What is written is read back as it was.
                mime::Address bare;
                bare.local = address.local;
                const auto again = mime::parse_addresses(bare.spec() + "@example.com");
                require(again.size() == 1 && again[0].domain == "example.com");
                if (address.local.find_first_of("\r\n") == std::string::npos) require(again[0].local == address.local);
                break;
            }
        }
    }
    require(!in_group);
}

void check_parameters(const mime::Parameters& parameters) {
    require(parameters.size() <= mime::max_parameters);
    for (const mime::Parameter& parameter : parameters) {
        require(!parameter.name.empty());
        const auto text = mime::parameter_text(parameters, parameter.name);
        require(text && ascii::is_utf8(*text));
    }
}

void check_content(std::string_view value) {
    check_parameters(mime::parse_parameters(value, 0));
    if (const auto type = mime::parse_content_type(value)) {
        check_parameters(type->parameters);
        mime::to_utf8(value, type->charset());
    }
    if (const auto disposition = mime::parse_content_disposition(value)) check_parameters(disposition->parameters);
    mime::transfer_encoding(mime::parse_encoding_name(value));
    require(mime::parse_content_language(value).size() <= mime::max_languages);
    require(mime::parse_content_location(value).size() <= value.size());
    require(mime::parse_content_md5(value).size() <= value.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view value(reinterpret_cast<const char*>(data), size);
    check_addresses(value);
    if (const auto date = mime::parse_date(value)) {
        require(date->zone_minutes > -24 * 60 && date->zone_minutes < 24 * 60);
        require(date->seconds > -3'000'000'000 && date->seconds < 300'000'000'000);
    }
    mime::MessageIdReader reader(value);
    for (auto id = reader.next(); !id.empty(); id = reader.next()) require(id.size() < value.size());
    mime::parse_message_id(value);
    check_content(value);
    require(ascii::is_utf8(mime::decode_encoded_words(value)));
    require(ascii::is_utf8(mime::decode_encoded_words(mime::unfold(value))));
    require(mime::decode_q(value).size() <= size);
    return 0;
}
