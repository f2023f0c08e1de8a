// Tests of lib/sasl/tabs.h, auth_command.h and auth_reply.h.
#include <gtest/gtest.h>

#include "lib/sasl/auth_command.h"
#include "lib/sasl/auth_reply.h"

namespace posthouse::sasl {
namespace {

using namespace std::string_view_literals;

template <typename T, typename Line>
T parsed(Result<Line> line) {
    EXPECT_TRUE(line) << line.error().message();
    if (!line || !std::holds_alternative<T>(*line)) {
        ADD_FAILURE() << "another kind of line";
        return {};
    }
    return std::get<T>(std::move(*line));
}
template <typename T>
T client(std::string_view line) {
    return parsed<T>(parse_client_line(line));
}
template <typename T>
T server(std::string_view line) {
    return parsed<T>(parse_server_line(line));
}
std::string_view without_lf(std::string_view line) {
    EXPECT_TRUE(line.ends_with('\n'));
    line.remove_suffix(1);
    return line;
}

TEST(AuthTabs, EscapesAreUndone) {
    const std::string_view all = "a\0b\001c\td\re\nf"sv;
    EXPECT_EQ(tab_escape(all),
              "a\001"
              "0b\001"
              "1c\001td\001re\001nf");
    EXPECT_EQ(tab_unescape(tab_escape(all)), all);
    EXPECT_FALSE(tab_unescape("a\001"));
    EXPECT_FALSE(tab_unescape("a\001x"));
}

TEST(AuthTabs, LinesAreBounded) {
    EXPECT_EQ(split_line(std::string(max_auth_line + 1, 'x')).error().code, ErrorCode::limit);
    EXPECT_EQ(split_line(std::string(max_fields, '\t')).error().code, ErrorCode::limit);
    EXPECT_TRUE(split_line(std::string(max_fields - 1, '\t')));
    EXPECT_FALSE(split_line(""));
    EXPECT_FALSE(split_line("AUTH\0"sv));
}

TEST(AuthCommand, ACertificateCountsOnlyWhenItIsSaidToBeValid) {
    const auto user = [](std::string_view words) {
        return client<AuthCommand>("AUTH\t1\tEXTERNAL\tservice=imap" + std::string(words) + "\tresp=").certificate_user;
    };
    EXPECT_EQ(user("\tvalid-client-cert\tcert_username=joe@example.org"), "joe@example.org");
    EXPECT_EQ(user("\tcert_username=joe@example.org\tvalid-client-cert"), "joe@example.org");
    EXPECT_EQ(user("\tcert_username=joe@example.org"), "");
    EXPECT_EQ(user("\tvalid-client-cert"), "");
    AuthCommand command;
    command.mechanism = "EXTERNAL";
    command.certificate_user = "a\tb";
    EXPECT_EQ(client<AuthCommand>(without_lf(encode(command))).certificate_user, "a\tb");
}

TEST(AuthCommand, AsPostfixSendsIt) {
    const auto command = client<AuthCommand>(
        "AUTH\t1\tPLAIN\tservice=smtp\tnologin\tlip=192.0.2.1\trip=198.51.100.7\tsecured\tresp=AGpvZQBzZWNyZXQ=");
    EXPECT_EQ(command.id, 1u);
    EXPECT_EQ(command.mechanism, "PLAIN");
    EXPECT_EQ(command.service, "smtp");
    EXPECT_EQ(command.local_ip, "192.0.2.1");
    EXPECT_EQ(command.remote_ip, "198.51.100.7");
    EXPECT_TRUE(command.secured);
    EXPECT_TRUE(command.no_login);
    ASSERT_TRUE(command.initial_response);
    EXPECT_EQ(command.initial_response->view(), "\0joe\0secret"sv);
}

TEST(AuthCommand, EmptyInitialResponseIsNotAMissingOne) {
    EXPECT_FALSE(client<AuthCommand>("AUTH\t1\tLOGIN\tservice=smtp").initial_response);
    EXPECT_FALSE(client<AuthCommand>("AUTH\t1\tLOGIN\tservice=smtp\tresp=").initial_response) << "Exim always sends it";
    AuthCommand command = client<AuthCommand>("AUTH\t1\tLOGIN\tservice=smtp\tresp==");
    ASSERT_TRUE(command.initial_response);
    EXPECT_TRUE(command.initial_response->empty());
    EXPECT_TRUE(encode(command).ends_with("\tresp==\n"));
}

TEST(AuthCommand, NothingMayFollowTheResponse) {
    EXPECT_FALSE(parse_client_line("AUTH\t1\tPLAIN\tservice=smtp\tresp=AAAA\tsecured"));
}

TEST(AuthCommand, KeepsParametersItDoesNotKnow) {
    const auto command = client<AuthCommand>("AUTH\t9\tPLAIN\tservice=imap\tlocal_name=mail.example\tdebug");
    EXPECT_EQ(command.others, (Parameters{{"local_name", "mail.example"}, {"debug", ""}}));
}

TEST(AuthCommand, MalformedLinesAreErrors) {
    EXPECT_FALSE(parse_client_line("AUTH"));
    EXPECT_FALSE(parse_client_line("AUTH\tx\tPLAIN"));
    EXPECT_FALSE(parse_client_line("AUTH\t4294967296\tPLAIN"));
    EXPECT_FALSE(parse_client_line("AUTH\t1\t\tservice=smtp"));
    EXPECT_FALSE(parse_client_line("CONT\t1"));
    EXPECT_FALSE(parse_client_line("CONT\t1\tAAAA\tmore"));
    EXPECT_FALSE(parse_client_line("VERSION\t1"));
    EXPECT_FALSE(parse_client_line("CPID\t-1"));
}

TEST(AuthCommand, AResponseThatIsNotBase64IsNamedByItsLogIn) {
    for (const char* response : {"***", "A", "AGE=AGE=", "AA A", "AAAA=", "A===", "AAAA\001n"}) {
        EXPECT_EQ(client<MalformedResponse>("AUTH\t7\tPLAIN\tservice=smtp\tresp=" + std::string(response)).id, 7u);
        EXPECT_EQ(client<MalformedResponse>("CONT\t8\t" + std::string(response)).id, 8u);
    }
}

TEST(AuthCommand, UnknownCommandsAreNamedNotRefused) {
    EXPECT_EQ(client<UnknownLine>("NEWS\tfrom\tlater").name, "NEWS");
}

TEST(AuthCommand, EncodedCommandParsesBack) {
    AuthCommand command;
    command.id = 7;
    command.mechanism = "PLAIN";
    command.service = "submission";
    command.local_ip = "::1";
    command.remote_ip = "2001:db8::7";
    command.remote_port = 4711;
    command.secured = true;
    command.others = {{"odd\tkey", "a=b\n"}};
    command.initial_response = Secret("\0joe\0sec\tret");
    const std::string line = encode(command);
    const auto back = client<AuthCommand>(without_lf(line));
    EXPECT_EQ(back.service, "submission");
    EXPECT_EQ(back.remote_port, 4711u);
    EXPECT_EQ(back.others, command.others);
    ASSERT_TRUE(back.initial_response);
    EXPECT_EQ(back.initial_response->view(), command.initial_response->view());
    EXPECT_EQ(client<ContinueCommand>(without_lf(encode(ContinueCommand{3, Secret("x")}))).response.view(), "x");
    EXPECT_EQ(client<ClientPid>(without_lf(encode(ClientPid{99}))).pid, 99u);
    EXPECT_EQ(client<Version>(without_lf(encode(Version{1, 2}))).minor, 2u);
    EXPECT_EQ(client<CancelCommand>(without_lf(encode(CancelCommand{5}))).id, 5u);
}

TEST(AuthReply, GreetingHasTheOrderThatEximNeeds) {
    const Greeting greeting{{1, 2}, {{"PLAIN", {{"plaintext", ""}}}, {"LOGIN", {{"plaintext", ""}}}}, 42, 7, "00ff"};
    EXPECT_EQ(encode(greeting),
              "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t42\nCUID\t7\nCOOKIE\t00ff\nDONE\n");
}

TEST(AuthReply, GreetingLinesParse) {
    EXPECT_EQ(server<MechLine>("MECH\tPLAIN\tplaintext").properties, (Parameters{{"plaintext", ""}}));
    EXPECT_EQ(server<ServerPid>("SPID\t42").pid, 42u);
    EXPECT_EQ(server<ConnectionUid>("CUID\t7").uid, 7u);
    EXPECT_EQ(server<CookieLine>("COOKIE\t00ff").cookie, "00ff");
    server<DoneLine>("DONE");
}

TEST(AuthReply, SuccessNamesTheUser) {
    const auto reply = server<OkReply>("OK\t1\tuser=joe@example.org\tnologin\thost=10.0.0.1");
    EXPECT_EQ(reply.user, "joe@example.org");
    EXPECT_EQ(reply.fields, (Parameters{{"nologin", ""}, {"host", "10.0.0.1"}}));
    EXPECT_EQ(encode(reply), "OK\t1\tuser=joe@example.org\tnologin\thost=10.0.0.1\n");
}

TEST(AuthReply, FailureTellsTemporaryFromWrong) {
    EXPECT_EQ(server<FailReply>("FAIL\t1\tuser=joe").code, FailCode::wrong_credentials);
    EXPECT_EQ(server<FailReply>("FAIL\t1\tuser=joe\ttemp").code, FailCode::temporary);
    EXPECT_EQ(server<FailReply>("FAIL\t1\tcode=temp_fail\treason=later").reason, "later");
    for (const FailCode code : {FailCode::wrong_credentials, FailCode::temporary, FailCode::authorization,
                                FailCode::disabled, FailCode::expired}) {
        const std::string line = encode(FailReply{3, "joe", code, "why"});
        const auto back = server<FailReply>(without_lf(line));
        EXPECT_EQ(back.code, code);
        EXPECT_EQ(back.user, "joe");
        EXPECT_EQ(back.reason, "why");
    }
}

TEST(AuthReply, ChallengesAreBase64) {
    EXPECT_EQ(server<ContinueReply>("CONT\t1\tVXNlcm5hbWU6").challenge, "Username:");
    EXPECT_EQ(server<ContinueReply>("CONT\t1\t").challenge, "");
    EXPECT_EQ(encode(ContinueReply{1, "Username:"}), "CONT\t1\tVXNlcm5hbWU6\n");
    EXPECT_FALSE(parse_server_line("CONT\t1\t!"));
    EXPECT_FALSE(parse_server_line("CONT\t1"));
}

TEST(AuthReply, MalformedLinesAreErrors) {
    EXPECT_FALSE(parse_server_line("OK"));
    EXPECT_FALSE(parse_server_line("OK\tjoe"));
    EXPECT_FALSE(parse_server_line("MECH"));
    EXPECT_FALSE(parse_server_line("SPID\tx"));
    EXPECT_EQ(server<UnknownLine>("LATER\t1").name, "LATER");
}

}  // namespace
}  // namespace posthouse::sasl
