#include "cloud/sigv4.h"

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"

namespace lifeboat::cloud {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kChunkedPayload = "STREAMING-";  // aws_chunked.h
constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
constexpr std::chrono::seconds kLongestLifetime = std::chrono::hours(7 * 24);

// Changed by proxies and clients after signing, so never covered.
constexpr std::string_view kUnsignedHeaders[] = {
    "authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"};

// "20150830T123600Z"
std::optional<Time> parse_timestamp(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
    for (const std::size_t i : {0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14})
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
    const std::string t(text);
    return parse_iso8601(t.substr(0, 4) + '-' + t.substr(4, 2) + '-' + t.substr(6, 2) + 'T' +
                         t.substr(9, 2) + ':' + t.substr(11, 2) + ':' + t.substr(13, 2) + 'Z');
}

std::string normalized(std::string_view path) {
    std::vector<std::string_view> kept;
    bool directory = true;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string_view segment = path.substr(0, slash);
        directory = slash != std::string_view::npos;
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
        if (segment.empty() || segment == ".") continue;
        if (segment != "..")
            kept.push_back(segment);
        else if (!kept.empty())
            kept.pop_back();
    }
    std::string out;
    for (const std::string_view segment : kept)
        (out += '/') += segment;
    if (out.empty() || directory) out += '/';
    return out;
}

std::string canonical_path(std::string_view target, const SigningRules& rules) {
    const std::string_view path = path_of(target);
    std::string text = rules.normalize_path ? normalized(path) : std::string(path);
    if (text.empty()) text = "/";
    return percent_encode(rules.encode_path_twice ? text : percent_decode(text), "/");
}

std::string canonical_query(std::string_view target, std::string_view without = "") {
    QueryParameters parameters = parse_query(query_of(target), Plus::Literal);
    if (!without.empty())
        std::erase_if(parameters,
                      [&](const auto& parameter) { return parameter.first == without; });
    for (auto& [name, value] : parameters) {
        name = percent_encode(name);
        value = percent_encode(value);
    }
    std::sort(parameters.begin(), parameters.end());
    std::string out;
    for (const auto& [name, value] : parameters) {
        if (!out.empty()) out += '&';
        ((out += name) += '=') += value;
    }
    return out;
}

void append_collapsed(std::string& out, std::string_view value) {
    const std::size_t start = out.size();
    bool gap = false;
    for (const char c : value) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            gap = true;
            continue;
        }
        if (gap && out.size() > start) out += ' ';
        gap = false;
        out += c;
    }
}

std::string canonical_text(const HttpRequest& request, const std::vector<std::string>& names,
                           std::string_view payload_digest, const SigningRules& rules,
                           std::string_view without_parameter) {
    std::string text = request.method;
    (text += '\n') += canonical_path(request.target, rules);
    (text += '\n') += canonical_query(request.target, without_parameter);
    text += '\n';
    std::string list;
    for (const std::string& name : names) {
        ((text += name) += ':');
        bool first = true;
        for (const HttpHeader& header : request.headers) {
            if (!equal_ignoring_case(header.name, name)) continue;
            if (!first) text += ',';
            first = false;
            append_collapsed(text, header.value);
        }
        text += '\n';
        (list += list.empty() ? "" : ";") += name;
    }
    (text += '\n') += list;
    (text += '\n') += payload_digest;
    return text;
}

std::vector<std::string> coverable_headers(const HttpHeaders& headers) {
    std::vector<std::string> names;
    for (const HttpHeader& header : headers) {
        std::string name = lower_case(header.name);
        if (std::find(std::begin(kUnsignedHeaders), std::end(kUnsignedHeaders), name) ==
            std::end(kUnsignedHeaders))
            names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::string joined(const std::vector<std::string>& parts, char separator) {
    std::string out;
    for (const std::string& part : parts) {
        if (!out.empty()) out += separator;
        out += part;
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const auto end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string scope_of(std::string_view date, std::string_view region, std::string_view service) {
    std::string scope(date);
    ((((scope += '/') += region) += '/') += service) += "/aws4_request";
    return scope;
}

std::string hash_hex(std::string_view bytes) {
    return to_hex(sha256(bytes));
}

[[noreturn]] void incomplete(const std::string& problem) {
    throw Error(ErrorCategory::InvalidInput, "IncompleteSignatureException", problem);
}

[[noreturn]] void mismatch(const std::string& message) {
    throw Error(ErrorCategory::PermissionDenied, "InvalidSignatureException", message);
}

void add_parameter(std::string& target, std::string_view name, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    ((target += name) += '=') += percent_encode(value);
}

void read_scope(SignatureClaim& claim, const std::string& credential) {
    const std::vector<std::string> parts = split(credential, '/');
    if (parts.size() != 5 || parts[4] != "aws4_request" || parts[0].empty())
        incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            "keyid/date/region/service/term, got '" +
            credential + "'");
    claim.access_key_id = parts[0];
    claim.date = parts[1];
    claim.region = parts[2];
    claim.service = parts[3];
}

void read_time(SignatureClaim& claim, const std::string& timestamp) {
    const auto time = parse_timestamp(timestamp);
    if (!time) incomplete("Date must be in ISO-8601 'basic format'. Got '" + timestamp + "'");
    if (timestamp.substr(0, 8) != claim.date)
        incomplete(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            "from HTTP: '" +
            claim.date + "' != '" + timestamp.substr(0, 8) + "'");
    claim.timestamp = timestamp;
    claim.time = *time;
}

SignatureClaim read_header_form(const HttpRequest& request, std::string_view authorization) {
    if (authorization.substr(0, authorization.find(' ')) != kAlgorithm)
        incomplete("Authorization header must use the algorithm '" + std::string(kAlgorithm) + "'");
    std::map<std::string, std::string, std::less<>> fields;
    authorization.remove_prefix(kAlgorithm.size());
    for (const std::string& part : split(authorization, ',')) {
        const auto equals = part.find('=');
        const auto start = part.find_first_not_of(' ');
        if (start == std::string::npos || equals == std::string::npos) continue;
        const auto end = part.find_last_not_of(' ');
        fields[part.substr(start, equals - start)] = part.substr(equals + 1, end - equals);
    }
    std::string missing;
    for (const std::string_view name : {"Credential", "Signature", "SignedHeaders"})
        if (fields[std::string(name)].empty())
            missing += "Authorization header requires '" + std::string(name) + "' parameter. ";
    const std::string* date = request.headers.find("x-amz-date");
    if (date == nullptr)
        missing += "Authorization header requires existence of an 'X-Amz-Date' header. ";
    if (!missing.empty()) {
        missing.pop_back();
        incomplete(missing);
    }
    SignatureClaim claim;
    read_scope(claim, fields["Credential"]);
    read_time(claim, *date);
    claim.signed_headers = split(fields["SignedHeaders"], ';');
    claim.signature = fields["Signature"];
    claim.session_token = request.headers.get("x-amz-security-token");
    return claim;
}

SignatureClaim read_query_form(const QueryParameters& parameters) {
    const auto value = [&](std::string_view name) {
        for (const auto& [key, text] : parameters)
            if (key == name) return text;
        return std::string();
    };
    for (const std::string_view name : {"X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders",
                                        "X-Amz-Expires", "X-Amz-Signature"})
        if (value(name).empty())
            incomplete("AWS query-string parameters must include '" + std::string(name) + "'");
    if (value("X-Amz-Algorithm") != kAlgorithm)
        incomplete("X-Amz-Algorithm must be '" + std::string(kAlgorithm) + "'");
    SignatureClaim claim;
    claim.form = SignatureClaim::Form::Query;
    read_scope(claim, value("X-Amz-Credential"));
    read_time(claim, value("X-Amz-Date"));
    claim.signed_headers = split(value("X-Amz-SignedHeaders"), ';');
    claim.signature = value("X-Amz-Signature");
    claim.session_token = value("X-Amz-Security-Token");
    const std::string expires = value("X-Amz-Expires");
    long long seconds = 0;
    const auto [end, problem] =
        std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
    if (problem != std::errc() || end != expires.data() + expires.size() || seconds < 0 ||
        seconds > kLongestLifetime.count())
        incomplete("X-Amz-Expires must be a number of seconds between 0 and 604800");
    claim.lifetime = std::chrono::seconds(seconds);
    return claim;
}

void check_time(const SignatureClaim& claim, Time now) {
    const bool s3 = claim.service == "s3";
    if (claim.lifetime && now > claim.time + *claim.lifetime) {
        if (s3) throw Error(ErrorCategory::PermissionDenied, "AccessDenied", "Request has expired");
        mismatch("Signature expired: " + claim.timestamp + " is now earlier than " +
                 to_iso8601_basic(now - *claim.lifetime) + " (" + to_iso8601_basic(now) + " - " +
                 std::to_string(claim.lifetime->count()) + " sec.)");
    }
    const bool early = claim.time > now + kMaxClockSkew;
    const bool late = !claim.lifetime && claim.time < now - kMaxClockSkew;
    if (!early && !late) return;
    if (s3)
        throw Error(ErrorCategory::PermissionDenied, "RequestTimeTooSkewed",
                    "The difference between the request time and the current time is too large.");
    if (late)
        mismatch("Signature expired: " + claim.timestamp + " is now earlier than " +
                 to_iso8601_basic(now - kMaxClockSkew) + " (" + to_iso8601_basic(now) +
                 " - 15 min.)");
    mismatch("Signature not yet current: " + claim.timestamp + " is still later than " +
             to_iso8601_basic(now + kMaxClockSkew) + " (" + to_iso8601_basic(now) + " + 15 min.)");
}

// Headers that decide what a request does must be covered.
void check_coverage(const HttpRequest& request, const SignatureClaim& claim) {
    const auto covered = [&](std::string_view name) {
        return std::find(claim.signed_headers.begin(), claim.signed_headers.end(), name) !=
               claim.signed_headers.end();
    };
    if (!covered("host")) mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.");
    for (const std::string_view name : {"x-amz-target", "x-amz-content-sha256"})
        if (request.headers.find(name) != nullptr && !covered(name))
            mismatch("'" + std::string(name) +
                     "' must be a 'SignedHeader' in the AWS Authorization.");
}

std::string payload_digest(const HttpRequest& request, const SignatureClaim& claim) {
    const std::string* declared = request.headers.find("x-amz-content-sha256");
    const bool s3 = claim.service == "s3";
    if (s3 && (declared != nullptr ? *declared == kUnsignedPayload
                                   : claim.form == SignatureClaim::Form::Query))
        return std::string(kUnsignedPayload);
    // Of a body in chunks the declaration is signed; the chunks have signatures of their own.
    if (s3 && declared != nullptr && declared->starts_with(kChunkedPayload)) return *declared;
    std::string digest = hash_hex(request.body);
    if (declared != nullptr && *declared != digest) {
        if (s3)
            throw Error(
                ErrorCategory::InvalidInput, "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.");
        mismatch("The body does not match its 'x-amz-content-sha256' header.");
    }
    return digest;
}

}  // namespace

SigningRules signing_rules(std::string_view service) {
    SigningRules rules;
    if (service == "s3") {
        rules.encode_path_twice = false;
        rules.normalize_path = false;
        rules.content_digest_header = true;
    }
    return rules;
}

std::string SigningKeys::get(const Credentials& credentials, std::string_view date,
                             std::string_view region, std::string_view service) {
    constexpr std::size_t kMostEntries = 256;
    std::string name = credentials.access_key_id;
    ((((((name += '/') += date) += '/') += region) += '/') += service);
    {
        const std::scoped_lock lock(mutex_);
        const auto it = entries_.find(name);
        if (it != entries_.end() && it->second.secret == credentials.secret_access_key)
            return it->second.key;
    }
    std::string key = hmac_sha256("AWS4" + credentials.secret_access_key, date);
    key = hmac_sha256(key, region);
    key = hmac_sha256(key, service);
    key = hmac_sha256(key, "aws4_request");
    const std::scoped_lock lock(mutex_);
    if (entries_.size() >= kMostEntries) entries_.clear();
    entries_[name] = Entry{credentials.secret_access_key, key};
    return key;
}

std::string canonical_request(const HttpRequest& request,
                              const std::vector<std::string>& signed_headers,
                              std::string_view payload_digest, const SigningRules& rules) {
    return canonical_text(request, signed_headers, payload_digest, rules, "X-Amz-Signature");
}

std::string string_to_sign(std::string_view timestamp, std::string_view scope,
                           std::string_view canonical_request) {
    std::string text(kAlgorithm);
    (text += '\n') += timestamp;
    (text += '\n') += scope;
    (text += '\n') += hash_hex(canonical_request);
    return text;
}

void sign(HttpRequest& request, const Credentials& credentials, const SigningContext& context,
          SigningKeys& keys) {
    const std::string timestamp = to_iso8601_basic(context.time);
    const std::string date = timestamp.substr(0, 8);
    const std::string digest = context.payload.empty() ? hash_hex(request.body) : context.payload;
    request.headers.set("X-Amz-Date", timestamp);
    request.headers.remove("X-Amz-Security-Token");
    if (context.rules.content_digest_header) request.headers.set("X-Amz-Content-Sha256", digest);
    const bool token = !credentials.session_token.empty();
    if (token && !context.rules.omit_session_token)
        request.headers.add("X-Amz-Security-Token", credentials.session_token);

    const std::vector<std::string> names = coverable_headers(request.headers);
    const std::string scope = scope_of(date, context.region, context.service);
    const std::string text =
        string_to_sign(timestamp, scope, canonical_request(request, names, digest, context.rules));
    const std::string key = keys.get(credentials, date, context.region, context.service);
    if (token && context.rules.omit_session_token)
        request.headers.add("X-Amz-Security-Token", credentials.session_token);
    request.headers.set("Authorization", std::string(kAlgorithm) +
                                             " Credential=" + credentials.access_key_id + "/" +
                                             scope + ", SignedHeaders=" + joined(names, ';') +
                                             ", Signature=" + to_hex(hmac_sha256(key, text)));
}

void presign(HttpRequest& request, const Credentials& credentials, const SigningContext& context,
             std::chrono::seconds lifetime, SigningKeys& keys) {
    if (lifetime <= std::chrono::seconds(0) || lifetime > kLongestLifetime)
        throw Error(ErrorCategory::InvalidInput, "InvalidLifetime",
                    "a presigned URL lives between one second and seven days");
    const std::string timestamp = to_iso8601_basic(context.time);
    const std::string date = timestamp.substr(0, 8);
    const std::string scope = scope_of(date, context.region, context.service);
    const std::vector<std::string> names = coverable_headers(request.headers);
    const bool token = !credentials.session_token.empty();

    add_parameter(request.target, "X-Amz-Algorithm", kAlgorithm);
    add_parameter(request.target, "X-Amz-Credential", credentials.access_key_id + "/" + scope);
    add_parameter(request.target, "X-Amz-Date", timestamp);
    add_parameter(request.target, "X-Amz-SignedHeaders", joined(names, ';'));
    add_parameter(request.target, "X-Amz-Expires", std::to_string(lifetime.count()));
    if (token && !context.rules.omit_session_token)
        add_parameter(request.target, "X-Amz-Security-Token", credentials.session_token);
    const std::string digest =
        context.service == "s3" ? std::string(kUnsignedPayload) : hash_hex(request.body);
    const std::string text =
        string_to_sign(timestamp, scope, canonical_request(request, names, digest, context.rules));
    const std::string key = keys.get(credentials, date, context.region, context.service);
    if (token && context.rules.omit_session_token)
        add_parameter(request.target, "X-Amz-Security-Token", credentials.session_token);
    add_parameter(request.target, "X-Amz-Signature", to_hex(hmac_sha256(key, text)));
}

std::optional<SignatureClaim> read_signature(const HttpRequest& request) {
    if (const std::string* authorization = request.headers.find("authorization"))
        return read_header_form(request, *authorization);
    if (query_of(request.target).find("X-Amz-") == std::string_view::npos) return std::nullopt;
    const QueryParameters parameters = parse_query(query_of(request.target), Plus::Literal);
    for (const auto& [name, value] : parameters)
        if (name == "X-Amz-Signature" || name == "X-Amz-Algorithm" || name == "X-Amz-Credential")
            return read_query_form(parameters);
    return std::nullopt;
}

void verify(const HttpRequest& request, const SignatureClaim& claim, const Credentials& credentials,
            const SigningRules& rules, Time now, SigningKeys& keys) {
    check_time(claim, now);
    check_coverage(request, claim);
    const std::string text = string_to_sign(
        claim.timestamp, scope_of(claim.date, claim.region, claim.service),
        canonical_request(request, claim.signed_headers, payload_digest(request, claim), rules));
    const std::string key = keys.get(credentials, claim.date, claim.region, claim.service);
    if (!equal_in_constant_time(to_hex(hmac_sha256(key, text)), claim.signature))
        mismatch(
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service "
            "documentation for details.");
}

}  // namespace lifeboat::cloud
