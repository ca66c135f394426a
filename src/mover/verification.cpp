#include "mover/verification.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/fault.h"
#include "mover/content.h"
#include "mover/removal.h"
#include "os/directory.h"

namespace lifeboat::mover {

Options comparing(Options options) {
    options.transfer_mode = TransferMode::Changed;
    return options;
}

void require_settled(const Plan& plan) {
    if (plan.kind == Plan::Kind::Create)
        throw Error(ErrorCategory::NotFound, "MissingAtDestination",
                    "it is not at the destination");
    if (plan.kind == Plan::Kind::Conflict) throw_conflict(plan);
    if (plan.changes())
        throw Error(ErrorCategory::Corruption, "DiffersAtDestination",
                    "the destination differs: " + plan.reason);
}

Verification::Verification(Run& run, Failures& failures)
    : run_(run),
      failures_(failures),
      options_(comparing(run.options)),
      planner_(options_, run.stop) {}

bool Verification::enter(Directory& directory) {
    directory.plan = open_beside(directory, planner_);
    if (directory.plan.kind == Plan::Kind::Keep) return false;
    if (directory.plan.kind == Plan::Kind::Metadata) {
        // What lies below is worth comparing all the same.
        failures_.add(directory.path, Phase::Verifying, "DiffersAtDestination",
                      "the destination differs: " + directory.plan.reason);
        return true;
    }
    require_settled(directory.plan);
    if (directory.selection == Selection::Take) {
        ++run_.counters.verified;
        run_.tell(Action::Kind::Verify, directory.path, "", 0, &directory.source_entry);
    }
    return true;
}

void Verification::visit(Directory& directory, const std::string& name, const Entry& source,
                         os::UniqueFd opened) {
    HardLinks::Claim claim = links_.claim(source);
    // Everything that can be is asked of open files: it is cheaper, and it is one file that has the
    // metadata and the content.
    os::UniqueFd copy;
    if (opened) copy = try_open(directory.destination.get(), name);
    const Plan plan = planner_.plan(
        {directory.source.get(), directory.destination.get(), name, opened.get(), copy.get()},
        source, claim);
    if (plan.kind == Plan::Kind::Keep || plan.kind == Plan::Kind::Skip) return;
    require_settled(plan);
    if (source.is_regular() && claim.target() == nullptr) {
        fault::reach("mover.verify-read");
        if (!opened) opened = os::open_below(directory.source.get(), name, O_RDONLY);
        if (!copy) copy = os::open_below(directory.destination.get(), name, O_RDONLY);
        compare_content(opened.get(), copy.get(), source);
    }
    if (source.status.st_nlink > 1) claim.done(directory.path_of(name), &*plan.destination);
    ++run_.counters.verified;
    if (run_.on_action) run_.tell(Action::Kind::Verify, directory.path_of(name), "", 0, &source);
}

void Verification::compare_content(int from, int to, const Entry& source) const {
    flush_and_forget(to);
    if (!is_content_equal(from, to, source.size(), run_.stop))
        throw Error(ErrorCategory::Corruption, "VerificationFailed",
                    "what was read back from the destination differs from the source");
}

void Verification::leave(Directory& directory) {
    if (!deletes_in(directory, run_.options) || run_.stop.stop_requested()) return;
    const auto failed = [&](const std::string& path, const Error& error) {
        failures_.add(path, Phase::Verifying, error);
    };
    const Removal removal(
        run_.filter, Effect::Look,
        [&](const std::string& path) {
            failures_.add(path, Phase::Verifying, "NotDeleted",
                          "it is at the destination and not at the source");
        },
        failed);
    removal.remove_extra(directory);
}

}  // namespace lifeboat::mover
