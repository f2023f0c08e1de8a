// Loading: what is accepted, what is refused and where the message points.
#include <gtest/gtest.h>

#include <set>

#include "lib/config/load.h"

namespace posthouse::config {
namespace {

std::expected<Loaded, Problems> load(std::string_view text, const Environment& environment = {}) {
    return load_text("/etc/p/posthouse.toml", text, environment);
}

/// The messages of all problems, one per line.
std::string problems_of(std::string_view text, const Environment& environment = {}) {
    const auto loaded = load(text, environment);
    if (loaded) return "";
    std::string out;
    for (const Problem& problem : loaded.error()) out += problem.message() + "\n";
    return out;
}

TEST(Load, AnEmptyFileGivesTheDefaults) {
    const auto loaded = load("");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->config->smtpd, Config{}.smtpd);
    EXPECT_EQ(loaded->config->smtpd.message_size_limit, 50u << 20);
    EXPECT_TRUE(loaded->origins.empty());
}

TEST(Load, ReadsEveryKindOfValue) {
    const auto loaded = load(R"(
[general]
hostname = "mail.example"
[listen]
smtp = ["*:25", "[::1]:2525"]
proxy_protocol = ["smtp"]
proxy_trusted_networks = ["192.0.2.0/24", "2001:db8::1"]
[tls]
minimum_protocol = "TLSv1.3"
additional = [{certificate = "a.pem", key = "/b.key"}]
[smtpd]
workers = 3
message_size_limit = "1G"
command_timeout = "90s"
)");
    ASSERT_TRUE(loaded);
    const Config& config = *loaded->config;
    EXPECT_EQ(config.general.hostname, "mail.example");
    EXPECT_EQ(config.listen.smtp, (std::vector<std::string>{"*:25", "[::1]:2525"}));
    EXPECT_EQ(config.smtpd.workers, 3);
    EXPECT_EQ(config.smtpd.message_size_limit, 1u << 30);
    EXPECT_EQ(config.smtpd.command_timeout, std::chrono::seconds(90));
    EXPECT_EQ(config.tls.minimum_protocol, "TLSv1.3");
    EXPECT_EQ(config.tls.additional, (std::vector<CertificateFiles>{{"/etc/p/a.pem", "/b.key"}}));
    EXPECT_EQ(loaded->origins.at("smtpd.workers"), "/etc/p/posthouse.toml:12");
}

TEST(Load, ResolvesPathsAgainstTheFileAndSocketsAgainstTheRunFolder) {
    const auto loaded = load("general.mail_root = \"../mail\"\ngeneral.run_folder = \"run\"\nlisten.auth = \"\"\n");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->config->general.mail_root, "/etc/mail");
    EXPECT_EQ(loaded->config->listen.lmtp, "/etc/p/run/lmtp.sock");
    EXPECT_EQ(loaded->config->listen.auth, "") << "switched off";
    EXPECT_EQ(loaded->config->log.path, "") << "no path stays no path";
}

TEST(Load, TakesTheHostNameOfTheSystemWhenNoneIsGiven) {
    const auto loaded = load("");
    ASSERT_TRUE(loaded);
    EXPECT_FALSE(loaded->config->general.hostname.empty());
}

TEST(Load, RefusesAnUnknownParameterWithLineAndNearestName) {
    EXPECT_EQ(problems_of("\n[smtpd]\nmesage_size_limit = \"1M\"\n"),
              "/etc/p/posthouse.toml:3: unknown parameter \"smtpd.mesage_size_limit\"; did you mean "
              "\"message_size_limit\"?\n");
    EXPECT_EQ(problems_of("[smtp]\n"), "/etc/p/posthouse.toml:1: unknown section \"smtp\"; did you mean \"smtpd\"?\n");
    EXPECT_EQ(problems_of("[smtpd]\nqqqqqqqqq = 1\n"),
              "/etc/p/posthouse.toml:2: unknown parameter \"smtpd.qqqqqqqqq\"\n");
}

TEST(Load, RefusesAWrongTypeWithLine) {
    EXPECT_EQ(problems_of("[smtpd]\nworkers = \"2\"\n"),
              "/etc/p/posthouse.toml:2: smtpd.workers must be a number, not a string\n");
    EXPECT_EQ(problems_of("smtpd = 1\n"), "/etc/p/posthouse.toml:1: smtpd must be a section, not a number\n");
    EXPECT_EQ(problems_of("[listen]\nsmtp = \"*:25\"\n"),
              "/etc/p/posthouse.toml:2: listen.smtp must be a list of strings, not a string\n");
    EXPECT_NE(problems_of("log.path = 1979-05-27\n").find("must be a string, not a value of another type"),
              std::string::npos);
}

TEST(Load, RefusesWhatIsOutOfRange) {
    EXPECT_EQ(problems_of("[smtpd]\nworkers = 0\n"), "/etc/p/posthouse.toml:2: smtpd.workers must be 1 to 64, not 0\n");
    EXPECT_EQ(problems_of("[imapd]\nidle_timeout = \"29m\"\n"),
              "/etc/p/posthouse.toml:2: imapd.idle_timeout must be 30m to 1d, not \"29m\"\n");
    EXPECT_EQ(problems_of("[log]\nformat = \"xml\"\n"),
              "/etc/p/posthouse.toml:2: log.format must be \"text\" or \"json\", not \"xml\"\n");
    EXPECT_EQ(problems_of("[listen]\nproxy_protocol = [\"smtp\", \"lmtp\"]\n").find("/etc/p/posthouse.toml:2: "), 0u);
    EXPECT_NE(problems_of("[listen]\nsmtp = [\"example.org:25\"]\n").find("host must be an IP address"),
              std::string::npos);
}

TEST(Load, RefusesANulInAPath) {
    EXPECT_EQ(problems_of("log.path = \"/tmp/\\u0000x\"\n"),
              "/etc/p/posthouse.toml:1: log.path must not hold control characters\n");
}

TEST(Load, NamesTheLineOfASyntaxError) {
    EXPECT_EQ(problems_of("[log]\nlevel = \n").find("/etc/p/posthouse.toml:2: "), 0u)
        << problems_of("[log]\nlevel = \n");
}

TEST(Load, FindsAllProblemsAtOnce) {
    const auto loaded = load("[smtpd]\nworkers = 0\n[imapd]\nworkers = 65\n", {{"POSTHOUSE_POP3D_WORKERS", "0"}});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().size(), 3u);
}

TEST(Load, BoundsTheNumberOfProblems) {
    std::string text = "[smtpd]\n";
    for (int i = 0; i < 5000; ++i) text += "x" + std::to_string(i) + " = 1\n";
    const auto loaded = load(text);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().size(), 50u);
}

TEST(Load, SurvivesDeepNesting) {
    EXPECT_NE(problems_of("a = " + std::string(5000, '[') + std::string(5000, ']')), "");
    EXPECT_NE(problems_of("a = [[[[[[[[1]]]]]]]]\n"), "");
}

TEST(Environment, OverridesTheFile) {
    const Environment environment{{"POSTHOUSE_SMTPD_WORKERS", "7"},
                                  {"POSTHOUSE_LISTEN_SMTP", "127.0.0.1:25, [::1]:25"},
                                  {"POSTHOUSE_LISTEN_IMAP", ""},
                                  {"POSTHOUSE_SMTPD_COMMAND_TIMEOUT", "10s"},
                                  {"POSTHOUSE_TLS_ADDITIONAL", R"([{certificate = "/a", key = "/b"}])"},
                                  {"POSTHOUSE_CONFIG", "/none"}};
    const auto loaded = load("smtpd.workers = 2\n", environment);
    ASSERT_TRUE(loaded) << loaded.error().front().message();
    EXPECT_EQ(loaded->config->smtpd.workers, 7);
    EXPECT_EQ(loaded->config->listen.smtp, (std::vector<std::string>{"127.0.0.1:25", "[::1]:25"}));
    EXPECT_TRUE(loaded->config->listen.imap.empty());
    EXPECT_EQ(loaded->config->smtpd.command_timeout, std::chrono::seconds(10));
    EXPECT_EQ(loaded->config->tls.additional, (std::vector<CertificateFiles>{{"/a", "/b"}}));
    EXPECT_EQ(loaded->origins.at("smtpd.workers"), "environment POSTHOUSE_SMTPD_WORKERS");
}

TEST(Environment, IsCheckedAsTheFileIs) {
    EXPECT_EQ(problems_of("", {{"POSTHOUSE_SMTPD_WORKERS", "99"}}),
              "environment POSTHOUSE_SMTPD_WORKERS: must be 1 to 64, not 99\n");
    EXPECT_EQ(problems_of("", {{"POSTHOUSE_SMTPD_WORKERS", "-1"}}),
              "environment POSTHOUSE_SMTPD_WORKERS: must be 1 to 64, not -1\n");
    EXPECT_EQ(problems_of("", {{"POSTHOUSE_SMTPD_WORKER", "1"}}),
              "environment POSTHOUSE_SMTPD_WORKER: overrides no parameter; did you mean "
              "\"POSTHOUSE_SMTPD_WORKERS\"?\n");
}

TEST(Table, EveryParameterHasAnEnvironmentVariableOfItsOwn) {
    std::set<std::string> names;
    for (const Parameter& parameter : parameters()) names.insert(parameter.environment_name());
    EXPECT_EQ(names.size(), parameters().size());
}

TEST(Table, EveryDefaultIsWithinItsOwnLimits) {
    Config config;
    for (const Parameter& parameter : parameters()) {
        const Member value = parameter.member(config);
        const auto within = [&](std::int64_t number) {
            return number >= parameter.limits.minimum && number <= parameter.limits.maximum;
        };
        if (const auto* number = std::get_if<std::int64_t*>(&value)) {
            EXPECT_TRUE(within(**number)) << parameter.full_name();
        } else if (const auto* duration = std::get_if<Duration*>(&value)) {
            EXPECT_TRUE(within((*duration)->count())) << parameter.full_name();
        } else if (const auto* size = std::get_if<std::uint64_t*>(&value)) {
            EXPECT_TRUE(within(static_cast<std::int64_t>(**size))) << parameter.full_name();
        }
    }
}

TEST(Changed, NamesTheParametersThatDiffer) {
    Config before;
    Config after;
    after.smtpd.workers = 9;
    after.listen.imap = {};
    std::vector<std::string> names;
    for (const Parameter* parameter : changed(before, after)) names.push_back(parameter->full_name());
    EXPECT_EQ(names, (std::vector<std::string>{"listen.imap", "smtpd.workers"}));
}

}  // namespace
}  // namespace posthouse::config
