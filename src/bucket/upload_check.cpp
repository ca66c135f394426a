#include "bucket/upload_check.h"

#include <fcntl.h>

#include "base/error.h"
#include "bucket/content_check.h"
#include "bucket/object_key.h"
#include "bucket/upload.h"
#include "mover/verification.h"
#include "os/directory.h"

namespace lifeboat::bucket {

using mover::Action;
using mover::Directory;
using mover::Entry;
using mover::Plan;

UploadCheck::UploadCheck(mover::Run& run, mover::Failures& failures, const Bucket& bucket,
                         ByteBudget& budget)
    : run_(run),
      failures_(failures),
      bucket_(bucket),
      budget_(budget),
      options_(mover::comparing(run.options)) {}

std::optional<Object> UploadCheck::require_settled(const std::string& key,
                                                   const Entry& source) const {
    const auto object = bucket_.find(key);
    const Plan plan = plan_object(source, object, options_);
    mover::require_settled(plan);
    return plan.kind == Plan::Kind::Equal ? object : std::nullopt;
}

void UploadCheck::count(const std::string& path, const Entry& source) {
    ++run_.counters.verified;
    run_.tell(Action::Kind::Verify, path, "", 0, &source);
}

bool UploadCheck::enter(Directory& directory) {
    if (const auto plan = plan_file_in_place(bucket_, directory, options_)) {
        if (plan->kind == Plan::Kind::Keep) return false;
        mover::require_settled(*plan);
    }
    const std::string key = directory_key(bucket_.prefix(), directory.path);
    if (key.empty() || directory.selection != mover::Selection::Take) return true;
    try {
        if (require_settled(key, directory.source_entry))
            count(directory.path, directory.source_entry);
    } catch (const Error& error) {
        // What lies below is worth comparing all the same.
        failures_.add(directory.path, mover::Phase::Verifying, error);
    }
    return true;
}

void UploadCheck::visit(Directory& directory, const std::string& name, const Entry& source,
                        os::UniqueFd /*opened*/) {
    const std::string path = directory.path_of(name);
    const auto object = require_settled(file_key(bucket_.prefix(), path), source);
    if (!object) return;
    if (!holds_content_of(directory.source.get(), name, bucket_, *object, budget_, run_.stop))
        throw Error(ErrorCategory::Corruption, "VerificationFailed",
                    "what the bucket holds differs from the source");
    count(path, source);
}

void UploadCheck::leave(Directory& directory) {
    if (run_.options.preserve_deleted_files != mover::PreserveDeletedFiles::Remove ||
        run_.stop.stop_requested())
        return;
    each_extra(bucket_, run_.filter, directory, [&](const std::string&, const std::string& path) {
        failures_.add(path, mover::Phase::Verifying, "NotDeleted",
                      "it is at the destination and not at the source");
    });
}

}  // namespace lifeboat::bucket
