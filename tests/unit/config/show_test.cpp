// Shown values can be read again.
#include "lib/config/show.h"

#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

TEST(Show, TextIsAConfigurationThatGivesTheSameValues) {
    const auto loaded = load_text("/p.toml",
                                  "smtpd.workers = 3\nsmtpd.banner = \"a \\\"b\\\" # c\"\n"
                                  "tls.additional = [{certificate = \"/a\", key = \"/b\"}]\n",
                                  {});
    ASSERT_TRUE(loaded);
    const std::string text = show_text(*loaded->config, loaded->origins);
    EXPECT_NE(text.find("workers = 3  # /p.toml:1\n"), std::string::npos) << text;
    const auto again = load_text("/p.toml", text, {});
    ASSERT_TRUE(again) << again.error().front().message();
    EXPECT_EQ(*again->config, *loaded->config);
}

TEST(Show, JsonTellsValueOriginAndWhenAChangeApplies) {
    const auto loaded = load_text("/p.toml", "smtpd.workers = 3\n", {});
    ASSERT_TRUE(loaded);
    const auto document = parse_json(show_json(*loaded->config, loaded->origins));
    ASSERT_TRUE(document);
    const Node* workers = document->find("smtpd")->find("workers");
    ASSERT_NE(workers, nullptr);
    EXPECT_EQ(*workers->find("value")->get<std::int64_t>(), 3);
    EXPECT_EQ(*workers->find("origin")->get<std::string>(), "/p.toml:1");
    EXPECT_EQ(*workers->find("applies")->get<std::string>(), "restart");
}

TEST(Json, SurvivesWhatIsNoDocument) {
    for (const char* text : {"", "{", "[1,2", "\"\\ud800\"", "nul"}) EXPECT_FALSE(parse_json(text)) << text;
    EXPECT_FALSE(parse_json(std::string(100000, '[')));
    EXPECT_FALSE(parse_json(std::string(100000, '[') + std::string(100000, ']')));
}

}  // namespace
}  // namespace posthouse::config
