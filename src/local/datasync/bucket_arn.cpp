#include "local/datasync/bucket_arn.h"

#include "local/datasync/refusal.h"

namespace lifeboat::local::datasync {

std::string bucket_of(std::string_view arn, std::string_view what) {
    constexpr std::string_view kStart = "arn:aws:s3:::";
    const std::string_view name = arn.starts_with(kStart) ? arn.substr(kStart.size()) : "";
    if (name.empty() || name.find_first_of("/:") != std::string_view::npos)
        refuse(std::string(what) + ": S3BucketArn '" + std::string(arn) +
               "' is not the ARN of a bucket, as in arn:aws:s3:::bucket.");
    return std::string(name);
}

}  // namespace lifeboat::local::datasync
