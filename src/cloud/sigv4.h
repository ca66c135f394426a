// AWS Signature Version 4, both ways: a client signs a request, the endpoint checks what it got.
//
// A signature covers the method, the path, the query, chosen headers and the body's digest. The
// secret never travels: a key is derived from it for one day, region and service. Two forms exist:
// the Authorization header, and the presigned URL, whose signature is in the query and which holds
// for a time of the signer's choice.
//
// Source: AWS General Reference, "Create a signed AWS API request".
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cloud/http_message.h"

namespace lifeboat::cloud {

struct Credentials {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;       // empty: long-term credentials
    std::optional<Time> expiration;  // of temporary ones
};

struct SigningRules {
    // Services other than s3 sign the path as it stands on the wire, encoded once more; s3 signs it
    // encoded once.
    bool encode_path_twice = true;
    // Remove "." and ".." segments and double slashes (all but s3).
    bool normalize_path = true;
    // Adds and signs x-amz-content-sha256 (s3 demands it).
    bool content_digest_header = false;
    // Appends the session token after signing instead of covering it.
    bool omit_session_token = false;
};

// The rules real services follow.
SigningRules signing_rules(std::string_view service);

struct SigningContext {
    std::string region;
    std::string service;  // the signing name
    Time time;
    SigningRules rules;
    std::string payload = {};  // what is declared in place of the body's digest; empty: the digest
};

// Derived keys, kept: one is four HMACs. Thread-safe; holds at most a few hundred.
class SigningKeys {
  public:
    // `date` is YYYYMMDD.
    std::string get(const Credentials& credentials, std::string_view date, std::string_view region,
                    std::string_view service);

  private:
    struct Entry {
        std::string secret;
        std::string key;
    };
    std::mutex mutex_;
    std::map<std::string, Entry, std::less<>> entries_;
};

// Adds x-amz-date, the session token and Authorization. The request must have its Host header;
// headers added later are not covered.
void sign(HttpRequest& request, const Credentials& credentials, const SigningContext& context,
          SigningKeys& keys);
// Puts the signature into the query instead. `lifetime` is at most seven days.
void presign(HttpRequest& request, const Credentials& credentials, const SigningContext& context,
             std::chrono::seconds lifetime, SigningKeys& keys);

// What a signed request claims; nothing of it is proven yet.
struct SignatureClaim {
    enum class Form { Header, Query };
    Form form = Form::Header;
    std::string access_key_id;
    std::string date;  // YYYYMMDD of the credential scope
    std::string region;
    std::string service;
    std::vector<std::string> signed_headers;  // lower case
    std::string signature;
    std::string timestamp;  // 20150830T123600Z
    Time time;
    std::optional<std::chrono::seconds> lifetime;  // of a presigned URL
    std::string session_token;
};

// nullopt: the request carries no signature at all. Throws Error{InvalidInput,
// "IncompleteSignatureException"} naming what is missing or malformed.
std::optional<SignatureClaim> read_signature(const HttpRequest& request);

// Clocks may differ by this much.
inline constexpr std::chrono::minutes kMaxClockSkew{15};

// Checks time and signature against the secret of the claimed key. Throws Error{PermissionDenied}:
// "InvalidSignatureException" when it does not match, a header that must be signed is not, or the
// time is off; s3 says "RequestTimeTooSkewed" and "AccessDenied" of a time that is off.
void verify(const HttpRequest& request, const SignatureClaim& claim, const Credentials& credentials,
            const SigningRules& rules, Time now, SigningKeys& keys);

// The two texts a signature is computed from; for diagnosis and tests.
std::string canonical_request(const HttpRequest& request,
                              const std::vector<std::string>& signed_headers,
                              std::string_view payload_digest, const SigningRules& rules);
std::string string_to_sign(std::string_view timestamp, std::string_view scope,
                           std::string_view canonical_request);

}  // namespace lifeboat::cloud
