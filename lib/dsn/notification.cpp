// What became of a recipient, in the words of RFC 3464 §2.3.3.
#include "lib/dsn/notification.h"

namespace posthouse::dsn {

std::string_view to_string(Action action) {
    switch (action) {
        case Action::failed: return "failed";
        case Action::delayed: return "delayed";
        case Action::delivered: return "delivered";
        case Action::relayed: return "relayed";
        case Action::expanded: return "expanded";
    }
    return "failed";
}

}  // namespace posthouse::dsn
