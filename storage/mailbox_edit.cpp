// Staging and committing: counters, the change log and the rows follow from how each message was and is.
#include "storage/mailbox_edit.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace posthouse::storage {

MailboxEdit::MailboxEdit(IndexReader snapshot, FolderKey folder)
    : snapshot_(std::move(snapshot)), folder_(folder), before_(snapshot_.mailbox(folder).value_or(MailboxRow())) {
    row_ = before_;
}

void MailboxEdit::reset() {
    forgotten_number_ = before_.number;
    forgotten_modseq_ = before_.modseq;
    before_ = MailboxRow();
    row_ = MailboxRow();
    staged_.clear();
    absent_.clear();
    all_loaded_ = true;  // nothing of the snapshot is this mailbox's
    absent_erased_ = true;
    strays_.clear();
    strays_erased_ = true;
}

std::optional<MailboxEdit::Staged> MailboxEdit::staged_of(std::uint32_t uid, const FlagRow& flags) const {
    std::optional<FileRow> file = snapshot_.file(row_.number, uid);
    if (!file) return std::nullopt;
    Staged staged{{uid, flags, std::move(*file)}, flags};
    if (flags.further != 0) staged.now.further = further_set_of(snapshot_.further(row_.number, uid));
    return staged;
}

MailboxEdit::Staged* MailboxEdit::stage(std::uint32_t uid) {
    auto place = staged_.end();
    if (!staged_.empty() && staged_.back().now.uid >= uid)
        place = std::ranges::lower_bound(staged_, uid, {}, [](const Staged& staged) { return staged.now.uid; });
    if (place != staged_.end() && place->now.uid == uid) return &*place;
    if (all_loaded_ || row_.number == 0) return nullptr;
    const FlagRow flags = snapshot_.flags(row_.number, uid);
    if (flags.place == Place::none) return nullptr;
    std::optional<Staged> staged = staged_of(uid, flags);
    return staged ? &*staged_.insert(place, std::move(*staged)) : nullptr;
}

const Record* MailboxEdit::find(std::uint32_t uid) {
    const Staged* staged = stage(uid);
    return staged != nullptr && staged->now.exists() ? &staged->now : nullptr;
}

std::vector<std::uint32_t> MailboxEdit::existing(const UidSet& uids) {
    std::vector<std::uint32_t> found;
    for (const UidRange& range : uids.ranges()) {
        if (all_loaded_) {
            const auto first = std::ranges::lower_bound(staged_, range.first.value(), {},
                                                        [](const Staged& staged) { return staged.now.uid; });
            for (auto staged = first; staged != staged_.end() && staged->now.uid <= range.last.value(); ++staged)
                if (staged->now.exists()) found.push_back(staged->now.uid);
        } else if (row_.number != 0) {
            snapshot_.each_flags(row_.number, range.first.value(), range.last.value(),
                                 [&](std::uint32_t uid, const FlagRow&) {
                                     found.push_back(uid);
                                     return true;
                                 });
        }
    }
    return found;
}

std::vector<std::uint32_t> MailboxEdit::fresh() {
    std::vector<std::uint32_t> found;
    if (all_loaded_) {
        each_loaded([&](const Record& record) {
            if (record.fresh()) found.push_back(record.uid);
        });
    } else if (row_.fresh > 0) {
        snapshot_.each_flags(row_.number, row_.first_fresh, std::numeric_limits<std::uint32_t>::max(),
                             [&](std::uint32_t uid, const FlagRow& flags) {
                                 if (flags.place == Place::fresh) found.push_back(uid);
                                 return true;
                             });
    }
    return found;
}

std::uint32_t MailboxEdit::letters() const {
    std::uint32_t letters = 0;
    each_loaded([&](const Record& record) { letters |= record.flags.keywords; });
    if (!all_loaded_ && row_.number != 0)
        snapshot_.each_flags(row_.number, 0, std::numeric_limits<std::uint32_t>::max(),
                             [&](std::uint32_t, const FlagRow& flags) {
                                 letters |= flags.keywords;
                                 return true;
                             });
    return letters;
}

std::vector<std::uint32_t> MailboxEdit::named(const std::set<std::string_view>& bases) {
    std::vector<std::uint32_t> found;
    const auto look_at = [&](std::uint32_t uid, const std::string& base) {
        if (bases.contains(base)) found.push_back(uid);
    };
    each_loaded([&](const Record& record) { look_at(record.uid, record.file.base); });
    if (all_loaded_ || row_.number == 0) return found;
    snapshot_.each_flags(
        row_.number, 0, std::numeric_limits<std::uint32_t>::max(), [&](std::uint32_t uid, const FlagRow&) {
            const bool is_staged =
                std::ranges::binary_search(staged_, uid, {}, [](const Staged& staged) { return staged.now.uid; });
            if (is_staged) return true;
            if (const std::optional<FileRow> file = snapshot_.file(row_.number, uid)) look_at(uid, file->base);
            return true;
        });
    std::ranges::sort(found);
    return found;
}

void MailboxEdit::load_all() {
    if (all_loaded_) return;
    std::vector<Staged> all;
    all.reserve(row_.messages + 16);
    auto known = staged_.begin();
    const auto take_known = [&](std::uint32_t below) {
        for (; known != staged_.end() && known->now.uid < below; ++known) all.push_back(std::move(*known));
    };
    if (row_.number != 0)
        snapshot_.each_flags(row_.number, 0, std::numeric_limits<std::uint32_t>::max(),
                             [&](std::uint32_t uid, const FlagRow& flags) {
                                 take_known(uid);
                                 if (known != staged_.end() && known->now.uid == uid) return true;
                                 if (std::optional<Staged> staged = staged_of(uid, flags))
                                     all.push_back(std::move(*staged));
                                 return true;
                             });
    take_known(std::numeric_limits<std::uint32_t>::max());
    staged_ = std::move(all);
    all_loaded_ = true;
}

void MailboxEdit::count(const Record& record, int sign) {
    const auto step = static_cast<std::uint32_t>(sign);
    row_.messages += step;
    if (record.fresh()) {
        if (sign > 0) row_.first_fresh = row_.fresh == 0 ? record.uid : std::min(row_.first_fresh, record.uid);
        row_.fresh += step;
    }
    if (!record.system().has(Flag::seen)) row_.unseen += step;
    if (record.system().has(Flag::deleted)) row_.deleted += step;
    if (record.flags.further != 0) row_.with_further += step;
    if (record.file.physical_size > 0)
        row_.bytes += static_cast<std::uint64_t>(sign) * static_cast<std::uint64_t>(record.file.physical_size);
}

void MailboxEdit::insert(Record record) {
    FurtherSet stray = take_stray(record.file.base);
    if (record.further.empty()) record.further = std::move(stray);
    record.flags.further = record.further.empty() ? 0 : 1;
    count(record, 1);
    if (Staged* staged = stage(record.uid)) {  // dropped by this edit a moment ago
        if (staged->now.exists()) count(staged->now, -1);
        staged->now = std::move(record);
        staged->file_changed = true;
        staged->further_changed = staged->before.further != 0 || staged->now.flags.further != 0;
        return;
    }
    auto place = staged_.end();
    if (!staged_.empty() && staged_.back().now.uid > record.uid)
        place = std::ranges::lower_bound(staged_, record.uid, {}, [](const Staged& staged) { return staged.now.uid; });
    staged_.insert(place, Staged{std::move(record), FlagRow(), true, true});
}

void MailboxEdit::set_further(std::uint32_t uid, FurtherSet set) {
    Staged* staged = stage(uid);
    if (staged == nullptr || staged->now.further == set) return;
    count(staged->now, -1);
    staged->now.further = std::move(set);
    staged->now.flags.further = staged->now.further.empty() ? 0 : 1;
    staged->further_changed = true;
    count(staged->now, 1);
}

void MailboxEdit::rename(std::uint32_t uid, std::string_view file_name, bool is_fresh) {
    Staged* staged = stage(uid);
    if (staged == nullptr) return;
    count(staged->now, -1);
    const std::string suffix = staged->now.file.suffix;
    staged->now.set_name(file_name, is_fresh);
    if (staged->now.file.suffix != suffix) staged->file_changed = true;
    count(staged->now, 1);
}

void MailboxEdit::set_extras(std::uint32_t uid, std::string extras) {
    Staged* staged = stage(uid);
    if (staged == nullptr || staged->now.file.extras == extras) return;
    staged->now.file.extras = std::move(extras);
    staged->file_changed = true;
}

void MailboxEdit::touch(std::uint32_t uid) {
    if (Staged* staged = stage(uid)) staged->is_touched = true;
}

void MailboxEdit::drop(std::uint32_t uid) {
    Staged* staged = stage(uid);
    if (staged == nullptr || !staged->now.exists()) return;
    count(staged->now, -1);
    put_absent(staged->now.file.base, {uid, staged->now.file.extras});
    put_stray(staged->now.file.base, std::exchange(staged->now.further, {}));
    staged->now.flags = FlagRow();
}

FurtherSet MailboxEdit::take_stray(const std::string& base) {
    if (row_.strays == 0) return {};
    FurtherSet set;
    if (const auto known = strays_.find(base); known != strays_.end())
        set = known->second;
    else if (!strays_erased_ && row_.number != 0)
        set = snapshot_.stray(row_.number, base).value_or(FurtherSet());
    if (!set.empty()) put_stray(base, {});
    return set;
}

void MailboxEdit::put_stray(const std::string& base, FurtherSet set) {
    if (set.empty() && row_.strays == 0) return;
    const auto known = strays_.find(base);
    const bool was_there = known != strays_.end()
                               ? !known->second.empty()
                               : !strays_erased_ && row_.number != 0 && snapshot_.stray(row_.number, base).has_value();
    if (was_there) --row_.strays;
    if (!set.empty()) ++row_.strays;
    strays_.insert_or_assign(base, std::move(set));
}

void MailboxEdit::erase_all_strays() {
    strays_.clear();
    strays_erased_ = true;
    row_.strays = 0;
}

void MailboxEdit::set_names(std::shared_ptr<const FurtherNames> names) {
    row_.further_names = names->fingerprint();
    names_ = std::move(names);
}

std::optional<AbsentLine> MailboxEdit::absent(const std::string& base) const {
    const auto known = absent_.find(base);
    if (known != absent_.end()) return known->second;
    if (absent_erased_ || row_.absent == 0 || row_.number == 0) return std::nullopt;
    return snapshot_.absent(row_.number, base);
}

void MailboxEdit::put_absent(const std::string& base, AbsentLine line) {
    if (!absent(base)) ++row_.absent;
    absent_.insert_or_assign(base, std::move(line));
}

void MailboxEdit::erase_absent(const std::string& base) {
    if (!absent(base)) return;
    --row_.absent;
    absent_.insert_or_assign(base, std::nullopt);
}

void MailboxEdit::erase_all_absent() {
    absent_.clear();
    absent_erased_ = true;
    row_.absent = 0;
}

bool MailboxEdit::has_absent_above(std::uint32_t uid) const {
    return std::ranges::any_of(absent_, [&](const auto& line) { return line.second && line.second->uid > uid; });
}

bool MailboxEdit::Staged::is_changed() const {
    return now.exists() != (before.place != Place::none) || now.flags.system != before.system ||
           now.flags.keywords != before.keywords || further_changed;
}

bool MailboxEdit::has_changes() const { return std::ranges::any_of(staged_, &Staged::is_told); }

Result<> MailboxEdit::commit(std::uint32_t max_tombstones) {
    if (Result<> read = snapshot_.status(); !read) return read;
    const bool is_dirty = row_ != before_ || forgotten_number_ != 0 || !absent_.empty() ||
                          std::ranges::any_of(staged_, [](const Staged& s) {
                              return s.file_changed || s.further_changed || s.is_touched || s.now.flags != s.before;
                          });
    if (!is_dirty) return {};
    const MailboxRow row = row_;
    Result<> written = write_to(snapshot_.index(), [&](IndexWriter& writer) {
        row_ = row;
        write(writer, max_tombstones);
    });
    if (written && forgotten_number_ != 0) return erase_leftovers(snapshot_.index(), forgotten_number_);
    return written;
}

Result<> erase_leftovers(const std::shared_ptr<Index>& index, std::uint32_t mailbox) {
    constexpr std::size_t at_once = 4096;
    for (bool more = true; more;) {
        Result<IndexWriter> writer = IndexWriter::begin(index);
        if (!writer) return fail(writer.error());
        more = writer->erase_leftovers(mailbox, at_once);
        if (Result<> committed = writer->commit(); !committed) return committed;
    }
    return {};
}

void MailboxEdit::write(IndexWriter& writer, std::uint32_t max_tombstones) {
    if (row_.number == 0) {
        row_.number = writer.next_mailbox_number();
        // What is there already isn't told one by one: everybody begins with the whole mailbox.
        row_.modseq = writer.next_modseq();
        row_.floor = row_.modseq;
    } else if (has_changes()) {
        row_.modseq = writer.next_modseq();
    }
    if (forgotten_number_ != 0) writer.erase_mailbox(folder_);
    if (absent_erased_ && is_known()) writer.erase_all_absent(row_.number);
    for (const auto& [base, line] : absent_) {
        if (line)
            writer.put_absent(row_.number, base, *line);
        else if (!absent_erased_)
            writer.erase_absent(row_.number, base);
    }
    if (strays_erased_ && is_known()) writer.erase_all_strays(row_.number);
    for (const auto& [base, set] : strays_) writer.put_stray(row_.number, base, set);
    if (names_ != nullptr) writer.put_further_names(row_.number, *names_);
    write_messages(writer);
    if (row_.tombstones > max_tombstones) {
        const std::uint32_t keep = max_tombstones - max_tombstones / 4;
        row_.floor = std::max(row_.floor, writer.erase_tombstones(row_.number, row_.tombstones, keep));
        row_.tombstones = keep;
    }
    writer.put_mailbox(folder_, row_);
    if (row_.list != before_.list) writer.put_given_uids(row_.list);
    if (row_.modseq == before_.modseq) return;
    // The account's log tells of a mailbox once: at its last change.
    writer.erase_account_change(before_.modseq != 0 ? before_.modseq : forgotten_modseq_);
    writer.put_account_change(row_.modseq, {AccountEvent::messages, folder_, {}, {}, {}});
}

void MailboxEdit::write_messages(IndexWriter& writer) {
    std::uint32_t loaded = std::numeric_limits<std::uint32_t>::max();
    FlagChunk chunk;
    const auto flush = [&] {
        if (loaded != std::numeric_limits<std::uint32_t>::max()) writer.put_chunk(row_.number, loaded, chunk);
    };
    for (const Staged& staged : staged_) {
        const std::uint32_t uid = staged.now.uid;
        if (staged.now.exists() && staged.file_changed) writer.put_file(row_.number, uid, staged.now.file);
        write_further(writer, staged);
        if (staged.now.flags == staged.before && !staged.further_changed && !staged.is_touched) continue;
        if (uid / flags_per_chunk != loaded) {
            flush();
            loaded = uid / flags_per_chunk;
            writer.chunk(row_.number, loaded, chunk);
        }
        FlagRow& flags = chunk.at(uid % flags_per_chunk);
        flags = staged.now.flags;
        if (staged.is_told() && !staged.is_changed() && is_known()) {
            writer.put_change_of_reader(row_.number, row_.modseq, uid, staged.before.modseq);
        } else if (staged.is_told() && is_known()) {
            if (staged.before.modseq > row_.floor) writer.erase_change(row_.number, staged.before.modseq, uid);
            writer.put_change(row_.number, row_.modseq, uid, !staged.now.exists());
        }
        if (staged.now.exists()) {
            if (staged.is_told()) flags.modseq = row_.modseq;
            continue;
        }
        writer.erase_file(row_.number, uid);
        writer.erase_summaries(row_.number, uid);
        if (is_known()) ++row_.tombstones;
    }
    flush();
}

void MailboxEdit::write_further(IndexWriter& writer, const Staged& staged) const {
    if (staged.now.flags.further != 0 && staged.further_changed)
        writer.put_further(row_.number, staged.now.uid, staged.now.further);
    else if (staged.now.flags.further == 0 && staged.before.further != 0)
        writer.erase_further(row_.number, staged.now.uid);
}

}  // namespace posthouse::storage
