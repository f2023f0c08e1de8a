// Synchronisation: stats first, then the uidlist's tail, then the folders; doubts are settled under the locks.
#include "storage/mailbox_sync.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/clock.h"
#include "storage/dot_lock.h"
#include "storage/maildir_name.h"
#include "storage/refile.h"
#include "storage/uid_validity.h"

namespace posthouse::storage {
namespace {

/// Doubt is settled at most so often that this part of the time is spent on reading.
constexpr std::int64_t verify_share = 50;

/// Order of arrival: by the time in the name.
auto arrival_key(std::string_view file) {
    const std::string_view base = base_of(file);
    std::uint64_t micros = 0;
    if (const auto m = base.find(".M"); m != std::string_view::npos)
        for (std::size_t i = m + 2; i < base.size() && ascii::is_digit(base[i]) && i < m + 8; ++i)
            micros = micros * 10 + static_cast<std::uint64_t>(base[i] - '0');
    return std::tuple(time_in_name(base), micros, base);
}

/// What the file's name and its line tell of a message.
void take_told(Record& record) {
    const auto told = [&](char key) -> std::int64_t {
        auto size = size_in_name(record.file.base, key);
        if (!size)
            if (const auto in_line = extra_in(record.file.extras, key)) size = ascii::parse_number(*in_line);
        return size && *size < max_told_size ? static_cast<std::int64_t>(*size) : FileRow::unknown;
    };
    record.file.physical_size = told('S');
    record.file.wire_size = told('W');
    // Line ends add at most an octet to each: what can't be is measured.
    const std::int64_t size = record.file.physical_size;
    if (size != FileRow::unknown && (record.file.wire_size < size || record.file.wire_size > 2 * size))
        record.file.wire_size = FileRow::unknown;
    record.file.save_date = told('D');
}

}  // namespace

Doubt doubt_about_cur(const Look& look, const Stamp& now) {
    if (look.at_ns == 0 || look.stamp != now) return Doubt::certain;
    // Folder times tick: a change just after the reading may have left the same time.
    if (look.at_ns - now.changed_ns >= young_ns) return Doubt::none;
    const std::int64_t clock = wall_clock_ns();
    const bool is_time = clock - look.at_ns >= verify_share * look.cost_ns && clock - now.changed_ns >= young_ns;
    return is_time ? Doubt::young : Doubt::none;
}

Doubt doubt_about_fresh(const Look& look, const Stamp& now) {
    if (look.at_ns == 0 || look.stamp != now) return Doubt::certain;
    return look.at_ns - now.changed_ns >= young_ns ? Doubt::none : Doubt::young;
}

Result<> MailboxSync::run(Scan when) {
    if (Result<> read = read_list(); !read) return read;
    if (Result<> read = read_letters(); !read) return read;
    const Result<Stamp> cur = stamp_of(m_.folder_->cur());
    const Result<Stamp> fresh = stamp_of(m_.folder_->fresh());
    if (!cur) return fail(cur.error());
    if (!fresh) return fail(fresh.error());
    MailboxRow& row = edit_.row();
    const Doubt in_cur = doubt_about_cur(row.cur, *cur);
    const bool is_cheap = row.cur.cost_ns <= cheap_ns;
    const bool believes_young = when == Scan::certain;
    const bool scan_cur = when == Scan::always || list_changed_ || in_cur == Doubt::certain ||
                          (in_cur == Doubt::young && is_cheap && !believes_young);
    const Doubt in_fresh = doubt_about_fresh(row.fresh_look, *fresh);
    const bool scan_fresh = scan_cur || in_fresh == Doubt::certain || (in_fresh == Doubt::young && !believes_young);
    m_.needs_verification_.store(!scan_cur && in_cur == Doubt::young, std::memory_order_relaxed);
    if (scan_fresh) {
        has_found_something_ = true;
        if (Result<> scanned = scan(scan_cur); !scanned) return scanned;
        // What left new/ went to cur/, or is gone; what is new here may have come from cur/ this moment; and what
        // another server took to cur/ after the look at its time is in neither, though it was delivered.
        const Result<Stamp> after = stamp_of(m_.folder_->cur());
        if (!scan_cur && (!missing_.empty() || (after && *after != row.cur.stamp)))
            if (Result<> scanned = scan(true); !scanned) return scanned;
        // What another server numbered meanwhile it may have renamed as well, and such a name can be missing from a
        // reading: its line leads to the file.
        if (Result<> read = read_list(); !read) return read;
    }
    const bool has_list = m_.list_.exists() && !m_.list_.guid().empty();
    if (!has_list || list_went_back() || has_no_uids_left() || !pending_.empty() || !missing_.empty() ||
        !doubles_.empty() || edit_.has_absent_above(row.settled_uid)) {
        has_found_something_ = true;
        if (Result<> settled = settle(); !settled) {
            // On a full disk what is numbered stays usable (it is to be deleted), the rest is shown when there is room.
            const bool is_usable = m_.list_.exists() && !list_went_back();
            if (settled.error().code != ErrorCode::no_space || !is_usable) return settled;
            log::warning("no space to number new messages",
                         {{"folder", path_of(m_.folder_->root())}, {"error", settled.error().message()}});
            row.cur.at_ns = 0;
            row.fresh_look.at_ns = 0;
        }
    }
    row.settled_uid = m_.list_.next_uid() - 1;
    row.list = m_.list_.position();
    return read_further();
}

Result<> MailboxSync::read_list() {
    Result<UidListFile::News> news = m_.list_.reload(*m_.folder_);
    if (!news) return fail(news.error());
    return take_list(std::move(*news));
}

Result<> MailboxSync::read_locked_list() {
    if (Result<> read = read_list(); !read) return read;
    return raise_uids();
}

Result<> MailboxSync::take_list(UidListFile::News news) {
    if (!news.whole && news.entries.empty()) return {};
    list_changed_ = true;
    has_found_something_ = true;
    if (!news.whole) {
        for (UidListEntry& entry : news.entries) edit_.put_absent(entry.base, {entry.uid, std::move(entry.extras)});
        return {};
    }
    // Another mailbox in the same place, as far as a client can tell.
    const bool is_other = edit_.row().list.uid_validity != m_.list_.uid_validity();
    if (is_other) edit_.reset();
    edit_.erase_all_absent();
    for (UidListEntry& entry : news.entries) edit_.put_absent(entry.base, {entry.uid, std::move(entry.extras)});
    const std::uint32_t known_here = is_other ? 1 : std::max(given_uids_, next_uid_of(edit_.row().list));
    given_uids_ = std::max(known_here, edit_.snapshot().next_uid(m_.list_.position()));
    if (is_other) return {};
    // A message whose line is gone or tells another UID is no longer that message.
    edit_.load_all();
    std::vector<std::uint32_t> strangers;
    std::vector<std::pair<std::uint32_t, std::string>> known;
    edit_.each_loaded([&](const Record& record) {
        std::optional<AbsentLine> line = edit_.absent(record.file.base);
        if (!line || line->uid != record.uid)
            strangers.push_back(record.uid);
        else
            known.emplace_back(record.uid, std::move(line->extras));
    });
    for (auto& [uid, extras] : known) {
        edit_.erase_absent(edit_.find(uid)->file.base);
        edit_.set_extras(uid, std::move(extras));
    }
    for (const std::uint32_t uid : strangers) {
        const std::string base = edit_.find(uid)->file.base;
        const std::optional<AbsentLine> line = edit_.absent(base);
        edit_.drop(uid);
        edit_.erase_absent(base);
        if (line) edit_.put_absent(base, *line);
    }
    return {};
}

Result<> MailboxSync::read_letters() {
    const Result<bool> changed = m_.letters_.reload(*m_.folder_);
    if (!changed) return fail(changed.error());
    if (*changed) m_.keywords_changed();
    return {};
}

Result<> MailboxSync::read_further() {
    MailboxRow& row = edit_.row();
    m_.further_.resume(row.further);
    if (Result<> taken = m_.take_names(edit_.snapshot(), row); !taken) return taken;
    Result<FurtherKeywordFile::News> news = m_.further_.reload(*m_.folder_);
    if (!news) return fail(news.error());
    if (news->kind == RecordNews::none) return {};
    has_found_something_ = true;
    row.further = m_.further_.position();
    const bool is_whole = news->kind == RecordNews::whole;
    if (is_whole || !news->definitions.empty()) {
        FurtherNames names = is_whole ? FurtherNames() : *m_.names_;
        for (const KeywordDefinition& definition : news->definitions) names.define(definition.number, definition.name);
        m_.set_names(std::make_shared<const FurtherNames>(std::move(names)));
        edit_.set_names(m_.names_);
    }
    if (is_whole) edit_.erase_all_strays();
    take_sets(std::move(news->sets), is_whole);
    return {};
}

void MailboxSync::take_sets(FurtherKeywordFile::Sets sets, bool is_whole) {
    if (sets.empty() && !(is_whole && edit_.row().with_further > 0)) return;
    edit_.load_all();
    std::vector<std::pair<std::uint32_t, FurtherSet>> changes;
    edit_.each_loaded([&](const Record& record) {
        if (auto told = sets.extract(record.file.base))
            changes.emplace_back(record.uid, std::move(told.mapped()));
        else if (is_whole && !record.further.empty())
            changes.emplace_back(record.uid, FurtherSet());
    });
    for (auto& [uid, set] : changes) edit_.set_further(uid, std::move(set));
    for (auto& [base, set] : sets) edit_.put_stray(base, std::move(set));
}

Result<> MailboxSync::read_folder(bool fresh) {
    const int folder = m_.folder_of(fresh);
    Look& look = fresh ? edit_.row().fresh_look : edit_.row().cur;
    look.at_ns = 0;
    const std::int64_t began = wall_clock_ns();
    const std::int64_t cpu = thread_time_ns();
    const Result<Stamp> stamp = stamp_of(folder);
    if (!stamp) return fail(stamp.error());
    Result<std::vector<std::string>> names = message_names_in(folder);
    if (!names) return fail(names.error());
    for (std::string& name : *names)
        if (is_message_name(name)) found_.push_back({std::move(name), fresh});
    look = {*stamp, began, thread_time_ns() - cpu};
    return {};
}

Result<> MailboxSync::scan(bool with_cur) {
    found_.clear();
    // new/ first: what moves to cur/ meanwhile is then seen twice, not never.
    if (Result<> read = read_folder(true); !read) return read;
    if (with_cur)
        if (Result<> read = read_folder(false); !read) return read;
    merge(with_cur);
    return {};
}

void MailboxSync::merge(bool with_cur) {
    pending_.clear();
    missing_.clear();
    doubles_.clear();
    std::unordered_map<std::string_view, std::size_t> by_base;
    by_base.reserve(found_.size());
    for (std::size_t i = 0; i < found_.size(); ++i) {
        const auto [place, is_first] = by_base.emplace(base_of(found_[i].file), i);
        if (is_first) continue;
        const Found& other = found_[place->second];
        if (other.file == found_[i].file && other.fresh == found_[i].fresh) continue;
        std::vector<Found>& same = doubles_[std::string(place->first)];
        if (same.empty()) same.push_back(other);
        same.push_back(found_[i]);
        // Seen twice while it was renamed: cur/ was read last; within a folder either will do.
        if (other.fresh || (!found_[i].fresh && found_[i].file > other.file)) place->second = i;
    }
    std::vector<std::pair<std::uint32_t, std::size_t>> renamed;
    const auto look_for = [&](const Record& record) {
        const auto same = doubles_.find(record.file.base);
        if (same != doubles_.end() &&
            std::ranges::any_of(same->second, [&](const Found& found) { return found.is(record); })) {
            by_base.erase(record.file.base);
            return;
        }
        const auto place = by_base.find(record.file.base);
        if (place == by_base.end()) {
            missing_.push_back(record.uid);
            return;
        }
        const Found& found = found_[place->second];
        if (!found.is(record)) renamed.emplace_back(record.uid, place->second);
        by_base.erase(place);
    };
    if (with_cur) {
        edit_.load_all();
        edit_.each_loaded(look_for);
    } else {
        for (const std::uint32_t uid : edit_.fresh())
            if (const Record* record = edit_.find(uid)) look_for(*record);
    }
    for (const auto& [uid, index] : renamed) edit_.rename(uid, found_[index].file, found_[index].fresh);
    std::vector<std::size_t> others;
    others.reserve(by_base.size());
    for (const auto& [base, index] : by_base) others.push_back(index);
    std::vector<std::size_t> unknown;
    std::vector<std::pair<std::uint32_t, std::size_t>> told;
    for (const std::size_t index : others) {
        const std::optional<AbsentLine> line = edit_.absent(std::string(base_of(found_[index].file)));
        if (line)
            told.emplace_back(line->uid, index);
        else
            pending_.push_back(std::move(found_[index]));
    }
    std::ranges::sort(told);  // in ascending order each is added at the end
    for (const auto& [uid, index] : told) take_from_absent(found_[index]);
}

bool MailboxSync::take_from_absent(const Found& found) {
    const std::string base(base_of(found.file));
    std::optional<AbsentLine> line = edit_.absent(base);
    if (!line) return false;
    edit_.erase_absent(base);
    insert(line->uid, std::move(line->extras), found);
    return true;
}

void MailboxSync::insert(std::uint32_t uid, std::string extras, const Found& found) {
    Record record;
    record.uid = uid;
    record.file.base = base_of(found.file);
    record.file.extras = std::move(extras);
    record.set_name(found.file, found.fresh);
    take_told(record);
    struct stat st{};
    if (record.file.physical_size == FileRow::unknown &&
        ::fstatat(m_.folder_of(found.fresh), found.file.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0) {
        record.file.physical_size = st.st_size;
        record.file.internal_date = st.st_mtim.tv_sec;
        if (record.file.save_date == FileRow::unknown) record.file.save_date = st.st_ctim.tv_sec;
    }
    edit_.insert(std::move(record));
}

Result<> MailboxSync::settle() {
    const Result<DotLock> lock =
        DotLock::take(*m_.folder_, uidlist_lock, m_.store_->locks(), m_.store_->settings().lock_wait);
    if (!lock) return fail(lock.error());
    const Result<std::optional<BaseChanges>> unfinished = read_refile(m_.folder_->root());
    if (!unfinished) return fail(unfinished.error());
    if (*unfinished)
        if (Result<> filed = refile(**unfinished); !filed) return filed;
    if (Result<> read = read_list(); !read) return read;
    if (!m_.list_.exists() || m_.list_.guid().empty())
        if (Result<> made = make_list(); !made) return made;
    if (Result<> raised = raise_uids(); !raised) return raised;
    if (has_no_uids_left()) {
        log::warning("mailbox has no UIDs left, it gets a new UIDVALIDITY",
                     {{"folder", path_of(m_.folder_->root())}, {"guid", m_.list_.guid()}});
        if (Result<> begun = begin_anew(m_.list_.guid()); !begun) return begun;
    }
    // Others may have given UIDs to what was found.
    std::erase_if(pending_, [&](const Found& found) { return take_from_absent(found); });
    if (!missing_.empty() || edit_.has_absent_above(edit_.row().settled_uid)) {
        const std::vector<std::uint32_t> before = missing_;
        if (Result<> scanned = scan(true); !scanned) return scanned;
        std::vector<std::uint32_t> gone;
        std::ranges::set_intersection(before, missing_, std::back_inserter(gone));
        if (gone.size() != missing_.size()) edit_.row().cur.at_ns = 0;  // missing for the first time: look again
        for (const std::uint32_t uid : gone) edit_.drop(uid);
        missing_.clear();
    }
    find_namesakes();
    if (Result<> parted = part_doubles(); !parted) return parted;
    return number();
}

Result<> MailboxSync::make_list() {
    if (m_.list_.exists()) return m_.list_.give_guid(*m_.folder_, random_hex(16));
    const Result<bool> taken = take_over();
    if (!taken) return fail(taken.error());
    if (*taken) return {};
    const Result<UidValidity> validity = next_validity();
    if (!validity) return fail(validity.error());
    UidListHeader header;
    header.uid_validity = validity->value();
    header.guid = random_hex(16);
    return m_.list_.create(*m_.folder_, header);
}

std::vector<UidListEntry> MailboxSync::entries_for_pending(std::uint32_t first_uid) {
    std::ranges::sort(pending_, {}, [](const Found& found) { return arrival_key(found.file); });
    const std::string saved = std::to_string(wall_clock_seconds());
    std::vector<UidListEntry> entries;
    entries.reserve(pending_.size());
    std::uint32_t uid = first_uid;
    for (const Found& found : pending_) {
        UidListEntry entry{uid++, {}, std::string(base_of(found.file))};
        add_extra(entry.extras, 'D', saved);
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<UidValidity> MailboxSync::next_validity() const {
    const Result<UniqueFd> root = open_file(m_.account_root_, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    return next_uid_validity(root->get());
}

Result<UidValidity> MailboxSync::noted_validity(std::uint32_t value) const {
    const Result<UniqueFd> root = open_file(m_.account_root_, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    const Result<> noted = note_uid_validity(root->get(), UidValidity(value));
    return noted ? Result<UidValidity>(UidValidity(value)) : fail(noted.error());
}

Result<> MailboxSync::raise_uids() {
    if (!list_went_back()) return {};
    log::warning("dovecot-uidlist knows less than before, out of a backup perhaps: UIDs go on where they were",
                 {{"folder", path_of(m_.folder_->root())},
                  {"guid", m_.list_.guid()},
                  {"next_uid", given_uids_},
                  {"in_file", m_.list_.next_uid()}});
    return m_.list_.raise_next_uid(*m_.folder_, given_uids_);
}

bool MailboxSync::list_went_back() const { return m_.list_.exists() && m_.list_.next_uid() < given_uids_; }

bool MailboxSync::has_no_uids_left() const { return m_.list_.exists() && uids_are_used_up(m_.list_.next_uid()); }

Result<> MailboxSync::begin_anew(const std::string& guid) {
    std::unordered_set<std::string> there;
    for (int reading = 0; reading < 2; ++reading) {
        if (Result<> scanned = scan(true); !scanned) return scanned;
        for (const Found& found : found_) there.emplace(base_of(found.file));
    }
    const Result<UidValidity> validity = next_validity();
    if (!validity) return fail(validity.error());
    Result<std::vector<UidListEntry>> entries = m_.list_.begin_anew(
        *m_.folder_, *validity, guid, [&](const UidListEntry& entry) { return there.contains(entry.base); });
    if (!entries) return fail(entries.error());
    edit_.reset();
    given_uids_ = 1;
    for (UidListEntry& entry : *entries) edit_.put_absent(entry.base, {entry.uid, std::move(entry.extras)});
    return scan(true);
}

Result<> MailboxSync::number() {
    if (pending_.empty()) return {};
    if (std::numeric_limits<std::uint32_t>::max() - m_.list_.next_uid() <= pending_.size())
        return fail(ErrorCode::limit, "Mailbox has no UIDs left");
    std::vector<UidListEntry> entries = entries_for_pending(m_.list_.next_uid());
    if (Result<> appended = m_.list_.append(*m_.folder_, entries); !appended) return appended;
    for (std::size_t i = 0; i < entries.size(); ++i) insert(entries[i].uid, std::move(entries[i].extras), pending_[i]);
    pending_.clear();
    return {};
}

Result<> MailboxSync::compact() {
    const Result<DotLock> lock =
        DotLock::take(*m_.folder_, uidlist_lock, m_.store_->locks(), m_.store_->settings().lock_wait);
    if (!lock) return fail(lock.error());
    if (Result<> read = read_locked_list(); !read) return read;
    // Gone needs two readings that miss it.
    if (Result<> scanned = scan(true); !scanned) return scanned;
    const std::vector<Found> once = std::exchange(found_, {});
    if (Result<> scanned = scan(true); !scanned) return scanned;
    std::unordered_set<std::string_view> there;
    for (const Found& found : once) there.insert(base_of(found.file));
    for (const Found& found : found_) there.insert(base_of(found.file));
    std::unordered_map<std::string_view, std::uint32_t> known;
    edit_.each_loaded([&](const Record& record) { known.emplace(record.file.base, record.uid); });
    Result<> compacted = m_.list_.compact(*m_.folder_, [&](const UidListEntry& entry) {
        const auto message = known.find(entry.base);
        return message != known.end() ? message->second == entry.uid : there.contains(entry.base);
    });
    if (compacted) edit_.erase_all_absent();
    edit_.row().list = m_.list_.position();
    if (compacted && edit_.row().strays > 0) compacted = compact_further(there);
    return compacted;
}

Result<> MailboxSync::compact_further(const std::unordered_set<std::string_view>& there) {
    std::unordered_set<std::string_view> known;
    edit_.each_loaded([&](const Record& record) { known.insert(record.file.base); });
    FurtherKeywordFile::Sets strays;
    Result<> compacted = m_.further_.compact(*m_.folder_, [&](const std::string& base, const FurtherSet& set) {
        const bool is_message = known.contains(base);
        if (!is_message && there.contains(base)) strays.emplace(base, set);
        return is_message || there.contains(base);
    });
    if (!compacted) return compacted;
    edit_.erase_all_strays();
    for (auto& [base, set] : strays) edit_.put_stray(base, std::move(set));
    edit_.row().further = m_.further_.position();
    return {};
}

}  // namespace posthouse::storage
