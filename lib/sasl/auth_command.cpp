// Dovecot auth protocol, from client to server.
#include "lib/sasl/auth_command.h"

#include "lib/base/base64.h"

namespace posthouse::sasl {
namespace {

std::unexpected<Error> malformed(std::string_view command) {
    return fail(ErrorCode::invalid, "Malformed " + std::string(command));
}

// "=" is what SMTP clients send for an empty initial response (RFC 4954 §4), and some relays pass it on.
std::optional<Secret> decode_response(std::string_view text) {
    if (text.empty() || text == "=") return Secret();
    std::optional<std::string> bytes = base64::decode(text);
    if (!bytes) return std::nullopt;
    return Secret(std::move(*bytes));
}

Result<ChannelBinding> parse_binding(std::string_view text) {
    const auto colon = text.find(':');
    std::optional<std::string> data;
    if (colon != std::string_view::npos) data = base64::decode(text.substr(colon + 1));
    if (!data || data->empty() || data->size() > max_binding) return malformed("channel-binding");
    return ChannelBinding{std::string(text.substr(0, colon)), std::move(*data)};
}

Result<ClientLine> parse_auth(const std::vector<std::string_view>& fields) {
    if (fields.size() < 3) return malformed("AUTH");
    AuthCommand command;
    const auto id = parse_u32(fields[1]);
    if (!id) return malformed("AUTH");
    command.id = *id;
    Result<std::string> mechanism = tab_unescape(fields[2]);
    if (!mechanism || mechanism->empty()) return malformed("AUTH");
    command.mechanism = std::move(*mechanism);
    bool certificate_is_valid = false;
    for (std::size_t i = 3; i < fields.size(); ++i) {
        constexpr std::string_view resp = "resp=";
        if (fields[i].starts_with(resp)) {
            // It is the last by definition: base64 has no tab, so anything behind it is an error.
            if (i + 1 != fields.size()) return fail(ErrorCode::invalid, "Parameter after resp= in AUTH");
            // Nothing at all is how Exim says that there is no initial response; an empty one is "=".
            const std::string_view text = fields[i].substr(resp.size());
            if (text.empty()) break;
            command.initial_response = decode_response(text);
            if (!command.initial_response) return MalformedResponse{command.id};
            break;
        }
        if (fields[i].empty()) continue;
        Result<Parameter> parsed = parse_parameter(fields[i]);
        if (!parsed) return fail(parsed.error());
        auto& [key, value] = *parsed;
        if (key == "service")
            command.service = std::move(value);
        else if (key == "lip")
            command.local_ip = std::move(value);
        else if (key == "rip")
            command.remote_ip = std::move(value);
        else if (key == "lport")
            command.local_port = parse_u32(value).value_or(0);
        else if (key == "rport")
            command.remote_port = parse_u32(value).value_or(0);
        else if (key == "session")
            command.session = std::move(value);
        else if (key == "secured")
            command.secured = true;
        else if (key == "valid-client-cert")
            certificate_is_valid = true;
        else if (key == "cert_username")
            command.certificate_user = std::move(value);
        else if (key == "nologin")
            command.no_login = true;
        else if (key == "no-penalty")
            command.no_penalty = true;
        else if (key == "channel-binding") {
            Result<ChannelBinding> binding = parse_binding(value);
            if (!binding) return fail(binding.error());
            if (command.channel_bindings.size() >= max_bindings) return malformed("channel-binding");
            command.channel_bindings.push_back(std::move(*binding));
        } else
            command.others.push_back(std::move(*parsed));
    }
    if (!certificate_is_valid) command.certificate_user.clear();
    return command;
}

}  // namespace

Result<ClientLine> parse_client_line(std::string_view line) {
    const Result<std::vector<std::string_view>> split = split_line(line);
    if (!split) return fail(split.error());
    const std::vector<std::string_view>& fields = *split;
    const std::string_view name = fields[0];
    const auto number = [&](std::size_t i) { return i < fields.size() ? parse_u32(fields[i]) : std::nullopt; };
    if (name == "VERSION") {
        const auto major = number(1);
        const auto minor = number(2);
        if (!major || !minor) return malformed(name);
        return Version{*major, *minor};
    }
    if (name == "CPID") {
        const auto pid = number(1);
        if (!pid) return malformed(name);
        return ClientPid{*pid};
    }
    if (name == "AUTH") return parse_auth(fields);
    if (name == "CONT") {
        const auto id = number(1);
        if (!id || fields.size() != 3) return malformed(name);
        std::optional<Secret> response = decode_response(fields[2]);
        if (!response) return MalformedResponse{*id};
        return ContinueCommand{*id, std::move(*response)};
    }
    if (name == "CANCEL") {
        const auto id = number(1);
        if (!id) return malformed(name);
        return CancelCommand{*id};
    }
    return UnknownLine{std::string(name)};
}

std::string encode(const Version& version) {
    return "VERSION\t" + std::to_string(version.major) + '\t' + std::to_string(version.minor) + '\n';
}

std::string encode(const ClientPid& pid) { return "CPID\t" + std::to_string(pid.pid) + '\n'; }

std::string encode(const AuthCommand& command) {
    std::string line = "AUTH\t" + std::to_string(command.id) + '\t' + tab_escape(command.mechanism);
    append_parameter(line, "service", command.service);
    if (!command.local_ip.empty()) append_parameter(line, "lip", command.local_ip);
    if (!command.remote_ip.empty()) append_parameter(line, "rip", command.remote_ip);
    if (command.local_port != 0) append_parameter(line, "lport", std::to_string(command.local_port));
    if (command.remote_port != 0) append_parameter(line, "rport", std::to_string(command.remote_port));
    if (!command.session.empty()) append_parameter(line, "session", command.session);
    if (command.secured) append_parameter(line, "secured");
    if (!command.certificate_user.empty()) {
        append_parameter(line, "valid-client-cert");
        append_parameter(line, "cert_username", command.certificate_user);
    }
    if (command.no_login) append_parameter(line, "nologin");
    if (command.no_penalty) append_parameter(line, "no-penalty");
    for (const ChannelBinding& binding : command.channel_bindings)
        append_parameter(line, "channel-binding", binding.type + ':' + base64::encode(binding.data));
    append_parameters(line, command.others);
    if (command.initial_response) {
        std::string encoded =
            command.initial_response->empty() ? "=" : base64::encode(command.initial_response->view());
        line.reserve(line.size() + encoded.size() + 8);
        line += "\tresp=";
        line += encoded;
        wipe(encoded);
    }
    line += '\n';
    return line;
}

std::string encode(const ContinueCommand& command) {
    std::string encoded = base64::encode(command.response.view());
    std::string line;
    line.reserve(encoded.size() + 24);
    line += "CONT\t";
    line += std::to_string(command.id);
    line += '\t';
    line += encoded;
    line += '\n';
    wipe(encoded);
    return line;
}

std::string encode(const CancelCommand& command) { return "CANCEL\t" + std::to_string(command.id) + '\n'; }

}  // namespace posthouse::sasl
