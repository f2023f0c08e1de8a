// The only file that sees Boost.Beast: its parser is fed from memory, and its messages become ours.
// Beast 1.74 asserts that a last chunk comes in pieces of at least 5 octets; a body that begins with it may come in
// smaller ones, which its code handles well. Memory is watched by the fuzz target instead.
#define BOOST_DISABLE_ASSERTS
#include "lib/http/parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <utility>

namespace posthouse::http {
namespace {

namespace beast = boost::beast::http;

template <bool is_request>
using Parser = beast::parser<is_request, beast::string_body>;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

template <bool is_request>
void configure(Parser<is_request>& parser, const Limits& limits) {
    parser.eager(true);
    parser.header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(limits.header_octets, UINT32_MAX)));
    parser.body_limit(limits.body_octets);
}

/// Gives the parser as much of `buffer` as it takes, and cuts that off. Beast's own failures come back as they are.
template <bool is_request>
boost::beast::error_code put(Parser<is_request>& parser, std::string& buffer, std::size_t& used) {
    boost::beast::error_code error;
    while (!parser.is_done() && used < buffer.size()) {
        const std::size_t taken = parser.put(boost::asio::buffer(buffer.data() + used, buffer.size() - used), error);
        used += taken;
        if (error == beast::error::need_more) {
            error = {};
            break;
        }
        if (error || taken == 0) break;
    }
    return error;
}

bool is_limit(const boost::beast::error_code& error) {
    return error == beast::error::body_limit || error == beast::error::header_limit ||
           error == beast::error::buffer_overflow;
}

std::unexpected<Error> failure(const boost::beast::error_code& error) {
    return fail(is_limit(error) ? ErrorCode::limit : ErrorCode::invalid, "Malformed HTTP message", error.message());
}

template <typename Fields>
Headers headers_of(const Fields& fields) {
    Headers headers;
    for (const auto& field : fields) headers.add(view(field.name_string()), view(field.value()));
    return headers;
}

}  // namespace

std::string_view reason(int status) {
    if (status < 100 || status > 599) return "Unknown";
    const auto known = beast::int_to_status(static_cast<unsigned>(status));
    return known == beast::status::unknown ? "Unknown" : view(beast::obsolete_reason(known));
}

struct RequestParser::State {
    explicit State(Limits bounds) : limits(bounds) { restart(); }
    void restart() {
        parser.emplace();
        configure<true>(*parser, limits);
    }
    Limits limits;
    std::optional<Parser<true>> parser;
    std::string buffer;
    std::size_t used = 0;  ///< bytes at the start of the buffer that the parser has taken
    int status = 400;
    bool failed = false;
};

RequestParser::RequestParser(Limits limits) : state_(std::make_unique<State>(limits)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

void RequestParser::feed(std::string_view bytes) {
    if (state_->failed) return;
    state_->buffer.erase(0, std::exchange(state_->used, 0));
    state_->buffer.append(bytes);
}

Result<std::optional<Request>> RequestParser::next() {
    State& state = *state_;
    if (state.failed) return fail(ErrorCode::invalid, "Malformed HTTP message");
    if (const boost::beast::error_code error = put(*state.parser, state.buffer, state.used); error) {
        state.failed = true;
        state.status = error == beast::error::body_limit ? 413 : is_limit(error) ? 431 : 400;
        return failure(error);
    }
    if (!state.parser->is_done()) return std::nullopt;
    if (state.parser->get().count(beast::field::transfer_encoding) > 0 && !state.parser->chunked()) {
        // RFC 9112 §6.3: where such a body ends is unknown; it must not be taken for the next request.
        state.failed = true;
        return fail(ErrorCode::invalid, "Malformed HTTP message", "transfer coding without a length");
    }
    auto message = state.parser->release();
    Request request;
    request.method = std::string(view(message.method_string()));
    request.target = std::string(view(message.target()));
    request.headers = headers_of(message);
    request.keep_alive = message.keep_alive();
    request.body = std::move(message.body());
    state.restart();
    return request;
}

int RequestParser::status() const { return state_->status; }

struct ResponseParser::State {
    explicit State(Limits limits) { configure<false>(parser, limits); }
    Parser<false> parser;
    std::string buffer;
};

ResponseParser::ResponseParser(Limits limits) : state_(std::make_unique<State>(limits)) {}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;

Result<> ResponseParser::feed(std::string_view bytes) {
    state_->buffer.append(bytes);
    std::size_t used = 0;
    const boost::beast::error_code error = put(state_->parser, state_->buffer, used);
    state_->buffer.erase(0, used);
    if (error) return failure(error);
    return {};
}

Result<> ResponseParser::end() {
    if (state_->parser.is_done()) return {};
    boost::beast::error_code error;
    if (!state_->parser.got_some()) return fail(ErrorCode::invalid, "No HTTP response");
    state_->parser.put_eof(error);
    if (error) return failure(error);
    return {};
}

bool ResponseParser::complete() const { return state_->parser.is_done(); }

Response ResponseParser::take() {
    auto message = state_->parser.release();
    Response response;
    response.status = static_cast<int>(message.result_int());
    response.headers = headers_of(message);
    response.keep_alive = message.keep_alive();
    response.body = std::move(message.body());
    return response;
}

}  // namespace posthouse::http
