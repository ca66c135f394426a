#include "mover/copy_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/fault.h"
#include "mover/destination_lock.h"
#include "mover/preparation.h"
#include "mover/session.h"
#include "mover/temporary.h"
#include "mover/transfer.h"
#include "mover/verification.h"
#include "os/directory.h"
#include "os/file.h"

namespace lifeboat::mover {
namespace {

class Copy {
  public:
    Copy(const Roots& roots, const Options& options, const Filter& filter,
         const Surroundings& around)
        : roots_(roots), session_(options, filter, around) {}

    Report plan() {
        session_.tell_actions();
        prepare(session_.failures());
        session_.report().prepare_status = session_.status();
        return session_.finish();
    }

    Report copy() {
        const DestinationLock lock(roots_.destination.get());
        const Options& options = session_.run().options;
        const bool estimates = session_.around().estimate == Estimate::Before;
        if (estimates) {
            // What fails here fails again in the transfer, which is where it counts.
            Failures ignored;
            prepare(ignored);
            session_.counters().seen = 0;
        }
        session_.report().prepare_status = PhaseStatus::Success;
        session_.tell_actions();
        if (!session_.stopped()) transfer();
        if (!session_.stopped() && options.verify_mode == VerifyMode::PointInTimeConsistent)
            verify();
        if (options.verify_mode == VerifyMode::OnlyFilesTransferred)
            session_.report().verify_status = session_.report().transfer_status;
        if (!estimates) session_.counters().estimate_is_what_was_done();
        return session_.finish();
    }

  private:
    void prepare(Failures& failures) {
        Preparation preparation(session_.run(), failures);
        session_.report().prepare_duration = walk(Phase::Preparing, preparation, failures);
    }

    void transfer() {
        Failures& failures = session_.failures();
        TemporaryNames names(session_.around().random);
        Transfer pass(session_.run(), failures, names, roots_.destination.get());
        const Time began = session_.around().clock.now();
        walk(Phase::Transferring, pass, failures);
        session_.add_missing();
        fault::reach("mover.before-sync");
        if (session_.run().options.durability == Durability::Tree &&
            ::syncfs(roots_.destination.get()) != 0)
            failures.add("", Phase::Transferring,
                         error_from_errno(errno, "write the tree to the disk"));
        session_.report().transfer_duration = session_.since(began);
        session_.report().transfer_status = session_.status();
    }

    void verify() {
        Failures& failures = session_.failures();
        const std::uint64_t before = failures.total();
        Verification pass(session_.run(), failures);
        session_.report().verify_duration = walk(Phase::Verifying, pass, failures);
        session_.report().verify_status = failures.total() == before && !session_.stopped()
                                              ? PhaseStatus::Success
                                              : PhaseStatus::Error;
    }

    std::chrono::milliseconds walk(Phase phase, Visitor& visitor, Failures& failures) {
        Run& run = session_.run();
        Walk walk(run.pool, run.filter, phase, visitor, failures, run.stop);
        return session_.pass(phase, failures, [&] {
            auto root = std::make_shared<Directory>();
            root->source = os::duplicate(roots_.source.get());
            if (roots_.destination) root->destination = os::duplicate(roots_.destination.get());
            walk.start(std::move(root));
        });
    }

    const Roots& roots_;
    Session session_;
};

void check_roots(const Roots& roots, const Options& options, const Filter& filter) {
    if (!look(roots.source.get()).is_directory())
        throw Error(ErrorCategory::InvalidInput, "NotADirectory", "the source is not a directory");
    if (filter.manifest() != nullptr &&
        options.preserve_deleted_files == PreserveDeletedFiles::Remove)
        throw Error(ErrorCategory::InvalidInput, "InvalidRequestException",
                    "PreserveDeletedFiles REMOVE cannot be used together with a manifest.");
    if (!roots.destination) return;
    if (os::is_within(roots.destination.get(), roots.source.get()))
        throw Error(ErrorCategory::InvalidInput, "DestinationWithinSource",
                    "the destination is the source or lies within it");
    if (options.preserve_deleted_files == PreserveDeletedFiles::Remove &&
        os::is_within(roots.source.get(), roots.destination.get()))
        throw Error(ErrorCategory::InvalidInput, "SourceWithinDestination",
                    "the source lies within the destination and would be deleted");
}

}  // namespace

os::UniqueFd open_root(const std::filesystem::path& path, MissingRoot missing) {
    if (missing == MissingRoot::Make && ::mkdir(path.c_str(), kUnfinishedDirectory) != 0 &&
        errno != EEXIST)
        throw error_from_errno(errno, "make the directory '" + path.string() + "'");
    return os::open_file(path, O_RDONLY | O_DIRECTORY);
}

Report copy_tree(const Roots& roots, const Options& options, const Filter& filter,
                 const Surroundings& surroundings) {
    if (!roots.destination)
        throw Error(ErrorCategory::InvalidInput, "NoDestination", "a copy needs a destination");
    check_roots(roots, options, filter);
    return Copy(roots, options, filter, surroundings).copy();
}

Report plan_tree(const Roots& roots, const Options& options, const Filter& filter,
                 const Surroundings& surroundings) {
    check_roots(roots, options, filter);
    return Copy(roots, options, filter, surroundings).plan();
}

}  // namespace lifeboat::mover
