// lifeboat vault backup: a snapshot of files, of standard input, or of what a command prints.
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>

#include "base/byte_size.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/interrupt.h"
#include "cli/vault_progress.h"
#include "cli/vault_repository.h"
#include "cli/vault_store.h"
#include "cli/vault_verbs.h"
#include "cli/vault_views.h"
#include "os/environment.h"
#include "os/identity.h"
#include "os/producer.h"
#include "vault/backup.h"
#include "vault/backup_target.h"
#include "vault/dry_store.h"
#include "vault/lock.h"
#include "vault/orphans.h"

namespace lifeboat::cli {
namespace {

constexpr const char* kCacheTag = "CACHEDIR.TAG:Signature: 8a477f597d28d172789f06886806bc55";

struct Options {
    VaultRepository where;
    std::vector<std::string> paths, excludes, exclude_files, if_present, tags;
    std::string host, parent, stdin_name = "stdin", compression = "auto", larger_than,
                              fs_snapshot = "none";
    bool reads_stdin = false, runs_command = false, caches = false, one_file_system = false,
         force = false, dry_run = false, with_atime = false, read_special = false;
    unsigned workers = 0;
};

bool chooses_files(const Options& options) {
    return !options.excludes.empty() || !options.exclude_files.empty() ||
           !options.if_present.empty() || !options.larger_than.empty() || options.caches ||
           options.one_file_system || options.read_special;
}

std::uint64_t parse_size(const std::string& text) {
    if (const auto size = parse_byte_size(text)) return *size;
    throw Error(ErrorCategory::InvalidInput, "InvalidSize",
                "'" + text + "' is no size; write it as 500k, 20M or 3G");
}

std::vector<std::string> all_excludes(const Options& options) {
    std::vector<std::string> patterns = options.excludes;
    for (const std::string& name : options.exclude_files) {
        std::ifstream file(name);
        if (!file)
            throw Error(ErrorCategory::NotFound, "ExcludeFileNotFound",
                        "the file of excludes '" + name + "' cannot be read");
        for (std::string line; std::getline(file, line);)
            if (!line.empty() && line[0] != '#') patterns.push_back(line);
    }
    return patterns;
}

std::optional<vault::Snapshot> find_parent(vault::Repository& repository, const Options& options,
                                           const std::string& host) {
    if (options.force || options.reads_stdin || options.runs_command) return std::nullopt;
    if (!options.parent.empty()) return vault::find_snapshot(repository, options.parent, {});
    vault::SnapshotFilter filter;
    filter.hosts = {host};
    for (const std::string& path : options.paths)
        filter.paths.push_back(vault::absolute_target(path));
    auto fitting = vault::list_snapshots(repository, filter, [](auto&, auto&) {});
    std::erase_if(fitting, [&](const vault::Snapshot& snapshot) {
        return snapshot.paths.size() != filter.paths.size();
    });
    if (fitting.empty()) return std::nullopt;
    return std::move(fitting.back());
}

Json problems(const std::vector<vault::BackupProblem>& list) {
    Json out = Json::array();
    for (const auto& problem : list)
        out.push_back({{"Path", problem.path}, {"Message", problem.what}});
    return out;
}

void report(const vault::BackupReport& done, const vault::BackupProgress& progress,
            const Options& options, const VaultViews& views, Duration took, Context& context) {
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    const std::uint64_t added = done.data.bytes + done.trees.bytes;
    const std::string id = options.dry_run ? "" : done.snapshot.id.hex();
    std::string sentence =
        (options.dry_run ? std::string("Would save") : "Saved snapshot " + id.substr(0, 8) + ":") +
        " " + human_count(number(progress.files_new)) + " new files, " +
        human_count(number(progress.files_changed)) + " changed, " +
        human_count(number(progress.files_unmodified)) + " unmodified; " +
        human_bytes(number(progress.bytes)) + " looked at, " + human_bytes(number(added)) +
        " added in " + human_milliseconds(took.count() / 1000) + ".";
    std::vector<std::string> live = views.unviewed();
    live.insert(live.end(), done.read_live.begin(), done.read_live.end());
    context.output.done({{"SnapshotId", id},
                         {"FilesNew", progress.files_new.load()},
                         {"FilesChanged", progress.files_changed.load()},
                         {"FilesUnmodified", progress.files_unmodified.load()},
                         {"Directories", progress.directories.load()},
                         {"BytesProcessed", progress.bytes.load()},
                         {"DataBlobs", done.data.blobs},
                         {"TreeBlobs", done.trees.blobs},
                         {"BytesAdded", added},
                         {"DryRun", options.dry_run},
                         {"Milliseconds", took.count() / 1000},
                         {"Unreadable", problems(done.failures)},
                         {"ChangedWhileRead", problems(done.changed)},
                         {"FileSystemSnapshots", views.names()},
                         {"ReadLive", live}},
                        sentence);
    if (!done.failures.empty()) context.exit_code = kPartial;
    if (context.output.is_json()) return;
    for (const auto& problem : done.failures)
        std::cerr << "not saved: " << shown(problem.path) << ": " << shown(problem.what) << '\n';
    for (const std::string& path : done.read_live)
        std::cerr << "read as it is now, with all below, as the file system's snapshot does not "
                     "have it: "
                  << shown(path) << '\n';
    for (const auto& problem : done.changed)
        std::cerr << "saved as it was read: " << shown(problem.path) << ": " << shown(problem.what)
                  << '\n';
}

vault::BackupReport save(vault::Repository& repository, const Options& options,
                         const vault::BackupOptions& what, vault::BackupProgress& progress,
                         const std::stop_token& stop) {
    if (options.runs_command) {
        os::Producer producer(options.paths, os::environment_of_commands());
        return vault::back_up_stream(repository, producer.output(), options.stdin_name, what,
                                     progress, [&producer] { producer.wait(); });
    }
    if (options.reads_stdin)
        return vault::back_up_stream(repository, STDIN_FILENO, options.stdin_name, what, progress);
    return vault::back_up(repository, what, progress, stop);
}

void backup(const Options& options, Context& context) {
    World& world = context.world;
    // Who waits for a stream would not hear of the first signal.
    std::optional<Interrupt> interrupt;
    if (!options.reads_stdin && !options.runs_command)
        interrupt.emplace(
            "its lock stays behind, which `lifeboat vault unlock` removes, and with "
            "--use-fs-snapshot the snapshot of the file system, which the next such backup "
            "removes");
    VaultViews views(options.fs_snapshot);  // gone before signals end the process again
    const Time began = world.clock().now();
    const auto real = open_vault_store(options.where.path, world);
    vault::DryStore dry(*real);
    vault::Store& store = options.dry_run ? static_cast<vault::Store&>(dry) : *real;
    vault::Repository repository(store, options.where.password(), world.random());
    views.take(options.paths, world.random());
    vault::Lock lock(repository, vault::LockKind::Shared, world.clock());
    vault::BackupOptions what;
    what.lock = &lock;
    what.views = views.get();
    const vault::LockOwner owner = vault::LockOwner::current();
    what.labels.host = options.host.empty() ? owner.host : options.host;
    what.parent = find_parent(repository, options, what.labels.host);
    repository.load_index(vault::Repository::Detail::Backup);
    if (!options.dry_run) vault::adopt_orphans_of_the_dead(repository, lock);
    what.paths = options.paths;
    what.labels.excludes = all_excludes(options);
    what.excludes = vault::PatternList(what.labels.excludes);
    what.exclude_if_present = options.if_present;
    if (options.caches) what.exclude_if_present.push_back(kCacheTag);
    what.one_file_system = options.one_file_system;
    if (!options.larger_than.empty()) what.largest_file = parse_size(options.larger_than);
    what.with_atime = options.with_atime;
    what.read_special = options.read_special;
    what.compression = options.compression == "off"   ? vault::CompressionMode::Off
                       : options.compression == "max" ? vault::CompressionMode::Max
                                                      : vault::CompressionMode::Auto;
    what.workers =
        options.workers != 0 ? options.workers : std::max(1U, std::thread::hardware_concurrency());
    what.dry_run = options.dry_run;
    what.labels.time = vault::ZonedTime::local(began);
    what.labels.user = owner.user;
    what.labels.uid = owner.uid;
    what.labels.gid = owner.gid;
    what.labels.program = "lifeboat " LIFEBOAT_VERSION;
    what.labels.tags = tags_of(options.tags);
    vault::BackupProgress progress;
    vault::BackupReport done;
    {
        const VaultProgress shown(context.output, "files_done", "bytes_done", [&progress] {
            return VaultProgress::Counts{
                progress.files_new + progress.files_changed + progress.files_unmodified,
                progress.bytes.load()};
        });
        done = save(repository, options, what, progress,
                    interrupt ? interrupt->token() : std::stop_token());
    }
    views.remove(context);
    report(done, progress, options, views, world.clock().now() - began, context);
}

}  // namespace

void add_vault_backup(CLI::App& vault, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* verb = vault.add_subcommand(
        "backup", "Save a snapshot of files; exit code 3 when some could not be read");
    Options& o = *options;
    o.where.add_to(*verb);
    verb->add_option("paths", o.paths, "Files and directories, or a command after --");
    verb->add_option("-e,--exclude", o.excludes, "Leave out what this pattern matches");
    verb->add_option("--exclude-file", o.exclude_files, "Leave out the patterns of this file");
    verb->add_option("--exclude-if-present", o.if_present,
                     "Leave out directories that hold a file NAME[:FIRST BYTES]");
    verb->add_flag("--exclude-caches", o.caches, "Leave out directories marked by CACHEDIR.TAG");
    verb->add_option("--exclude-larger-than", o.larger_than, "Leave out files above 20M, 3G, ...");
    verb->add_flag("-x,--one-file-system", o.one_file_system, "Do not enter other file systems");
    VaultViews::add_option(*verb, o.fs_snapshot);
    verb->add_option("--tag", o.tags, "Tags of the snapshot, separated by commas");
    verb->add_option("-H,--host", o.host, "Host the snapshot is of (default: this one)");
    verb->add_option("--parent", o.parent,
                     "Compare with this snapshot (default: the latest alike)");
    verb->add_flag("-f,--force", o.force, "Read every file, whatever the parent says");
    verb->add_flag("--with-atime", o.with_atime, "Keep access times, too");
    verb->add_flag("--read-special", o.read_special,
                   "Save block devices named here as files of what they hold");
    verb->add_flag("--stdin", o.reads_stdin, "Save standard input as one file");
    verb->add_flag(
        "--stdin-from-command", o.runs_command,
        "Save what the command prints as one file, unless it fails: -- COMMAND ARGUMENTS");
    verb->add_option("--stdin-filename", o.stdin_name, "Its name")->capture_default_str();
    verb->add_option("--compression", o.compression, "Of data")
        ->check(CLI::IsMember({"auto", "off", "max"}))
        ->envname("RESTIC_COMPRESSION")
        ->capture_default_str();
    verb->add_option("--workers", o.workers, "Threads (default: one per processor)");
    verb->add_flag("-n,--dry-run", o.dry_run, "Save nothing; say what would be");
    verb->callback([options, &context] {
        if (options->reads_stdin && options->runs_command)
            throw Error(ErrorCategory::InvalidInput, "TwoStreams",
                        "--stdin and --stdin-from-command are two streams; give one of them");
        if ((options->reads_stdin || options->runs_command) &&
            VaultViews::is_wanted(options->fs_snapshot))
            throw Error(ErrorCategory::InvalidInput, "NoFileSystem",
                        "--use-fs-snapshot is for paths; a stream has no file system");
        if ((options->reads_stdin || options->runs_command) && chooses_files(*options))
            throw Error(ErrorCategory::InvalidInput, "NoFiles",
                        "--exclude..., --one-file-system and --read-special choose among files; "
                        "a stream is saved whole");
        if (options->reads_stdin == !options->paths.empty())
            throw Error(ErrorCategory::InvalidInput, "NothingToBackUp",
                        "name the paths to back up, or give --stdin, or --stdin-from-command with "
                        "a command after --");
        backup(*options, context);
    });
}

}  // namespace lifeboat::cli
