#include "local/connection.h"

#include <sqlite3.h>

#include "base/error.h"

namespace lifeboat::local {
namespace {

// The one place where SQLite's codes become errors.
Error error_from_sqlite(int code, const std::string& message) {
    switch (code & 0xff) {
        case SQLITE_FULL:
            return Error(ErrorCategory::NoSpace, "DiskFull", message);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return Error(ErrorCategory::Unavailable, "DatabaseBusy", message);
        case SQLITE_IOERR:
            return Error(ErrorCategory::Unavailable, "DatabaseIoError", message);
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return Error(ErrorCategory::Corruption, "DatabaseCorrupt", message);
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return Error(ErrorCategory::PermissionDenied, "DatabaseNotWritable", message);
        case SQLITE_CONSTRAINT:
            return Error(ErrorCategory::AlreadyExists, "DatabaseConstraint", message);
        default:
            return Error(ErrorCategory::Internal, "DatabaseError", message);
    }
}

}  // namespace

Connection::Connection(const std::filesystem::path& file, Mode mode) {
    const int flags = (mode == Mode::ReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                               : SQLITE_OPEN_READWRITE) |
                      SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(file.c_str(), &database_, flags, nullptr);
    if (code != SQLITE_OK) {
        const std::string message = "open the database '" + file.string() +
                                    "': " + (database_ ? sqlite3_errmsg(database_) : "no memory");
        sqlite3_close_v2(database_);
        throw error_from_sqlite(code, message);
    }
    try {
        sqlite3_extended_result_codes(database_, 1);
        sqlite3_busy_timeout(database_, 10'000);
        if (mode == Mode::ReadWrite)
            run_script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        run_script("PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;");
        if (mode == Mode::ReadOnly) run_script("PRAGMA query_only=ON;");
    } catch (...) {
        sqlite3_close_v2(database_);
        throw;
    }
}

Connection::~Connection() {
    for (auto& [sql, statement] : statements_)
        sqlite3_finalize(statement.handle);
    sqlite3_close_v2(database_);
}

void Connection::fail(std::string_view tried) const {
    throw error_from_sqlite(sqlite3_extended_errcode(database_),
                            "database: " + std::string(sqlite3_errmsg(database_)) + " (" +
                                std::string(tried.substr(0, 200)) + ")");
}

sqlite3_stmt* Connection::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
        fail(sql);
    return statement;
}

void Connection::bind(sqlite3_stmt* statement, std::span<const Value> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const int at = static_cast<int>(i) + 1;
        int code = SQLITE_OK;
        const auto& value = values[i].value_;
        if (const auto* integer = std::get_if<std::int64_t>(&value)) {
            code = sqlite3_bind_int64(statement, at, *integer);
        } else if (const auto* real = std::get_if<double>(&value)) {
            code = sqlite3_bind_double(statement, at, *real);
        } else if (const auto* text = std::get_if<std::string_view>(&value)) {
            // A null pointer would bind NULL, and an empty view may have one.
            code = sqlite3_bind_text64(statement, at, text->data() ? text->data() : "",
                                       text->size(), SQLITE_STATIC, SQLITE_UTF8);
        } else if (const auto* blob = std::get_if<Blob>(&value)) {
            code = sqlite3_bind_blob64(statement, at, blob->bytes.data() ? blob->bytes.data() : "",
                                       blob->bytes.size(), SQLITE_STATIC);
        } else {
            code = sqlite3_bind_null(statement, at);
        }
        if (code != SQLITE_OK) fail(sqlite3_sql(statement));
    }
}

std::int64_t Connection::run(std::string_view sql, std::span<const Value> values,
                             const std::function<bool(const Row&)>* visit) {
    auto it = statements_.find(sql);
    if (it == statements_.end())
        it = statements_.emplace(std::string(sql), Statement{prepare(sql), false}).first;

    // A callback may run the statement that is calling it: the inner run gets a copy of its own.
    sqlite3_stmt* statement = it->second.handle;
    bool* busy = &it->second.busy;
    const bool copy = *busy;
    if (copy) {
        statement = prepare(sql);
        busy = nullptr;
    } else {
        *busy = true;
    }
    struct Release {
        sqlite3_stmt* statement;
        bool* busy;
        ~Release() {
            if (busy == nullptr) {
                sqlite3_finalize(statement);
            } else {
                sqlite3_reset(statement);
                sqlite3_clear_bindings(statement);
                *busy = false;
            }
        }
    } release{statement, busy};

    bind(statement, values);
    while (true) {
        const int code = sqlite3_step(statement);
        if (code == SQLITE_DONE) break;
        if (code != SQLITE_ROW) fail(sql);
        if (visit != nullptr && !(*visit)(Row(statement))) break;
    }
    return sqlite3_changes64(database_);
}

void Connection::run_script(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(database_) == 0;
}

std::int64_t Connection::last_insert_rowid() const {
    return sqlite3_last_insert_rowid(database_);
}

bool Row::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t Row::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}
double Row::real(int column) const {
    return sqlite3_column_double(statement_, column);
}
std::string_view Row::text(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data), size);
}

}  // namespace lifeboat::local
