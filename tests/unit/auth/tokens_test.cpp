// Tests of auth/tokens: signed tokens, the keys that verify them, and what they say.
#include <gtest/gtest.h>

#include "auth/tokens/answer_cache.h"
#include "auth/tokens/claims.h"
#include "auth/tokens/jwt.h"
#include "auth/tokens/token_keys.h"
#include "lib/base/base64.h"

namespace posthouse::auth {
namespace {

// RFC 7515 §A.1, §A.2, §A.3 (one payload), RFC 8037 §A.4.
const std::string payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const std::string hs256 =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const std::string rs256 =
    "eyJhbGciOiJSUzI1NiJ9." + payload +
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7"
    "t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j"
    "zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe"
    "77Rw";
const std::string es256 = "eyJhbGciOiJFUzI1NiJ9." + payload +
                          ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const std::string eddsa =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4i"
    "ylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

const std::string hs256_key =
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";
const std::string rs256_key =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})";
const std::string es256_key =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
const std::string eddsa_key = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

TokenKeys keys_of(const std::string& jwks) {
    TokenKeys keys;
    const Result<> added = keys.add(R"({"keys":[)" + jwks + "]}");
    EXPECT_TRUE(added) << jwks;
    return keys;
}

/// Base64url, for tokens that are made here.
std::string encode(std::string_view text) {
    std::string out = base64::encode(text);
    for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out.substr(0, out.find('='));
}

std::string with_header(std::string_view header) { return encode(header) + ".e30.c2ln"; }

TEST(TokenKeys, TheExamplesOfTheRfcsAreVerified) {
    const TokenKeys all = keys_of(hs256_key + ',' + rs256_key + ',' + es256_key + ',' + eddsa_key);
    EXPECT_EQ(all.size(), 4u);
    for (const std::string& token : {hs256, rs256, es256, eddsa}) {
        const Result<Jwt> jwt = parse_jwt(token);
        ASSERT_TRUE(jwt) << token;
        EXPECT_TRUE(*all.verify(*jwt)) << token;
    }
    EXPECT_EQ(parse_jwt(eddsa)->payload, "Example of Ed25519 signing");
}

TEST(TokenKeys, AnyOtherByteIsNoticed) {
    const TokenKeys all = keys_of(hs256_key + ',' + rs256_key + ',' + es256_key + ',' + eddsa_key);
    for (const std::string& token : {hs256, rs256, es256, eddsa}) {
        // Behind the header; the last digit of base64 may hold bits that mean nothing.
        for (std::size_t at = token.find('.') + 1; at + 1 < token.size(); at += 5) {
            std::string changed = token;
            changed[at] = changed[at] == 'A' ? 'B' : 'A';
            if (changed == token) continue;
            const Result<Jwt> jwt = parse_jwt(changed);
            EXPECT_TRUE(!jwt || !*all.verify(*jwt)) << at << ' ' << token;
        }
    }
}

TEST(TokenKeys, AKeyServesItsOwnAlgorithmOnly) {
    // RFC 8725 §2.1: a public key, which everybody has, is no secret for HS256.
    EXPECT_EQ(keys_of(rs256_key).verify(*parse_jwt(hs256)).error().code, ErrorCode::not_found);
    EXPECT_EQ(keys_of(hs256_key).verify(*parse_jwt(rs256)).error().code, ErrorCode::not_found);
    EXPECT_EQ(keys_of(eddsa_key).verify(*parse_jwt(es256)).error().code, ErrorCode::not_found);
    EXPECT_TRUE(TokenKeys().empty());
}

TEST(TokenKeys, AKeyIsChosenByItsName) {
    const auto named = [](std::string key, std::string_view kid) {
        return key.insert(1, "\"kid\":\"" + std::string(kid) + "\",");
    };
    Jwt token = *parse_jwt(es256);
    EXPECT_TRUE(*keys_of(named(es256_key, "a")).verify(token));
    token.key_id = "a";
    EXPECT_TRUE(*keys_of(named(es256_key, "a")).verify(token));
    EXPECT_TRUE(*keys_of(es256_key).verify(token));
    EXPECT_EQ(keys_of(named(es256_key, "b")).verify(token).error().code, ErrorCode::not_found);
}

TEST(TokenKeys, KeysThatAreNoneAreRefused) {
    for (
        const std::string& key :
        {std::string("{}"), std::string(R"({"kty":"oct","k":"c2hvcnQ"})"),
         std::string(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"),
         std::string(R"({"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"})"),
         std::string(R"({"kty":"OKP","crv":"Ed25519","x":"AA"})"),
         std::string(
             R"({"kty":"EC","crv":"P-384","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"),
         // not on the curve
         std::string(
             R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})"),
         R"({"use":"enc",)" + es256_key.substr(1), R"({"alg":"ES384",)" + es256_key.substr(1),
         R"({"alg":"RS256",)" + es256_key.substr(1)})
        EXPECT_FALSE(TokenKeys().add(R"({"keys":[)" + key + "]}")) << key;
    for (const std::string& text :
         {std::string(), std::string("nothing"), std::string("{"), std::string(R"({"keys":{}})"),
          std::string("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")})
        EXPECT_FALSE(TokenKeys().add(text)) << text;
    // Others in the same set are passed over.
    EXPECT_EQ(keys_of(R"({"kty":"EC","crv":"P-521"},)" + es256_key).size(), 1u);
    std::string many = es256_key;
    for (std::size_t i = 0; i < max_token_keys; ++i) many += ',' + es256_key;
    EXPECT_EQ(TokenKeys().add(R"({"keys":[)" + many + "]}").error().code, ErrorCode::limit);
}

TEST(Jwt, WhatIsNotASignedJwtIsTold) {
    EXPECT_TRUE(looks_like_jwt(es256));
    for (const std::string_view opaque : {"", "opaque", "a.b.c", "a.b", "e30.e30", "e30.e30.e30.e30", "W10.e30.e30"})
        EXPECT_FALSE(looks_like_jwt(opaque)) << opaque;
    EXPECT_FALSE(parse_jwt(with_header(R"({"alg":"none"})")));
    EXPECT_FALSE(parse_jwt(with_header(R"({"alg":"RS512"})")));
    EXPECT_FALSE(parse_jwt(with_header(R"({"alg":["RS256"]})")));
    EXPECT_FALSE(parse_jwt(with_header(R"({"typ":"JWT"})")));
    EXPECT_FALSE(parse_jwt(with_header(R"({"alg":"RS256","crit":["exp"]})")));
    EXPECT_FALSE(parse_jwt(with_header(R"({"alg":"RS256","typ":"logout+jwt"})")));
    EXPECT_TRUE(parse_jwt(with_header(R"({"alg":"RS256","typ":"AT+JWT","kid":"k"})")));
    EXPECT_FALSE(parse_jwt(encode(R"({"alg":"RS256"})") + ".e30."));
    EXPECT_FALSE(parse_jwt(encode(R"({"alg":"RS256"})") + ".e30=.c2ln"));
    std::string deep = R"({"alg":"RS256","x":)";
    for (int i = 0; i < 3000; ++i) deep += '[';
    EXPECT_FALSE(parse_jwt(with_header(deep)));
}

constexpr std::int64_t now = 1'800'000'000;

Result<TokenUser> claims(const std::string& members, const TokenRules& rules = {}, ClaimsOf of = ClaimsOf::jwt) {
    return check_claims(R"({"exp":1800000100,"email":"joe@example.org")" + members + '}', of, rules, now);
}

TEST(Claims, NameTheUser) {
    EXPECT_EQ(claims("")->address, "joe@example.org");
    EXPECT_EQ(claims("")->expires, 1800000100);
    EXPECT_EQ(claims(R"(,"sub":"ann@example.org")", {.username_attribute = "sub"})->address, "ann@example.org");
    EXPECT_EQ(claims("", {.username_attribute = "sub"}).error().code, ErrorCode::denied);
    EXPECT_EQ(claims(R"(,"sub":7)", {.username_attribute = "sub"}).error().code, ErrorCode::denied);
    EXPECT_FALSE(claims(R"(,"email_verified":false)"));
    EXPECT_FALSE(claims(R"(,"email_verified":"false")"));
    EXPECT_TRUE(claims(R"(,"email_verified":true)"));
}

TEST(Claims, HaveABeginAndAnEnd) {
    const auto ending = [](const std::string& exp, ClaimsOf of = ClaimsOf::jwt) {
        return check_claims(R"({"active":true,"email":"joe@example.org")" + exp + '}', of, {}, now);
    };
    EXPECT_TRUE(ending(R"(,"exp":1799999971)"));  // the leeway
    EXPECT_EQ(ending(R"(,"exp":1799999970)").error().code, ErrorCode::timeout);
    EXPECT_TRUE(ending(R"(,"exp":1800000001.5)"));
    EXPECT_EQ(ending("").error().code, ErrorCode::denied);
    EXPECT_TRUE(ending("", ClaimsOf::introspection));
    for (const std::string exp : {R"(,"exp":"1800000100")", R"(,"exp":1e300)", R"(,"exp":null)"}) {
        EXPECT_EQ(ending(exp).error().code, ErrorCode::denied) << exp;
        EXPECT_EQ(ending(exp, ClaimsOf::introspection).error().code, ErrorCode::denied) << exp;
    }
    EXPECT_TRUE(claims(R"(,"nbf":1800000030)"));
    EXPECT_FALSE(claims(R"(,"nbf":1800000031)"));
    EXPECT_FALSE(claims(R"(,"nbf":"now")"));
}

TEST(Claims, AreOfTheRightIssuerForTheRightAudienceWithTheRightScope) {
    const TokenRules rules{
        .issuers = {"https://id.example"}, .audiences = {"mail", "imap"}, .scope = {"mail", "openid"}};
    const std::string good = R"(,"iss":"https://id.example","aud":["web","imap"],"scope":"openid profile mail")";
    EXPECT_TRUE(claims(good, rules));
    EXPECT_FALSE(claims("", rules));
    for (const auto& [old, fresh] :
         {std::pair("\"https://id.example\"", "\"https://id.example/\""), std::pair("imap", "image"),
          std::pair("openid", "open"), std::pair("[\"web\",\"imap\"]", "7")}) {
        std::string bad = good;
        bad.replace(bad.find(old), std::string_view(old).size(), fresh);
        EXPECT_FALSE(claims(bad, rules)) << bad;
    }
    EXPECT_TRUE(claims(R"(,"iss":"https://id.example","aud":"mail","scope":["mail","openid"])", rules));
}

TEST(Claims, AnIntrospectionSaysWhetherTheTokenIsActive) {
    const auto asked = [](const std::string& answer) { return check_claims(answer, ClaimsOf::introspection, {}, now); };
    EXPECT_TRUE(asked(R"({"active":true,"email":"joe@example.org"})"));
    EXPECT_EQ(asked(R"({"active":false})").error().code, ErrorCode::denied);
    for (const std::string_view other : {"", "<html>", "[]", "{}", R"({"active":"true","email":"joe@example.org"})"})
        EXPECT_EQ(asked(std::string(other)).error().code, ErrorCode::invalid) << other;
}

TEST(AnswerCache, AnswersHoldForATimeButNotBeyondTheTokensEnd) {
    using namespace std::chrono_literals;
    AnswerCache cache(60s);
    const AnswerCache::Clock::time_point start{};
    cache.remember("t", TokenUser{"joe@example.org", now + 30}, start);
    cache.remember("u", TokenUser{"ann@example.org", 0}, start);
    cache.remember("bad", fail(ErrorCode::denied, "no"), start);
    EXPECT_EQ((*cache.find("t", now, start + 59s))->address, "joe@example.org");
    EXPECT_FALSE(cache.find("t", now + 30, start + 59s));
    EXPECT_FALSE(cache.find("t", now, start + 60s));
    EXPECT_TRUE(cache.find("u", now + 1000, start + 59s));
    EXPECT_EQ((*cache.find("bad", now, start + 9s)).error().code, ErrorCode::denied);
    EXPECT_FALSE(cache.find("bad", now, start + 10s));
    EXPECT_FALSE(cache.find("other", now, start));
    AnswerCache none(0s);
    none.remember("t", TokenUser{"joe@example.org", 0}, start);
    EXPECT_FALSE(none.find("t", now, start));
}

}  // namespace
}  // namespace posthouse::auth
