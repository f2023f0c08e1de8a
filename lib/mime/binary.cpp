// Parts in binary made base64.
#include "lib/mime/binary.h"

#include "lib/mime/downgrade.h"

namespace posthouse::mime {

Result<> encode_binary(std::string_view message, const std::function<Result<>(std::string_view piece)>& write) {
    const Downgrade downgrade(message, LineForm::eight_bit);
    if (!downgrade.complete()) return fail(ErrorCode::invalid, "Binary octets where they can't be encoded");
    return downgrade.write(write);
}

}  // namespace posthouse::mime
