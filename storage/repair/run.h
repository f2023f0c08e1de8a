// One run over an account: what its parts share. Each part tells what it finds and, in a repair, mends it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/fd.h"
#include "storage/account.h"
#include "storage/folder.h"
#include "storage/index/rows.h"
#include "storage/refile.h"
#include "storage/repair/aside.h"
#include "storage/repair/keyword_lines.h"
#include "storage/repair/repair.h"
#include "storage/uidlist.h"

namespace posthouse::storage {

/// What was done about a finding: a sentence's end, or why it could not be done. Nothing: it wasn't tried.
using Outcome = std::optional<Result<std::string>>;

/// A run over one account.
class RepairRun {
  public:
    RepairRun(Store& store, AccountName name, const RepairOptions& options, RepairListener& listener);

    Store& store() const { return store_; }
    /// The account's folder.
    const std::string& root() const { return root_; }
    bool mends() const { return options_.mends; }
    bool is_of_others(const MailboxName& shown) const { return options_.is_of_others && options_.is_of_others(shown); }
    bool reads_contents() const { return options_.contents; }
    /// Opened, which finishes what was cut off: in a repair only.
    Result<std::shared_ptr<Account>> account();
    /// There is an index that is believed.
    bool has_index() const { return has_index_; }
    void set_has_index(bool has_index) { has_index_ = has_index; }

    void tell(const std::string& mailbox, FindingKind kind, std::string subject, std::string found,
              const Outcome& outcome = {});
    /// Worth knowing, nothing more.
    void note(const std::string& mailbox, FindingKind kind, std::string subject, std::string found,
              std::string done = {});
    void expect_files(std::uint64_t files) { total_ += files; }
    void count_file();

  private:
    Store& store_;
    AccountName name_;
    std::string root_;
    const RepairOptions& options_;
    RepairListener& listener_;
    std::shared_ptr<Account> account_;
    bool has_index_ = false;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

/// One mailbox of the run: its folders, opened as far as they are there, and what was read of it.
class MailboxRun {
  public:
    /// `account` is the account's open folder, `below` the mailbox's in it; empty: INBOX.
    MailboxRun(RepairRun& run, int account, std::string name, const std::string& below);

    /// Everything but what takes other mailboxes into account.
    void go();
    /// The GUID that its dovecot-uidlist tells; empty: none.
    const std::string& guid() const { return guid_; }
    /// For a copy of another mailbox: a GUID and a UIDVALIDITY of its own.
    Result<> begin_anew();

  private:
    /// A message's file.
    struct SeenFile {
        std::string name;
        bool fresh = false;
        std::uint64_t size = 0;
        std::optional<std::uint64_t> wire_size;  ///< measured
    };
    /// A message's line.
    struct SeenLine {
        std::uint32_t uid = 0;
        std::string extras;
    };

    // folders.cpp
    bool open_folders();
    void open_part(UniqueFd& part, const char* name);
    Result<std::string> make_part(UniqueFd& part, const char* name, bool is_taken);
    void look_for_leftovers(int folder, bool is_tmp);
    // files.cpp
    void look_at_entries(bool fresh);
    void read_files();
    bool look_for_doubles();
    void look_at_sizes();
    Result<std::string> show(bool fresh, const std::string& name) const;
    bool is_right(const SeenFile& file) const;
    Result<std::string> correct(const SeenFile& file, int content);
    // small_files.cpp
    bool is_plain_file(const char* name, FindingKind kind);
    void look_at_lock();
    void look_at_list();
    struct SeenKeywords {
        KeywordLines lines;
        bool is_too_large = false;
        bool is_damaged() const { return lines.is_damaged || is_too_large; }
    };
    Result<SeenKeywords> read_keywords() const;
    void look_at_keywords();
    Result<std::string> rewrite_keywords();
    void note_nameless_keywords();
    void note_missing_list();
    // side_files.cpp
    void look_at_side_files();
    void look_at_access_list();
    Outcome move_access_list_aside() const;
    void look_at_annotations(const char* file_name);
    Result<std::string> rewrite_annotations(const char* file_name);
    void look_at_further_keywords();
    // rows.cpp
    void look_at_index();
    Result<std::optional<std::string>> compare_rows();
    Result<> look_for_missing_files(const std::vector<Record>& records);
    void note_missing_files();
    Result<std::optional<std::string>> compare_files(const std::vector<Record>& records, const Stamp& list) const;
    Result<std::shared_ptr<MailboxState>> open_state();
    void settle();

    /// Tells why something of the mailbox can't be used. `name` is it in the open folder, `below` in the mailbox.
    void tell_hindrance(int folder, const std::string& name, const std::string& below, const Error& error,
                        FindingKind kind = FindingKind::unusable);
    void tell(FindingKind kind, const std::string& below, std::string found, const Outcome& outcome = {}) {
        run_.tell(name_, kind, path(below), std::move(found), outcome);
    }
    void note(FindingKind kind, const std::string& below, std::string found, std::string done = {}) {
        run_.note(name_, kind, path(below), std::move(found), std::move(done));
    }
    /// Moves it aside in a repair.
    Outcome move_aside(int folder, const std::string& name, std::string_view part) const;
    /// A path in this mailbox as findings name it.
    std::string path(const std::string& name) const {
        return below_.empty() || name.empty() ? below_ + name : below_ + "/" + name;
    }
    int part(bool fresh) const { return fresh ? fresh_.get() : cur_.get(); }

    RepairRun& run_;
    int account_;
    std::string name_;
    std::string below_;
    std::string full_path_;
    Aside aside_;
    UniqueFd root_;
    UniqueFd cur_;
    UniqueFd fresh_;
    UniqueFd tmp_;
    std::string guid_;
    std::unordered_map<std::string, SeenLine> lines_;  ///< by base name
    Stamp list_stamp_;                                 ///< of dovecot-uidlist, when `lines_` were read
    std::uint32_t named_letters_ = 0;
    std::vector<SeenFile> files_;  ///< the messages
    bool list_is_damaged_ = false;
    std::optional<std::uint64_t> missing_files_;  ///< of those that the index tells
    std::uint64_t known_messages_ = 0;            ///< those that it tells
    BaseChanges corrections_;
};

}  // namespace posthouse::storage
