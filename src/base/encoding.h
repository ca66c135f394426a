// Text forms of bytes: hexadecimal, base64, percent-encoding, forms.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lifeboat {

std::string to_hex(std::string_view bytes);
std::string base64_encode(std::string_view bytes);
// nullopt when the text is not base64 (RFC 4648, with padding).
std::optional<std::string> base64_decode(std::string_view text);
// RFC 3986: all but the unreserved characters become %XX (upper case). `keep` adds characters to
// leave alone.
std::string percent_encode(std::string_view text, std::string_view keep = "");
// Undoes %XX; a '%' that is not followed by two hexadecimal digits stays.
std::string percent_decode(std::string_view text);
// application/x-www-form-urlencoded (URL Standard, section 5): a space becomes '+', all but
// letters, digits and "*-._" become %XX. `keep` as above.
std::string form_encode(std::string_view text, std::string_view keep = "");
// Undoes it: '+' is a space, the rest as percent_decode.
std::string form_decode(std::string_view text);
bool is_utf8(std::string_view text);
std::string lower_case(std::string_view ascii);

}  // namespace lifeboat
