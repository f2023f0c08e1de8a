// CachedDirectory: look-ups that the cache answers, or else the database.
#pragma once

#include <memory>
#include <optional>

#include "auth/directory/directory.h"
#include "auth/server/directory_pool.h"
#include "auth/server/lookup_cache.h"

namespace posthouse::auth {

/// Thread-safe. While the database is away, what is known goes on, and everything else is `unavailable`.
class CachedDirectory {
  public:
    CachedDirectory(DirectoryPool& pool, const LookupCache::Settings& settings) : pool_(pool), cache_(settings) {}

    /// `work(Lookups&)`; a connection is taken for the first look-up that the cache does not
    /// answer.
    template <typename F>
    auto look_up(F work) -> decltype(work(std::declval<Lookups&>())) {
        View view(pool_, cache_, is_current(DirectorySource::Opening::allowed) ? View::Use::both : View::Use::database);
        return work(view);
    }
    /// The same from the cache alone, for threads that may not wait; nullopt: it does not know all of it.
    template <typename F>
    auto look_up_fresh(F work) -> std::optional<decltype(work(std::declval<Lookups&>()))> {
        if (!is_current(DirectorySource::Opening::never)) return std::nullopt;
        View view(pool_, cache_, View::Use::cache);
        auto result = work(view);
        if (view.missed()) return std::nullopt;
        return result;
    }
    LookupCache& cache() { return cache_; }

  private:
    /// The look-ups of one use.
    class View final : public Lookups {
      public:
        enum class Use { both, cache, database };
        View(DirectoryPool& pool, LookupCache& cache, Use use) : pool_(pool), cache_(cache), use_(use) {}
        View(const View&) = delete;
        View& operator=(const View&) = delete;
        ~View() override;

        bool missed() const { return missed_; }
        Result<bool> has_domain(std::string_view name) override;
        Result<std::optional<std::string>> domain_alias(std::string_view name) override;
        Result<std::optional<User>> find_user(std::string_view email) override;
        Result<std::vector<AppPassword>> find_app_passwords(std::string_view email, std::size_t limit) override;
        Result<std::vector<std::string>> alias_destinations(std::string_view source, std::size_t limit) override;
        Result<std::optional<std::string>> responsible_user(std::string_view domain) override;
        Result<std::optional<RelayRecipients>> relay_domain(std::string_view name) override;
        Result<bool> has_relay_recipient(std::string_view address) override;
        Result<std::optional<ListRules>> find_list(std::string_view address) override;
        Result<std::vector<std::string>> list_posters(std::string_view address, std::size_t limit) override;
        Result<std::vector<std::string>> senders(std::string_view address, std::size_t limit) override;
        Result<std::optional<std::string>> transport(std::string_view source) override;
        Result<std::optional<SendingLimit>> sending_limit(std::string_view name) override;

      private:
        Result<> begin_snapshot() override;
        void end_snapshot() override;
        template <typename T, typename Query>
        Result<T> answer(LookupCache::Map map, std::string_view key, Query query);
        template <typename T, typename Query>
        Result<T> ask(Query query);
        Result<> connect();

        DirectoryPool& pool_;
        LookupCache& cache_;
        Use use_;
        bool missed_ = false;
        bool in_snapshot_ = false;
        std::optional<Error> away_;  ///< the database did not answer this view: it is not asked again
        std::optional<DirectoryPool::Lease> lease_;
        std::optional<Snapshot> snapshot_;       ///< of lease_
        std::uint64_t snapshot_generation_ = 0;  ///< of the cache, before the snapshot was taken
    };

    /// What the cache calls fresh may be answered: where the source tells versions, it is of the present one.
    bool is_current(DirectorySource::Opening opening);

    DirectoryPool& pool_;
    LookupCache cache_;
};

}  // namespace posthouse::auth
