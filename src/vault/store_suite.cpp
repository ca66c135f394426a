#include "vault/store_suite.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "base/fault.h"
#include "vault/id.h"

namespace lifeboat::vault {
namespace {

using Listing = std::map<std::string, std::uint64_t>;

// All but the large one are smaller.
constexpr std::uint64_t kMostSmall = 1'100'000;

// What a check found wrong.
class Finding : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

void expect(bool holds, const std::string& otherwise) {
    if (!holds) throw Finding(otherwise);
}

// The store under test, and every file the suite has made in it.
class Bench {
  public:
    Bench(Store& under_test, Random& random, const StoreSuiteOptions& given,
          std::vector<FileKind> usable)
        : store(under_test), options(given), kinds(std::move(usable)), random_(random) {}

    struct File {
        FileKind kind = FileKind::Data;
        std::string name;
        std::string content;
    };
    File make(FileKind kind, std::size_t size) {
        File file{kind, "", std::string(size, '\0')};
        random_.fill(std::as_writable_bytes(std::span(file.content)));
        if (size >= kTrialMark.size()) file.content.replace(0, kTrialMark.size(), kTrialMark);
        file.name = Id::of(file.content).hex();
        return file;
    }
    void save(const File& file) {
        {
            const std::scoped_lock lock(mutex_);
            made_.insert({file.kind, file.name});
        }
        store.save(file.kind, file.name, file.content);
        fault::reach("vault.validate.file-written");
    }
    File save_new(FileKind kind, std::size_t size) {
        File file = make(kind, size);
        save(file);
        return file;
    }
    void remove(const File& file) {
        store.remove(file.kind, file.name);
        const std::scoped_lock lock(mutex_);
        made_.erase({file.kind, file.name});
    }
    // Removes what is left; throws what the store throws, once it has tried all.
    void clean_up() {
        std::exception_ptr failed;
        for (auto it = made_.begin(); it != made_.end();) {
            try {
                store.remove(it->first, it->second);
                it = made_.erase(it);
            } catch (...) {
                failed = std::current_exception();
                ++it;
            }
        }
        if (failed) std::rethrow_exception(failed);
    }
    Listing list(FileKind kind) {
        Listing found;
        store.each(kind, [&](const std::string& name, std::uint64_t size) {
            expect(found.emplace(name, size).second, "the listing shows " + name + " twice");
        });
        return found;
    }
    // Runs `work(0)`, `work(1)`, ... on the threads; throws what the first to fail threw.
    void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
        std::atomic<std::size_t> next{0};
        std::exception_ptr failed;
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < options.threads; ++i)
            threads.emplace_back([&] {
                try {
                    for (std::size_t job = next++; job < count; job = next++)
                        work(job);
                } catch (...) {
                    next = count;
                    const std::scoped_lock lock(mutex_);
                    if (!failed) failed = std::current_exception();
                }
            });
        for (std::thread& thread : threads)
            thread.join();
        if (failed) std::rethrow_exception(failed);
    }

    Store& store;
    const StoreSuiteOptions& options;
    const std::vector<FileKind> kinds;

  private:
    Random& random_;
    std::mutex mutex_;
    std::set<std::pair<FileKind, std::string>> made_;
};

// The code of what `action` throws; "" when it throws nothing.
template <class Action>
std::string code_of(ErrorCategory expected, Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        if (error.category() == expected) return error.code();
        throw;
    }
    return "";
}

void says_what_is_absent(Bench& bench) {
    for (const FileKind kind : bench.kinds) {
        const auto file = bench.make(kind, 100);
        expect(!bench.store.size(kind, file.name), "a file that was never saved has a size");
        char byte = 0;
        expect(
            !code_of(ErrorCategory::NotFound, [&] { bench.store.load(kind, file.name); }).empty(),
            "a file that was never saved can be loaded");
        expect(!code_of(ErrorCategory::NotFound,
                        [&] { bench.store.load(kind, file.name, 0, &byte, 1); })
                    .empty(),
               "a part of a file that was never saved can be loaded");
        bench.store.remove(kind, file.name);
    }
}

void gives_back_what_it_keeps(Bench& bench) {
    for (const FileKind kind : bench.kinds)
        for (const std::size_t size : {1, 155, 4096, 1'000'003}) {
            const auto file = bench.save_new(kind, size);
            const std::string what =
                std::to_string(size) + " bytes in " + std::string(folder_of(kind));
            expect(bench.store.size(kind, file.name) == size, "wrong size of " + what);
            expect(bench.store.load(kind, file.name) == file.content, "wrong content of " + what);
            bench.remove(file);
        }
}

void keeps_large_files(Bench& bench) {
    const auto file = bench.save_new(FileKind::Data, bench.options.large_bytes);
    expect(bench.store.size(file.kind, file.name) == file.content.size(), "wrong size");
    expect(bench.store.load(file.kind, file.name) == file.content, "wrong content");
    bench.remove(file);
}

void reads_any_range(Bench& bench) {
    constexpr std::size_t kSize = 300'000;
    const auto file = bench.save_new(FileKind::Data, kSize);
    const std::pair<std::size_t, std::size_t> ranges[] = {
        {0, kSize}, {0, 1}, {1, 4096}, {kSize - 1, 1}, {kSize / 2, kSize / 2}, {100, 0}};
    for (const auto& [offset, length] : ranges) {
        std::string part(length, '\0');
        bench.store.load(file.kind, file.name, offset, part.data(), length);
        expect(part == file.content.substr(offset, length),
               "wrong bytes from " + std::to_string(offset));
    }
    std::string part(10, '\0');
    for (const std::size_t offset : {kSize - 5, kSize, 2 * kSize})
        expect(
            !code_of(
                 ErrorCategory::Corruption,
                 [&] { bench.store.load(file.kind, file.name, offset, part.data(), part.size()); })
                 .empty(),
            "bytes beyond the end can be read, from " + std::to_string(offset));
    bench.remove(file);
}

void leaves_alone_what_is_there(Bench& bench) {
    for (const FileKind kind : bench.kinds) {
        const auto file = bench.save_new(kind, 5000);
        bench.save(file);
        expect(bench.store.load(kind, file.name) == file.content, "saving a file again changed it");
        expect(bench.list(kind).contains(file.name), "saving a file again hid it");
        bench.remove(file);
    }
}

void keeps_kinds_apart(Bench& bench) {
    for (const FileKind kind : bench.kinds) {
        const auto file = bench.save_new(kind, 200);
        for (const FileKind other : bench.kinds) {
            if (other == kind) continue;
            const std::string what =
                std::string(folder_of(kind)) + " is seen in " + std::string(folder_of(other));
            expect(!bench.store.size(other, file.name), "a file of " + what);
            expect(!bench.list(other).contains(file.name), "a file of " + what);
        }
        bench.remove(file);
    }
}

void lists_more_than_a_page(Bench& bench) {
    const FileKind kind = bench.kinds.back();
    std::vector<Bench::File> files;
    for (std::size_t i = 0; i < bench.options.many_files; ++i)
        files.push_back(bench.make(kind, 40 + i % 90));
    bench.in_parallel(files.size(), [&](std::size_t i) { bench.save(files[i]); });
    const Listing found = bench.list(kind);
    for (const auto& file : files) {
        const auto it = found.find(file.name);
        expect(it != found.end(), "the listing lacks " + file.name);
        expect(it->second == file.content.size(), "the listing has a wrong size of " + file.name);
    }
    bench.in_parallel(files.size(), [&](std::size_t i) { bench.remove(files[i]); });
}

void forgets_what_is_removed(Bench& bench) {
    for (const FileKind kind : bench.kinds) {
        const auto file = bench.save_new(kind, 300);
        bench.remove(file);
        expect(!bench.store.size(kind, file.name), "a removed file has a size");
        expect(!bench.list(kind).contains(file.name), "a removed file is listed");
        expect(
            !code_of(ErrorCategory::NotFound, [&] { bench.store.load(kind, file.name); }).empty(),
            "a removed file can be loaded");
        bench.store.remove(kind, file.name);
        bench.save(file);
        expect(bench.store.load(kind, file.name) == file.content,
               "a removed file cannot be saved again");
        bench.remove(file);
    }
}

// Readers and writers at once, also of one name: a reader finds nothing or the whole.
void shows_no_part(Bench& bench) {
    std::vector<Bench::File> files;
    for (std::size_t i = 0; i < 4; ++i)
        files.push_back(bench.make(FileKind::Data, 200'000 + i));
    bench.in_parallel(bench.options.threads * 12, [&](std::size_t i) {
        const auto& file = files[i % files.size()];
        if (i % 3 == 0) return bench.save(file);
        if (i % 3 == 1) {
            const auto size = bench.store.size(file.kind, file.name);
            return expect(!size || *size == file.content.size(), "a part of a file is seen");
        }
        std::string content;
        if (code_of(ErrorCategory::NotFound, [&] {
                content = bench.store.load(file.kind, file.name);
            }).empty())
            expect(content == file.content, "a part of a file is read");
    });
    for (const auto& file : files)
        bench.remove(file);
}

void works_in_parallel(Bench& bench) {
    bench.in_parallel(bench.options.threads * 8, [&](std::size_t i) {
        const auto file = bench.save_new(bench.kinds[i % bench.kinds.size()], 10'000 + i);
        expect(bench.store.load(file.kind, file.name) == file.content, "wrong content");
        std::string part(100, '\0');
        bench.store.load(file.kind, file.name, i, part.data(), part.size());
        expect(part == file.content.substr(i, part.size()), "wrong bytes of a range");
        expect(bench.list(file.kind).contains(file.name), "a saved file is not listed");
        bench.remove(file);
    });
}

void never_replaces_a_configuration(Bench& bench) {
    if (bench.kinds.size() == 1)
        return;  // a repository is here, whose configuration stays as it is
    Bench::File first = bench.make(FileKind::Config, 155);
    Bench::File second = bench.make(FileKind::Config, 156);
    first.name = second.name = "config";
    expect(!bench.store.size(FileKind::Config, "config"), "there is a configuration already");
    bench.save(first);
    expect(!code_of(ErrorCategory::AlreadyExists, [&] { bench.save(second); }).empty(),
           "a second configuration is taken");
    expect(bench.store.load(FileKind::Config, "config") == first.content,
           "the second configuration replaced the first");
    const Listing found = bench.list(FileKind::Config);
    expect(found == Listing{{"config", first.content.size()}}, "the configuration is not listed");
    bench.remove(first);
    expect(!bench.store.size(FileKind::Config, "config"), "the configuration cannot be removed");
}

constexpr std::pair<const char*, void (*)(Bench&)> kChecks[] = {
    {"says what is absent", says_what_is_absent},
    {"gives back what it keeps", gives_back_what_it_keeps},
    {"keeps large files", keeps_large_files},
    {"reads any range", reads_any_range},
    {"leaves alone what is there", leaves_alone_what_is_there},
    {"keeps kinds apart", keeps_kinds_apart},
    {"lists more than a page", lists_more_than_a_page},
    {"forgets what is removed", forgets_what_is_removed},
    {"shows no part of a file", shows_no_part},
    {"works in parallel", works_in_parallel},
    {"never replaces a configuration", never_replaces_a_configuration},
};

// What `action` throws, in words; "" for nothing.
template <class Action>
std::string problem_of(Action&& action) {
    try {
        action();
    } catch (const std::exception& e) {
        return e.what();
    }
    return "";
}

bool is_of_a_trial(Store& store, FileKind kind, const std::string& name, std::uint64_t size) {
    std::string start(std::min<std::uint64_t>(size, kTrialMark.size()), '\0');
    store.load(kind, name, 0, start.data(), start.size());
    // One that is so short and has the name it should was never of a repository; what was cut off
    // has another.
    return size < kTrialMark.size() ? Id::of(start).hex() == name : start == kTrialMark;
}

// Of one that was killed.
void remove_leftovers(Store& store, const StoreSuiteOptions& options) {
    for (const FileKind kind : {FileKind::Config, FileKind::Data, FileKind::Key, FileKind::Lock,
                                FileKind::Snapshot, FileKind::Index}) {
        Listing candidates;
        store.each(kind, [&](const std::string& name, std::uint64_t size) {
            if (size < kMostSmall || size == options.large_bytes) candidates.emplace(name, size);
        });
        for (const auto& [name, size] : candidates)
            if (is_of_a_trial(store, kind, name, size)) store.remove(kind, name);
        // Where a repository is, only packs are tried.
        if (kind == FileKind::Data && store.size(FileKind::Config, "config")) return;
    }
}

}  // namespace

std::vector<StoreCheck> run_store_suite(Store& store, Random& random,
                                        const StoreSuiteOptions& options,
                                        const std::function<void(const StoreCheck&)>& done) {
    std::vector<StoreCheck> checks;
    const auto add = [&](StoreCheck check) {
        checks.push_back(std::move(check));
        if (done) done(checks.back());
    };
    const std::string stays = problem_of([&] { remove_leftovers(store, options); });
    bool is_repository = false;
    const std::string silent =
        problem_of([&] { is_repository = store.size(FileKind::Config, "config").has_value(); });
    add({"answers", silent});
    if (!silent.empty()) return checks;
    if (!stays.empty()) add({"gives up what an earlier trial left", stays});

    std::vector<FileKind> kinds = {FileKind::Data};
    if (!is_repository)
        kinds = {FileKind::Data, FileKind::Key, FileKind::Lock, FileKind::Snapshot,
                 FileKind::Index};
    Bench bench(store, random, options, std::move(kinds));
    for (const auto& check : kChecks) {
        add({check.first, problem_of([&] { check.second(bench); })});
        // What a failed check left would make the next ones fail, too.
        if (const std::string left = problem_of([&] { bench.clean_up(); }); !left.empty())
            add({"leaves nothing behind", left});
    }
    return checks;
}

}  // namespace lifeboat::vault
