// NOTIFY (RFC 3461 §4.1).
#include "lib/dsn/notify.h"

namespace posthouse::dsn {

bool is_wanted(Action action, const std::optional<smtp::DsnNotify>& notify, bool delays_unasked) {
    switch (action) {
        case Action::failed: return !notify || notify->failure;
        case Action::delayed: return notify ? notify->delay : delays_unasked;
        case Action::delivered:
        case Action::relayed:
        case Action::expanded: return notify && notify->success;
    }
    return false;
}

}  // namespace posthouse::dsn
