#include "local/call_log.h"

#include "base/fault.h"
#include "base/json.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

constexpr auto kKept = 24h;
constexpr auto kSweepEvery = 1h;

const std::vector<std::string> kSchema = {
    "CREATE TABLE call_log (token TEXT PRIMARY KEY, response TEXT NOT NULL, time INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX call_log_time ON call_log (time)",
};

}  // namespace

CallLog::CallLog(Database& database, Jobs& jobs, const Clock& clock)
    : database_(database), jobs_(jobs), clock_(clock) {
    database_.migrate("call_log", kSchema);
    jobs_.handle("call_log.sweep", [this](const Job&) {
        return again_at(clock_.now() + kSweepEvery, [this](Transaction& tx) {
            tx.run("DELETE FROM call_log WHERE time < ?1", {to_epoch_micros(clock_.now() - kKept)});
        });
    });
}

std::optional<Json> CallLog::find(Transaction& tx, const std::string& token) const {
    if (token.empty()) return std::nullopt;
    return tx.one("SELECT response FROM call_log WHERE token = ?1", {token},
                  [](const Row& row) { return parse_json(row.text(0), "a kept answer"); });
}

void CallLog::keep(Transaction& tx, const std::string& token, const Json& response) const {
    if (token.empty()) return;
    tx.run("INSERT INTO call_log (token, response, time) VALUES (?1, ?2, ?3)",
           {token, to_text(response), to_epoch_micros(clock_.now())});
}

void CallLog::start() {
    database_.write([&](Transaction& tx) {
        jobs_.enqueue(tx, "call_log.sweep", "all", Json::object(), clock_.now() + kSweepEvery);
    });
}

}  // namespace lifeboat::local
