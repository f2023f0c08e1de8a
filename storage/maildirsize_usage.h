// MaildirSizeUsage: the usage of accounts out of their maildirsize files, with what this process has not written yet.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "storage/maildirsize.h"
#include "storage/usage_source.h"

namespace posthouse::storage {

/// Several processes share an account through its file: each adds what it changed at flush(), and reads what others
/// added. Where the file is missing or damaged, or has said "over quota" for 15 minutes, the files are counted.
///
/// A count and a change at the same time: nobody can tell whether the count has seen the change's files. Then the
/// account is doubtful, and counted again a while later; after a last flush() no doubt is left.
class MaildirSizeUsage final : public UsageSource {
  public:
    /// `recount_pause`: how long a doubtful account waits to be counted again; doubled each time, up to 64 times.
    explicit MaildirSizeUsage(Store& store, std::chrono::milliseconds recount_pause = std::chrono::seconds(10));
    ~MaildirSizeUsage() override;

    Result<Usage> usage(const AccountName& account, const SharedLimits& limits) override;
    std::optional<Usage> remembered(const AccountName& account) override;
    Moment moment(const AccountName& account) override;
    void changed(const AccountName& account, const SharedLimits& limits, const Usage& change, Moment begun) override;
    void changed_unknown(const AccountName& account, const SharedLimits& limits) override;
    Result<Usage> recount(const AccountName& account, const SharedLimits& limits) override;
    std::vector<AccountUsage> flush(Flush flush) override;

  private:
    struct Entry;
    std::shared_ptr<Entry> entry_of(const AccountName& account);
    Result<> look(Entry& entry);
    Result<> count(Entry& entry);
    Result<> write(Entry& entry, Flush flush);
    void forget_idle();

    Store& store_;
    const std::chrono::milliseconds recount_pause_;
    std::atomic<Moment> moments_{1};
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Entry>> entries_;  // by AccountName::text(); guarded by mutex_
};

}  // namespace posthouse::storage
