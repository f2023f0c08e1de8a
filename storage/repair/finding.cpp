// The names of what a check finds.
#include "storage/repair/finding.h"

namespace posthouse::storage {

std::string_view to_string(FindingKind kind) {
    switch (kind) {
        case FindingKind::missing_folder: return "missing_folder";
        case FindingKind::foreign_entry: return "foreign_entry";
        case FindingKind::hidden_message: return "hidden_message";
        case FindingKind::double_name: return "double_name";
        case FindingKind::wrong_size: return "wrong_size";
        case FindingKind::unreadable: return "unreadable";
        case FindingKind::damaged_list: return "damaged_list";
        case FindingKind::damaged_keywords: return "damaged_keywords";
        case FindingKind::damaged_small_file: return "damaged_small_file";
        case FindingKind::nameless_keyword: return "nameless_keyword";
        case FindingKind::missing_mailbox: return "missing_mailbox";
        case FindingKind::double_guid: return "double_guid";
        case FindingKind::link_not_followed: return "link_not_followed";
        case FindingKind::stale_lock: return "stale_lock";
        case FindingKind::held_lock: return "held_lock";
        case FindingKind::missing_files: return "missing_files";
        case FindingKind::not_served: return "not_served";
        case FindingKind::no_access: return "no_access";
        case FindingKind::leftover: return "leftover";
        case FindingKind::index_unusable: return "index_unusable";
        case FindingKind::index_differs: return "index_differs";
        case FindingKind::no_user: return "no_user";
        case FindingKind::unusable: return "unusable";
    }
    return "unknown";
}

bool can_be_mended(FindingKind kind) {
    switch (kind) {
        case FindingKind::unreadable:
        case FindingKind::unusable:
        case FindingKind::no_access:
        case FindingKind::held_lock:
        case FindingKind::missing_files:
        case FindingKind::not_served: return false;
        default: return true;
    }
}

}  // namespace posthouse::storage
