// lifeboat vault restore: what a snapshot holds, into a directory.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/interrupt.h"
#include "cli/vault_progress.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_thawing.h"
#include "cli/vault_verbs.h"
#include "os/file.h"
#include "vault/lock.h"
#include "vault/restore.h"

namespace lifeboat::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
    VaultRepository where;
    VaultSnapshots which;
    std::string snapshot, target, mode = "aside";
    std::vector<std::string> includes, excludes, users, groups;
    bool deletes = false, devices = false, verifies = false, dry_run = false, thaws = false;
    ThawOptions thaw;
    unsigned workers = 0;
};

std::map<std::uint32_t, std::uint32_t> parse_map(const std::vector<std::string>& pairs) {
    std::map<std::uint32_t, std::uint32_t> map;
    for (const std::string& pair : pairs) {
        const auto colon = pair.find(':');
        try {
            map[static_cast<std::uint32_t>(std::stoul(pair.substr(0, colon)))] =
                static_cast<std::uint32_t>(std::stoul(pair.substr(colon + 1)));
        } catch (const std::exception&) {
            throw Error(ErrorCategory::InvalidInput, "InvalidOwnerMap",
                        "'" + pair + "' is no pair of ids; write it as 1000:200005");
        }
    }
    return map;
}

// A restore aside goes into a directory of its own, or on with one that was interrupted.
void begin_aside(const fs::path& target, const vault::Id& tree) {
    fs::create_directories(target);
    const fs::path mark = target / vault::kRestoreMark;
    std::error_code absent;
    if (fs::exists(mark, absent) && os::read_file(mark, 1 << 10) == tree.hex()) return;
    if (!fs::is_empty(target))
        throw Error(ErrorCategory::AlreadyExists, "TargetNotEmpty",
                    "'" + target.string() +
                        "' is not empty; name a new directory, or say by --mode in-place, "
                        "only-newer or never-overwrite what is to happen to what is there");
    os::publish_file(mark, tree.hex(), 0600);
}

void require_ready_or_asked(const vault::ThawPlan& plan, const Options& options) {
    if (plan.is_ready() || options.thaws || options.dry_run) return;
    throw Error(ErrorCategory::InvalidInput, "ThawNeeded",
                "some of it cannot be read before it is thawed (" +
                    thaw_in_words(plan, options.thaw.how()) +
                    "); say --thaw to ask for that and wait, or ask by `lifeboat vault thaw` and "
                    "come back. Nothing was written");
}

void thaw(vault::ThawPlan& plan, const Options& options, Context& context,
          const std::stop_token& stop) {
    if (plan.is_ready()) return;
    const vault::Thaw how = options.thaw.how();
    std::cerr << "Waiting for the thaw of " << shown(thaw_in_words(plan, how)) << '\n';
    plan.ask(how);
    wait_for_thaw(plan, context, stop);
    if (!plan.is_ready())
        throw Error(ErrorCategory::Unavailable, "FrozenAgain",
                    "some packs were thawed and froze again meanwhile; run it again, with more "
                    "--thaw-days");
}

void restore(const Options& options, Context& context) {
    World& world = context.world;
    const Interrupt interrupt(
        "its lock stays behind, which `lifeboat vault unlock` removes; run it again, and it goes "
        "on");
    const Time began = world.clock().now();
    const auto store = open_vault_store(options.where.path, world);
    vault::Repository repository(*store, options.where.password(), world.random());
    const vault::Lock lock(repository, vault::LockKind::Shared, world.clock());
    const SnapshotPart part = load_part(repository, options.snapshot, options.which.filter());
    vault::RestoreOptions what;
    what.tree = part.tree;
    what.target = options.target;
    what.includes = vault::PatternList(options.includes);
    what.excludes = vault::PatternList(options.excludes);
    what.overwrite = options.mode == "only-newer"        ? vault::Overwrite::OnlyNewer
                     : options.mode == "never-overwrite" ? vault::Overwrite::Never
                                                         : vault::Overwrite::Always;
    what.deletes_extra = options.deletes;
    what.users = parse_map(options.users);
    what.groups = parse_map(options.groups);
    what.makes_devices = options.devices;
    what.verifies = options.verifies;
    what.dry_run = options.dry_run;
    what.workers =
        options.workers != 0 ? options.workers : std::max(1U, std::thread::hardware_concurrency());
    const bool aside = options.mode == "aside" && !options.dry_run;
    vault::ThawPlan plan(repository, what);
    const Json cold = describe_thaw(plan, options.thaw.how());
    require_ready_or_asked(plan, options);
    if (aside) begin_aside(options.target, what.tree);
    if (!what.dry_run) thaw(plan, options, context, interrupt.token());
    vault::RestoreProgress progress;
    const vault::RestoreReport report = [&] {
        const VaultProgress shown(context.output, "files_restored", "bytes_restored", [&progress] {
            return VaultProgress::Counts{progress.files.load(), progress.bytes.load()};
        });
        return vault::restore(repository, what, progress, interrupt.token());
    }();
    if (interrupt.token().stop_requested())
        throw Error(ErrorCategory::Cancelled, "Cancelled",
                    "the restore was interrupted; run it again, and it goes on");
    const auto& problems = report.problems;
    if (aside && problems.empty()) fs::remove(fs::path(options.target) / vault::kRestoreMark);
    const auto took = (world.clock().now() - began).count() / 1000;
    const auto count = [](std::uint64_t number) {
        return human_count(static_cast<std::int64_t>(number));
    };
    Json list = Json::array();
    for (const auto& problem : problems)
        list.push_back({{"Path", problem.path}, {"Message", problem.what}});
    context.output.done(
        {{"SnapshotId", part.snapshot.id.hex()},
         {"Files", progress.files.load()},
         {"FilesUnchanged", progress.unchanged.load()},
         {"BytesWritten", progress.bytes.load()},
         {"BytesReused", progress.reused.load()},
         {"Others", progress.others.load()},
         {"Skipped", progress.skipped.load()},
         {"Removed", progress.removed.load()},
         {"Extra", report.extra},
         {"Cold", cold},
         {"Milliseconds", took},
         {"Failures", list}},
        std::string(options.dry_run ? "Would restore " : "Restored ") + count(progress.files) +
            " files (" + count(progress.unchanged) + " were there), " +
            human_bytes(static_cast<std::int64_t>(progress.bytes.load())) + ", in " +
            human_milliseconds(took) + ". Special files not made: " + count(progress.skipped) +
            (options.dry_run ? ". Would remove: " : ". Removed: ") + count(progress.removed) + ".");
    if (options.dry_run && !context.output.is_json())
        for (const std::string& path : report.extra)
            std::cout << "would remove " << shown(path) << '\n';
    if (options.dry_run && !context.output.is_json() && !plan.is_ready())
        std::cout << "to be thawed before: " << thaw_in_words(plan, options.thaw.how()) << '\n';
    if (problems.empty()) return;
    context.exit_code = kPartial;
    if (context.output.is_json()) return;
    for (const auto& problem : problems)
        std::cerr << "not restored: " << shown(problem.path) << ": " << shown(problem.what) << '\n';
}

}  // namespace

void add_vault_restore(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand(
        "restore", "Write a snapshot's files; exit code 3 when some could not be restored");
    Options& o = *options;
    o.where.add_to(*verb);
    o.which.add_to(*verb);
    verb->add_option("snapshot", o.snapshot, "Id, 'latest', or either with :PATH in the snapshot")
        ->required();
    verb->add_option("-t,--target", o.target, "Directory to write to")->required();
    verb->add_option("--mode", o.mode,
                     "aside: into a new directory; in-place: replace what differs; only-newer: "
                     "replace what is older; never-overwrite: add what is missing")
        ->check(CLI::IsMember({"aside", "in-place", "only-newer", "never-overwrite"}))
        ->capture_default_str();
    verb->add_option("-i,--include", o.includes, "Restore only what this pattern matches");
    verb->add_option("-e,--exclude", o.excludes, "Leave out what this pattern matches");
    verb->add_flag("--delete", o.deletes, "Remove what is not in the snapshot");
    verb->add_option("--map-user", o.users, "Give files of user id A to B: A:B");
    verb->add_option("--map-group", o.groups, "Give files of group id A to B: A:B");
    verb->add_flag("--devices", o.devices, "Make device files, too");
    verb->add_flag("--verify", o.verifies, "Read back what was written, and what seems equal");
    verb->add_flag("--thaw", o.thaws, "Ask for frozen packs, which has its price, and wait");
    o.thaw.add_to(*verb, "thaw-");
    verb->add_flag("-n,--dry-run", o.dry_run, "Write nothing; say what would be");
    verb->add_option("--workers", o.workers, "Threads (default: one per processor)");
    verb->callback([options, &context] { restore(*options, context); });
}

}  // namespace lifeboat::cli
