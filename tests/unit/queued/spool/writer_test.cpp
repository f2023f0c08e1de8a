// Writers: what is accepted is there whole, what isn't was never there.
#include "queued/spool/writer.h"

#include <sys/stat.h>

#include <limits>

#include "tests/unit/queued/spool/spool_folder.h"

namespace posthouse::spool {
namespace {

class WriterTest : public SpoolTest {
  protected:
    std::size_t files_in_incoming() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(root + "/incoming"), {}));
    }
};

TEST_F(WriterTest, AMessageIsThereAfterFinishAndNotBefore) {
    const Envelope envelope = envelope_to({"bob@example.net"});
    Writer writer = Writer::begin(incoming).value();
    ASSERT_TRUE(writer.write("Subject: one\r\n"));
    ASSERT_TRUE(writer.write("\r\ntext\r\n"));
    EXPECT_EQ(writer.size(), 22u);
    EXPECT_EQ(files_in_incoming(), 0u);
    ASSERT_TRUE(writer.finish(envelope, "Received: here\r\n"));
    ASSERT_EQ(places_in(spool, Folder::incoming), (std::vector<Place>{{Folder::incoming, {envelope.id, 0}}}));
    Entry entry = open({Folder::incoming, {envelope.id, 0}});
    EXPECT_EQ(entry.envelope(), envelope);
    EXPECT_EQ(entry.message_bytes(), 38u);
    EXPECT_EQ(message_of(entry).value(), "Received: here\r\nSubject: one\r\n\r\ntext\r\n");
    EXPECT_EQ(entry.states(), std::vector<RecipientState>(1));
    EXPECT_FALSE(entry.nothing_left());
}

TEST_F(WriterTest, AHeldMessageIsDueLater) {
    Envelope envelope = envelope_to({"bob@example.net"});
    envelope.hold_until = 1'700'003'600;
    ASSERT_TRUE(accept(incoming, envelope, "x"));
    EXPECT_EQ(places_in(spool, Folder::incoming),
              (std::vector<Place>{{Folder::incoming, {envelope.id, 1'700'003'600}}}));
}

TEST_F(WriterTest, ContentOfAnySizeComesBackFromAnyPlace) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, piece_bytes - 1, piece_bytes, piece_bytes + 1,
                                   3 * piece_bytes, 3 * piece_bytes + 17}) {
        SCOPED_TRACE(size);
        const std::string content = content_of_size(size);
        for (const std::string& front :
             {std::string(), std::string("Received: x\r\n"), content_of_size(max_front_bytes)}) {
            const Envelope envelope = envelope_to({"bob@example.net"});
            Writer writer = Writer::begin(incoming).value();
            // In pieces that fit nothing.
            for (std::size_t at = 0; at < size; at += 30'011)
                ASSERT_TRUE(writer.write(std::string_view(content).substr(at, 30'011)));
            ASSERT_TRUE(writer.finish(envelope, front));
            Entry entry = open({Folder::incoming, {envelope.id, 0}});
            const std::string message = front + content;
            EXPECT_EQ(entry.message_bytes(), message.size());
            EXPECT_EQ(message_of(entry).value(), message);
            EXPECT_EQ(message_of(entry, piece_bytes - 3).value(), message);
            std::string buffer(10, '\0');
            for (const std::size_t at :
                 {front.size(), message.size() / 2, message.size() > 3 ? message.size() - 3 : 0}) {
                const std::size_t got = entry.read(at, buffer).value();
                EXPECT_EQ(buffer.substr(0, got), message.substr(at, 10));
            }
            EXPECT_EQ(entry.read(message.size(), buffer).value(), 0u);
            EXPECT_EQ(entry.read(std::numeric_limits<std::uint64_t>::max(), buffer).value(), 0u);
        }
    }
}

TEST_F(WriterTest, WhatIsBeingWrittenCanBeRead) {
    const std::string content = content_of_size(2 * piece_bytes + 100);
    Writer writer = Writer::begin(incoming).value();
    std::string buffer(content.size(), '\0');
    for (std::size_t at = 0; at < content.size(); at += 50'000) {
        ASSERT_TRUE(writer.write(std::string_view(content).substr(at, 50'000)));
        const std::size_t there = std::min(content.size(), at + 50'000);
        for (const std::size_t from : {std::size_t{0}, at, there - 5, there}) {
            const Result<std::size_t> got = writer.read(from, buffer);
            ASSERT_TRUE(got) << got.error().message();
            EXPECT_EQ(buffer.substr(0, *got), content.substr(from, there - from));
        }
    }
    ASSERT_TRUE(writer.finish(envelope_to({"bob@example.net"})));
}

TEST_F(WriterTest, OneThatIsDroppedLeavesNothing) {
    {
        Writer writer = Writer::begin(incoming).value();
        ASSERT_TRUE(writer.write(content_of_size(200'000)));
        Writer other = std::move(writer);
        ASSERT_TRUE(other.write("more"));
        writer = std::move(other);
        ASSERT_TRUE(writer.write("and more"));
    }
    EXPECT_EQ(files_in_incoming(), 0u);
}

TEST_F(WriterTest, AnIdIsAcceptedOnce) {
    const Envelope envelope = envelope_to({"bob@example.net"});
    ASSERT_TRUE(accept(incoming, envelope, "first"));
    EXPECT_EQ(accept(incoming, envelope, "second").error().code, ErrorCode::exists);
    Entry entry = open({Folder::incoming, {envelope.id, 0}});
    EXPECT_EQ(message_of(entry).value(), "first");
    EXPECT_EQ(files_in_incoming(), 1u);
}

TEST_F(WriterTest, AnEnvelopeThatCouldNotBeReadIsNotAccepted) {
    Envelope without = envelope_to({});
    EXPECT_EQ(accept(incoming, without, "x").error().code, ErrorCode::invalid);
    Envelope strange = envelope_to({"bob@example.net"});
    strange.id = "../../etc/passwd";
    EXPECT_EQ(accept(incoming, strange, "x").error().code, ErrorCode::invalid);
    strange = envelope_to({"bob@example.net"});
    strange.recipients[0].address.domain = "not a domain";
    EXPECT_EQ(accept(incoming, strange, "x").error().code, ErrorCode::invalid);
    strange = envelope_to({"bob@example.net"});
    strange.recipients[0].address.domain = "EXAMPLE.net";
    EXPECT_EQ(accept(incoming, strange, "x").error().code, ErrorCode::invalid) << "it would be read as another";
    strange = envelope_to({"bob@example.net"});
    strange.recipients[0].transport = std::string(max_transport + 1, 'x');
    EXPECT_FALSE(accept(incoming, strange, "x"));
    EXPECT_EQ(
        accept(incoming, envelope_to({"bob@example.net"}), "x", std::string(max_front_bytes + 1, 'x')).error().code,
        ErrorCode::limit);
    EXPECT_EQ(files_in_incoming(), 0u);
}

TEST_F(WriterTest, AfterAnErrorOrTheEndItIsOfNoMoreUse) {
    Writer writer = Writer::begin(incoming).value();
    EXPECT_FALSE(writer.finish(envelope_to({})));
    EXPECT_FALSE(writer.write("x"));
    EXPECT_FALSE(writer.finish(envelope_to({"bob@example.net"})));
    Writer done = Writer::begin(incoming).value();
    ASSERT_TRUE(done.finish(envelope_to({"bob@example.net"})));
    EXPECT_FALSE(done.write("x"));
    EXPECT_FALSE(done.finish(envelope_to({"bob@example.net"})));
    EXPECT_EQ(files_in_incoming(), 1u);
}

TEST_F(WriterTest, RoomIsReservedAndGivenBack) {
    const Envelope envelope = envelope_to({"bob@example.net"});
    Writer writer = Writer::begin(incoming).value();
    ASSERT_TRUE(writer.reserve(10u << 20));
    ASSERT_TRUE(writer.write("small after all"));
    ASSERT_TRUE(writer.finish(envelope));
    struct stat st{};
    ASSERT_EQ(::stat(path({Folder::incoming, {envelope.id, 0}}).c_str(), &st), 0);
    EXPECT_LT(st.st_blocks * 512, 1 << 20);
    Entry entry = open({Folder::incoming, {envelope.id, 0}});
    EXPECT_EQ(message_of(entry).value(), "small after all");

    Writer large = Writer::begin(incoming).value();
    EXPECT_EQ(large.reserve(max_content_bytes).error().code, ErrorCode::no_space)
        << "a terabyte in a small file system";
    EXPECT_FALSE(large.write("x"));
}

TEST_F(WriterTest, WhatIsHeldFromItsBeginningIsInHoldOnlyAndSaysWhy) {
    const Envelope envelope = envelope_to({"bob@example.net"});
    Writer writer = Writer::begin(incoming).value();
    ASSERT_TRUE(writer.write("Subject: a\r\n\r\nb\r\n"));
    Event held = event(EventKind::held, {});
    held.reply = "looks like spam";
    ASSERT_TRUE(spool.finish_held(writer, envelope, held));
    EXPECT_EQ(files_in_incoming(), 0u);
    const std::vector<Place> places = places_in(spool, Folder::hold);
    ASSERT_EQ(places.size(), 1u);
    EXPECT_EQ(places[0].name.id, envelope.id);
    EXPECT_EQ(spool.look(places[0])->held, "looks like spam");
    Entry entry = open(places[0]);
    EXPECT_EQ(message_of(entry).value(), "Subject: a\r\n\r\nb\r\n");
    EXPECT_TRUE(entry.release(event(EventKind::released, {}), 1));
}

TEST_F(WriterTest, LittleDiskIsToldBeforeContentIsTaken) {
    const std::uint64_t free = spool.free_space()->bytes;
    ASSERT_GT(free, 0u);
    EXPECT_TRUE(incoming.has_room(1000, 1000).value());
    EXPECT_TRUE(incoming.has_room(0, 0).value());
    constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
    EXPECT_FALSE(incoming.has_room(0, all).value());
    EXPECT_FALSE(incoming.has_room(all, 0).value());
    EXPECT_FALSE(incoming.has_room(all, all).value());
}

TEST_F(WriterTest, ASpoolThatIsNotMadeIsAnError) {
    EXPECT_EQ(Incoming::open(folder.path() + "/none").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace posthouse::spool
