// Result<T>: names of error codes, and the mapping from errno.
#include "lib/base/result.h"

#include <cerrno>
#include <system_error>

namespace posthouse {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid: return "invalid";
        case ErrorCode::limit: return "limit";
        case ErrorCode::timeout: return "timeout";
        case ErrorCode::closed: return "closed";
        case ErrorCode::cancelled: return "cancelled";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::exists: return "exists";
        case ErrorCode::denied: return "denied";
        case ErrorCode::unauthorized: return "unauthorized";
        case ErrorCode::expired: return "expired";
        case ErrorCode::unavailable: return "unavailable";
        case ErrorCode::busy: return "busy";
        case ErrorCode::no_space: return "no_space";
        case ErrorCode::over_quota: return "over_quota";
        case ErrorCode::unsupported: return "unsupported";
        case ErrorCode::io: return "io";
        case ErrorCode::internal: return "internal";
    }
    return "unknown";
}

std::string Error::message() const { return detail.empty() ? text : text + " (" + detail + ")"; }

std::unexpected<Error> fail_errno(std::string_view what, int error_number) {
    ErrorCode code = ErrorCode::io;
    std::string text = "Input/output error";
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
            code = ErrorCode::no_space;
            text = "Insufficient disk space";
            break;
        case ENOENT:
            code = ErrorCode::not_found;
            text = "Not found";
            break;
        case EEXIST:
            code = ErrorCode::exists;
            text = "Already exists";
            break;
        case EACCES:
        case EPERM:
        case EROFS:
            code = ErrorCode::denied;
            text = "Permission denied";
            break;
        default: break;
    }
    return fail(code, std::move(text), std::string(what) + ": " + std::generic_category().message(error_number));
}

}  // namespace posthouse
