// Any text as a JSONata expression over a small document: it evaluates or fails with an Error.
#include "base/error.h"
#include "base/json.h"
#include "flow/jsonata/query.h"

extern const char* const kSeeds;
const char* const kSeeds = R"~(
a.b[c > 1].{"x": $sum(d), 'y': %.e}
($f := function($n){$n <= 1 ? 1 : $n * $f($n - 1)}; $f(10))
a@$x.b#$i[$i = 0]^(>c, <d){e: $count(f)}
$map([1..5], function($v, $i, $a){$v * $i + $count($a)}) ~> $sum()
$replace("abc", /(b)(c)?/i, "$1-$2") & $pad('x', -5, '#')
a ~> |b|{"c": 1}, ["d", "e"]|
$formatNumber(1234.5, "#,##0.00;(#)") & $formatInteger(12, 'w;o')
$toMillis("2017-11-07T15:12:37.121Z") ~> $fromMillis("[FNn] [D1o] [MNn] [Y0001] [H01]:[m01] [Z]")
$sort(**.c, function($l, $r){$l > $r})[[0..2]]
$reduce([[1,2],[3]], $append) ; $zip([1],[2]) ; -$.a . [1, 2][0]
$parse('{"a": [1]}').a[] in [1] and not or `in`
)~";

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lifeboat;
    static const Json document =
        Json::parse(R"({"a":[{"b":[{"c":1,"d":[2]},{"c":3}],"e":"x"},{"b":{"c":2}}],"f":[[1]]})");
    flow::jsonata::Limits limits;
    limits.units = 100'000;
    try {
        flow::jsonata::Query::parse({reinterpret_cast<const char*>(data), size})
            .evaluate(document, {}, nullptr, Time(), limits);
    } catch (const Error&) {
        return 0;  // what an expression may do
    }
    return 0;
}
