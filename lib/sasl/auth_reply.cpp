// Dovecot auth protocol, from server to client.
#include "lib/sasl/auth_reply.h"

#include <array>

#include "lib/base/base64.h"

namespace posthouse::sasl {
namespace {

struct CodeName {
    FailCode code;
    std::string_view name;    ///< value of code=
    std::string_view legacy;  ///< the bare parameter that protocol 1.1 had for it
};
constexpr std::array code_names{
    CodeName{FailCode::temporary, "temp_fail", "temp"},
    CodeName{FailCode::authorization, "authzfail", "authz"},
    CodeName{FailCode::disabled, "user_disabled", "user_disabled"},
    CodeName{FailCode::expired, "pass_expired", "pass_expired"},
};

std::unexpected<Error> malformed(std::string_view line) {
    return fail(ErrorCode::invalid, "Malformed " + std::string(line) + " of the auth server");
}

FailReply fail_reply(std::uint32_t id, const Parameters& parameters) {
    FailReply reply;
    reply.id = id;
    for (const auto& [key, value] : parameters) {
        if (key == "user")
            reply.user = value;
        else if (key == "reason")
            reply.reason = value;
        for (const CodeName& known : code_names) {
            if ((key == "code" && value == known.name) || key == known.legacy) reply.code = known.code;
        }
    }
    return reply;
}

}  // namespace

Result<ServerLine> parse_server_line(std::string_view line) {
    const Result<std::vector<std::string_view>> split = split_line(line);
    if (!split) return fail(split.error());
    const std::vector<std::string_view>& fields = *split;
    const std::string_view name = fields[0];
    const auto number = [&](std::size_t i) { return i < fields.size() ? parse_u32(fields[i]) : std::nullopt; };

    if (name == "DONE") return DoneLine{};
    if (name == "VERSION") {
        const auto major = number(1);
        const auto minor = number(2);
        if (!major || !minor) return malformed(name);
        return Version{*major, *minor};
    }
    if (name == "MECH") {
        Result<Parameters> properties = parse_parameters(fields, 2);
        if (fields.size() < 2 || fields[1].empty() || !properties) return malformed(name);
        return MechLine{std::string(fields[1]), std::move(*properties)};
    }
    if (name == "COOKIE") {
        if (fields.size() < 2) return malformed(name);
        return CookieLine{std::string(fields[1])};
    }
    if (name != "SPID" && name != "CUID" && name != "OK" && name != "FAIL" && name != "CONT")
        return UnknownLine{std::string(name)};

    const auto id = number(1);
    if (!id) return malformed(name);
    if (name == "SPID") return ServerPid{*id};
    if (name == "CUID") return ConnectionUid{*id};
    if (name == "CONT") {
        if (fields.size() < 3) return malformed(name);
        std::optional<std::string> challenge = base64::decode(fields[2]);
        if (!challenge) return malformed(name);
        return ContinueReply{*id, std::move(*challenge)};
    }
    Result<Parameters> parameters = parse_parameters(fields, 2);
    if (!parameters) return fail(parameters.error());
    if (name == "FAIL") return fail_reply(*id, *parameters);
    OkReply reply{*id, {}, {}};
    for (Parameter& parameter : *parameters) {
        if (parameter.key == "user")
            reply.user = std::move(parameter.value);
        else
            reply.fields.push_back(std::move(parameter));
    }
    return reply;
}

std::string encode(const Greeting& greeting) {
    std::string text = encode(greeting.version);
    for (const MechLine& mechanism : greeting.mechanisms) {
        text += "MECH\t" + tab_escape(mechanism.name);
        append_parameters(text, mechanism.properties);
        text += '\n';
    }
    text += "SPID\t" + std::to_string(greeting.server_pid) + '\n';
    text += "CUID\t" + std::to_string(greeting.connection_uid) + '\n';
    text += "COOKIE\t" + tab_escape(greeting.cookie) + '\n';
    text += "DONE\n";
    return text;
}

std::string encode(const OkReply& reply) {
    std::string line = "OK\t" + std::to_string(reply.id);
    append_parameter(line, "user", reply.user);
    append_parameters(line, reply.fields);
    return line + '\n';
}

std::string encode(const FailReply& reply) {
    std::string line = "FAIL\t" + std::to_string(reply.id);
    if (!reply.user.empty()) append_parameter(line, "user", reply.user);
    for (const CodeName& known : code_names) {
        if (known.code != reply.code) continue;
        append_parameter(line, "code", known.name);
        append_parameter(line, known.legacy);
    }
    if (!reply.reason.empty()) append_parameter(line, "reason", reply.reason);
    return line + '\n';
}

std::string encode(const ContinueReply& reply) {
    return "CONT\t" + std::to_string(reply.id) + '\t' + base64::encode(reply.challenge) + '\n';
}

}  // namespace posthouse::sasl
