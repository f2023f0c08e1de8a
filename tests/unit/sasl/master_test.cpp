// Tests of lib/sasl/master.h.
#include "lib/sasl/master.h"

#include <gtest/gtest.h>

namespace posthouse::sasl {
namespace {

template <typename T, typename Line>
T parsed(Result<Line> line) {
    EXPECT_TRUE(line) << line.error().message();
    if (!line || !std::holds_alternative<T>(*line)) {
        ADD_FAILURE() << "another kind of line";
        return {};
    }
    return std::get<T>(std::move(*line));
}
std::string_view without_lf(std::string_view line) {
    line.remove_suffix(1);
    return line;
}

TEST(AuthMaster, RequestsParse) {
    const auto user = parsed<UserRequest>(parse_master_line("USER\t5\tjoe@example.org\tservice=lmtp\tdebug"));
    EXPECT_EQ(user.id, 5u);
    EXPECT_EQ(user.user, "joe@example.org");
    EXPECT_EQ(user.parameters.size(), 2u);
    EXPECT_EQ(parsed<ListRequest>(parse_master_line("LIST\t6\tservice=doveadm")).id, 6u);
    const auto login = parsed<LoginRequest>(parse_master_line("REQUEST\t7\t4242\t1\tcafe\tsession_pid=3"));
    EXPECT_EQ(login.client_pid, 4242u);
    EXPECT_EQ(login.exchange_id, 1u);
    EXPECT_EQ(login.cookie, "cafe");
    EXPECT_EQ(parsed<CacheFlushRequest>(parse_master_line("CACHE-FLUSH\t8")).users.size(), 0u);
    EXPECT_EQ(parsed<CacheFlushRequest>(parse_master_line("CACHE-FLUSH\t8\tjoe@example.org\texample.net")).users[1],
              "example.net");
    EXPECT_EQ(parsed<CacheFlushedReply>(parse_master_reply("OK\t8\t42")).count, 42u);
    EXPECT_FALSE(parse_master_reply("OK\t8"));
    EXPECT_FALSE(parse_master_line("CACHE-FLUSH\t8\t"));
    EXPECT_EQ(parsed<CancelRequest>(parse_master_line("CANCEL\t7")).id, 7u);
    EXPECT_EQ(parsed<Version>(parse_master_line("VERSION\t1\t1")).major, 1u);
}

TEST(AuthMaster, PassIsNotACommand) {
    EXPECT_EQ(parsed<UnknownLine>(parse_master_line("PASS\t1\tjoe@example.org")).name, "PASS");
}

TEST(AuthMaster, MalformedRequestsAreErrors) {
    EXPECT_FALSE(parse_master_line("USER"));
    EXPECT_FALSE(parse_master_line("USER\t1"));
    EXPECT_FALSE(parse_master_line("USER\t1\t"));
    EXPECT_FALSE(parse_master_line("USER\tx\tjoe"));
    EXPECT_FALSE(parse_master_line("LIST"));
    EXPECT_FALSE(parse_master_line("REQUEST\t1\t2\t3"));
    EXPECT_FALSE(parse_master_line("CANCEL"));
    EXPECT_FALSE(parse_master_line("VERSION\t1"));
}

TEST(AuthMaster, EncodedRequestsParseBack) {
    const std::string user = encode(UserRequest{1, "odd\tname", {{"service", "lmtp"}}});
    EXPECT_EQ(parsed<UserRequest>(parse_master_line(without_lf(user))).user, "odd\tname");
    EXPECT_EQ(encode(ListRequest{2, {}}), "LIST\t2\n");
    EXPECT_EQ(encode(LoginRequest{3, 4, 5, "ab", {}}), "REQUEST\t3\t4\t5\tab\n");
    EXPECT_EQ(encode(CancelRequest{3}), "CANCEL\t3\n");
}

TEST(AuthMaster, RepliesParseBack) {
    const std::string user = encode(UserReply{1, "joe@example.org", {{"home", "/srv/mail/example.org/joe"}}});
    EXPECT_EQ(user, "USER\t1\tjoe@example.org\thome=/srv/mail/example.org/joe\n");
    EXPECT_EQ(parsed<UserReply>(parse_master_reply(without_lf(user))).fields.size(), 1u);
    EXPECT_EQ(parsed<NotFoundReply>(parse_master_reply("NOTFOUND\t2")).id, 2u);
    EXPECT_EQ(parsed<MasterFailReply>(parse_master_reply("FAIL\t3\treason=later")).reason, "later");
    EXPECT_EQ(encode(MasterFailReply{3, "later"}), "FAIL\t3\treason=later\n");
    EXPECT_EQ(parsed<ListReply>(parse_master_reply("LIST\t4\tjoe")).user, "joe");
    EXPECT_TRUE(parsed<ListDoneReply>(parse_master_reply("DONE\t4\tfail")).failed);
    EXPECT_FALSE(parsed<ListDoneReply>(parse_master_reply("DONE\t4")).failed);
    EXPECT_EQ(encode(ListReply{4, "joe"}) + encode(ListDoneReply{4, true}), "LIST\t4\tjoe\nDONE\t4\tfail\n");
}

}  // namespace
}  // namespace posthouse::sasl
