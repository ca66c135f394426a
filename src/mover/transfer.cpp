#include "mover/transfer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/fault.h"
#include "mover/merged_directory.h"
#include "mover/metadata.h"
#include "mover/new_entry.h"
#include "mover/removal.h"
#include "os/directory.h"

namespace lifeboat::mover {

bool Transfer::enter(Directory& directory) {
    if (directory.selection == Selection::Take) ++run_.counters.seen;
    if (const Manifest* manifest = run_.filter.manifest()) manifest->found(directory.path);
    directory.plan = open_beside(directory, planner_);
    const Plan& plan = directory.plan;
    switch (plan.kind) {
        case Plan::Kind::Keep:
            ++run_.counters.skipped;
            run_.tell(Action::Kind::Keep, directory.path, plan.reason, 0, &directory.source_entry);
            return false;
        case Plan::Kind::Conflict:
            throw_conflict(plan);
        case Plan::Kind::Create:
        case Plan::Kind::Replace:
            make_directory(directory);
            return true;
        default:
            break;
    }
    let_owner_write(directory);
    remove_strays(directory, names_, failures_);
    return true;
}

void Transfer::remove_extra(const Directory& directory) {
    const Removal removal(
        run_.filter, Effect::Change,
        [&](const std::string& path) {
            ++run_.counters.deleted;
            run_.tell(Action::Kind::Delete, path, "it is not at the source");
        },
        [&](const std::string& path, const Error& error) {
            failures_.add(path, Phase::Transferring, error);
        });
    removal.remove_extra(directory);
}

void Transfer::leave(Directory& directory) {
    if (!run_.stop.stop_requested() && deletes_in(directory, run_.options)) remove_extra(directory);
    finish_directory(directory);
    if (!directory.plan.changes()) return;
    ++run_.counters.transferred;
    run_.tell(
        directory.plan.kind == Plan::Kind::Metadata ? Action::Kind::Update : Action::Kind::Copy,
        directory.path, directory.plan.reason, 0, &directory.source_entry);
}

void Transfer::finish_directory(Directory& directory) {
    const int destination = directory.destination.get();
    const bool ours = directory.fresh || (run_.options.overwrite_mode == OverwriteMode::Always &&
                                          directory.selection == Selection::Take);
    if (ours) {
        fault::reach("mover.tree-before-times");
        const Wanted wanted = wanted_for(directory.source_entry, run_.options);
        // Was equal and still is: nothing in it was replaced.
        if (directory.plan.kind == Plan::Kind::Equal &&
            difference(look(destination), wanted).empty())
            return require_in_place(directory);
        Attributes attributes;
        const bool with_attributes =
            run_.options.extended_attributes == ExtendedAttributes::Preserve;
        if (with_attributes)
            attributes =
                wanted_attributes(read_attributes(directory.source.get()), run_.options, wanted);
        write_metadata(destination, wanted, with_attributes ? &attributes : nullptr);
        if (run_.options.verify_mode != VerifyMode::None) check_metadata(look(destination), wanted);
    } else {
        leave_as_it_was(directory, run_.options);
    }
    require_in_place(directory);
}

void Transfer::visit(Directory& directory, const std::string& name, const Entry& source,
                     os::UniqueFd opened) {
    ++run_.counters.seen;
    if (const Manifest* manifest = run_.filter.manifest()) manifest->found(directory.path_of(name));
    HardLinks::Claim claim = links_.claim(source);
    // Nobody but this run puts anything into a directory it made; only a name that the destination
    // holds to be another's can stand there already, and giving the copy its name tells.
    if (directory.made && source.is_regular() && claim.target() == nullptr) {
        const Plan plan{Plan::Kind::Create, "new", std::nullopt};
        Item item{directory, name, source, plan, std::move(opened), true};
        if (carry_out(item, claim)) return;
    }
    const Plan plan =
        planner_.plan({directory.source.get(), directory.destination.get(), name}, source, claim);
    Item item{directory, name, source, plan, {}, false};
    carry_out(item, claim);
}

bool Transfer::carry_out(Item& item, HardLinks::Claim& claim) {
    const Plan& plan = item.plan;
    switch (plan.kind) {
        case Plan::Kind::Equal:
            if (item.source.status.st_nlink > 1) claim.done(item.path(), &*plan.destination);
            return true;
        case Plan::Kind::Keep:
        case Plan::Kind::Skip:
            ++run_.counters.skipped;
            run_.tell(plan.kind == Plan::Kind::Keep ? Action::Kind::Keep : Action::Kind::Skip,
                      item.path(), plan.reason, 0, &item.source);
            return true;
        case Plan::Kind::Conflict:
            throw_conflict(plan);
        default:
            break;
    }
    if (claim.target() != nullptr) {
        link(item, *claim.target());
        return true;
    }
    try {
        const Entry now = plan.kind == Plan::Kind::Metadata ? update(item) : copy(item);
        if (item.source.status.st_nlink > 1) claim.done(item.path(), &now);
    } catch (const Error& error) {
        if (!item.unseen || error.code() != "EEXIST") throw;
        return false;
    }
    return true;
}

void Transfer::count(const Item& item, std::uint64_t written, std::uint64_t data) {
    ++run_.counters.transferred;
    run_.counters.written += written;
    run_.counters.data += data;
    if (run_.on_action)
        run_.tell(
            item.plan.kind == Plan::Kind::Metadata ? Action::Kind::Update : Action::Kind::Copy,
            item.path(), item.plan.reason, written, &item.source);
}

}  // namespace lifeboat::mover
