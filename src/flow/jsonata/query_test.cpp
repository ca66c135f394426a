#include "flow/jsonata/query.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow::jsonata {
namespace {

const Json kInput = Json::parse(R"({
  "Account": {"Name": "Firefly", "Order": [
    {"OrderID": "order103", "Product": [
      {"Name": "Hat", "ID": 1, "Price": 34.45, "Quantity": 2, "Color": "Purple"},
      {"Name": "Trilby", "ID": 2, "Price": 21.67, "Quantity": 1, "Color": "Orange"}]},
    {"OrderID": "order104", "Product": [
      {"Name": "Hat", "ID": 1, "Price": 34.45, "Quantity": 4, "Color": "Purple"},
      {"Name": "Cloak", "ID": 3, "Price": 107.99, "Quantity": 1, "Color": "Black"}]}]},
  "n": null, "list": [1, 2, 3], "one": [7], "nested": [[1, 2], [3]], "empty": [], "big": 9007199254740993,
  "text": "héllo", "staff": [{"name": "a", "age": 3}, {"name": "b", "age": 1}, {"name": "c", "age": 2}]
})");

// The result as JSON text, "undefined", or the error's code.
std::string run(std::string_view text, const Json& input = kInput) {
    SeededRandom random(3);
    try {
        const auto result =
            Query::parse(text).evaluate(input, {{"v", make_value({{"a", {1, 2}}})}}, &random,
                                        *parse_iso8601("2026-01-02T03:04:05.678Z"));
        return result ? to_text(*result) : "undefined";
    } catch (const Error& error) {
        return error.code();
    }
}

struct Case {
    const char* expression;
    const char* expected;
};

template <std::size_t N>
void check(const Case (&cases)[N]) {
    for (const auto& [expression, expected] : cases)
        EXPECT_EQ(run(expression), expected) << expression;
}

TEST(Jsonata, PathsMapAndFlatten) {
    check({{"Account.Name", R"("Firefly")"},
           {"Account.Order.OrderID", R"(["order103","order104"])"},
           {"Account.Order.Product.Price", "[34.45,21.67,34.45,107.99]"},
           {"Account.Order[0].Product[1].Name", R"("Trilby")"},
           {"Account.Order.Product[0].Name", R"(["Hat","Hat"])"},
           {"(Account.Order.Product)[0].Name", R"("Hat")"},
           {"Account.Order[-1].OrderID", R"("order104")"},
           {"Account.Order.Product[Price > 100].Name", R"("Cloak")"},
           {"Account.Order.Product[Name='Hat'].Quantity", "[2,4]"},
           {"Account.Nothing", "undefined"},
           {"n", "null"},
           {"one", "[7]"},
           {"list[[0..1]]", "[1,2]"},
           {"one[0]", "7"},
           {"one[0][]", "[7]"},
           {"Account.Name[]", R"(["Firefly"])"},
           {"nested.$", "[1,2,3]"},
           {"nested[0]", "[1,2]"},
           {"Account.`Name`", R"("Firefly")"},
           {"Account.\"Name\"", R"("Firefly")"},
           {"$.Account.Name", R"("Firefly")"},
           {"$$.Account.Name", R"("Firefly")"},
           {"big", "9007199254740993"},
           {"list.($ * 2)", "[2,4,6]"},
           {"list.{'v': $}", R"([{"v":1},{"v":2},{"v":3}])"},
           {"Account.Order.[OrderID, $count(Product)]", R"([["order103",2],["order104",2]])"},
           {"**.Price", "[34.45,21.67,34.45,107.99]"},
           {"Account.*.OrderID", R"(["order103","order104"])"},
           {"{'a':1,'b':[2,3]}.*", "[1,2,3]"},
           {"staff[age in [1,2]].name", R"(["b","c"])"}});
}

TEST(Jsonata, InputsThatAreArraysAreWrappedOnce) {
    EXPECT_EQ(run("$", Json::parse("[1,2]")), "[1,2]");
    EXPECT_EQ(run("$[0]", Json::parse("[1,2]")), "1");
    EXPECT_EQ(run("$sum($)", Json::parse("[1,2]")), "3");
    EXPECT_EQ(run("a", Json::parse(R"([{"a":1},{"a":2}])")), "[1,2]");
}

TEST(Jsonata, SortsAndGroups) {
    check({{"staff^(age).name", R"(["b","c","a"])"},
           {"staff^(>age).name", R"(["a","c","b"])"},
           {"staff^(age)[0].name", R"("b")"},
           {"Account.Order.Product{Name: $sum(Quantity)}", R"({"Hat":6,"Trilby":1,"Cloak":1})"},
           {"Account.Order.Product{Name: Price}",
            R"({"Hat":[34.45,34.45],"Trilby":21.67,"Cloak":107.99})"},
           {"staff{age: name}", "T1003"},
           {"list^($string($))", "[1,2,3]"},
           {"[1,'a']^($)", "T2007"},
           {"staff^(name = 'a')", "T2008"},
           {"{'a': 1, 'a': 2}", "D1009"}});
}

TEST(Jsonata, BindsFocusIndexAndParent) {
    check(
        {{"staff#$i.{'i': $i, 'n': name}", R"([{"i":0,"n":"a"},{"i":1,"n":"b"},{"i":2,"n":"c"}])"},
         {"staff#$i[$i > 0].name", R"(["b","c"])"},
         {"Account.Order@$o.Product.{'o': $o.OrderID}", "undefined"},
         {"Account.Order@$o.$o.Product[0].(Name & $o.OrderID)", R"("Hatorder103")"},
         {"Account.Order.Product.{'n': Name, 'o': %.OrderID}",
          R"([{"n":"Hat","o":"order103"},{"n":"Trilby","o":"order103"},{"n":"Hat","o":"order104"},{"n":"Cloak","o":"order104"}])"},
         {"Account.Order.Product[%.OrderID='order104'].Name", R"(["Hat","Cloak"])"},
         {"Account.Order.Product.%.%.Name", R"(["Firefly","Firefly","Firefly","Firefly"])"},
         {"%", "S0217"},
         {"staff@$s.list@$l[$l = $s.age].{'n': $s.name, 'l': $l}",
          R"([{"n":"a","l":3},{"n":"b","l":1},{"n":"c","l":2}])"},
         {"$.staff@$s.$$.list@$l[$l = $s.age].{'n': $s.name}",
          R"([{"n":"a"},{"n":"b"},{"n":"c"}])"}});
}

TEST(Jsonata, OperatorsCheckTheirSides) {
    check({{"1 + 2 * 3", "7"},
           {"7 % 4", "3"},
           {"-(3)", "-3"},
           {"1 / 0", "D1001"},
           {"'a' + 1", "T2001"},
           {"1 + 'a'", "T2002"},
           {"1 + x", "undefined"},
           {"1 < 2", "true"},
           {"'a' < 1", "T2009"},
           {"true < 1", "T2010"},
           {"1 = '1'", "false"},
           {"[1,2] = [1,2]", "true"},
           {"x = 1", "false"},
           {"x != 1", "false"},
           {"{'a':1} = {'a':1}", "true"},
           {"1 & 'b' & x & [1]", R"("1b[1]")"},
           {"true and x", "false"},
           {"false or 1", "true"},
           {"-'a'", "D1002"},
           {"[1..3]", "[1,2,3]"},
           {"[3..1]", "[]"},
           {"[1.5..2]", "T2003"},
           {"[1..1e7]", "D2014"},
           {"x ? 1", "undefined"},
           {"x ? 1 : 2", "2"},
           {"and", "undefined"},
           {"0.1 + 0.2 = 0.3", "false"},
           {"$string(0.1 + 0.2)", R"("0.3")"}});
}

TEST(Jsonata, FunctionsCloseComposeAndApply) {
    check(
        {{"($f := function($x){$x * 2}; $f(4))", "8"},
         {"($fac := function($n){$n <= 1 ? 1 : $n * $fac($n - 1)}; $fac(10))", "3628800"},
         {"($add := function($a, $b){$a + $b}; $inc := $add(1, ?); $inc(5))", "6"},
         {"list ~> $sum", "6"},
         {"list ~> $sum() ~> $string()", R"("6")"},
         {"($t := $trim ~> $uppercase; $t('  a  '))", R"("A")"},
         {"$map(list, function($v, $i){$v * $i})", "[0,2,6]"},
         {"$filter(list, function($v){$v > 1})", "[2,3]"},
         {"$reduce(list, function($a, $b){$a + $b}, 10)", "16"},
         {"$reduce(list, function($a){$a})", "D3050"},
         {"$single(list, function($v){$v = 2})", "2"},
         {"$single(list)", "D3138"},
         {"$sift({'a':1,'b':2}, function($v){$v > 1})", R"({"b":2})"},
         {"$each({'a':1}, function($v, $k){$k & $v})", R"("a1")"},
         {"$sort(list, function($a, $b){$a < $b})", "[3,2,1]"},
         {"$sort([1,'a'])", "D3070"},
         {"λ($x){$x}(3)", "3"},
         {"function($x)<n:n>{$x}('a')", "T0410"},
         {"$nope(1)", "T1006"},
         {"sum(1)", "T1005"},
         {"nope(?)", "T1008"},
         {"1 ~> 2", "T2006"},
         {"$substring(?, 0, 2)('hello')", R"("he")"},
         {"($n := function($i){$i = 0 ? 'done' : $n($i - 1)}; $n(20000))", R"("done")"},
         {"Account ~> |Order[0]|{'x': 1}, 'Product'|",
          R"({"Name":"Firefly","Order":[{"OrderID":"order103","x":1},{"OrderID":"order104","Product":[{"Name":"Hat","ID":1,"Price":34.45,"Quantity":4,"Color":"Purple"},{"Name":"Cloak","ID":3,"Price":107.99,"Quantity":1,"Color":"Black"}]}]})"},
         {"{'a':1} ~> |$|5|", "T2011"},
         {"{'a':1} ~> |$|{}, 5|", "T2012"},
         {"/* note */ $v.a[1]", "2"}});
}

TEST(Jsonata, StringFunctions) {
    check({{"$string({'a':[1,null,true]})", R"("{\"a\":[1,null,true]}")"},
           {"$length(text)", "5"},
           {"$substring(text, -3, 2)", R"("ll")"},
           {"$substringBefore('a-b', '-')", R"("a")"},
           {"$substringAfter('a-b', '-')", R"("b")"},
           {"$uppercase(text)", R"("HÉLLO")"},
           {"$trim(' a \n b ')", R"("a b")"},
           {"$pad('x', -3, '#')", R"("##x")"},
           {"$pad('x', 4, 'ab')", R"("xaba")"},
           {"$contains('abc', /B/i)", "true"},
           {"$match('ababbxa', /a(b+)/)[1]", R"({"match":"abb","index":2,"groups":["bb"]})"},
           {"$replace('John Smith', /(\\w+)\\s(\\w+)/, '$2, $1')", R"("Smith, John")"},
           {"$replace('abab', 'a', 'x', 1)", R"("xbab")"},
           {"$replace('a1', /\\d/, function($m){$string($number($m.match) + 1)})", R"("a2")"},
           {"$replace('a', '', 'x')", "D3010"},
           {"$replace('a', /x*/, 'x')", "D1004"},
           {"$split('a, b,c', /,\\s*/)", R"(["a","b","c"])"},
           {"$split('a b c', ' ', 2)", R"(["a","b"])"},
           {"$join(['a','b'], '-')", R"("a-b")"},
           {"$join([1,2])", "T0412"},
           {"$base64encode('hi')", R"("aGk=")"},
           {"$base64decode('aGk=')", R"("hi")"},
           {"$encodeUrlComponent('a b&c')", R"("a%20b%26c")"},
           {"$decodeUrl('a%20b%26')", R"("a b%26")"},
           {"$decodeUrlComponent('%zz')", "D3140"},
           {"$substring(1)", "T0411"},
           {"$uppercase()", "T0411"},
           {"$lowercase(nothing)", "undefined"},
           {"/a/('xa').match", R"("a")"},
           {"'\\u00e9\\uD83D\\uDE00'", R"("é😀")"}});
}

TEST(Jsonata, NumberFunctions) {
    check({{"$number('0x1F')", "31"},
           {"$number('-1.5e2')", "-150"},
           {"$number('abc')", "D3030"},
           {"$number('1.')", "D3030"},
           {"$number(true)", "1"},
           {"$sum([])", "0"},
           {"$max([])", "undefined"},
           {"$average([1,2])", "1.5"},
           {"$min([3,1])", "1"},
           {"$sum(['a'])", "T0412"},
           {"$round(2.5)", "2"},
           {"$round(-1.5)", "-2"},
           {"$round(1.005, 2)", "1"},
           {"$round(123.456, -2)", "100"},
           {"$floor(-1.5)", "-2"},
           {"$ceil(1.2)", "2"},
           {"$abs(-3)", "3"},
           {"$power(2, 10)", "1024"},
           {"$sqrt(-1)", "D3060"},
           {"$power(10, 400)", "D3061"},
           {"$formatNumber(12345.6, '#,###.00')", R"("12,345.60")"},
           {"$formatNumber(1234.5678, '00.000e0')", R"("12.346e2")"},
           {"$formatNumber(0.14, '01%')", R"("14%")"},
           {"$formatNumber(-6, '#;(0)')", "\"(6)\""},
           {"$formatNumber(1, '#;#;#')", "D3080"},
           {"$formatNumber(1, 'x')", "D3085"},
           {"$formatBase(100, 2)", R"("1100100")"},
           {"$formatBase(255, 16)", R"("ff")"},
           {"$formatBase(1, 1)", "D3100"},
           {"$formatInteger(2789, 'w')", R"("two thousand, seven hundred and eighty-nine")"},
           {"$formatInteger(21, 'w;o')", R"("twenty-first")"},
           {"$formatInteger(1999, 'I')", R"("MCMXCIX")"},
           {"$formatInteger(28, 'a')", R"("ab")"},
           {"$formatInteger(1234567, '#,##0')", R"("1,234,567")"},
           {"$formatInteger(12, '1;o')", R"("12th")"},
           {"$parseInteger('twelve thousand, four hundred and seventy-six', 'w')", "12476"},
           {"$parseInteger('MCMXCIX', 'I')", "1999"},
           {"$parseInteger('12,345', '#,##0')", "12345"},
           {"$formatInteger(1, 'Ж')", "D3130"}});
}

TEST(Jsonata, ArrayAndObjectFunctions) {
    check({{"$count(list)", "3"},
           {"$count(x)", "0"},
           {"$append([1],[2,3])", "[1,2,3]"},
           {"$reverse(list)", "[3,2,1]"},
           {"$distinct([1,2,1])", "[1,2]"},
           {"$zip([1,2],[3,4,5])", "[[1,3],[2,4]]"},
           {"$keys({'b':1,'a':2})", R"(["b","a"])"},
           {"$string({'b':1,'a':{'d':2,'c':3}})", R"("{\"b\":1,\"a\":{\"d\":2,\"c\":3}}")"},
           {"$keys(Account)", R"(["Name","Order"])"},
           {"$each({'z':1,'a':2}, function($v, $k){$k})", R"(["z","a"])"},
           {"$merge([{'z':1},{'a':2},{'z':3}])", R"({"z":3,"a":2})"},
           {"$keys({'a':1})", R"("a")"},
           {"$lookup({'a':1}, 'a')", "1"},
           {"$spread({'a':1,'b':2})", R"([{"a":1},{"b":2}])"},
           {"$spread({'a':1})", R"({"a":1})"},
           {"$spread([{'a':1}, {}])", R"([{"a":1}])"},
           {"$spread([{}])", "[]"},
           {"$merge([{'a':1},{'b':2}])", R"({"a":1,"b":2})"},
           {"$type(n)", R"("null")"},
           {"$type(x)", "undefined"},
           {"$exists(x)", "false"},
           {"$boolean([0])", "false"},
           {"$not(x)", "undefined"},
           {"$error('no')", "D3137"},
           {"$assert(false, 'm')", "D3141"},
           {"$count($shuffle([1..9]))", "9"}});
}

TEST(Jsonata, DatesByPictures) {
    check({{"$now()", R"("2026-01-02T03:04:05.678Z")"},
           {"$millis()", "1767323045678"},
           {"$fromMillis(1510067557121)", R"("2017-11-07T15:12:37.121Z")"},
           {"$fromMillis(1510067557121, '[M01]/[D01]/[Y0001] [h#1]:[m01][P]')",
            R"("11/07/2017 3:12pm")"},
           {"$fromMillis(1510067557121, '[H01]:[m01]:[s01] [z]', '-0500')",
            R"("10:12:37 GMT-05:00")"},
           {"$fromMillis(1510067557121, '[FNn], [D1o] [MNn,3-3] [Y], week [W]')",
            R"("Tuesday, 7th Nov 2017, week 45")"},
           {"$toMillis('2017-11-07T15:12:37.121Z')", "1510067557121"},
           {"$toMillis('2017-11-07T15:07:54.972+0200')", "1510060074972"},
           {"$toMillis('2017')", "1483228800000"},
           {"$toMillis('11/07/2017', '[M01]/[D01]/[Y0001]')", "1510012800000"},
           {"$toMillis('7 November 2017', '[D] [MNn] [Y]')", "1510012800000"},
           {"$toMillis('xx')", "D3110"},
           {"$fromMillis(0, '[q]')", "D3132"},
           {"$fromMillis(0, '[Y')", "D3135"},
           {"$fromMillis(0, '[YN]')", "D3133"}});
}

TEST(Jsonata, StepFunctionsOwnFunctions) {
    check({{"$partition([1,2,3], 2)", "[[1,2],[3]]"},
           {"$range(0, 9, 3)", "[0,3,6,9]"},
           {"$range(1, 9, 9)", "1"},
           {"$range(0, 9999, 1)", "D3137"},
           {"$hash('a', 'MD5')", R"("0cc175b9c0f1b6a831c399e269772661")"},
           {"$hash('a', 'X')", "D3137"},
           {"$random(5) = $random(5)", "true"},
           {"$random() < 1", "true"},
           {"$length($uuid())", "36"},
           {"$parse('{\"a\":[1]}').a", "[1]"},
           {"$parse('{')", "D3137"},
           {"$eval('1')", "U1003"}});
}

TEST(Jsonata, SyntaxErrorsHaveCodeAndPlace) {
    check({{"'a", "S0101"},        {"'\\x'", "S0103"},
           {"'\\u00'", "S0104"},   {"`a", "S0105"},
           {"/* a", "S0106"},      {"1 2", "S0201"},
           {"(1", "S0203"},        {"[1;", "S0202"},
           {"", "S0207"},          {"function(x){1}", "S0208"},
           {"a{b:c}[0]", "S0209"}, {"a{b:c}{d:e}", "S0210"},
           {") 1", "S0211"},       {"a := 1", "S0212"},
           {"a.1", "S0213"},       {"a@b", "S0214"},
           {"a[0]@$b", "S0215"},   {"a^(b)@$c", "S0216"},
           {"//", "S0301"},        {"/a", "S0302"},
           {"1e999", "S0102"}});
    try {
        Query::parse("1 + $eval('1')");
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(error.message().find("$eval"), std::string::npos);
        EXPECT_EQ(error.members().at("position"), 9);
    }
}

TEST(Jsonata, HostileExpressionsEndWithAnError) {
    const auto repeated = [](const std::string& part, int times) {
        std::string text;
        for (int i = 0; i < times; ++i)
            text += part;
        return text;
    };
    for (const char* part : {"(", "[", "{'a':", "-", "a[", "a?", "function(){", "|", "a^("})
        EXPECT_EQ(run(repeated(part, 100'000)), "U1001") << part;
    EXPECT_EQ(run("1" + repeated("+1", 100'000)), "U1001");
    EXPECT_EQ(run("a" + repeated("[0]{'b':c}", 100'000)), "S0209");
    EXPECT_EQ(run("function($a)<x+x+x+x+x+x+x+x+x+x+x+x+s:x>{1}(1" + repeated(",1", 2000) + ")"),
              "U1002");
    check({{"($f := function(){1 + $f()}; $f())", "U1001"},
           {"($f := function(){$f()}; $f())", "U1002"},
           {"[1..1000000].([1..1000000])", "U1002"},
           {"$reduce([1..1000], function($a, $i){[$a, [$a]]})", "U1001"},
           {"$reduce([1..100000], function($a, $i){{'a': $a}})", "U1001"},
           {"($c := function($f, $n){$n = 0 ? $f : $c($f ~> $string, $n - 1)}; $c($string, 1000))",
            "U1001"},
           {"$reduce([1..40], function($a, $i){{'a': $a, 'b': $a}})", "U1002"},
           {"$reduce([1..60], function($a, $i){$a & $a}, 'x')", "U1002"},
           {"$pad('', 1e9)", "U1002"},
           {"$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a+)+$/)", "U1002"},
           {"$map([1..100000], function($i){$match('aaaaaaaaaaaaaaaaaaa', /(a+)+b/)})", "U1002"},
           {"$replace('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a*)*b/, '')", "U1002"},
           {"$split('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a|aa)+$/)", "U1002"},
           // Functions over large texts and lists, a great many times.
           {"($t := $pad('', 1e6, 'a'); $map([1..100000], function($i){$substring($t, 0, 1)}))",
            "U1002"},
           {"($t := $pad('', 1e6, ' '); $map([1..100000], function($i){$trim($t)}))", "U1002"},
           {"($t := $pad('', 1e6, 'a'); $u := $pad('', 1e6, 'a');"
            " $map([1..100000], function($i){$t = $u}))",
            "U1002"},
           {"($t := $pad('', 1e6, 'a'); $replace($t, 'a', function($m){$t}))", "U1002"},
           {"($t := $pad('', 1e6, 'a'); $replace($t, /a/, function($m){$t}))", "U1002"},
           {"($t := $pad('', 3e6, 'a'); $p := $pad('', 1e6, 'a') & 'b' & $pad('', 1e6, 'a');"
            " $map([1..100000], function($i){$contains($t, $p)}))",
            "U1002"},
           {"($l := [1..400000]; $map([1..100000], function($i){$join($l)}))", "T0412"},
           {"($l := [1..400000]; $map([1..400000], function($i){$count($l)}))", "U1002"},
           {"($l := [1..400000]; $count($map([1..100000], function($i){$l[0]})))", "100000"},
           // A signature with a great many ways to take its arguments.
           {"function($a)<x+x+x+x+x+x+x+x+x+x+x+x+s:x>{1}(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
            "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)",
            "T0410"},
           {"$map([1..100000], function($x){$map([1..100000], function($y){$x})})", "U1002"},
           {"$contains('a', /+/)", "S0303"}});
}

}  // namespace
}  // namespace lifeboat::flow::jsonata
