// CommandLineTest: a test that runs commands, with a configuration and an empty directory of its own.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "auth/directory/sqlite_directory.h"
#include "cli/command.h"

namespace posthouse::cli {

class CommandLineTest : public testing::Test {
  protected:
    CommandLineTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "posthouse-cli-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        folder_ = pattern;
        std::ofstream(folder_ + "/posthouse.toml")
            << "[general]\nmail_root = \"mail\"\nindex_root = \"index\"\nrun_folder = \"run\"\n"
               "[directory]\nsqlite = \"directory.sqlite\"\nbusy_timeout = \"0ms\"\n";
        // Most tests are not about what a good password is.
        ::setenv("POSTHOUSE_AUTH_PASSWORD_RULES", "false", 1);
    }
    ~CommandLineTest() override { std::filesystem::remove_all(folder_); }

    /// Runs `posthouse --config … <words>` with `input` on standard input; its exit code.
    int run(const std::string& words, const std::string& input = {}) {
        std::vector<std::string> parts;
        std::istringstream split(words);
        for (std::string word; split >> word;) parts.push_back(word);
        return run_words(std::move(parts), input);
    }
    /// The same with words that may hold spaces.
    int run_words(std::vector<std::string> words, const std::string& input = {}) {
        words.insert(words.begin(), {"posthouse", "--config", folder_ + "/posthouse.toml"});
        std::vector<const char*> argv;
        for (const std::string& word : words) argv.push_back(word.c_str());
        std::istringstream in(input);
        std::ostringstream out;
        std::ostringstream err;
        Context context{.config_path = {}, .version = "0", .in = in, .out = out, .err = err};
        const int code = cli::run(static_cast<int>(argv.size()), argv.data(), context);
        out_ = out.str();
        err_ = err.str();
        return code;
    }
    nlohmann::json json(const std::string& words, const std::string& input = {}) {
        EXPECT_EQ(run("--json " + words, input), 0) << out_ << err_;
        return nlohmann::json::parse(out_);
    }
    std::unique_ptr<auth::Directory> directory() {
        return std::move(*auth::open_sqlite_directory({folder_ + "/directory.sqlite", 0}));
    }
    void add_joe() {
        ASSERT_EQ(run("domain add example.org"), 0) << err_;
        ASSERT_EQ(run("user add joe@example.org --password-stdin", "secret\n"), 0) << err_;
    }
    std::string make_mail(const std::string& user) {
        const std::string mail = folder_ + "/mail/example.org/" + user;
        std::filesystem::create_directories(mail + "/new");
        std::ofstream(mail + "/new/message") << "x";
        return mail;
    }

    std::string folder_;
    std::string out_;
    std::string err_;
};

}  // namespace posthouse::cli
