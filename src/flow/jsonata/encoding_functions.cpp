#include "base/encoding.h"
#include "flow/jsonata/functions.h"

namespace lifeboat::flow::jsonata {
namespace {

Item encode(const Items& a, std::string (*convert)(const std::string&)) {
    return a[0].undefined() ? Item() : Item(convert(a[0].text()));
}

Item base64encode(Evaluator&, const Items& a) {
    return encode(a, [](const std::string& text) { return base64_encode(text); });
}

Item base64decode(Evaluator&, const Items& a) {
    return encode(a, [](const std::string& text) {
        const auto decoded = base64_decode(text);
        if (!decoded) fail("D3137", "The argument of $base64decode is not base64: " + text);
        return to_utf8(to_points(*decoded));
    });
}

// What encodeURIComponent of JavaScript leaves alone beside RFC 3986's unreserved characters.
constexpr const char* kComponent = "!'()*";
constexpr const char* kUrl = "!'()*;,/?:@&=+$#";

Item encode_component(Evaluator&, const Items& a) {
    return encode(a, [](const std::string& text) { return percent_encode(text, kComponent); });
}

Item encode_url(Evaluator&, const Items& a) {
    return encode(a, [](const std::string& text) { return percent_encode(text, kUrl); });
}

std::string decoded(const std::string& text, const char* function) {
    std::string result = percent_decode(text);
    bool good = is_utf8(result);
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '%' &&
            (i + 2 >= text.size() || !std::isxdigit(static_cast<unsigned char>(text[i + 1])) ||
             !std::isxdigit(static_cast<unsigned char>(text[i + 2]))))
            good = false;
    if (!good)
        fail("D3140", std::string("Malformed URL passed to $") + function + "(): \"" + text + "\"");
    return result;
}

Item decode_component(Evaluator&, const Items& a) {
    return encode(a, [](const std::string& text) { return decoded(text, "decodeUrlComponent"); });
}

// Leaves the escapes of characters that have a meaning in a URL, as decodeURI does.
Item decode_url(Evaluator&, const Items& a) {
    return encode(a, [](const std::string& text) {
        std::string kept;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const std::string code = text[i] == '%' ? percent_decode(text.substr(i, 3)) : "";
            const bool reserved =
                code.size() == 1 && std::string_view(";,/?:@&=+$#").find(code) != std::string::npos;
            kept += reserved ? "%25" : std::string(1, text[i]);
        }
        return decoded(kept, "decodeUrl");
    });
}

constexpr Builtin kFunctions[] = {
    {"base64encode", "<s-:s>", base64encode},           {"base64decode", "<s-:s>", base64decode},
    {"encodeUrlComponent", "<s-:s>", encode_component}, {"encodeUrl", "<s-:s>", encode_url},
    {"decodeUrlComponent", "<s-:s>", decode_component}, {"decodeUrl", "<s-:s>", decode_url},
};

}  // namespace

std::span<const Builtin> encoding_functions() {
    return kFunctions;
}

}  // namespace lifeboat::flow::jsonata
