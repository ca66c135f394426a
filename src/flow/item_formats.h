// Items of a distributed Map out of the bytes of an object, at most `most` of them. Each throws
// Error{InvalidInput, "States.ItemReaderFailed"} for bytes that are not of the format, as far as
// they are read, and for too many items.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "flow/payload.h"
#include "flow/value.h"

namespace lifeboat::flow {

// So many items are read; none: all.
using MostItems = std::optional<std::int64_t>;

// Items as they are read, up to what a map run may have.
class ItemList {
  public:
    explicit ItemList(MostItems most) : most_(most) {}

    void add(Json item);
    // No more are wanted.
    bool is_full() const {
        return most_ && *most_ > 0 && static_cast<std::int64_t>(values_.size()) >= *most_;
    }
    std::vector<Value> take() { return std::move(values_); }

  private:
    const MostItems most_;
    std::vector<Value> values_;
    MapData data_;
};

// The part of a document that a JSON pointer (RFC 6901) names; the empty one names all of it.
Json items_at(const Json& document, const std::string& pointer);
// An array gives its elements; an object gives {"Key", "Value"} pairs.
std::vector<Value> items_of(const Json& dataset, MostItems most);
std::vector<Value> items_of_json(std::string_view bytes, const std::string& pointer,
                                 MostItems most);
// One document per line; empty lines are passed over.
std::vector<Value> items_of_json_lines(std::string_view bytes, MostItems most);
// RFC 4180. One object per row, named by `headers`, or by the first row when there are none.
// Columns a row does not have are "", columns without a name are left out. No row may be longer
// than a payload.
std::vector<Value> items_of_csv(std::string_view bytes, char delimiter,
                                std::vector<std::string> headers, MostItems most);

}  // namespace lifeboat::flow
