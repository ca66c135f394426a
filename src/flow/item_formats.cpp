#include "flow/item_formats.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow {
namespace {

Json parsed(std::string_view text) {
    try {
        return parse_json(text, "the items");
    } catch (const Error& error) {
        throw Error(ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                    "Unable to parse the items: " + error.message());
    }
}

// Reads one row from `position` on and moves it behind the row's end.
std::vector<std::string> read_row(std::string_view bytes, std::size_t& position, char delimiter) {
    std::vector<std::string> row(1);
    bool quoted = false;
    const std::size_t start = position;
    for (; position < bytes.size(); ++position) {
        if (position - start > kLongestPayload)
            throw Error(ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                        "Unable to parse the CSV file: it has a row of more than " +
                            std::to_string(kLongestPayload) + " bytes");
        const char c = bytes[position];
        if (quoted) {
            if (c != '"')
                row.back() += c;
            else if (position + 1 < bytes.size() && bytes[position + 1] == '"')
                row.back() += bytes[++position];
            else
                quoted = false;
        } else if (c == '"' && row.back().empty()) {
            quoted = true;
        } else if (c == delimiter) {
            row.emplace_back();
        } else if (c == '\n') {
            ++position;
            break;
        } else if (c != '\r' || (position + 1 < bytes.size() && bytes[position + 1] != '\n')) {
            row.back() += c;
        }
    }
    if (quoted)
        throw Error(ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                    "Unable to parse the CSV file: a quoted field does not end");
    return row;
}

}  // namespace

void ItemList::add(Json item) {
    if (!data_.add(item))
        throw Error(ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                    "The items have a size together exceeding the maximum of " +
                        std::to_string(kMostMapData) +
                        " bytes; read fewer of them, or split what they are read from");
    values_.push_back(make_value(std::move(item)));
}

Json items_at(const Json& document, const std::string& pointer) {
    try {
        return document.at(Json::json_pointer(pointer));
    } catch (const Json::exception&) {
        throw Error(ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                    "The ItemsPointer '" + pointer + "' leads to nothing in the document");
    }
}

std::vector<Value> items_of_json(std::string_view bytes, const std::string& pointer,
                                 MostItems most) {
    return items_of(items_at(parsed(bytes), pointer), most);
}

std::vector<Value> items_of(const Json& json, MostItems most) {
    ItemList items(most);
    if (json.is_array()) {
        for (auto item = json.begin(); item != json.end() && !items.is_full(); ++item)
            items.add(*item);
    } else if (json.is_object()) {
        for (auto item = json.begin(); item != json.end() && !items.is_full(); ++item)
            items.add({{"Key", item.key()}, {"Value", item.value()}});
    } else {
        throw Error(ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                    "Attempting to map over non-iterable node.");
    }
    return items.take();
}

std::vector<Value> items_of_json_lines(std::string_view bytes, MostItems most) {
    ItemList items(most);
    while (!bytes.empty() && !items.is_full()) {
        const auto end = std::min(bytes.find('\n'), bytes.size());
        const std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        if (line.find_first_not_of(" \t\r") != std::string_view::npos) items.add(parsed(line));
    }
    return items.take();
}

std::vector<Value> items_of_csv(std::string_view bytes, char delimiter,
                                std::vector<std::string> headers, MostItems most) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    std::size_t position = 0;
    if (headers.empty() && !bytes.empty()) headers = read_row(bytes, position, delimiter);
    ItemList items(most);
    while (position < bytes.size() && !items.is_full()) {
        std::vector<std::string> row = read_row(bytes, position, delimiter);
        if (row.size() == 1 && row[0].empty()) continue;
        row.resize(std::max(row.size(), headers.size()));
        Json item = Json::object();
        for (std::size_t i = 0; i < headers.size(); ++i)
            item[headers[i]] = std::move(row[i]);
        items.add(std::move(item));
    }
    return items.take();
}

}  // namespace lifeboat::flow
