// The one database: SQLite in WAL mode, one file.
//
// Writers share commits: whoever calls write() while a commit is under way joins the next one, so a
// hundred concurrent callers pay for a few fsyncs. Each caller's change stands alone all the same:
// if it throws, only it is undone. Readers see a snapshot and never wait for writers.
//
// On return from write() the change is durable (synchronous=FULL).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

struct sqlite3_stmt;

namespace lifeboat::local {

struct Blob {
    std::string_view bytes;
};

// A value bound to a parameter. Text and blobs are borrowed for the length of the call.
class Value {
  public:
    Value(std::nullopt_t) {}
    Value(std::nullptr_t) {}
    Value(int value) : value_(static_cast<std::int64_t>(value)) {}
    Value(std::int64_t value) : value_(value) {}
    Value(double value) : value_(value) {}
    Value(const char* text) : value_(std::string_view(text)) {}
    Value(std::string_view text) : value_(text) {}
    Value(const std::string& text) : value_(std::string_view(text)) {}
    Value(Blob blob) : value_(blob) {}
    template <class T>
    Value(const std::optional<T>& value) {
        if (value) *this = Value(*value);
    }

  private:
    friend class Connection;
    std::variant<std::monostate, std::int64_t, double, std::string_view, Blob> value_;
};

// One row of an answer; columns count from 0. Views last until the next row.
class Row {
  public:
    explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string_view text(int column) const;  // also for blobs
    std::string string(int column) const { return std::string(text(column)); }

  private:
    sqlite3_stmt* statement_;
};

class Connection;

// What a change or a look sees of the database. Lives as long as the callback it is handed to.
// Statements are prepared once per connection: pass literal SQL and bind values.
class Transaction {
  public:
    explicit Transaction(Connection& connection) : connection_(connection) {}

    // Returns the number of rows changed.
    std::int64_t run(std::string_view sql, std::initializer_list<Value> values = {});
    // `visit` gets every row; it returns false to stop.
    void each(std::string_view sql, std::initializer_list<Value> values,
              const std::function<bool(const Row&)>& visit);
    // The same with values put together at run time.
    void each(std::string_view sql, const std::vector<Value>& values,
              const std::function<bool(const Row&)>& visit);
    // The first row, mapped; nullopt when there is none.
    template <class F>
    auto one(std::string_view sql, std::initializer_list<Value> values, F&& map)
        -> std::optional<std::invoke_result_t<F, const Row&>> {
        std::optional<std::invoke_result_t<F, const Row&>> result;
        each(sql, values, [&](const Row& row) {
            result.emplace(map(row));
            return false;
        });
        return result;
    }
    std::int64_t last_insert_rowid() const;

    // Runs after the change is durable, before write() returns, on the committing thread; must be
    // short, must not throw, must not call the database. Dropped when the change is undone.
    void on_commit(std::function<void()> action);

  private:
    friend class Database;
    Connection& connection_;
    std::vector<std::function<void()>> on_commit_;
};

class Database {
  public:
    // Opens or creates the file. Throws Error (Corruption, NoSpace, PermissionDenied).
    explicit Database(const std::filesystem::path& file);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // Runs `change` in a transaction and makes it durable. An exception from it undoes it and comes
    // out here. `change` may run on another caller's thread; it must not block, must not call the
    // database but through its Transaction, and must not call a Cloud.
    template <class F>
    auto write(F&& change) -> std::invoke_result_t<F, Transaction&> {
        using Result = std::invoke_result_t<F, Transaction&>;
        if constexpr (std::is_void_v<Result>) {
            commit([&](Transaction& tx) { change(tx); });
        } else {
            std::optional<Result> result;
            commit([&](Transaction& tx) { result.emplace(change(tx)); });
            return std::move(*result);
        }
    }

    // Runs `look` on a snapshot. Thread-safe, concurrent.
    template <class F>
    auto read(F&& look) -> std::invoke_result_t<F, Transaction&> {
        Reader reader(*this);
        return look(reader.transaction);
    }

    // Applies the steps of `owner`'s schema that are not yet applied, in order, in one transaction.
    // Steps are never edited, only added.
    void migrate(std::string_view owner, const std::vector<std::string>& steps);

    // Commits and changes since the start, for metrics: their ratio is how well commits are shared.
    std::uint64_t commits() const;
    std::uint64_t changes() const;

  private:
    struct Pending;
    struct Reader {
        explicit Reader(Database& database);
        ~Reader();
        Reader(const Reader&) = delete;
        Reader& operator=(const Reader&) = delete;
        Database& database;
        std::unique_ptr<Connection> connection;
        Transaction transaction;
    };

    void commit(const std::function<void(Transaction&)>& change);
    void run_batch(const std::vector<Pending*>& batch);

    std::filesystem::path file_;
    std::unique_ptr<Connection> writer_;
    mutable std::mutex mutex_;
    std::vector<Pending*> queue_;
    bool leading_ = false;
    std::uint64_t commits_ = 0;
    std::uint64_t changes_ = 0;
    std::mutex readers_mutex_;
    std::vector<std::unique_ptr<Connection>> idle_readers_;
};

}  // namespace lifeboat::local
