#include "bucket/download_check.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/fault.h"
#include "bucket/content_check.h"
#include "bucket/download.h"
#include "mover/content.h"
#include "mover/verification.h"
#include "os/directory.h"

namespace lifeboat::bucket {

using mover::Action;
using mover::Plan;
using mover::Selection;

DownloadCheck::DownloadCheck(mover::Run& run, mover::Failures& failures, const Bucket& bucket,
                             ByteBudget& budget)
    : run_(run),
      failures_(failures),
      bucket_(bucket),
      budget_(budget),
      planner_(mover::comparing(run.options), bucket, budget, run.stop) {}

bool DownloadCheck::asks_for_names() const {
    return run_.options.preserve_deleted_files == mover::PreserveDeletedFiles::Remove;
}

void DownloadCheck::count(const std::string& path, const mover::Entry& source) {
    ++run_.counters.verified;
    run_.tell(Action::Kind::Verify, path, "", 0, &source);
}

bool DownloadCheck::enter(Folder& folder) {
    folder.plan = planner_.open_beside(folder);
    if (folder.plan.kind == Plan::Kind::Keep) return false;
    if (folder.plan.kind == Plan::Kind::Metadata) {
        // What lies below is worth comparing all the same.
        failures_.add(folder.path, mover::Phase::Verifying, "DiffersAtDestination",
                      "the destination differs: " + folder.plan.reason);
        return true;
    }
    mover::require_settled(folder.plan);
    if (folder.selection == Selection::Take) count(folder.path, folder.source_entry);
    return true;
}

void DownloadCheck::visit(Folder& folder, const std::string& name, const Listed& listed) {
    fault::reach("bucket.verify-read");
    const auto object = bucket_.find(listed.key);
    if (!object)
        throw Error(ErrorCategory::NotFound, "Vanished",
                    "the object was removed between listing and reading");
    const int directory = folder.destination.get();
    const Plan plan = planner_.plan(*object, mover::look(directory, name), directory, name);
    if (plan.kind == Plan::Kind::Keep || plan.kind == Plan::Kind::Skip) return;
    mover::require_settled(plan);
    if (object->entry.is_regular()) {
        const os::UniqueFd to = os::open_below(directory, name, O_RDONLY);
        mover::flush_and_forget(to.get());
        if (!holds_content_of(to.get(), bucket_, *object, budget_, run_.stop))
            throw Error(ErrorCategory::Corruption, "VerificationFailed",
                        "what was read back from the destination differs from the object");
    }
    count(folder.path_of(name), object->entry);
}

void DownloadCheck::leave(Folder& folder) {
    if (!mover::deletes_in(folder, run_.options) || run_.stop.stop_requested()) return;
    each_extra(folder, run_.filter,
               [&](const std::string&, const std::string& path, Selection selection) {
                   if (selection == Selection::Take)
                       failures_.add(path, mover::Phase::Verifying, "NotDeleted",
                                     "it is at the destination and not at the source");
               });
}

}  // namespace lifeboat::bucket
