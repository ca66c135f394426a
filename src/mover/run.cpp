#include "mover/run.h"

#include <fcntl.h>
#include <unistd.h>

#include "mover/temporary.h"
#include "os/directory.h"

namespace lifeboat::mover {

std::string_view to_string(Action::Kind kind) {
    switch (kind) {
        case Action::Kind::Copy:
            return "copy";
        case Action::Kind::Update:
            return "update";
        case Action::Kind::Delete:
            return "delete";
        case Action::Kind::Keep:
            return "keep";
        case Action::Kind::Skip:
            return "skip";
        case Action::Kind::Verify:
            return "verify";
    }
    return "copy";
}

void Counters::estimate_is_what_was_done() {
    estimated_files = transferred.load();
    estimated_bytes = written.load();
    estimated_deletions = deleted.load();
}

void Run::tell(Action::Kind kind, const std::string& path, const std::string& reason,
               std::uint64_t bytes, const Entry* source) {
    if (!on_action) return;
    const std::scoped_lock lock(action_mutex);
    on_action(Action{kind, path.empty() ? "." : path, reason, bytes, source});
}

Plan open_beside(Directory& directory, const Planner& planner) {
    std::optional<Entry> found;
    if (!directory.parent) {
        if (directory.destination) found = look(directory.destination.get());
    } else if (const int above = directory.parent->destination.get(); above >= 0) {
        found = look(above, directory.name);
        if (found && found->is_directory()) {
            directory.destination = os::open_below(above, directory.name, O_RDONLY | O_DIRECTORY);
            found = look(directory.destination.get());
        }
    }
    Plan plan = planner.plan_directory(directory.source.get(), directory.source_entry, found,
                                       directory.destination.get());
    directory.fresh = found && is_unfinished(found->permissions());
    // Only on the way to what is selected: merged into, not changed.
    if (directory.selection == Selection::Descend && plan.kind == Plan::Kind::Metadata &&
        !is_unfinished(found->permissions()))
        plan.kind = Plan::Kind::Equal;
    return plan;
}

bool deletes_in(const Directory& directory, const Options& options) {
    return options.preserve_deleted_files == PreserveDeletedFiles::Remove &&
           directory.destination && !directory.made;
}

bool is_left_unfinished(const Directory& directory, const Entry& entry) {
    const std::optional<Entry>& found = directory.plan.destination;
    return directory.fresh && found && found->status.st_uid == ::geteuid() && entry.is_regular() &&
           entry.permissions() == kUnfinishedFile;
}

}  // namespace lifeboat::mover
