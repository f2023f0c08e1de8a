// The bundle: what the supervisor writes is what a daemon reads, and half of it is nothing.
#include "lib/config/bundle.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace posthouse::config {
namespace {

Config example() {
    Config config;
    config.general.hostname = "mail.example";
    config.smtpd.workers = 5;
    config.smtpd.command_timeout = std::chrono::milliseconds(1500);
    config.imapd.workers = 6;
    config.tls.additional = {{"/a.pem", "/a.key"}};
    config.listen.smtp = {"127.0.0.1:25"};
    config.listen.lmtp = "/run/p/lmtp.sock";
    return config;
}

TEST(Bundle, HoldsTheDaemonsSectionsOnly) {
    const auto bundle = decode_bundle(encode_bundle(example(), {"smtpd"}, {{"/a.key", std::string("\0\xff key", 6)}}));
    ASSERT_TRUE(bundle) << bundle.error().message();
    EXPECT_EQ(bundle->config->smtpd, example().smtpd);
    EXPECT_EQ(bundle->config->tls, example().tls);
    EXPECT_EQ(bundle->config->listen.lmtp, "/run/p/lmtp.sock");
    EXPECT_EQ(bundle->config->imapd.workers, Config{}.imapd.workers);
    EXPECT_EQ(bundle->files.at("/a.key"), std::string("\0\xff key", 6));
}

TEST(Bundle, IsIgnoredWhenIncomplete) {
    const std::string bytes = encode_bundle(example(), {"smtpd"}, {});
    for (std::size_t length = 0; length < bytes.size(); length += 7)
        EXPECT_FALSE(decode_bundle(std::string_view(bytes).substr(0, length))) << length;
    std::string changed = bytes;
    changed[bytes.size() / 2] ^= 1;
    EXPECT_FALSE(decode_bundle(changed));
    EXPECT_TRUE(decode_bundle(bytes));
}

TEST(Bundle, IsReadAgainFromTheSameDescriptor) {
    const auto file = create_bundle_file("test");
    ASSERT_TRUE(file);
    Config config = example();
    ASSERT_TRUE(write_bundle_file(file->get(), encode_bundle(config, {"smtpd"}, {})));
    ::setenv(bundle_variable, std::to_string(file->get()).c_str(), 1);
    const auto first = load_for_daemon(0, nullptr);
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_EQ(first->config->smtpd.workers, 5);
    config.smtpd.workers = 4;
    config.listen.smtp = {};
    ASSERT_TRUE(write_bundle_file(file->get(), encode_bundle(config, {"smtpd"}, {})));
    const auto second = load_for_daemon(0, nullptr);
    ::unsetenv(bundle_variable);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(second->config->smtpd.workers, 4);
    EXPECT_TRUE(second->config->listen.smtp.empty());
}

TEST(LoadForDaemon, SaysWhatIsMissing) {
    const char* const arguments[] = {"imapd"};
    const auto none = load_for_daemon(1, arguments);
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().text.find("--config"), std::string::npos);
    const char* const with_file[] = {"imapd", "--config", "/nonexistent/p.toml"};
    const auto missing = load_for_daemon(3, with_file);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().text, "/nonexistent/p.toml: no such configuration file");
}

}  // namespace
}  // namespace posthouse::config
