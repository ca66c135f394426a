#include "local/database.h"

#include <exception>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "local/connection.h"

namespace lifeboat::local {
namespace {

// Set while this thread runs changes, to catch a change that calls the database from inside.
thread_local const Database* writing = nullptr;

}  // namespace

std::int64_t Transaction::run(std::string_view sql, std::initializer_list<Value> values) {
    return connection_.run(sql, std::span(values.begin(), values.size()), nullptr);
}

void Transaction::each(std::string_view sql, std::initializer_list<Value> values,
                       const std::function<bool(const Row&)>& visit) {
    connection_.run(sql, std::span(values.begin(), values.size()), &visit);
}

void Transaction::each(std::string_view sql, const std::vector<Value>& values,
                       const std::function<bool(const Row&)>& visit) {
    connection_.run(sql, values, &visit);
}

std::int64_t Transaction::last_insert_rowid() const {
    return connection_.last_insert_rowid();
}

void Transaction::on_commit(std::function<void()> action) {
    on_commit_.push_back(std::move(action));
}

struct Database::Pending {
    const std::function<void(Transaction&)>& change;
    std::exception_ptr error;
    std::vector<std::function<void()>> on_commit;
    bool done = false;
    std::condition_variable changed;
};

Database::Database(const std::filesystem::path& file)
    : file_(file), writer_(std::make_unique<Connection>(file, Connection::Mode::ReadWrite)) {
    writer_->run_script(
        "CREATE TABLE IF NOT EXISTS schema_step ("
        " owner TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (owner, step)) WITHOUT ROWID");
}

Database::~Database() = default;

void Database::commit(const std::function<void(Transaction&)>& change) {
    if (writing == this)
        throw Error(ErrorCategory::Internal, "NestedWrite",
                    "a change called write() instead of using its own transaction");
    Pending mine{change, nullptr, {}, false, {}};
    std::unique_lock lock(mutex_);
    queue_.push_back(&mine);
    while (!mine.done) {
        if (leading_) {
            mine.changed.wait(lock);
            continue;
        }
        leading_ = true;
        const std::vector<Pending*> batch = std::exchange(queue_, {});
        lock.unlock();
        run_batch(batch);
        lock.lock();
        leading_ = false;
        ++commits_;
        changes_ += batch.size();
        for (Pending* pending : batch) {
            pending->done = true;
            if (pending != &mine) pending->changed.notify_one();
        }
        if (!queue_.empty()) queue_.front()->changed.notify_one();
    }
    lock.unlock();
    if (mine.error) std::rethrow_exception(mine.error);
}

void Database::run_batch(const std::vector<Pending*>& batch) {
    writing = this;
    // When the transaction as a whole is lost, so is every change in it.
    const auto lose_all = [&](const std::exception_ptr& error) {
        for (Pending* pending : batch) {
            pending->on_commit.clear();
            if (!pending->error) pending->error = error;
        }
    };
    try {
        writer_->run("BEGIN IMMEDIATE", {}, nullptr);
        const bool alone = batch.size() == 1;
        for (Pending* pending : batch) {
            Transaction transaction(*writer_);
            if (!alone) writer_->run("SAVEPOINT change", {}, nullptr);
            try {
                pending->change(transaction);
                pending->on_commit = std::move(transaction.on_commit_);
                if (!alone) writer_->run("RELEASE change", {}, nullptr);
            } catch (...) {
                pending->error = std::current_exception();
                if (!writer_->in_transaction()) std::rethrow_exception(pending->error);
                if (!alone) writer_->run("ROLLBACK TO change", {}, nullptr);
                if (!alone) writer_->run("RELEASE change", {}, nullptr);
            }
        }
        if (alone && batch.front()->error) {
            writer_->run("ROLLBACK", {}, nullptr);
        } else {
            fault::reach("database.before-commit");
            writer_->run("COMMIT", {}, nullptr);
            fault::reach("database.after-commit");
        }
    } catch (...) {
        lose_all(std::current_exception());
        try {
            if (writer_->in_transaction()) writer_->run("ROLLBACK", {}, nullptr);
        } catch (const std::exception& e) {
            log::error("a failed transaction could not be rolled back", {{"error", e.what()}});
        }
    }
    for (Pending* pending : batch)
        for (const auto& action : pending->on_commit)
            action();
    writing = nullptr;
}

Database::Reader::Reader(Database& owner)
    : database(owner),
      connection([&] {
          const std::scoped_lock lock(owner.readers_mutex_);
          if (owner.idle_readers_.empty()) return std::unique_ptr<Connection>();
          auto idle = std::move(owner.idle_readers_.back());
          owner.idle_readers_.pop_back();
          return idle;
      }()),
      transaction([&]() -> Connection& {
          if (!connection)
              connection = std::make_unique<Connection>(owner.file_, Connection::Mode::ReadOnly);
          return *connection;
      }()) {
    connection->run("BEGIN", {}, nullptr);
}

Database::Reader::~Reader() {
    try {
        connection->run("COMMIT", {}, nullptr);
        const std::scoped_lock lock(database.readers_mutex_);
        database.idle_readers_.push_back(std::move(connection));
    } catch (const std::exception& e) {
        // The connection is dropped; the next reader opens a new one.
        log::warning("a read transaction did not end cleanly", {{"error", e.what()}});
    }
}

void Database::migrate(std::string_view owner, const std::vector<std::string>& steps) {
    write([&](Transaction& tx) {
        const auto applied =
            tx.one("SELECT count(*) FROM schema_step WHERE owner = ?1", {owner},
                   [](const Row& row) { return static_cast<std::size_t>(row.integer(0)); })
                .value_or(0);
        if (applied > steps.size())
            throw Error(
                ErrorCategory::Unsupported, "NewerDatabase",
                "the data directory was written by a newer version of lifeboat (schema of '" +
                    std::string(owner) + "'); use that version or newer");
        for (std::size_t step = applied; step < steps.size(); ++step) {
            writer_->run_script(steps[step]);
            tx.run("INSERT INTO schema_step (owner, step) VALUES (?1, ?2)",
                   {owner, static_cast<std::int64_t>(step)});
        }
    });
}

std::uint64_t Database::commits() const {
    const std::scoped_lock lock(mutex_);
    return commits_;
}

std::uint64_t Database::changes() const {
    const std::scoped_lock lock(mutex_);
    return changes_;
}

}  // namespace lifeboat::local
