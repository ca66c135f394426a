#include "local/s3/restore.h"

#include "base/json.h"
#include "cloud/wire_text.h"

namespace lifeboat::local::s3 {

std::string Restore::header() const {
    if (is_ongoing) return R"(ongoing-request="true")";
    const double seconds = to_epoch_seconds(from_epoch_micros(expires));
    return R"(ongoing-request="false", expiry-date=")" +
           cloud::timestamp_text(seconds, cloud::TimestampFormat::Rfc822) + '"';
}

Json Restore::status() const {
    if (is_ongoing) return Json{{"IsRestoreInProgress", true}};
    return Json{{"IsRestoreInProgress", false},
                {"RestoreExpiryDate", to_epoch_seconds(from_epoch_micros(expires))}};
}

std::optional<Restore> restore_at(Transaction& tx, std::int64_t object, Time now) {
    const std::int64_t at = to_epoch_micros(now);
    const auto found = tx.one("SELECT ready, expires FROM s3_restore WHERE object = ?1", {object},
                              [&](const Row& row) {
                                  return Restore{at < row.integer(0), row.integer(1)};
                              });
    return found && at < found->expires ? found : std::nullopt;
}

void put_restore(Transaction& tx, std::int64_t object, Time ready, std::int64_t days) {
    const Time expires = std::chrono::ceil<std::chrono::days>(ready + std::chrono::days(days));
    tx.run("INSERT OR REPLACE INTO s3_restore (object, ready, expires) VALUES (?1, ?2, ?3)",
           {object, to_epoch_micros(ready), to_epoch_micros(expires)});
}

void remove_restore(Transaction& tx, std::int64_t object) {
    tx.run("DELETE FROM s3_restore WHERE object = ?1", {object});
}

void follow_clock_back(Transaction& tx, Duration by) {
    tx.run("UPDATE s3_restore SET ready = ready - ?1", {static_cast<std::int64_t>(by.count())});
}

}  // namespace lifeboat::local::s3
