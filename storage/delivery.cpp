// Delivery: one file is written while the content streams; at commit every recipient gets it, or its own, in new/.
#include "storage/delivery.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>

#include "lib/base/ascii.h"
#include "lib/base/random.h"
#include "storage/account.h"
#include "storage/mailbox_state.h"
#include "storage/maildir_name.h"
#include "storage/message.h"
#include "storage/trees.h"
#include "storage/writer_state.h"

namespace posthouse::storage {
namespace {

constexpr std::size_t max_id_bytes = 64;

bool is_usable_id(std::string_view id) {
    return id.size() <= max_id_bytes &&
           std::ranges::all_of(id, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; });
}

/// The file of an earlier delivery with this id, if it is still there.
Result<std::optional<std::string>> find_delivered(const Folder& folder, std::string_view id) {
    for (const int part : {folder.fresh(), folder.cur(), folder.fresh()}) {
        const Result<std::vector<std::string>> names = names_in(part);
        if (!names) return fail(names.error());
        for (const std::string& name : *names)
            if (id_in_name(name) == id) return std::string(base_of(name));
    }
    return std::nullopt;
}

/// Makes and locks tmp/<id>. busy: another delivery of this id holds it.
Result<UniqueFd> lock_tmp_file(const Folder& folder, const std::string& id) {
    constexpr int rounds = 100;
    for (int round = 0; round < rounds; ++round) {
        Result<UniqueFd> fd = open_in(folder.tmp(), id, O_RDWR | O_CREAT);
        // A link in its place is somebody's mischief.
        if (!fd && fd.error().code == ErrorCode::not_found && ::unlinkat(folder.tmp(), id.c_str(), 0) == 0) continue;
        if (!fd) return fd;
        if (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK) return fail_errno("flock tmp/" + id, errno);
            return fail(ErrorCode::busy, "This message is being delivered", "tmp/" + id + " is locked");
        }
        struct stat mine{};
        struct stat there{};
        if (::fstat(fd->get(), &mine) != 0) return fail_errno("stat tmp/" + id, errno);
        const bool is_mine = ::fstatat(folder.tmp(), id.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                             there.st_ino == mine.st_ino && mine.st_nlink == 1;
        if (is_mine && S_ISREG(mine.st_mode) && mine.st_size == 0) return fd;
        // Left by a crash (its content may be linked into other mailboxes: never written again), or just delivered, or
        // no file at all.
        if (there.st_ino == mine.st_ino) ::unlinkat(folder.tmp(), id.c_str(), 0);
    }
    return fail(ErrorCode::busy, "This message is being delivered", "tmp/" + id + " keeps changing");
}

/// One mailbox that gets the message.
struct Slot {
    const DeliveryTarget* target = nullptr;
    std::shared_ptr<const Folder> folder;
    std::shared_ptr<MailboxState> mailbox;
    std::string header;
    std::string tmp_name;  ///< tmp/<id>, locked: the content itself, or only the lock of a linked one
    UniqueFd lock;
    std::string linked_name;  ///< in tmp/: another slot's content
    std::optional<Reservation> room;
    std::optional<Result<Delivered>> result;

    /// The message is in place.
    void deliver(std::string base, const WriterState& writer) {
        result = Delivered{std::move(base), false};
        if (room) (*result)->warning = room->commit({static_cast<std::int64_t>(writer.physical_size()), 1});
    }
    void give_up(const Error& error) {
        room.reset();
        result = fail(error);
    }

    Slot() = default;
    Slot(Slot&&) noexcept = default;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
        if (!folder) return;
        if (!linked_name.empty()) ::unlinkat(folder->tmp(), linked_name.c_str(), 0);
        if (!tmp_name.empty()) ::unlinkat(folder->tmp(), tmp_name.c_str(), 0);
    }
};

}  // namespace

class DeliveryState {
  public:
    DeliveryState(Store& store, DeliveryOrder order) : store_(store.state()), order_(std::move(order)) {}

    Result<> begin(Store& store);
    Result<> write(std::string_view octets) { return writer_ ? writer_->write(octets) : Result<>{}; }
    std::vector<Result<Delivered>> commit();

  private:
    void prepare(Store& store, const DeliveryTarget& target, Slot& slot) const;
    std::unique_ptr<WriterState> take_writer(Slot& slot);
    void reserve_room();
    Result<> write_own(Slot& slot, std::unique_ptr<WriterState>& writer);
    void deliver_group(WriterState& writer, Slot& leader, const std::vector<Slot*>& followers);
    static Result<> place(const Slot& slot, const std::string& tmp_name, const std::string& base);
    std::string new_base(const WriterState& writer) const {
        return make_base_name(store_.host(), order_.id, writer.physical_size(), writer.wire_size());
    }

    StoreState& store_;
    DeliveryOrder order_;
    std::vector<Slot> slots_;
    std::vector<std::size_t> slot_of_target_;
    std::unique_ptr<WriterState> writer_;  ///< of the first slot that needs the content
    Slot* writing_ = nullptr;
};

Result<> DeliveryState::begin(Store& store) {
    if (!is_usable_id(order_.id)) return fail(ErrorCode::invalid, "Transaction id is not usable");
    if (order_.targets.empty()) return fail(ErrorCode::invalid, "No recipients");
    std::map<std::pair<std::string, std::string>, std::size_t> known;
    slots_.reserve(order_.targets.size());
    for (const DeliveryTarget& target : order_.targets) {
        const auto [place, is_new] =
            known.emplace(std::pair(store_.root_of(target.account), target.mailbox.text()), slots_.size());
        slot_of_target_.push_back(place->second);
        if (!is_new) continue;
        slots_.emplace_back().target = &target;
        prepare(store, target, slots_.back());
    }
    for (Slot& slot : slots_) {
        if (slot.result) continue;
        writer_ = take_writer(slot);
        writing_ = &slot;
        return writer_->write(slot.header);
    }
    // Nothing to write: all delivered already is a success, all failed isn't.
    if (std::ranges::any_of(slots_, [](const Slot& slot) { return slot.result->has_value(); })) return {};
    return fail(slots_.front().result->error());
}

void DeliveryState::prepare(Store& store, const DeliveryTarget& target, Slot& slot) const {
    const Result<std::shared_ptr<Account>> account = store.open(target.account);
    if (!account) {
        slot.result = fail(account.error());
        return;
    }
    const std::string& root = (*account)->root();
    const Result<std::string> place = store.settings().layout.folder(target.mailbox);
    const Result<std::shared_ptr<MailboxState>> mailbox =
        place ? StoreState::mailbox((*account)->store(), root, *place) : fail(place.error());
    if (!mailbox) {
        slot.result = fail(mailbox.error());
        return;
    }
    slot.folder = (*mailbox)->folder();
    slot.mailbox = *mailbox;
    slot.header = target.header;
    const bool is_named = !order_.id.empty();
    std::string tmp_name = is_named ? order_.id : "deliver." + store_.host() + "." + random_hex(16);
    Result<UniqueFd> lock = lock_tmp_file(*slot.folder, tmp_name);
    if (!lock) {
        slot.result = fail(lock.error());
        return;
    }
    slot.lock = std::move(*lock);
    slot.tmp_name = std::move(tmp_name);
    // Behind the lock: who tries the id from then on finds it taken.
    if (!is_named || std::chrono::system_clock::now() < order_.first_until) return;
    Result<std::optional<std::string>> earlier = find_delivered(*slot.folder, order_.id);
    if (!earlier)
        slot.result = fail(earlier.error());
    else if (*earlier)
        slot.result = Delivered{std::move(**earlier), true};
}

std::unique_ptr<WriterState> DeliveryState::take_writer(Slot& slot) {
    return std::make_unique<WriterState>(slot.folder, std::exchange(slot.tmp_name, {}), std::move(slot.lock));
}

std::vector<Result<Delivered>> DeliveryState::commit() {
    Result<> written = writer_ ? writer_->finish() : Result<>{};
    if (written && writer_) written = writer_->sync();
    if (written && writer_) reserve_room();
    std::map<std::string, std::vector<Slot*>> groups;
    for (Slot& slot : slots_) {
        if (slot.result) continue;
        if (!written)
            slot.result = fail(written.error());
        else if (&slot != writing_)
            groups[slot.header].push_back(&slot);
    }
    if (written && writer_) {
        // Files with other header lines are copied from the first one while it still has its name in tmp/.
        const auto own = groups.extract(writing_->header);
        for (auto& [header, slots] : groups) {
            std::unique_ptr<WriterState> writer = take_writer(*slots.front());
            if (Result<> made = write_own(*slots.front(), writer); !made) {
                for (Slot* slot : slots) slot->give_up(made.error());
                continue;
            }
            deliver_group(*writer, *slots.front(), {slots.begin() + 1, slots.end()});
        }
        deliver_group(*writer_, *writing_, own ? own.mapped() : std::vector<Slot*>{});
    }
    std::vector<Result<Delivered>> results;
    std::vector<bool> told(slots_.size());
    for (const std::size_t index : slot_of_target_) {
        results.push_back(*slots_[index].result);
        // The same mailbox once more: one message, and its first result.
        if (told[index] && results.back()) results.back()->repeated = true;
        told[index] = true;
    }
    slots_.clear();
    slot_of_target_.clear();
    writer_.reset();
    return results;
}

/// Who has no room gets an error for a result.
void DeliveryState::reserve_room() {
    if (order_.quota == nullptr) return;
    std::vector<Slot*> open;
    for (Slot& slot : slots_)
        if (!slot.result && slot.target->limits) open.push_back(&slot);
    // In this order everywhere, so that nobody waits in a circle.
    std::ranges::sort(open, {}, [](const Slot* slot) { return slot->target->account.text(); });
    const Slot* before = nullptr;
    for (Slot* slot : open) {
        const DeliveryTarget& target = *slot->target;
        const auto bytes = static_cast<std::int64_t>(writer_->physical_size() + slot->header.size()) -
                           static_cast<std::int64_t>(writing_->header.size());
        const bool is_same = before != nullptr && before->target->account == target.account && before->room;
        Result<Reservation> room = order_.quota->reserve(target.account, target.limits, target.mailbox, {bytes, 1},
                                                         LastMail::may_exceed, is_same ? &*before->room : nullptr);
        if (room)
            slot->room.emplace(std::move(*room));
        else
            slot->result = fail(room.error());
        if (slot->room) before = slot;
    }
}

Result<> DeliveryState::write_own(Slot& slot, std::unique_ptr<WriterState>& writer) {
    if (Result<> written = writer->write(slot.header); !written) return written;
    UniqueFd source(::fcntl(writer_->file(), F_DUPFD_CLOEXEC, 0));
    if (!source) return fail_errno("dup message", errno);
    MessageContent content(std::move(source), writer_->physical_size(), writer_->wire_size());
    if (Result<> found = content.seek(writing_->header.size()); !found) return found;
    constexpr std::size_t piece_bytes = 1u << 16;
    for (;;) {
        const Result<std::string> piece = content.read_string(piece_bytes);
        if (!piece) return fail(piece.error());
        if (piece->empty()) break;
        if (Result<> written = writer->write(*piece); !written) return written;
    }
    if (Result<> finished = writer->finish(); !finished) return finished;
    return writer->sync();
}

void DeliveryState::deliver_group(WriterState& writer, Slot& leader, const std::vector<Slot*>& followers) {
    // Links first, while the content has its name in tmp/; then each moves into place and its folder is synced.
    for (Slot* slot : followers) {
        std::string name = new_base(writer);
        if (Result<> linked = link_or_copy(leader.folder->tmp(), writer.name(), slot->folder->tmp(), name); linked)
            slot->linked_name = std::move(name);
        else
            slot->give_up(linked.error());
    }
    if (!leader.result) {  // else it has no room, and its file served the others only
        const std::string base = new_base(writer);
        if (Result<> placed = place(leader, writer.name(), base); placed) {
            writer.release();
            leader.deliver(base, writer);
        } else {
            leader.give_up(placed.error());
        }
    }
    for (Slot* slot : followers) {
        if (slot->result) continue;
        if (Result<> placed = place(*slot, slot->linked_name, slot->linked_name); placed)
            slot->deliver(std::exchange(slot->linked_name, {}), writer);
        else
            slot->give_up(placed.error());
    }
}

Result<> DeliveryState::place(const Slot& slot, const std::string& tmp_name, const std::string& base) {
    if (::renameat2(slot.folder->tmp(), tmp_name.c_str(), slot.folder->fresh(), base.c_str(), RENAME_NOREPLACE) != 0)
        return fail_errno("deliver into new/", errno);
    Result<> synced = sync_fd(slot.folder->fresh(), "new/");
    if (synced) {
        slot.mailbox->tell_others();
        return {};
    }
    // Not promised, so not kept.
    ::unlinkat(slot.folder->fresh(), base.c_str(), 0);
    return synced;
}

Delivery::Delivery(std::unique_ptr<DeliveryState> state) : state_(std::move(state)) {}
Delivery::Delivery(Delivery&&) noexcept = default;
Delivery& Delivery::operator=(Delivery&&) noexcept = default;
Delivery::~Delivery() = default;

Result<Delivery> Delivery::begin(Store& store, DeliveryOrder order) {
    auto state = std::make_unique<DeliveryState>(store, std::move(order));
    if (Result<> begun = state->begin(store); !begun) return fail(begun.error());
    return Delivery(std::move(state));
}

Result<> Delivery::write(std::string_view octets) { return state_->write(octets); }

std::vector<Result<Delivered>> Delivery::commit() { return state_->commit(); }

}  // namespace posthouse::storage
