// Downgrades: what is complete is of its form, is left alone the second time, and leaves decode to what they were.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lib/base/ascii.h"
#include "lib/mime/downgrade.h"
#include "lib/mime/structure.h"
#include "lib/mime/transfer.h"
#include "lib/mime/wire.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

std::string written(const mime::Downgrade& downgrade) {
    std::string out;
    require(downgrade
                .write([&](std::string_view piece) {
                    out += piece;
                    return Result<>{};
                })
                .has_value());
    return out;
}

void check(std::string_view message, mime::LineForm form, mime::SignedParts signed_parts) {
    const mime::Downgrade downgrade(message, form, signed_parts);
    const std::string text = written(downgrade);
    if (!downgrade.changes()) require(text == message);
    if (!downgrade.complete()) return;
    require(text.find('\0') == std::string::npos);
    if (form == mime::LineForm::seven_bit) require(std::ranges::none_of(text, ascii::is_8bit));
    require(mime::Downgrade(text, form, signed_parts).complete());
}

/// A single part whose content is the input comes back as it was.
void check_content(std::string_view content) {
    for (const std::string_view encoding : {"8bit", "binary"}) {
        std::string message = "MIME-Version: 1.0\r\nContent-Transfer-Encoding: ";
        message.append(encoding).append("\r\n\r\n").append(content);
        const mime::Downgrade downgrade(message, mime::LineForm::seven_bit);
        require(downgrade.complete());
        const std::string text = written(downgrade);
        const mime::Structure structure = mime::parse_structure(text);
        require(mime::decode_transfer(structure.root().encoding, structure.root().body.of(text)) == content);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    for (const auto form : {mime::LineForm::eight_bit, mime::LineForm::seven_bit}) {
        for (const auto signed_parts : {mime::SignedParts::keep, mime::SignedParts::encode}) {
            check(message, form, signed_parts);
        }
    }
    check_content(message);
    return 0;
}
