// The messages of one queue, within one transaction: sent, handed out, hidden, deleted, buried.
//
// A message that is handed out stays hidden for its visibility timeout and gets a new receipt; only
// the newest receipt deletes it or changes its timeout. In FIFO queues a group gives nothing more
// while one of its messages is hidden, and a message whose deduplication id was seen within five
// minutes is not sent again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "base/random.h"
#include "local/database.h"
#include "local/sqs/queues.h"

namespace lifeboat::local::sqs {

inline constexpr Duration kLongestVisibility = std::chrono::seconds(43200);

struct ReceiveOrder {
    std::size_t most = 1;
    Duration visibility{};
    std::vector<std::string> system_names;
    std::vector<std::string> attribute_names;
    std::string attempt;  // ReceiveRequestAttemptId; empty: none
};

// How long a repetition is taken for one.
inline constexpr auto kDeduplication = std::chrono::minutes(5);

struct MessageCounts {
    std::int64_t visible = 0;
    std::int64_t in_flight = 0;
    std::int64_t delayed = 0;
};

class Messages {
  public:
    Messages(Transaction& tx, const QueueAddress& address, const Queue& queue, Time now)
        : tx_(tx), address_(address), queue_(queue), now_(now) {}

    // `request` as SendMessage or an entry of its batch has it. Returns the response members.
    // Throws InvalidParameterValue, MissingParameter, InvalidMessageContents.
    Json send(const Json& request, const std::string& sender, Random& random);
    // Bytes that count for the limits.
    static std::size_t size_of(const Json& request);

    // Messages as ReceiveMessage answers them. Those received too often go to the dead-letter queue
    // instead; `buried` gets that queue's id.
    Json receive(const ReceiveOrder& order, Random& random, std::optional<std::int64_t>& buried);
    // Whether receive() may find something, or move something away; and if not, when it may.
    bool has_visible();
    std::optional<Time> next_visible();

    // Throws ReceiptHandleIsInvalid; a receipt that is no longer the newest deletes nothing.
    void remove(const std::string& receipt_handle);
    // Throws ReceiptHandleIsInvalid, MessageNotInflight, InvalidParameterValue.
    void change_visibility(const std::string& receipt_handle, Duration visibility);

    MessageCounts counts();
    void purge();
    // Drops what is older than the retention period, a limited number at a time.
    void drop_expired();

  private:
    struct Receipt {
        std::int64_t message;
        std::string nonce;
    };
    Receipt parse_receipt(const std::string& handle) const;
    std::string receipt_handle(std::int64_t message, const std::string& nonce) const;
    std::string check_fifo(const Json& request) const;
    std::optional<Json> repeat_attempt(const ReceiveOrder& order);
    std::vector<std::int64_t> candidates(std::size_t most);
    std::optional<std::int64_t> bury(std::int64_t message);
    Json hand_out(std::int64_t message, const std::string& nonce, const ReceiveOrder& order);
    std::int64_t oldest() const;

    Transaction& tx_;
    const QueueAddress& address_;
    const Queue& queue_;
    Time now_;
};

}  // namespace lifeboat::local::sqs
