// Tests of the commands for domains and aliases, and of what all commands have in common, as run with a configuration
// of their own.
#include <unistd.h>

#include <CLI/Option.hpp>
#include <filesystem>
#include <functional>

#include "auth/passwords/password.h"
#include "tests/unit/cli/command_line.h"

namespace posthouse::cli {
namespace {

class CommandsTest : public CommandLineTest {};

TEST_F(CommandsTest, DomainsAreAddedListedAndRemoved) {
    EXPECT_EQ(run("domain add Example.ORG"), 0);
    EXPECT_EQ(run("domain add example.org"), 4);
    EXPECT_EQ(err_, "posthouse: Domain example.org already exists\n");
    EXPECT_EQ(run("domain add not..one"), 2);
    EXPECT_EQ(json("domain list")[0]["name"], "example.org");
    EXPECT_EQ(run("domain remove example.org"), 0);
    EXPECT_EQ(run("domain remove example.org"), 3);
    EXPECT_TRUE(json("domain list").empty());
}

TEST_F(CommandsTest, ADomainWithUsersIsRemovedOnlyWhenConfirmed) {
    add_joe();
    const std::string mail = make_mail("joe");
    EXPECT_EQ(run("domain remove example.org", "\n"), 7);
    EXPECT_TRUE(*directory()->has_domain("example.org"));
    EXPECT_EQ(run("domain remove example.org --yes"), 0);
    EXPECT_TRUE(std::filesystem::exists(mail));
    ASSERT_EQ(run("domain add example.org"), 0);
    EXPECT_EQ(run("domain remove example.org --delete-mail --yes"), 0);
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/mail/example.org"));
}

TEST_F(CommandsTest, AliasesAreAddedListedAndRemoved) {
    add_joe();
    EXPECT_EQ(run("alias add Info@example.org joe@example.org bob@elsewhere.example"), 0);
    EXPECT_EQ(run("alias add info@example.org joe@example.org"), 4);
    EXPECT_EQ(run("alias add info@example.net joe@example.org"), 3);
    EXPECT_EQ(run("alias add @example.org @example.net"), 0);
    EXPECT_EQ(run("alias add x@example.org @example.net"), 2);
    const nlohmann::json aliases = json("alias list --domain example.org");
    ASSERT_EQ(aliases.size(), 3u);
    EXPECT_EQ(aliases[1]["source"], "info@example.org");
    EXPECT_EQ(aliases[1]["destination"], "joe@example.org");
    EXPECT_EQ(run("alias remove info@example.org joe@example.org"), 0);
    EXPECT_EQ(out_, "Alias info@example.org does not lead to joe@example.org any more.\n");
    EXPECT_EQ(run("alias remove info@example.org"), 0);
    EXPECT_EQ(run("alias remove info@example.org"), 3);
}

TEST_F(CommandsTest, SeveralDestinationsAreAddedAllOrNone) {
    add_joe();
    ASSERT_EQ(run("alias add info@example.org b@elsewhere.example"), 0);
    EXPECT_EQ(run("alias add info@example.org a@elsewhere.example b@elsewhere.example"), 4);
    EXPECT_EQ(json("alias list").size(), 1u);
    EXPECT_EQ(run("alias remove info@example.org b@elsewhere.example c@elsewhere.example"), 3);
    EXPECT_EQ(json("alias list").size(), 1u);
}

TEST_F(CommandsTest, AnAliasThatTakesAUsersMailIsPointedOut) {
    add_joe();
    EXPECT_EQ(run("alias add joe@example.org bob@elsewhere.example"), 0);
    EXPECT_NE(err_.find("is a user too"), std::string::npos);
    EXPECT_EQ(run("alias add joe@example.org joe@example.org"), 0);
    EXPECT_EQ(err_, "");
}

TEST_F(CommandsTest, CsvAddsAllUsersOrNone) {
    add_joe();
    EXPECT_EQ(run("user add --csv -", "a@example.org,x,5\njoe@example.org,y\n"), 4);
    EXPECT_EQ(err_, "posthouse: Line 2: User joe@example.org already exists\n");
    EXPECT_EQ(json("user list").size(), 1u);
    EXPECT_EQ(run("user add --csv -", "a@example.org,x\nb@example.net,y\n"), 3);
    EXPECT_EQ(run("user add --csv -", "a@example.org,x\nb\n"), 2);
    EXPECT_EQ(err_.find("posthouse: Line 2: "), 0u) << err_;
    EXPECT_EQ(json("user list").size(), 1u);
    const nlohmann::json added = json("user add --generate --csv -", "a@example.org,x,5\nb@example.org\n");
    ASSERT_EQ(added["users"].size(), 2u);
    EXPECT_FALSE(added["users"][0].contains("password"));
    const auto user = *directory()->find_user("b@example.org");
    EXPECT_TRUE(*auth::verify_password(user->password, added["users"][1]["password"].get<std::string>()));
    EXPECT_EQ(json("user list").size(), 3u);
}

TEST_F(CommandsTest, TheDatabaseIsMadeOnceAndItsVersionShown) {
    EXPECT_EQ(run("db status"), 3);
    EXPECT_NE(out_.find("posthouse db init"), std::string::npos) << out_;
    EXPECT_EQ(run("db migrate"), 5);
    EXPECT_EQ(run("db init"), 0) << err_;
    EXPECT_EQ(run("db init"), 4);
    const nlohmann::json status = json("db status");
    EXPECT_EQ(status["version"], status["known"]);
    EXPECT_EQ(run("db migrate"), 0);
    EXPECT_NE(out_.find("Nothing to do"), std::string::npos) << out_;
    EXPECT_EQ(run("domain add example.org"), 0);
}

TEST_F(CommandsTest, EveryChangeIsInTheAuditLog) {
    add_joe();
    ASSERT_EQ(run("alias add info@example.org joe@example.org"), 0);
    ASSERT_EQ(run("domain alias add example.net example.org"), 0);
    ASSERT_EQ(run("user disable joe@example.org"), 0);
    ASSERT_EQ(run("user enable joe@example.org"), 0);
    ASSERT_EQ(run("user passwd joe@example.org --generate"), 0);
    ASSERT_EQ(run("user add --csv - --generate", "a@example.org\nb@example.org\n"), 0);
    ASSERT_EQ(run("user add joe@example.org --password-stdin", "x\n"), 4);
    ASSERT_EQ(run("alias remove info@example.org"), 0);
    ASSERT_EQ(run("domain alias remove example.net"), 0);
    ASSERT_EQ(run("user remove joe@example.org"), 0);
    ASSERT_EQ(run("domain remove example.org --yes"), 0);
    std::string actions;
    const nlohmann::json entries = json("db audit");
    for (const auto& entry : entries) {
        actions = entry["action"].get<std::string>() + ' ' + actions;
        EXPECT_FALSE(entry["actor"].get<std::string>().empty());
        EXPECT_EQ(entry.dump().find("argon2"), std::string::npos);
    }
    EXPECT_EQ(actions,
              "domain.add user.add alias.add domain.alias.add user.disable user.enable user.passwd user.import "
              "alias.remove domain.alias.remove user.remove domain.remove ");
    EXPECT_EQ(json("db audit --about joe@example.org").size(), 5u);
    EXPECT_EQ(json("db audit --last 2").size(), 2u);
    EXPECT_EQ(run("db audit --last 0"), 2);
}

TEST_F(CommandsTest, DomainAliasesAreAddedListedAndRemoved) {
    add_joe();
    EXPECT_EQ(run("domain alias add example.net example.com"), 3);
    EXPECT_EQ(run("domain alias add Example.NET example.org"), 0);
    EXPECT_EQ(run("domain alias add example.net example.org"), 4);
    EXPECT_EQ(json("domain alias list")[0]["alias"], "example.net");
    EXPECT_EQ(run("domain alias remove example.net"), 0);
    EXPECT_EQ(run("domain alias remove example.net"), 3);
}

TEST_F(CommandsTest, WhereCaseCountsTwoUsersMayDifferInItOnly) {
    std::ofstream(folder_ + "/posthouse.toml", std::ios::app) << "local_part = \"keep-case\"\n";
    add_joe();
    EXPECT_EQ(run("user add Joe@Example.org --password-stdin", "x\n"), 0);
    EXPECT_EQ(run("user add Joe@example.org --password-stdin", "x\n"), 4);
    EXPECT_EQ(json("user list").size(), 2u);
    EXPECT_EQ(run("user remove JOE@example.org"), 3);
}

TEST_F(CommandsTest, GrantsAreSqlWithoutThePassword) {
    EXPECT_EQ(run("db grants"), 6);
    std::ofstream(folder_ + "/secret") << "top\"secret\n";
    std::ofstream(folder_ + "/posthouse.toml", std::ios::app) << "engine = \"mariadb\"\npassword_file = \"secret\"\n";
    EXPECT_EQ(run("db grants --from 192.0.2.%"), 0) << err_;
    EXPECT_NE(out_.find("CREATE DATABASE IF NOT EXISTS `posthouse`"), std::string::npos) << out_;
    EXPECT_NE(out_.find("'posthouse'@'192.0.2.%' IDENTIFIED BY PASSWORD '*"), std::string::npos) << out_;
    EXPECT_NE(out_.find("GRANT SELECT ON `posthouse`.* TO 'posthouse_read'"), std::string::npos) << out_;
    EXPECT_EQ(out_.find("secret\""), std::string::npos) << out_;
    EXPECT_EQ(run("db grants --reader x'y"), 2);
    EXPECT_EQ(json("db grants")["statements"].size(), 5u);
}

TEST_F(CommandsTest, ErrorsAreJsonToo) {
    EXPECT_EQ(run("--json domain remove example.org"), 5);
    EXPECT_EQ(nlohmann::json::parse(out_)["error"]["code"], "unavailable");
    ASSERT_EQ(run("domain add example.net"), 0);
    EXPECT_EQ(run("domain remove example.org --json"), 3);
    EXPECT_EQ(nlohmann::json::parse(out_)["error"]["code"], "not_found");
}

TEST_F(CommandsTest, WithoutADatabaseListsAreUnavailable) {
    EXPECT_EQ(run("user list"), 5);
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/directory.sqlite"));
}

TEST_F(CommandsTest, AWrongConfigurationIsNamed) {
    std::ofstream(folder_ + "/posthouse.toml") << "[directory]\nsqlight = \"x\"\n";
    EXPECT_EQ(run("user list"), 6);
    EXPECT_NE(err_.find("posthouse.toml:2"), std::string::npos) << err_;
    std::filesystem::remove(folder_ + "/posthouse.toml");
    EXPECT_EQ(run("user list"), 6);
}

TEST_F(CommandsTest, ConfigCheckNamesAFolderOfNewUsersThatCanNotBe) {
    std::ofstream(folder_ + "/posthouse.toml")
        << "[general]\nmail_root = \"mail\"\nspecial_use_folders = [\"Entwürfe=\\\\Drafts\", \"Sent\"]\n";
    EXPECT_EQ(run("config check"), 6);
    EXPECT_NE(err_.find("posthouse.toml:3: general.special_use_folders: \"Sent\": must be a name and a special use"),
              std::string::npos)
        << err_;
    EXPECT_EQ(err_.find("Drafts"), std::string::npos) << err_;
}

TEST_F(CommandsTest, ConfigCheckNamesWhatKeepsOutboundMailFromBeingSent) {
    std::ofstream(folder_ + "/posthouse.toml") << "[general]\nmail_root = \"mail\"\n[outbound]\n"
                                                  "tls_policy = [\"example.net=encypt\"]\n"
                                                  "credentials = [\"[a.example]=joe:/nonexistent/password\"]\n";
    EXPECT_EQ(run("config check"), 6);
    EXPECT_NE(err_.find("posthouse.toml:4: outbound.tls_policy: TLS policy \"example.net=encypt\": the levels are"),
              err_.npos)
        << err_;
    EXPECT_NE(err_.find("posthouse.toml:5: outbound.credentials: /nonexistent/password"), err_.npos) << err_;
}

TEST_F(CommandsTest, ConfigCheckNotesLogInsAtHostsThatMailIsNeverHandedTo) {
    const auto configure = [this](const std::string& relayhost) {
        std::ofstream(folder_ + "/posthouse.toml")
            << "[general]\nmail_root = \"mail\"\nstate_folder = \"state\"\nrun_folder = \"run\"\n"
               "spool_folder = \"spool\"\n[directory]\nsqlite = \"directory.sqlite\"\n"
               "[listen]\nsubmissions = []\nimaps = []\npop3s = []\n[outbound]\nrelayhost = \"" +
                   relayhost + "\"\ncredentials = [\"[a.example]:587=joe:" + folder_ +
                   "/word\", \"[b.example]=joe:" + folder_ + "/word\", \"c.example=joe:" + folder_ + "/word\"]\n";
    };
    std::ofstream(folder_ + "/word") << "secret\n";
    const auto noted = [this] {
        std::string hosts;
        const nlohmann::json found = json("config check");
        for (const nlohmann::json& warning : found["warnings"])
            if (warning["where"].get<std::string>().contains("outbound.credentials"))
                hosts += warning["problem"].get<std::string>().substr(0, 11) + ' ';
        return hosts;
    };
    configure("");
    ASSERT_EQ(run("domain add example.org"), 0) << err_;
    EXPECT_EQ(noted(), "[a.example] [b.example] ") << "c.example is a domain that has its own hosts";
    configure("[a.example]:25");
    EXPECT_EQ(noted(), "[a.example] [b.example] c.example i ");
    configure("[a.example]:587");
    EXPECT_EQ(noted(), "[b.example] c.example i ");
    ASSERT_EQ(run("transport add elsewhere.example smtp:[b.example]:2525"), 0) << err_;
    EXPECT_EQ(noted(), "c.example i ");
}

TEST_F(CommandsTest, ConfigCheckOfRootSeesWhatTheServersUserSees) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can act for others";
    std::ofstream(folder_ + "/posthouse.toml")
        << "[general]\nmail_root = \"mail\"\nstate_folder = \"state\"\nrun_folder = \"run\"\nspool_folder = \"spool\"\n"
           "[directory]\nsqlite = \"directory.sqlite\"\n[auth]\npassword_denylist = \"words\"\n"
           "[listen]\nsubmissions = []\nimaps = []\npop3s = []\n";
    std::ofstream(folder_ + "/directory.sqlite") << "";
    std::ofstream(folder_ + "/words") << "";
    std::filesystem::create_directories(folder_ + "/mail/example.org");
    const nlohmann::json before = json("config check");
    EXPECT_EQ(before["user"], "") << "root's mail";
    constexpr uid_t server = 12345;
    ASSERT_EQ(::chown(folder_.c_str(), server, server), 0);
    ASSERT_EQ(::chown((folder_ + "/mail").c_str(), server, server), 0);
    std::filesystem::permissions(folder_ + "/words", std::filesystem::perms::owner_read);
    EXPECT_EQ(run("config check"), 6);
    EXPECT_EQ(::geteuid(), 0u);
    EXPECT_NE(err_.find("/directory.sqlite is not readable and writable (Permission denied)"), err_.npos) << err_;
    EXPECT_NE(err_.find("/words is not readable (Permission denied)"), err_.npos) << err_;
    EXPECT_NE(err_.find("This is how the server's user sees it: 12345.\n"), err_.npos) << err_;
    for (const char* file : {"/directory.sqlite", "/words"})
        ASSERT_EQ(::chown((folder_ + file).c_str(), server, server), 0);
    EXPECT_EQ(run("config check"), 0) << err_;
    ASSERT_EQ(::chown((folder_ + "/posthouse.toml").c_str(), 0, 0), 0);
    std::filesystem::permissions(folder_ + "/posthouse.toml", std::filesystem::perms::owner_read);
    EXPECT_EQ(run("config check"), 6);
    EXPECT_NE(err_.find("posthouse.toml"), err_.npos) << err_;
}

TEST_F(CommandsTest, WrongUsageIsTwoAndHelpIsNone) {
    EXPECT_EQ(run(""), 2);
    EXPECT_EQ(run("user"), 2);
    EXPECT_EQ(run("user dance"), 2);
    EXPECT_EQ(err_, "posthouse: Unknown command \"user dance\"\n");
    EXPECT_EQ(run("--json --config x usr list"), 2);
    EXPECT_EQ(nlohmann::json::parse(out_)["error"]["message"], "Unknown command \"usr\"; did you mean \"user\"?");
    EXPECT_EQ(run("user list --dance --json"), 2);
    EXPECT_EQ(nlohmann::json::parse(out_)["error"]["code"], "invalid");
    EXPECT_EQ(run("quota --help"), 0);
    EXPECT_NE(out_.find("Example: posthouse quota get"), std::string::npos) << out_;
    EXPECT_EQ(out_.find("domain add"), std::string::npos) << out_;
    EXPECT_EQ(run("user add joe@example.org --password secret"), 2);
    EXPECT_EQ(run("--help"), 0);
    EXPECT_NE(out_.find("Exit codes"), std::string::npos);
}

TEST_F(CommandsTest, EveryCommandsHelpHasAnExample) {
    for (const std::string group :
         {"domain", "user", "alias", "list", "address", "grant", "transport", "import", "db", "completion"}) {
        ASSERT_EQ(run("__complete -- " + group + " x"), 0);
        std::istringstream words(out_);
        int commands = 0;
        for (std::string word; words >> word;) {
            if (word.starts_with("--")) continue;
            ++commands;
            ASSERT_EQ(run(group + ' ' + word + " --help"), 0);
            EXPECT_NE(out_.find("Example: posthouse " + group + ' ' + word), std::string::npos) << out_;
        }
        EXPECT_GE(commands, group == "address" ? 1 : 3);
    }
}

TEST_F(CommandsTest, CompletionFollowsTheWords) {
    EXPECT_EQ(run("completion bash"), 0);
    EXPECT_NE(out_.find("complete -F _posthouse posthouse"), std::string::npos);
    EXPECT_NE(out_.find(R"sh("${COMP_WORDS[@]:1:COMP_CWORD}")sh"), std::string::npos);
    EXPECT_EQ(run("completion zsh"), 0);
    EXPECT_NE(out_.find(R"sh(${(@)words[2,CURRENT]})sh"), std::string::npos);
    EXPECT_EQ(run("completion fish"), 0);
    EXPECT_NE(out_.find("$words[2..-1] 2>/dev/null"), std::string::npos);
    EXPECT_EQ(run("__complete -- us"), 0);
    EXPECT_NE(("\n" + out_).find("\nuser\n"), std::string::npos);
    EXPECT_EQ(out_.find("__complete"), std::string::npos);
    EXPECT_EQ(run("__complete -- user remove --del"), 0);
    EXPECT_NE(out_.find("--delete-mail"), std::string::npos);
    EXPECT_EQ(out_.find("--help"), out_.rfind("--help")) << out_;
    add_joe();
    std::filesystem::create_directory(make_mail("joe") + "/cur");
    EXPECT_EQ(run("__complete -- user remove jo"), 0);
    EXPECT_NE(("\n" + out_).find("\njoe@example.org\n"), std::string::npos) << out_;
    EXPECT_EQ(run("__complete -- mailbox status --json joe@example.org I"), 0);
    EXPECT_NE(("\n" + out_).find("\nINBOX\n"), std::string::npos) << out_;
    EXPECT_EQ(run("__complete -- mailbox status nobody@example.org I"), 0);
    EXPECT_EQ(out_.find("INBOX"), std::string::npos) << out_;
}

/// Everything that may follow each command is offered.
void expect_completion(const std::function<std::string(std::vector<std::string>)>& complete,
                       const std::vector<std::string>& path, const CLI::App& app) {
    std::vector<std::string> words = path;
    words.emplace_back("-");
    const std::string offered = '\n' + complete(words);
    for (const Command* below : commands_of(app)) {
        EXPECT_NE(offered.find('\n' + below->get_name() + '\n'), std::string::npos) << below->get_name();
        std::vector<std::string> next = path;
        next.push_back(below->get_name());
        expect_completion(complete, next, *below);
    }
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames())
            EXPECT_NE(offered.find("\n--" + name + '\n'), std::string::npos) << app.get_name() << " --" << name;
}

TEST_F(CommandsTest, CompletionOffersEveryCommandAndOption) {
    std::istringstream in;
    std::ostringstream out;
    Context context{.config_path = {}, .version = "0", .in = in, .out = out, .err = out};
    const auto complete = [this](std::vector<std::string> words) {
        words.insert(words.begin(), {"__complete", "--"});
        EXPECT_EQ(run_words(std::move(words)), 0) << err_;
        return out_;
    };
    expect_completion(complete, {}, *make_app(context));
}

TEST_F(CommandsTest, CompletionKnowsWhatTheValueOfAnOptionMayBe) {
    add_joe();
    EXPECT_EQ(run("__complete -- queue list --state d"), 0);
    EXPECT_EQ(out_, "corrupt\ndeferred\nhold\nincoming\n");
    EXPECT_EQ(run("__complete -- user list --domain ex"), 0);
    EXPECT_EQ(out_, "example.org\n");
    EXPECT_EQ(run("__complete -- acl get ann@example.org Work --for j"), 0);
    EXPECT_EQ(out_, "joe@example.org\n");
    for (const char* file : {"user remove joe@example.org --archive x", "--config /etc", "import json dir",
                             "db grants --reader-password-file x"}) {
        EXPECT_EQ(run(std::string("__complete -- ") + file), 0);
        EXPECT_EQ(out_, ":files\n") << file;
    }
    EXPECT_EQ(run("__complete -- user list --domain example.org --j"), 0);
    EXPECT_NE(out_.find("--json\n"), std::string::npos) << out_;
}

TEST_F(CommandsTest, NoEmptyDatabaseIsMadeWhereOneIsMissingThoughThereIsMail) {
    add_joe();
    make_mail("joe");
    for (const char* file : {"/directory.sqlite", "/directory.sqlite-wal", "/directory.sqlite-shm"})
        std::filesystem::remove(folder_ + file);
    for (const char* command :
         {"domain add example.net", "user add ann@example.org --generate", "alias add a@example.org joe@example.org"}) {
        EXPECT_EQ(run(command), 5) << command;
        EXPECT_NE(err_.find("is missing, though there is mail"), std::string::npos) << err_;
        EXPECT_FALSE(std::filesystem::exists(folder_ + "/directory.sqlite")) << command;
    }
    EXPECT_EQ(run("db status"), 3);
    EXPECT_NE(out_.find("put it back from a backup"), std::string::npos) << out_;
    EXPECT_EQ(run("db init"), 0) << "who says so gets an empty one";
    EXPECT_EQ(run("domain add example.net"), 0);
}

}  // namespace
}  // namespace posthouse::cli
