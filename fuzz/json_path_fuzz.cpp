// Any text as a JSONPath over a small document.
#include "base/error.h"
#include "base/json.h"
#include "flow/json_path.h"

extern const char* const kSeeds;
const char* const kSeeds = R"~(
$.a[0].b['c','d']
$..b[?(@.c > 1 && !(@.d) || @.e in ['x', "y"])]
$.a[-2:].b[::2][*]..c
$['a'][1,0,-1].*
$..*..*
)~";

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lifeboat;
    static const Json document =
        Json::parse(R"({"a":[{"b":[{"c":1,"d":[2]},{"c":3}],"e":"x"},{"b":{"c":2}}],"f":[[1]]})");
    try {
        const auto path = flow::JsonPath::parse({reinterpret_cast<const char*>(data), size});
        flow::Effort effort;
        path.select(document, effort);
        if (path.definite()) path.put(document, 1);
    } catch (const Error&) {
        return 0;
    }
    return 0;
}
