// The clock that jobs wait by, when it is set back: how much earlier all that waits was made due.
//
// The sum of it is a row beside the jobs and changes in the transaction that changes them, so that
// the sum says by which clock the due time of a job was written: a job that is asked for after the
// clock was set back is not moved with those before it. The row also holds a time that was seen,
// for a clock that is set back while nothing runs.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "local/database.h"

namespace lifeboat::local {

// Thread-safe.
class JobClock {
  public:
    // The steps of a migration, in order.
    static std::vector<std::string> schema();

    // After migration. Both must outlive it.
    JobClock(Database& database, const Clock& clock);

    // Looks at the clock. The sum, with what the look brought; the rows may have to follow yet.
    Duration look();
    // The same within a transaction that writes jobs: afterwards the rows have followed. Also keeps
    // a time that was seen, now and then.
    Duration keep_up(Transaction& tx);
    // What the rows have followed, as the transaction sees them.
    static Duration followed(Transaction& tx);
    // What others than the jobs have followed; note_told() says it in the transaction in which they
    // do.
    static Duration told(Transaction& tx);
    static void note_told(Transaction& tx, Duration sum);
    // Keeps the time as one that was seen. Durable on return.
    void note();

  private:
    Database& database_;
    const Clock& clock_;
    std::mutex mutex_;
    ClockWatch watch_;
    Duration sum_{0};
    Duration followed_{0};  // by rows, durably
    Time noted_;
};

}  // namespace lifeboat::local
