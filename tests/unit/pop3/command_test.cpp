// Tests of lib/pop3/command.h.
#include "lib/pop3/command.h"

#include <gtest/gtest.h>

namespace posthouse::pop3 {
namespace {

template <typename T>
T parsed(std::string_view line) {
    Result<Command> command = parse_command(line);
    EXPECT_TRUE(command) << line << ": " << (command ? "" : command.error().text);
    if (!command || !std::holds_alternative<T>(*command)) {
        ADD_FAILURE() << line << " became another command";
        return T{};
    }
    return std::move(std::get<T>(*command));
}

ErrorCode error_of(std::string_view line) {
    const Result<Command> command = parse_command(line);
    EXPECT_FALSE(command) << line;
    return command ? ErrorCode::internal : command.error().code;
}

TEST(Pop3Command, TheSessionOfRfc1939) {
    EXPECT_EQ(parsed<Apop>("APOP mrose c4c9334bac560ecc979e58001b3e22fb").digest, "c4c9334bac560ecc979e58001b3e22fb");
    parsed<Stat>("STAT");
    EXPECT_FALSE(parsed<List>("LIST").message);
    EXPECT_EQ(parsed<List>("LIST 2").message, 2u);
    EXPECT_EQ(parsed<Retr>("RETR 1").message, 1u);
    EXPECT_EQ(parsed<Dele>("DELE 1").message, 1u);
    EXPECT_EQ(parsed<Uidl>("UIDL 2").message, 2u);
    const Top top = parsed<Top>("TOP 1 10");
    EXPECT_EQ(top.message, 1u);
    EXPECT_EQ(top.body_lines, 10u);
    parsed<Noop>("NOOP");
    parsed<Rset>("RSET");
    parsed<Quit>("QUIT");
    parsed<Capa>("CAPA");
    parsed<Stls>("STLS");
}

TEST(Pop3Command, KeywordsAreMatchedWithoutCase) {
    parsed<Quit>("quit");
    EXPECT_EQ(parsed<User>("uSeR Mrose").name, "Mrose");
}

TEST(Pop3Command, UserAndPassTakeTheRestOfTheLineAsItIs) {
    EXPECT_EQ(parsed<User>("USER first last").name, "first last");
    EXPECT_EQ(parsed<Pass>("PASS  two  spaces ").password.view(), " two  spaces ");
    EXPECT_EQ(parsed<Pass>("PASS gr\xC3\xBC\xC3\x9F").password.view(), "gr\xC3\xBC\xC3\x9F");
    EXPECT_EQ(parsed<Pass>("PASS ").password.view(), "");
}

TEST(Pop3Command, AuthWithAndWithoutInitialResponse) {
    EXPECT_EQ(parsed<Auth>("AUTH").mechanism, "");
    const Auth bare = parsed<Auth>("auth plain");
    EXPECT_EQ(bare.mechanism, "PLAIN");
    EXPECT_FALSE(bare.initial_response);
    const Auth full = parsed<Auth>("AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=");  // RFC 5034 §6
    EXPECT_EQ(full.initial_response->view(), std::string_view("test\0test\0test", 14));
    EXPECT_TRUE(parsed<Auth>("AUTH EXTERNAL =").initial_response->empty());
}

TEST(Pop3Command, AuthRefusesBadNamesAndBadBase64) {
    for (const char* line : {"AUTH PL/AIN", "AUTH  PLAIN", "AUTH PLAIN ", "AUTH PLAIN !!!!", "AUTH PLAIN dGVzdA",
                             "AUTH ABCDEFGHIJKLMNOPQRSTU"})
        EXPECT_EQ(error_of(line), ErrorCode::invalid) << line;
}

TEST(Pop3Command, XclientTellsAnAddress) {
    const Xclient full = parsed<Xclient>("xclient SESSION=abc addr=192.0.2.7 PORT=40000 TTL=5");
    EXPECT_EQ(full.address, "192.0.2.7");
    EXPECT_EQ(full.port, "40000");
    EXPECT_EQ(parsed<Xclient>("XCLIENT TTL=5").address, "");
    for (const char* line : {"XCLIENT", "XCLIENT ", "XCLIENT ADDR", "XCLIENT =x", "XCLIENT ADDR=192.0.2.7 ",
                             "XCLIENT ADDR=192.0.2.7 LOGIN=joe@example.org"})
        EXPECT_EQ(error_of(line), ErrorCode::invalid) << line;
}

TEST(Pop3Command, MessageNumbersAreFromOneAndDecimal) {
    for (const char* line : {"RETR", "RETR ", "RETR 0", "RETR -1", "RETR +1", "RETR 1 ", "RETR  1", "RETR 1x",
                             "DELE 1 2", "LIST 0", "UIDL x", "TOP 1", "TOP 0 1", "TOP 1 -1", "TOP 1 ", "TOP 1 2 3"})
        EXPECT_EQ(error_of(line), ErrorCode::invalid) << line;
}

TEST(Pop3Command, ANumberBeyondEveryMailboxIsJustAMessageThatDoesNotExist) {
    EXPECT_EQ(parsed<Retr>("RETR 4294967296").message, 4294967295u);
    EXPECT_EQ(error_of("RETR 99999999999999999999"), ErrorCode::invalid);
}

TEST(Pop3Command, CommandsWithoutArgumentsTolerateOneTrailingSpaceOnly) {
    parsed<Stat>("STAT ");
    EXPECT_EQ(error_of("STAT x"), ErrorCode::invalid);
    EXPECT_EQ(error_of("QUIT  "), ErrorCode::invalid);
}

TEST(Pop3Command, UnknownCommandsAreToldApartFromBadArguments) {
    for (const char* line : {"", " ", " QUIT", "XTND XMIT", "QUITX", "\xFFQUIT"})
        EXPECT_EQ(error_of(line), ErrorCode::unsupported) << line;
}

TEST(Pop3Command, ControlCharactersAreRefused) {
    EXPECT_EQ(error_of(std::string_view("USER a\0b", 8)), ErrorCode::invalid);
    EXPECT_EQ(error_of("STAT\r"), ErrorCode::invalid);
    EXPECT_EQ(error_of("USER\ta"), ErrorCode::invalid);
}

TEST(Pop3Command, LinesAreBoundedAndAuthHasABoundOfItsOwn) {
    EXPECT_EQ(parsed<User>("USER " + std::string(248, 'a')).name.size(), 248u);
    EXPECT_EQ(error_of("USER " + std::string(249, 'a')), ErrorCode::limit);
    EXPECT_EQ(error_of(std::string(254, 'a')), ErrorCode::limit);
    EXPECT_EQ(parsed<Auth>("AUTH PLAIN " + std::string(12272, 'A')).initial_response->view().size(), 9204u);
    EXPECT_EQ(error_of("AUTH PLAIN " + std::string(12276, 'A')), ErrorCode::limit);
}

TEST(Pop3Sasl, ResponsesAreStrictBase64AndAStarCancels) {
    EXPECT_EQ(parse_sasl_response("dGVzdA==")->view(), "test");
    EXPECT_EQ(parse_sasl_response("")->view(), "");
    EXPECT_EQ(parse_sasl_response("*").error().code, ErrorCode::cancelled);
    EXPECT_EQ(parse_sasl_response("dGVzdA=").error().code, ErrorCode::invalid);
    EXPECT_EQ(parse_sasl_response(std::string(12288, 'A')).error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace posthouse::pop3
