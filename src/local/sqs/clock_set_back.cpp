#include "local/sqs/clock_set_back.h"

#include "local/sqs/messages.h"

namespace lifeboat::local::sqs {

void follow_clock_back(Transaction& tx, Time now, Duration by) {
    const std::int64_t upto = to_epoch_micros(now);
    const std::int64_t from = to_epoch_micros(now - kNoticedWithin);
    const auto moved = static_cast<std::int64_t>(by.count());
    tx.run(
        "UPDATE sqs_message SET visible = max(visible - ?3, ?2) WHERE visible > ?2 AND"
        " CASE WHEN receipt <> '' THEN received ELSE max(sent, coalesce(received, 0)) END"
        " NOT BETWEEN ?1 AND ?2",
        {from, upto, moved});
    const auto kept = static_cast<std::int64_t>(Duration(kDeduplication).count());
    for (const char* table : {"sqs_dedup", "sqs_attempt"})
        tx.run("UPDATE " + std::string(table) +
                   " SET until = until - ?3 WHERE until > ?2 AND until - ?4 NOT BETWEEN ?1 AND ?2",
               {from, upto, moved, kept});
}

}  // namespace lifeboat::local::sqs
