#include "local/sqs/clock_set_back.h"

#include "local/sqs/messages.h"

namespace lifeboat::local::sqs {

void follow_clock_back(Transaction& tx, Time now, Duration by) {
    const auto moved = static_cast<std::int64_t>(by.count());
    // What happened in what is now the future was written by the clock as it was set before.
    tx.run(
        "UPDATE sqs_message SET visible = max(visible - ?2, ?1) WHERE visible > ?1 AND"
        " CASE WHEN receipt <> '' THEN received ELSE max(sent, coalesce(received, 0)) END > ?1",
        {to_epoch_micros(now), moved});
    for (const char* change : {"UPDATE sqs_dedup SET until = until - ?2 WHERE until > ?1",
                               "UPDATE sqs_attempt SET until = until - ?2 WHERE until > ?1"})
        tx.run(change, {to_epoch_micros(now + kDeduplication), moved});
}

}  // namespace lifeboat::local::sqs
