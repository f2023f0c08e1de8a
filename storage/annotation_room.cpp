// Counting what annotations take: the sizes of their files.
#include "storage/annotation_room.h"

#include <sys/stat.h>

#include <vector>

#include "storage/beneath.h"
#include "storage/found_folders.h"

namespace posthouse::storage {

Result<> check_annotation_room(int root, const Layout& layout, std::span<const std::string> names, std::uint64_t size,
                               std::uint64_t room) {
    if (size <= uncounted_annotations) return {};
    const Result<std::vector<MailboxName>> mailboxes = find_mailboxes(root, layout);
    if (!mailboxes) return fail(mailboxes.error());
    std::uint64_t taken = 0;
    for (const MailboxName& mailbox : *mailboxes) {
        const Result<std::string> place = layout.folder(mailbox);
        if (!place) continue;
        for (const std::string& name : names) {
            const Result<struct stat> there = stat_in(root, place->empty() ? name : *place + "/" + name);
            if (there) taken += static_cast<std::uint64_t>(there->st_size);
        }
    }
    return taken < room ? Result<>{} : fail(ErrorCode::limit, "The account's annotations are too large");
}

}  // namespace posthouse::storage
