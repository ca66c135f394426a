// The body form "aws-chunked": an upload in chunks, each with a signature that continues the one
// before, and trailers behind the last (checksums, mostly). Source: Amazon S3 API Reference,
// "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks".
//
//   5;chunk-signature=<hex>\r\nhello\r\n0;chunk-signature=<hex>\r\n\r\n
#pragma once

#include <string>

#include "cloud/http_message.h"
#include "cloud/sigv4.h"

namespace lifeboat::cloud {

// Whether x-amz-content-sha256 says that the body is in chunks ("STREAMING-...").
bool is_chunked_payload(const HttpRequest& request);

// As sign(), of a request to S3 whose body goes in chunks of 64 KiB, each signed
// ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD").
void sign_in_chunks(HttpRequest& request, const Credentials& credentials,
                    const SigningContext& context, SigningKeys& keys);

// Replaces the body by what its chunks hold and adds the trailers to the headers. With the signed
// forms every chunk's signature is checked, and the trailers' too; the request's own signature must
// have been verified. Throws Error{PermissionDenied, "InvalidSignatureException"}, or
// Error{InvalidInput}: "InvalidChunkSizeError", "IncompleteBody", "MalformedTrailerError",
// "InvalidRequest" for a form that is not known.
void unwrap_chunks(HttpRequest& request, const SignatureClaim& claim,
                   const Credentials& credentials, SigningKeys& keys);

}  // namespace lifeboat::cloud
