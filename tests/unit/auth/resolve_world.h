// ResolveTest: a directory with joe and ann of example.org.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/directory/resolve.h"
#include "auth/directory/sqlite_directory.h"
#include "auth/server/maps.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::auth {

class ResolveTest : public testing::Test {
  protected:
    ResolveTest() {
        domain("example.org");
        user("joe@example.org");
        user("ann@example.org");
    }
    void domain(const std::string& name) { ASSERT_TRUE(directory_->add_domain(name)); }
    void user(const std::string& email, bool admin = false) {
        ASSERT_TRUE(directory_->add_user({email, "h", 0, true, admin}));
    }
    void alias(const std::string& source, const std::vector<std::string>& destinations) {
        for (const std::string& destination : destinations) ASSERT_TRUE(directory_->add_alias(source, destination));
    }
    /// Recipients as "local:address+detail" or "remote:address", sorted; or the error's code.
    std::string resolved(const std::string& address) {
        const Result<Resolution> result = resolve(*directory_, address, settings_);
        if (!result) return std::string(to_string(result.error().code));
        std::vector<std::string> parts;
        for (const Recipient& recipient : result->recipients) {
            const bool local = recipient.transport == Recipient::Transport::local;
            parts.push_back((local ? "local:" : "remote:") + recipient.address +
                            (recipient.detail.empty() ? "" : "+" + recipient.detail));
        }
        std::ranges::sort(parts);
        std::string text;
        for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
        return text;
    }
    std::string map(const std::string& name, const std::string& key) {
        return sasl::encode(answer(*directory_, {name, key}, settings_));
    }

    TemporaryFolder folder_;
    std::unique_ptr<Directory> directory_ = std::move(*create_sqlite_directory({folder_.path() + "/d.sqlite", 0}));
    ResolveSettings settings_;
};

}  // namespace posthouse::auth
