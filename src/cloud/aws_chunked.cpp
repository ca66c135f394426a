#include "cloud/aws_chunked.h"

#include <fmt/format.h>

#include <charconv>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"

namespace lifeboat::cloud {
namespace {

constexpr std::string_view kDeclaration = "x-amz-content-sha256";
constexpr std::string_view kSigned = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
constexpr std::string_view kSignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
constexpr std::string_view kUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
constexpr std::string_view kEncoding = "aws-chunked";
constexpr std::string_view kChunkSignature = "chunk-signature=";
constexpr std::size_t kChunk = 64 << 10;

Error refused(const char* code, const std::string& problem) {
    return Error(ErrorCategory::InvalidInput, code, problem);
}

class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    std::string_view line() {
        const auto end = rest_.find("\r\n");
        if (end == std::string_view::npos)
            throw refused("IncompleteBody", "The body ends within the header of a chunk.");
        const std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(end + 2);
        return line;
    }

    std::string_view bytes(std::size_t count) {
        if (rest_.size() < count || rest_.substr(count, 2) != "\r\n")
            throw refused("IncompleteBody", "A chunk is not as long as its header says.");
        const std::string_view bytes = rest_.substr(0, count);
        rest_.remove_prefix(count + 2);
        return bytes;
    }

    bool at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
};

// Signatures, each of which covers the one before.
class Chain {
  public:
    Chain(const SignatureClaim& claim, const Credentials& credentials, SigningKeys& keys)
        : prefix_("\n" + claim.timestamp + "\n" + claim.date + "/" + claim.region + "/" +
                  claim.service + "/aws4_request\n"),
          key_(keys.get(credentials, claim.date, claim.region, claim.service)),
          previous_(claim.signature) {}

    const std::string& sign_chunk(std::string_view bytes) {
        static const std::string empty = to_hex(sha256(""));
        return sign("AWS4-HMAC-SHA256-PAYLOAD", empty + "\n" + to_hex(sha256(bytes)));
    }

    void check_chunk(std::string_view bytes, std::string_view signature) {
        check(sign_chunk(bytes), signature, "a chunk");
    }

    void check_trailer(std::string_view lines, std::string_view signature) {
        check(sign("AWS4-HMAC-SHA256-TRAILER", to_hex(sha256(lines))), signature, "the trailer");
    }

  private:
    const std::string& sign(std::string_view algorithm, const std::string& digests) {
        std::string text(algorithm);
        (((text += prefix_) += previous_) += '\n') += digests;
        return previous_ = to_hex(hmac_sha256(key_, text));
    }

    static void check(std::string_view own, std::string_view signature, const std::string& what) {
        if (!equal_in_constant_time(own, signature))
            throw Error(ErrorCategory::PermissionDenied, "InvalidSignatureException",
                        "The signature of " + what +
                            " does not match. Check your AWS Secret Access Key and signing "
                            "method.");
    }

    std::string prefix_;
    std::string key_;
    std::string previous_;
};

struct ChunkHeader {
    std::size_t size = 0;
    std::string_view signature;
};

ChunkHeader parse_chunk_header(std::string_view line) {
    ChunkHeader header;
    const std::string_view size = line.substr(0, line.find(';'));
    const auto [end, problem] =
        std::from_chars(size.data(), size.data() + size.size(), header.size, 16);
    if (size.empty() || problem != std::errc() || end != size.data() + size.size())
        throw refused("InvalidChunkSizeError",
                      "'" + std::string(size.substr(0, 20)) + "' is no length of a chunk.");
    if (const auto at = line.find(kChunkSignature); at != std::string_view::npos)
        header.signature = line.substr(at + kChunkSignature.size());
    return header;
}

// The lines behind the last chunk, up to an empty one or the end.
void read_trailers(Reader& reader, Chain* chain, HttpRequest& request) {
    std::string lines;
    std::string signature;
    while (!reader.at_end()) {
        const std::string_view line = reader.line();
        if (line.empty()) continue;
        const auto colon = line.find(':');
        if (colon == std::string_view::npos)
            throw refused("MalformedTrailerError", "A trailer is not of the form name:value.");
        const std::string name = lower_case(std::string(line.substr(0, colon)));
        std::string_view value = line.substr(colon + 1);
        while (!value.empty() && value.front() == ' ')
            value.remove_prefix(1);
        if (name == "x-amz-trailer-signature") {
            signature = value;
            continue;
        }
        if (!name.starts_with("x-amz-checksum-"))
            throw refused("MalformedTrailerError", "The trailer '" + name + "' is not expected.");
        ((lines += name) += ':') += value;
        lines += '\n';
        request.headers.set(name, value);
    }
    if (chain != nullptr) chain->check_trailer(lines, signature);
}

void drop_encoding(HttpHeaders& headers) {
    std::string encoding = headers.get("content-encoding");
    const auto at = encoding.find(kEncoding);
    if (at == std::string::npos) return;
    encoding.erase(at, kEncoding.size());
    while (!encoding.empty() && (encoding.front() == ',' || encoding.front() == ' '))
        encoding.erase(0, 1);
    while (!encoding.empty() && (encoding.back() == ',' || encoding.back() == ' '))
        encoding.pop_back();
    headers.remove("content-encoding");
    if (!encoding.empty()) headers.add("Content-Encoding", encoding);
}

}  // namespace

bool is_chunked_payload(const HttpRequest& request) {
    const std::string* declared = request.headers.find(kDeclaration);
    return declared != nullptr && declared->starts_with("STREAMING-");
}

void sign_in_chunks(HttpRequest& request, const Credentials& credentials,
                    const SigningContext& context, SigningKeys& keys) {
    const std::string content = std::move(request.body);
    const std::string encoding = request.headers.get("content-encoding");
    request.headers.set("Content-Encoding",
                        std::string(kEncoding) + (encoding.empty() ? "" : "," + encoding));
    request.headers.set("X-Amz-Decoded-Content-Length", std::to_string(content.size()));
    SigningContext declared = context;
    declared.payload = kSigned;
    sign(request, credentials, declared, keys);

    Chain chain(read_signature(request).value(), credentials, keys);
    const std::size_t chunks = content.size() / kChunk + 2;
    request.body.clear();
    request.body.reserve(content.size() + chunks * 100);
    std::string_view rest = content;
    while (true) {
        const std::string_view chunk = rest.substr(0, kChunk);
        rest.remove_prefix(chunk.size());
        request.body +=
            fmt::format("{:x};{}{}\r\n", chunk.size(), kChunkSignature, chain.sign_chunk(chunk));
        (request.body += chunk) += "\r\n";
        if (chunk.empty()) return;
    }
}

void unwrap_chunks(HttpRequest& request, const SignatureClaim& claim,
                   const Credentials& credentials, SigningKeys& keys) {
    const std::string form = request.headers.get(kDeclaration);
    const bool is_signed = form == kSigned || form == kSignedTrailer;
    const bool has_trailer = form == kSignedTrailer || form == kUnsignedTrailer;
    if (!is_signed && !has_trailer)
        throw refused("InvalidRequest", "The payload form '" + form + "' is not known here.");
    Chain chain(claim, credentials, keys);
    Reader reader(request.body);
    std::string content;
    while (true) {
        const ChunkHeader header = parse_chunk_header(reader.line());
        if (header.size == 0) {
            if (is_signed) chain.check_chunk("", header.signature);
            break;
        }
        const std::string_view bytes = reader.bytes(header.size);
        if (is_signed) chain.check_chunk(bytes, header.signature);
        content += bytes;
    }
    if (has_trailer) read_trailers(reader, is_signed ? &chain : nullptr, request);
    if (const std::string* length = request.headers.find("x-amz-decoded-content-length"))
        if (*length != std::to_string(content.size()))
            throw refused("IncompleteBody", "The chunks hold " + std::to_string(content.size()) +
                                                " bytes, not the " + *length + " announced.");
    drop_encoding(request.headers);
    request.body = std::move(content);
}

}  // namespace lifeboat::cloud
