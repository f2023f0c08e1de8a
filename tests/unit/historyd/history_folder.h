// HistoryTest: a folder with segments, as daemons write them, and what is found of them.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "historyd/archive.h"
#include "historyd/indexer.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/story/telling.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::history {

class HistoryTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(log::open({.program = "test", .path = folder_.path() + "/log"}));
        ASSERT_TRUE(make_folders(incoming()));
    }
    void TearDown() override { static_cast<void>(log::open({.program = "test", .path = ""})); }

    std::string root() const { return folder_.path() + "/history"; }
    std::string incoming() const { return root() + "/incoming"; }
    std::string index() const { return root() + "/index"; }

    /// The n-th event; each is of a message of its own.
    static story::Event event(int number) {
        story::Event event = story::refuse({"id-" + std::to_string(number)},
                                           {.recipients = {"r" + std::to_string(number) + "@example.org"},
                                            .reply = "550 5.1.1 no such user",
                                            .reason = std::to_string(number)});
        event.time = 1'700'000'000'000 + number;
        event.daemon = "smtpd";
        return event;
    }
    static std::string lines(int first, int count) {
        std::string text;
        for (int i = 0; i < count; ++i) text += story::to_line(event(first + i));
        return text;
    }
    void append(const std::string& segment, const std::string& text) const {
        const Result<UniqueFd> file = open_file(incoming() + "/" + segment, O_WRONLY | O_CREAT | O_APPEND);
        ASSERT_TRUE(file);
        ASSERT_TRUE(write_all(file->get(), text));
    }
    /// Until nothing is left to do.
    static Result<Pass> work(Indexer& indexer) {
        for (;;) {
            Result<Pass> pass = indexer.pass();
            if (!pass || !pass->more) return pass;
        }
    }
    /// The numbers of all events that are there, sorted.
    std::vector<int> numbers(const std::vector<std::string>& keys = {}) const {
        std::vector<int> found;
        Result<Archive> archive = Archive::open(root());
        EXPECT_TRUE(archive) << archive.error().message();
        if (!archive) return found;
        const Result<> looked = archive->each(keys, {}, [&](const story::Event& event) {
            found.push_back(std::stoi(std::string(story::field(event, "reason"))));
            return true;
        });
        EXPECT_TRUE(looked);
        EXPECT_TRUE(archive->notes().empty()) << archive->notes().front();
        std::ranges::sort(found);
        return found;
    }
    static std::vector<int> up_to(int count) {
        std::vector<int> all;
        for (int i = 0; i < count; ++i) all.push_back(i);
        return all;
    }
    std::vector<std::string> names_in(const std::string& folder) const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
        std::ranges::sort(names);
        return names;
    }

    TemporaryFolder folder_;
};

}  // namespace posthouse::history
