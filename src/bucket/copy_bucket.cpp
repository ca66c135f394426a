#include "bucket/copy_bucket.h"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "bucket/bucket.h"
#include "bucket/download.h"
#include "bucket/download_check.h"
#include "bucket/object_key.h"
#include "bucket/object_walk.h"
#include "bucket/upload.h"
#include "bucket/upload_check.h"
#include "mover/destination_lock.h"
#include "mover/session.h"
#include "mover/temporary.h"
#include "mover/walk.h"
#include "os/directory.h"

namespace lifeboat::bucket {

using mover::Effect;
using mover::Failures;
using mover::Phase;
using mover::Session;

mover::Report copy_to_bucket(const os::UniqueFd& source, cloud::Cloud& cloud, const Place& place,
                             const mover::Options& options, const mover::Filter& filter,
                             const mover::Surroundings& surroundings, Effect effect) {
    const Bucket bucket(cloud, place.bucket, normal_prefix(place.prefix), place.storage_class);
    ByteBudget budget(kBytesInFlight);
    Session session(options, filter, surroundings);
    const auto walk = [&](Phase phase, mover::Visitor& visitor, Failures& failures) {
        const mover::Run& run = session.run();
        mover::Walk tree(run.pool, run.filter, phase, visitor, failures, run.stop);
        return session.pass(phase, failures, [&] {
            auto root = std::make_shared<mover::Directory>();
            root->source = os::duplicate(source.get());
            tree.start(std::move(root));
        });
    };
    // A bucket that cannot be used is said at once, not for every file.
    bucket.has_any(bucket.prefix());
    return session.copy(effect, {[&](Phase phase, Effect what, Failures& failures) {
                                     Upload upload(session.run(), failures, bucket, budget, what);
                                     return walk(phase, upload, failures);
                                 },
                                 [&](Failures& failures) {
                                     UploadCheck check(session.run(), failures, bucket, budget);
                                     return walk(Phase::Verifying, check, failures);
                                 }});
}

mover::Report copy_from_bucket(cloud::Cloud& cloud, const Place& place,
                               const os::UniqueFd& destination, const mover::Options& options,
                               const mover::Filter& filter, const mover::Surroundings& surroundings,
                               Effect effect) {
    std::optional<mover::DestinationLock> lock;
    if (effect == Effect::Change) lock.emplace(destination.get());
    const Bucket bucket(cloud, place.bucket, normal_prefix(place.prefix), place.storage_class);
    ByteBudget budget(kBytesInFlight);
    Session session(options, filter, surroundings);
    mover::TemporaryNames names(surroundings.random);
    const auto walk = [&](Phase phase, ObjectVisitor& visitor, Failures& failures) {
        const mover::Run& run = session.run();
        ObjectWalk objects(run.pool, run.filter, phase, bucket, visitor, failures, run.stop);
        return session.pass(phase, failures, [&] {
            auto root = std::make_shared<Folder>();
            if (destination) root->destination = os::duplicate(destination.get());
            objects.start(std::move(root));
        });
    };
    return session.copy(
        effect, {[&](Phase phase, Effect what, Failures& failures) {
                     Download download(session.run(), failures, bucket, budget, names,
                                       destination.get(), what);
                     const auto took = walk(phase, download, failures);
                     if (what == Effect::Change && options.durability == mover::Durability::Tree &&
                         ::syncfs(destination.get()) != 0)
                         failures.add("", phase,
                                      error_from_errno(errno, "write the tree to the disk"));
                     return took;
                 },
                 [&](Failures& failures) {
                     DownloadCheck check(session.run(), failures, bucket, budget);
                     return walk(Phase::Verifying, check, failures);
                 }});
}

}  // namespace lifeboat::bucket
