// lifeboat copy: a tree to a tree, or to a bucket and back, by hand.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "bucket/copy_bucket.h"
#include "cli/command.h"
#include "cli/copy_options.h"
#include "cli/copy_progress.h"
#include "cli/copy_report.h"
#include "mover/copy_tree.h"
#include "os/directory.h"
#include "os/file.h"

namespace lifeboat::cli {
namespace {

namespace fs = std::filesystem;

// For people; programs and the report file get what the mover keeps.
constexpr std::size_t kMostShownFailures = 20;
constexpr std::size_t kMostKeptActions = 10000;

struct CopyVerb {
    CopyOptions options;
    std::string source;
    std::string destination;
    std::string report_file;
    bool dry_run = false;
    bool verbose = false;
};

// Ctrl-C ends the copy, not the process: what was begun is taken back first.
std::atomic<bool> interrupted{false};

class InterruptsCopy {
  public:
    InterruptsCopy() {
        interrupted = false;
        struct sigaction action {};
        action.sa_handler = [](int) { interrupted = true; };
        // A second one ends the process at once.
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        ::sigaction(SIGINT, &action, &old_interrupt_);
        ::sigaction(SIGTERM, &action, &old_terminate_);
    }
    ~InterruptsCopy() {
        ::sigaction(SIGINT, &old_interrupt_, nullptr);
        ::sigaction(SIGTERM, &old_terminate_, nullptr);
    }
    InterruptsCopy(const InterruptsCopy&) = delete;
    InterruptsCopy& operator=(const InterruptsCopy&) = delete;

  private:
    struct sigaction old_interrupt_ {};
    struct sigaction old_terminate_ {};
};

// What is done (or would be), for people line by line, for programs kept.
class ActionList {
  public:
    ActionList(bool is_json, CopyProgress& progress) : is_json_(is_json), progress_(progress) {}

    void add(const mover::Action& action) {
        if (action.kind == mover::Action::Kind::Verify) return;
        const std::scoped_lock lock(mutex_);
        ++total_;
        if (!is_json_) {
            progress_.clear();
            std::cout << to_string(action.kind) << "  " << shown(action.path) << "  ("
                      << action.reason << ")\n";
        } else if (actions_.size() < kMostKeptActions) {
            actions_.push_back({{"Action", to_string(action.kind)},
                                {"Path", action.path},
                                {"Reason", action.reason},
                                {"Bytes", action.bytes}});
        }
    }
    void put_into(Json& report) const {
        report["Actions"] = actions_;
        report["ActionsTotal"] = total_;
    }

    // The terminal is shared with the progress line.
    std::mutex& mutex() { return mutex_; }

  private:
    bool is_json_;
    CopyProgress& progress_;
    std::mutex mutex_;
    std::uint64_t total_ = 0;
    Json actions_ = Json::array();
};

std::string count(std::uint64_t number, const char* noun) {
    return human_count(static_cast<std::int64_t>(number)) + " " + noun + (number == 1 ? "" : "s");
}

std::string bytes(std::uint64_t number) {
    return human_bytes(static_cast<std::int64_t>(number));
}

std::string summary(const mover::Report& report, bool dry_run) {
    if (dry_run)
        return "Would copy " + count(report.estimated_files_to_transfer, "file") + " (" +
               bytes(report.estimated_bytes_to_transfer) + ") and delete " +
               count(report.estimated_files_to_delete, "file") + "; " +
               count(report.files_seen, "file") + " compared.";
    std::string text = "Copied " + count(report.files_transferred, "file") + " (" +
                       bytes(report.bytes_written) + ") of " + count(report.files_seen, "file") +
                       " in " + human_milliseconds(report.total_duration.count());
    if (report.files_deleted > 0) text += ", deleted " + count(report.files_deleted, "file");
    if (report.files_skipped > 0)
        text += ", left " + count(report.files_skipped, "file") + " alone";
    if (report.files_verified > 0) text += ", checked " + count(report.files_verified, "file");
    if (report.cancelled) return text + ". Interrupted; the same command goes on.";
    return text + (report.success() ? ". Everything is as asked." : ".");
}

void complain(const mover::Report& report) {
    if (report.failures_total == 0) return;
    std::cerr << count(report.failures_total, "file") << " could not be made equal:\n";
    for (std::size_t i = 0; i < report.failures.size() && i < kMostShownFailures; ++i) {
        const mover::Failure& failure = report.failures[i];
        std::cerr << "  " << shown(failure.path) << ": " << failure.code << ": "
                  << shown(failure.message) << '\n';
    }
    if (report.failures_total > kMostShownFailures)
        std::cerr << "  and " << count(report.failures_total - kMostShownFailures, "more file")
                  << "; --report FILE or --json names them\n";
}

// "s3://bucket/prefix"; nullopt: a directory.
std::optional<bucket::Place> bucket_place(const std::string& text) {
    constexpr std::string_view kScheme = "s3://";
    if (!text.starts_with(kScheme)) return std::nullopt;
    const std::string rest = text.substr(kScheme.size());
    const auto slash = std::min(rest.find('/'), rest.size());
    bucket::Place place{rest.substr(0, slash), rest.substr(std::min(slash + 1, rest.size())), ""};
    if (place.bucket.empty())
        throw Error(ErrorCategory::InvalidInput, "InvalidLocation",
                    "'" + text + "' names no bucket; write s3://BUCKET or s3://BUCKET/PREFIX");
    return place;
}

// The destination, made when it is missing, and taken back when the copy did not even begin.
class Destination {
  public:
    explicit Destination(fs::path path) : path_(std::move(path)), is_new_(!fs::exists(path_)) {}
    ~Destination() {
        // Nothing but an empty directory goes.
        if (is_new_ && std::uncaught_exceptions() > 0) ::rmdir(path_.c_str());
    }
    Destination(const Destination&) = delete;
    Destination& operator=(const Destination&) = delete;

    bool is_new() const { return is_new_; }
    os::UniqueFd open() const {
        return mover::open_root(path_,
                                is_new_ ? mover::MissingRoot::Make : mover::MissingRoot::Refuse);
    }

  private:
    const fs::path path_;
    const bool is_new_;
};

mover::Roots open_roots(const CopyVerb& verb, const Destination& destination) {
    using mover::MissingRoot;
    mover::Roots roots;
    roots.source = mover::open_root(verb.source, MissingRoot::Refuse);
    if (!destination.is_new()) {
        roots.destination = destination.open();
    } else if (!verb.dry_run) {
        // Before it is made: nothing is left behind where it may not be.
        const fs::path above =
            fs::absolute(verb.destination / fs::path()).parent_path().parent_path();
        if (os::is_within(mover::open_root(above, MissingRoot::Refuse).get(), roots.source.get()))
            throw Error(ErrorCategory::InvalidInput, "DestinationWithinSource",
                        "'" + verb.destination + "' lies within '" + verb.source + "'");
        roots.destination = destination.open();
    }
    return roots;
}

mover::Report run_copy(const CopyVerb& verb, Context& context, const mover::Options& options,
                       const mover::Filter& filter, const mover::Surroundings& around) {
    using mover::MissingRoot;
    const auto from = bucket_place(verb.source);
    const auto to = bucket_place(verb.destination);
    const auto effect = verb.dry_run ? mover::Effect::Look : mover::Effect::Change;
    if (from && to)
        throw Error(ErrorCategory::InvalidInput, "InvalidLocation",
                    "one of SRC and DST must be a directory; `aws s3 sync` copies between buckets");
    if (to)
        return bucket::copy_to_bucket(mover::open_root(verb.source, MissingRoot::Refuse),
                                      context.world.cloud(), *to, options, filter, around, effect);
    const Destination destination(verb.destination);
    if (from) {
        os::UniqueFd root;
        if (!verb.dry_run || !destination.is_new()) root = destination.open();
        return bucket::copy_from_bucket(context.world.cloud(), *from, root, options, filter, around,
                                        effect);
    }
    const mover::Roots roots = open_roots(verb, destination);
    return verb.dry_run ? mover::plan_tree(roots, options, filter, around)
                        : mover::copy_tree(roots, options, filter, around);
}

// A report in the tree that is made like SRC would be deleted with what SRC does not have.
void check_report_place(const CopyVerb& verb, const mover::Options& options) {
    if (verb.report_file.empty() || !fs::is_directory(verb.destination) ||
        options.preserve_deleted_files != mover::PreserveDeletedFiles::Remove)
        return;
    using mover::MissingRoot;
    const fs::path folder = fs::absolute(verb.report_file).parent_path();
    if (os::is_within(mover::open_root(folder, MissingRoot::Refuse).get(),
                      mover::open_root(verb.destination, MissingRoot::Refuse).get()))
        throw Error(ErrorCategory::InvalidInput, "InvalidOption",
                    "the report '" + verb.report_file + "' lies within '" + verb.destination +
                        "' and would be deleted with all that SRC does not have; write it "
                        "somewhere else");
}

void copy(const CopyVerb& verb, Context& context) {
    const mover::Options options = verb.options.options();
    check_report_place(verb, options);
    const mover::Filter filter = verb.options.filter();
    const bool is_json = context.output.is_json();
    const auto form = is_json                   ? CopyProgress::Form::Silent
                      : ::isatty(STDERR_FILENO) ? CopyProgress::Form::Terminal
                                                : CopyProgress::Form::Plain;
    CopyProgress progress(std::cerr, form, context.world.clock());
    ActionList actions(is_json, progress);
    const InterruptsCopy interrupts;
    std::stop_source stop;
    mover::Surroundings around{context.world.clock(), context.world.random()};
    around.stop = stop.get_token();
    // Only who watches wants to know how much is left; others are served sooner without.
    around.estimate =
        form == CopyProgress::Form::Terminal ? mover::Estimate::Before : mover::Estimate::None;
    around.on_progress = [&](const mover::Progress& now) {
        if (interrupted) stop.request_stop();
        const std::scoped_lock lock(actions.mutex());
        progress.show(now);
    };
    const bool lists = verb.dry_run || verb.verbose;
    std::optional<CopyReport> report_file;
    if (!verb.report_file.empty()) report_file.emplace(verb.report_file);
    if (lists || report_file)
        around.on_action = [&](const mover::Action& action) {
            if (lists) actions.add(action);
            if (report_file) report_file->add(action);
        };
    if (report_file)
        around.on_failure = [&](const mover::Failure& failure) { report_file->add(failure); };

    const mover::Report report = run_copy(verb, context, options, filter, around);
    progress.clear();
    const Json sums = to_json(report);
    Json value = sums;
    if (lists && is_json) actions.put_into(value);
    context.output.done(value, summary(report, verb.dry_run));
    if (!is_json) complain(report);
    if (report.cancelled)
        context.exit_code = kInterrupted;
    else if (!report.success())
        context.exit_code = kPartial;
    // Last: what became of the files is said, whatever becomes of the report.
    if (report_file) report_file->finish(sums);
}

}  // namespace

void add_copy(CLI::App& app, Context& context) {
    auto verb = std::make_shared<CopyVerb>();
    CLI::App* command = app.add_subcommand(
        "copy",
        "Copy the tree SRC to DST: only what differs, whole files only, read back and compared.\n"
        "One of them may be s3://BUCKET/PREFIX in the cloud in use (--cloud); metadata is kept as "
        "AWS DataSync keeps it, extended attributes are not.\n"
        "Exit code 0: DST is as asked; 3: some files are not, and each is named; 130: "
        "interrupted.");
    command->add_option("SRC", verb->source, "Directory to copy, or s3://BUCKET/PREFIX")
        ->required();
    command
        ->add_option("DST", verb->destination,
                     "Directory to make like it (made when missing), or s3://BUCKET/PREFIX")
        ->required();
    command->add_flag("-n,--dry-run", verb->dry_run,
                      "Say what would be done and why; change nothing");
    command->add_flag("-v,--verbose", verb->verbose, "Name each file that is copied, and why");
    command
        ->add_option("--report", verb->report_file,
                     "Write what became of each file, and the sums, to this file (JSON)")
        ->type_name("FILE");
    verb->options.add_to(*command);
    command->callback([verb, &context] { copy(*verb, context); });
}

}  // namespace lifeboat::cli
