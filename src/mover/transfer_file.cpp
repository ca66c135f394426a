// How single files get to the destination. Every new thing is made under a temporary name, given
// all it should have, checked, and only then named.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/fault.h"
#include "mover/content.h"
#include "mover/metadata.h"
#include "mover/new_entry.h"
#include "mover/new_link.h"
#include "mover/removal.h"
#include "mover/transfer.h"
#include "os/directory.h"

namespace lifeboat::mover {
namespace {

constexpr int kMostTries = 3;
// Up to this size a file is written with one call.
constexpr std::uint64_t kNamedAtOnce = 128 * 1024;

Error changed_while_read(const std::string& how) {
    return Error(ErrorCategory::Unavailable, "ChangedWhileRead", "the source " + how);
}

// A file system over a network may tell only now that the disk is full.
void close_checked(os::UniqueFd fd) {
    if (::close(fd.release()) != 0 && errno != EINTR)
        throw error_from_errno(errno, "close the copy");
}

}  // namespace

Entry Transfer::copy(Item& item) {
    if (item.source.is_regular()) return copy_file(item);
    return item.source.is_symlink() ? copy_symlink(item) : copy_special(item);
}

Entry Transfer::copy_file(Item& item) {
    for (int attempt = 1;; ++attempt) {
        try {
            return copy_file_once(item, attempt == kMostTries);
        } catch (const Error& error) {
            if (error.code() != "ChangedWhileRead" || attempt == kMostTries) throw;
        }
    }
}

Entry Transfer::copy_file_once(Item& item, bool last_try) {
    const int destination = item.directory.destination.get();
    os::UniqueFd from = std::move(item.opened);
    Entry before = item.source;
    if (!from) {
        fault::reach("mover.file-open");
        from = os::open_below(item.directory.source.get(), item.name, O_RDONLY);
        before = look(from.get());
    }
    if (!before.is_regular()) throw changed_while_read("was replaced by another type of file");

    // Where nobody else looks yet, a small file gets its name at once and the mark of unfinished
    // ones until it is whole.
    const bool named_at_once = item.unseen && before.size() <= kNamedAtOnce;
    std::string name = named_at_once ? item.name : names_.next();
    os::UniqueFd to = os::open_below(destination, name, O_RDWR | O_CREAT | O_EXCL, kUnfinishedFile);
    Temporary temporary(destination, std::move(name));
    fault::reach("mover.file-created");
    const std::uint64_t data = copy_content(from.get(), before, to.get(), run_.bandwidth, run_.pool,
                                            run_.counters.moved, run_.stop);
    const Entry after = look(from.get());
    const bool changed =
        after.size() != before.size() || !is_equal(after.status.st_mtim, before.status.st_mtim);
    // The beginning of a file that only grows is worth having; a mixture of two states is not.
    const bool grew = changed && after.size() > before.size();
    if (changed && !(grew && last_try)) throw changed_while_read("changed while it was read");
    if (run_.options.verify_mode == VerifyMode::OnlyFilesTransferred ||
        (run_.options.verify_mode == VerifyMode::PointInTimeConsistent &&
         run_.options.overwrite_mode == OverwriteMode::Never))
        if (!grew) verify_content(from.get(), to.get(), before);

    const Wanted wanted = wanted_for(before, run_.options);
    Attributes attributes;
    if (run_.options.extended_attributes == ExtendedAttributes::Preserve)
        attributes = wanted_attributes(read_attributes(from.get()), run_.options, wanted);
    if (item.directory.bequeaths)
        write_metadata(to.get(), wanted, &attributes);
    else
        write_new_metadata(to.get(), wanted, attributes, *item.directory.made);
    const bool is_looked_at =
        run_.options.verify_mode != VerifyMode::None || before.status.st_nlink > 1;
    const Entry made = is_looked_at ? look(to.get()) : Entry{};
    if (run_.options.verify_mode != VerifyMode::None) check_metadata(made, wanted);
    if (run_.options.durability == Durability::File && ::fsync(to.get()) != 0)
        throw error_from_errno(errno, "write the copy to the disk");
    close_checked(std::move(to));
    clear_place(item);
    if (named_at_once)
        temporary.keep();
    else if (item.unseen)
        temporary.publish_new(item.name);
    else
        temporary.publish(item.name);
    count(item, before.size(), data);
    if (grew)
        throw changed_while_read("kept growing while it was read; the copy holds its first " +
                                 std::to_string(before.size()) + " bytes");
    return made;
}

void Transfer::verify_content(int from, int to, const Entry& before) {
    flush_and_forget(to);
    if (!is_content_equal(from, to, before.size(), run_.stop)) {
        if (!is_equal(look(from).status.st_mtim, before.status.st_mtim))
            throw changed_while_read("changed while it was read");
        throw Error(ErrorCategory::Corruption, "VerificationFailed",
                    "what was read back from the destination differs from the source");
    }
    ++run_.counters.verified;
}

Entry Transfer::copy_symlink(const Item& item) {
    const int destination = item.directory.destination.get();
    const std::string target = os::read_link(item.directory.source.get(), item.name);
    Temporary temporary(destination, names_.next());
    if (::symlinkat(target.c_str(), destination, temporary.name().c_str()) != 0)
        throw error_from_errno(errno, "make the symbolic link");
    fault::reach("mover.link-created");
    const os::UniqueFd fd = pin(destination, temporary.name(), S_IFLNK);
    const Wanted wanted = wanted_for(item.source, run_.options);
    write_link_metadata(fd.get(), destination, temporary.name(), wanted);
    if (run_.options.verify_mode != VerifyMode::None) check_metadata(look(fd.get()), wanted);
    clear_place(item);
    temporary.publish(item.name);
    count(item, 0, 0);
    return look(fd.get());
}

Entry Transfer::copy_special(const Item& item) {
    const int destination = item.directory.destination.get();
    Temporary temporary(destination, names_.next());
    if (::mknodat(destination, temporary.name().c_str(), item.source.type() | 0600,
                  item.source.status.st_rdev) != 0)
        throw error_from_errno(errno, "make the device, FIFO or socket");
    const os::UniqueFd fd = pin(destination, temporary.name(), item.source.type());
    const Wanted wanted = wanted_for(item.source, run_.options);
    write_link_metadata(fd.get(), destination, temporary.name(), wanted);
    if (run_.options.verify_mode != VerifyMode::None) check_metadata(look(fd.get()), wanted);
    clear_place(item);
    temporary.publish(item.name);
    count(item, 0, 0);
    return look(fd.get());
}

Entry Transfer::update(Item& item) {
    os::UniqueFd to;
    try {
        to = os::open_below(item.directory.destination.get(), item.name, O_RDONLY);
    } catch (const Error& error) {
        // One's own file may be closed to oneself; a new one can take its place.
        if (error.category() != ErrorCategory::PermissionDenied) throw;
        return copy_file(item);
    }
    const Entry now = look(to.get());
    if (!os::is_same_file(now.status, item.plan.destination->status) || !now.is_regular() ||
        now.status.st_nlink != 1)
        return copy_file(item);
    Wanted wanted = wanted_for(item.source, run_.options);
    wanted.atime.reset();
    Attributes attributes;
    const bool with_attributes = run_.options.extended_attributes == ExtendedAttributes::Preserve;
    if (with_attributes)
        attributes = wanted_attributes(read_attributes(item.directory.source.get(), item.name),
                                       run_.options, wanted);
    fault::reach("mover.before-update");
    write_metadata(to.get(), wanted, with_attributes ? &attributes : nullptr);
    const Entry made = look(to.get());
    if (run_.options.verify_mode != VerifyMode::None) check_metadata(made, wanted);
    count(item, 0, 0);
    return made;
}

void Transfer::link(Item& item, const HardLinks::Target& target) {
    const std::string why = make_link(root_, target, item.directory.destination.get(), item.name,
                                      names_.next(), [&] { clear_place(item); });
    if (why.empty()) return count(item, 0, 0);
    copy(item);
    throw_link_not_made("copied", why);
}

void Transfer::clear_place(const Item& item) {
    if (!item.plan.destination || !item.plan.destination->is_directory()) return;
    const int destination = item.directory.destination.get();
    if (run_.options.preserve_deleted_files == PreserveDeletedFiles::Preserve) {
        if (::unlinkat(destination, item.name.c_str(), AT_REMOVEDIR) != 0)
            throw error_from_errno(errno, "remove the directory in the place of the file");
        return;
    }
    const Removal removal(
        run_.filter, Effect::Change,
        [&](const std::string& path) {
            ++run_.counters.deleted;
            run_.tell(Action::Kind::Delete, path, "a file takes its place");
        },
        [&](const std::string& path, const Error& error) {
            failures_.add(path, Phase::Transferring, error);
        });
    removal.remove(destination, item.name, item.path(), Selection::Take, item.directory.depth + 1);
}

}  // namespace lifeboat::mover
