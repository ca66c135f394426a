#include "local/database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "base/fault.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::local {
namespace {

class DatabaseTest : public ::testing::Test {
  protected:
    DatabaseTest() : database(directory.path() / "db") {
        database.migrate("test", {"CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT)"});
    }
    std::int64_t count() {
        return database.read([](Transaction& tx) {
            return *tx.one("SELECT count(*) FROM t", {},
                           [](const Row& row) { return row.integer(0); });
        });
    }
    os::testing::TemporaryDirectory directory;
    Database database;
};

TEST_F(DatabaseTest, AFailedChangeLeavesNothingAndHarmsNoOther) {
    EXPECT_THROW(database.write([](Transaction& tx) {
        tx.run("INSERT INTO t VALUES (1, 'a')");
        throw Error(ErrorCategory::InvalidInput, "X", "no");
    }),
                 Error);
    EXPECT_EQ(count(), 0);

    std::vector<std::thread> threads;
    std::atomic<int> failures = 0;
    for (int i = 0; i < 64; ++i)
        threads.emplace_back([&, i] {
            try {
                database.write([&](Transaction& tx) {
                    tx.run("INSERT INTO t VALUES (?1, 'x')", {i});
                    if (i % 2 == 0) throw Error(ErrorCategory::InvalidInput, "X", "no");
                });
            } catch (const Error&) {
                ++failures;
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(failures, 32);
    EXPECT_EQ(count(), 32);
}

TEST_F(DatabaseTest, ConcurrentCallersShareCommits) {
    const auto commits = database.commits();
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            for (int k = 0; k < 50; ++k)
                database.write([&](Transaction& tx) {
                    tx.run("INSERT INTO t VALUES (?1, 'x')", {i * 1000 + k});
                });
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(count(), 400);
    EXPECT_LT(database.commits() - commits, 400U);
}

TEST_F(DatabaseTest, AFailedCommitFailsEveryChangeInIt) {
    fault::install("database.before-commit=enospc");
    EXPECT_THROW(database.write([](Transaction& tx) { tx.run("INSERT INTO t VALUES (1, 'a')"); }),
                 Error);
    fault::install("");
    EXPECT_EQ(count(), 0);
    database.write([](Transaction& tx) { tx.run("INSERT INTO t VALUES (1, 'a')"); });
    EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, OnCommitRunsOnlyAfterSuccess) {
    int runs = 0;
    EXPECT_THROW(database.write([&](Transaction& tx) {
        tx.on_commit([&] { ++runs; });
        throw Error(ErrorCategory::InvalidInput, "X", "no");
    }),
                 Error);
    EXPECT_EQ(runs, 0);
    database.write([&](Transaction& tx) { tx.on_commit([&] { ++runs; }); });
    EXPECT_EQ(runs, 1);
}

TEST_F(DatabaseTest, AStatementMayRunInsideItself) {
    database.write([](Transaction& tx) {
        for (int i = 0; i < 3; ++i)
            tx.run("INSERT INTO t VALUES (?1, 'x')", {i});
    });
    int pairs = 0;
    database.read([&](Transaction& tx) {
        const auto all = [&](const std::function<bool(const Row&)>& visit) {
            tx.each("SELECT k FROM t", {}, visit);
        };
        all([&](const Row&) {
            all([&](const Row&) {
                ++pairs;
                return true;
            });
            return true;
        });
    });
    EXPECT_EQ(pairs, 9);
}

TEST_F(DatabaseTest, RefusesNestedWritesAndNewerSchemas) {
    EXPECT_THROW(database.write([&](Transaction&) { database.write([](Transaction&) {}); }), Error);
    database.migrate("grown", {"CREATE TABLE g1 (k)", "CREATE TABLE g2 (k)"});
    EXPECT_THROW(database.migrate("grown", {"CREATE TABLE g1 (k)"}), Error);
}

TEST_F(DatabaseTest, EmptyTextIsNotNull) {
    database.write([](Transaction& tx) {
        tx.run("INSERT INTO t VALUES (1, ?1)", {std::string_view()});
        tx.run("INSERT INTO t VALUES (2, ?1)", {std::nullopt});
    });
    database.read([](Transaction& tx) {
        EXPECT_FALSE(
            *tx.one("SELECT v FROM t WHERE k=1", {}, [](const Row& r) { return r.is_null(0); }));
        EXPECT_TRUE(
            *tx.one("SELECT v FROM t WHERE k=2", {}, [](const Row& r) { return r.is_null(0); }));
    });
}

}  // namespace
}  // namespace lifeboat::local
