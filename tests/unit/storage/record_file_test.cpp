// RecordFile: what is appended comes back in order; what is torn, damaged, replaced or no file at all harms nothing
// else.
#include "storage/record_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "storage/mailbox_state.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

using Records = std::vector<std::string>;

class RecordFileTest : public MailRoot {
  protected:
    const std::shared_ptr<const Folder> in = open()->state()->folder();
    RecordFile file{"records"};
    RecordNews news = RecordNews::none;

    Records reload(RecordFile& one) {
        Records found;
        const Result<RecordNews> kind = one.reload(*in, [&](std::string_view record) { found.emplace_back(record); });
        EXPECT_TRUE(kind) << kind.error().message();
        news = kind.value_or(RecordNews::none);
        return found;
    }
    Records reload() { return reload(file); }
    Records reload_anew() {
        RecordFile anew("records");
        return reload(anew);
    }
    void append(const Records& records, Durable durable = Durable::in_time) {
        ASSERT_TRUE(file.append(*in, records, durable));
    }
};

TEST_F(RecordFileTest, WhatIsAppendedComesBackInOrder) {
    EXPECT_EQ(reload(), Records());
    append({"one", "two"}, Durable::at_once);
    append({"three"});
    EXPECT_EQ(read("records").substr(8), " one\n" + to_record_line("two") + to_record_line("three"));
    EXPECT_EQ(reload_anew(), (Records{"one", "two", "three"}));
    EXPECT_EQ(reload(), Records());
    EXPECT_EQ(news, RecordNews::none);
    EXPECT_EQ(file.position().records, 3u);
}

TEST_F(RecordFileTest, AnotherReaderGoesOnFromItsPosition) {
    append({"one"});
    RecordFile other("records");
    other.resume(file.position());
    append({"two", "three"});
    EXPECT_TRUE(other.changed(*in).value());
    EXPECT_EQ(reload(other), (Records{"two", "three"}));
    EXPECT_EQ(news, RecordNews::more);
    EXPECT_EQ(other.position(), file.position());
    EXPECT_FALSE(other.changed(*in).value());
}

TEST_F(RecordFileTest, ATornTailIsNotReadAndGoesWithTheNextWrite) {
    append({"one", "two", "three"});
    const std::string whole = read("records");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write("records", whole.substr(0, size));
        const Records found = reload();
        EXPECT_EQ(found.size(), static_cast<std::size_t>(std::ranges::count(whole.substr(0, size), '\n')));
        append({"next"});
        Records expected = found;
        expected.emplace_back("next");
        EXPECT_EQ(reload_anew(), expected) << size;
        std::string text;
        for (const std::string& record : expected) text += to_record_line(record);
        EXPECT_EQ(read("records"), text);
    }
}

TEST_F(RecordFileTest, ADamagedByteCostsItsLineOnly) {
    append({"one", "two", "three"});
    const std::string whole = read("records");
    const std::size_t second = whole.find('\n') + 1;
    const std::size_t third = whole.find('\n', second) + 1;
    for (std::size_t at = second; at < third - 1; ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        if (damaged[at] == '\n') continue;
        write("records", damaged);
        RecordFile anew("records");
        EXPECT_EQ(reload(anew), (Records{"one", "three"})) << at;
        EXPECT_EQ(anew.position().damaged, 1u);
        ASSERT_TRUE(anew.append(*in, Records{"four"}, Durable::in_time));
        EXPECT_EQ(anew.position().damaged, 0u);
        EXPECT_EQ(reload_anew(), (Records{"one", "three", "four"}));
    }
}

TEST_F(RecordFileTest, ZerosWhereARecordWasCostTheLineBehindThemAsWell) {
    append({"one", "two", "three", "four"});
    std::string text = read("records");
    const std::size_t second = text.find('\n') + 1;
    const std::size_t third = text.find('\n', second) + 1;
    text.replace(second, third - second, std::string(third - second, '\0'));
    write("records", text);
    EXPECT_EQ(reload_anew(), (Records{"one", "four"}));
}

TEST_F(RecordFileTest, AnotherFileInItsPlaceIsReadWhole) {
    append({"one", "two"});
    const std::string old = read("records");
    append({"three"});
    std::filesystem::remove(path("records"));
    write("records", old);
    EXPECT_EQ(reload(), (Records{"one", "two"}));
    EXPECT_EQ(news, RecordNews::whole);
    // Written over in place by something longer.
    write("records", to_record_line(std::string(500, 'x')) + to_record_line("y"));
    EXPECT_EQ(reload(), (Records{std::string(500, 'x'), "y"}));
    EXPECT_EQ(news, RecordNews::whole);
    std::filesystem::remove(path("records"));
    EXPECT_EQ(reload(), Records());
    EXPECT_EQ(news, RecordNews::whole);
    EXPECT_EQ(reload(), Records());
    EXPECT_EQ(news, RecordNews::none);
}

TEST_F(RecordFileTest, ALineTooLongToBeOneIsLeftOut) {
    for (const std::size_t size : {max_record_bytes + 1, std::size_t{300'000}, std::size_t{5} << 20}) {
        write("records", to_record_line("one") + to_record_line(std::string(size, 'x')) + to_record_line("two"));
        RecordFile anew("records");
        EXPECT_EQ(reload(anew), (Records{"one", "two"})) << size;
        EXPECT_EQ(anew.position().damaged, 1u);
        EXPECT_EQ(anew.position().parsed, anew.position().stamp.size);
    }
    write("records", to_record_line(std::string(max_record_bytes, 'x')));
    EXPECT_EQ(reload_anew(), Records{std::string(max_record_bytes, 'x')});
}

TEST_F(RecordFileTest, AnEndlessFileIsReadToItsBoundAndMadeShort) {
    write("records", to_record_line("one"));
    ASSERT_EQ(::truncate(path("records").c_str(), std::int64_t{1} << 40), 0);
    EXPECT_EQ(reload(), Records{"one"});
    EXPECT_GT(file.position().damaged, 0u);
    append({"two"});
    EXPECT_EQ(read("records"), to_record_line("one") + to_record_line("two"));
}

TEST_F(RecordFileTest, WhatIsNoFileCountsAsMissing) {
    const std::string place = path("records");
    std::filesystem::create_directory(place);
    EXPECT_EQ(reload(), Records());
    EXPECT_FALSE(file.append(*in, Records{"one"}, Durable::at_once));
    std::filesystem::remove(place);
    ASSERT_EQ(::mkfifo(place.c_str(), 0600), 0);
    EXPECT_EQ(reload(), Records());
    append({"one"});
    EXPECT_EQ(reload_anew(), Records{"one"});
    std::filesystem::remove(place);
    std::filesystem::create_symlink("records", place);
    EXPECT_EQ(reload(), Records());
    std::filesystem::remove(place);
    std::filesystem::create_symlink("nowhere", place);
    EXPECT_EQ(reload(), Records());
    append({"two"});
    EXPECT_EQ(reload_anew(), Records{"two"});
}

}  // namespace
}  // namespace posthouse::storage
