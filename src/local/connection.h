// One SQLite connection with its prepared statements. Used by database.cpp alone; not thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "local/database.h"

struct sqlite3;

namespace lifeboat::local {

class Connection {
  public:
    enum class Mode { ReadWrite, ReadOnly };

    Connection(const std::filesystem::path& file, Mode mode);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    std::int64_t run(std::string_view sql, std::span<const Value> values,
                     const std::function<bool(const Row&)>* visit);
    // Several statements, no values: schema only.
    void run_script(const std::string& sql);
    // SQLite ends a transaction by itself on some errors (disk full).
    bool in_transaction() const;
    std::int64_t last_insert_rowid() const;

  private:
    struct Statement {
        sqlite3_stmt* handle = nullptr;
        bool busy = false;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };

    sqlite3_stmt* prepare(std::string_view sql);
    void bind(sqlite3_stmt* statement, std::span<const Value> values);
    [[noreturn]] void fail(std::string_view tried) const;

    sqlite3* database_ = nullptr;
    std::unordered_map<std::string, Statement, Hash, std::equal_to<>> statements_;
};

}  // namespace lifeboat::local
