// Dovecot auth master protocol.
#include "lib/sasl/master.h"

#include <vector>

namespace posthouse::sasl {
namespace {

std::unexpected<Error> malformed(std::string_view name) {
    return fail(ErrorCode::invalid, "Malformed " + std::string(name));
}

std::string start(std::string_view name, std::uint32_t id) { return std::string(name) + '\t' + std::to_string(id); }

/// The fields of a line, the id in its second, and access to the rest.
struct Line {
    std::vector<std::string_view> fields;
    std::uint32_t id = 0;

    std::string_view name() const { return fields[0]; }
    /// Field `i`, unescaped; an error when it is missing or empty.
    Result<std::string> text(std::size_t i) const {
        if (i >= fields.size() || fields[i].empty()) return malformed(name());
        return tab_unescape(fields[i]);
    }
};

Result<Line> read_line(std::string_view line) {
    Result<std::vector<std::string_view>> fields = split_line(line);
    if (!fields) return fail(fields.error());
    return Line{std::move(*fields), 0};
}

Result<> read_id(Line& line) {
    const auto id = line.fields.size() > 1 ? parse_u32(line.fields[1]) : std::nullopt;
    if (!id) return malformed(line.name());
    line.id = *id;
    return {};
}

Result<Version> read_version(const Line& line) {
    const auto major = line.fields.size() > 2 ? parse_u32(line.fields[1]) : std::nullopt;
    const auto minor = line.fields.size() > 2 ? parse_u32(line.fields[2]) : std::nullopt;
    if (!major || !minor) return malformed(line.name());
    return Version{*major, *minor};
}

Result<MasterLine> read_login_request(const Line& line) {
    const auto pid = line.fields.size() > 4 ? parse_u32(line.fields[2]) : std::nullopt;
    const auto exchange = line.fields.size() > 4 ? parse_u32(line.fields[3]) : std::nullopt;
    Result<std::string> cookie = line.text(4);
    Result<Parameters> parameters = parse_parameters(line.fields, 5);
    if (!pid || !exchange || !cookie || !parameters) return malformed(line.name());
    return LoginRequest{line.id, *pid, *exchange, std::move(*cookie), std::move(*parameters)};
}

Result<MasterLine> read_cache_flush(const Line& line) {
    CacheFlushRequest request{line.id, {}};
    for (std::size_t i = 2; i < line.fields.size(); ++i) {
        Result<std::string> user = line.text(i);
        if (!user) return fail(user.error());
        request.users.push_back(std::move(*user));
    }
    return request;
}

}  // namespace

Result<MasterLine> parse_master_line(std::string_view text) {
    Result<Line> line = read_line(text);
    if (!line) return fail(line.error());
    const std::string_view name = line->name();
    if (name == "VERSION") {
        const Result<Version> version = read_version(*line);
        if (!version) return fail(version.error());
        return *version;
    }
    if (name != "USER" && name != "LIST" && name != "REQUEST" && name != "CANCEL" && name != "CACHE-FLUSH")
        return UnknownLine{std::string(name)};
    if (const Result<> id = read_id(*line); !id) return fail(id.error());
    if (name == "CANCEL") return CancelRequest{line->id};
    if (name == "REQUEST") return read_login_request(*line);
    if (name == "CACHE-FLUSH") return read_cache_flush(*line);
    if (name == "LIST") {
        Result<Parameters> parameters = parse_parameters(line->fields, 2);
        if (!parameters) return fail(parameters.error());
        return ListRequest{line->id, std::move(*parameters)};
    }
    Result<std::string> user = line->text(2);
    if (!user) return fail(user.error());
    Result<Parameters> parameters = parse_parameters(line->fields, 3);
    if (!parameters) return fail(parameters.error());
    return UserRequest{line->id, std::move(*user), std::move(*parameters)};
}

Result<MasterReply> parse_master_reply(std::string_view text) {
    Result<Line> line = read_line(text);
    if (!line) return fail(line.error());
    const std::string_view name = line->name();
    if (name == "VERSION") {
        const Result<Version> version = read_version(*line);
        if (!version) return fail(version.error());
        return *version;
    }
    if (name != "SPID" && name != "USER" && name != "NOTFOUND" && name != "FAIL" && name != "LIST" && name != "DONE" &&
        name != "OK")
        return UnknownLine{std::string(name)};
    if (const Result<> id = read_id(*line); !id) return fail(id.error());
    if (name == "SPID") return ServerPid{line->id};
    if (name == "OK") {
        const auto count = line->fields.size() > 2 ? parse_u32(line->fields[2]) : std::nullopt;
        if (!count) return malformed(name);
        return CacheFlushedReply{line->id, *count};
    }
    if (name == "NOTFOUND") return NotFoundReply{line->id};
    if (name == "USER" || name == "LIST") {
        Result<std::string> user = line->text(2);
        if (!user) return fail(user.error());
        if (name == "LIST") return ListReply{line->id, std::move(*user)};
        Result<Parameters> fields = parse_parameters(line->fields, 3);
        if (!fields) return fail(fields.error());
        return UserReply{line->id, std::move(*user), std::move(*fields)};
    }
    const Result<Parameters> parameters = parse_parameters(line->fields, 2);
    if (!parameters) return fail(parameters.error());
    if (name == "DONE") return ListDoneReply{line->id, find_parameter(*parameters, "fail") != nullptr};
    const std::string* reason = find_parameter(*parameters, "reason");
    return MasterFailReply{line->id, reason ? *reason : std::string()};
}

std::string encode(const UserRequest& request) {
    std::string line = start("USER", request.id) + '\t' + tab_escape(request.user);
    append_parameters(line, request.parameters);
    return line + '\n';
}

std::string encode(const ListRequest& request) {
    std::string line = start("LIST", request.id);
    append_parameters(line, request.parameters);
    return line + '\n';
}

std::string encode(const LoginRequest& request) {
    std::string line = start("REQUEST", request.id) + '\t' + std::to_string(request.client_pid) + '\t' +
                       std::to_string(request.exchange_id) + '\t' + tab_escape(request.cookie);
    append_parameters(line, request.parameters);
    return line + '\n';
}

std::string encode(const CancelRequest& request) { return start("CANCEL", request.id) + '\n'; }

std::string encode(const CacheFlushRequest& request) {
    std::string line = start("CACHE-FLUSH", request.id);
    for (const std::string& user : request.users) line += '\t' + tab_escape(user);
    return line + '\n';
}

std::string encode(const CacheFlushedReply& reply) {
    return start("OK", reply.id) + '\t' + std::to_string(reply.count) + '\n';
}

std::string encode(const ServerPid& pid) { return start("SPID", pid.pid) + '\n'; }

std::string encode(const UserReply& reply) {
    std::string line = start("USER", reply.id) + '\t' + tab_escape(reply.user);
    append_parameters(line, reply.fields);
    return line + '\n';
}

std::string encode(const NotFoundReply& reply) { return start("NOTFOUND", reply.id) + '\n'; }

std::string encode(const MasterFailReply& reply) {
    std::string line = start("FAIL", reply.id);
    if (!reply.reason.empty()) append_parameter(line, "reason", reply.reason);
    return line + '\n';
}

std::string encode(const ListReply& reply) { return start("LIST", reply.id) + '\t' + tab_escape(reply.user) + '\n'; }
std::string encode(const ListDoneReply& reply) { return start("DONE", reply.id) + (reply.failed ? "\tfail\n" : "\n"); }

}  // namespace posthouse::sasl
