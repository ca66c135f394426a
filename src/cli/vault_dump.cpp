// lifeboat vault dump: a file's content, to standard output or onto a block device.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/confirm.h"
#include "cli/interrupt.h"
#include "cli/vault_progress.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "os/block_device.h"
#include "os/file.h"
#include "vault/dump.h"
#include "vault/lock.h"
#include "vault/sha256.h"
#include "vault/tree_path.h"

namespace lifeboat::cli {
namespace {

struct Options {
    VaultRepository where;
    VaultSnapshots which;
    std::string snapshot, path, device;
    bool verifies = false;
    Confirmation confirmation;
};

using Sink = std::function<void(std::string_view)>;

// Reads back from the device itself.
void compare(os::BlockDevice& device, std::uint64_t size, const vault::Id& wanted) {
    std::string part(4 << 20, '\0');
    vault::Sha256 found;
    for (std::uint64_t offset = 0; offset < size;) {
        const auto got =
            device.read(offset, part.data(), std::min<std::uint64_t>(part.size(), size - offset));
        if (got == 0) break;
        found.update({part.data(), got});
        offset += got;
    }
    if (found.finish() != wanted)
        throw Error(ErrorCategory::Corruption, "DeviceDiffers",
                    "what was written to the device reads back otherwise; the device is not to be "
                    "trusted");
}

void write_device(const Options& options, const vault::Node& file, Context& context,
                  const std::function<void(const Sink&)>& dump) {
    os::BlockDevice device(options.device);
    const auto bytes = [](std::uint64_t size) {
        return human_bytes(static_cast<std::int64_t>(size));
    };
    if (device.size() < file.size)
        throw Error(ErrorCategory::NoSpace, "DeviceTooSmall",
                    "'" + options.device + "' has " + bytes(device.size()) + " and '" +
                        options.path + "' has " + bytes(file.size) + "; nothing was written");
    if (!confirmed(options.confirmation, "overwrite the first " + bytes(file.size) + " of '" +
                                             options.device + "' (" + bytes(device.size()) + ")"))
        return;
    std::atomic<std::uint64_t> written{0};
    vault::Sha256 digest;
    {
        const VaultProgress shown(context.output, "files_restored", "bytes_restored", [&] {
            return VaultProgress::Counts{0, written.load()};
        });
        try {
            dump([&](std::string_view part) {
                device.write(part);
                digest.update(part);
                written += part.size();
            });
            device.flush();
        } catch (Error& error) {
            throw Error(error.within("overwriting '" + options.device + "', of which " +
                                     bytes(written) + " are written; it is not whole"));
        }
    }
    if (options.verifies) compare(device, written, digest.finish());
    context.output.done({{"Device", options.device},
                         {"BytesWritten", written.load()},
                         {"Verified", options.verifies}},
                        "Wrote " + bytes(written) + " to " + options.device +
                            (options.verifies ? ", and read them back." : "."));
}

void dump(const Options& options, Context& context) {
    World& world = context.world;
    const Interrupt interrupt(kLockStays);
    const auto store = open_vault_store(options.where.path, world);
    vault::Repository repository(*store, options.where.password(), world.random());
    const vault::Lock lock(repository, vault::LockKind::Shared, world.clock(),
                           vault::LockOwner::current(), vault::AfterLoss::Renewed);
    const SnapshotPart part = load_part(repository, options.snapshot, options.which.filter());
    const vault::Node file = vault::file_at(repository, part.tree, options.path);
    vault::Browser browser(repository, world.clock());
    const auto to = [&](const Sink& sink) {
        vault::dump(browser, file, [&](std::string_view bytes) {
            if (interrupt.token().stop_requested())
                throw Error(ErrorCategory::Cancelled, "Cancelled", "it was interrupted");
            sink(bytes);
        });
    };
    if (!options.device.empty()) return write_device(options, file, context, to);
    to([](std::string_view bytes) { os::write_all(STDOUT_FILENO, bytes, "standard output"); });
}

}  // namespace

void add_vault_dump(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand(
        "dump", "Write a file's content to standard output, or onto a block device");
    Options& o = *options;
    o.where.add_to(*verb);
    o.which.add_to(*verb);
    verb->add_option("snapshot", o.snapshot, "Id, 'latest', or either with :PATH in the snapshot")
        ->required();
    verb->add_option("file", o.path, "The file's path below that")->required();
    auto* device = verb->add_option("--device", o.device,
                                    "Block device to overwrite from its beginning; it must not be "
                                    "in use");
    verb->add_flag("--verify", o.verifies, "Read back what was written")->needs(device);
    verb->add_flag("-n,--dry-run", o.confirmation.dry_run, "Write nothing; say what would be")
        ->needs(device);
    verb->add_flag("-y,--yes", o.confirmation.yes, "Do not ask first")->needs(device);
    verb->callback([options, &context] { dump(*options, context); });
}

}  // namespace lifeboat::cli
