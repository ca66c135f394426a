// Text as Go writes it, since restic is written in Go: names inside trees are quoted by
// strconv.Quote (so that names which are no UTF-8 survive), and all of it is then JSON as
// encoding/json writes it, byte for byte.
#pragma once

#include <string>
#include <string_view>

namespace lifeboat::vault {

// strconv.Quote without the quotation marks. Printable characters stay; code points without a
// meaning count as printable here.
std::string go_quote(std::string_view text);
// The reverse. Throws Corruption for what strconv.Unquote refuses.
std::string go_unquote(std::string_view quoted);

// Appends `text` as a JSON string with its marks: '<', '>' and '&' are escaped, bytes that are no
// UTF-8 become U+FFFD.
void append_go_json(std::string& out, std::string_view text);

}  // namespace lifeboat::vault
