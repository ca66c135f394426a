// Any text as a definition of a state machine: a machine or diagnostics, never an exception.
#include <cstdlib>

#include "flow/machine_parser.h"

extern const char* const kSeeds;
const char* const kSeeds = R"~(
{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"a.$":"States.Format('{}', $.b)"},"ResultPath":"$.x","Next":"B"},"B":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.a","IsPresent":true},{"Not":{"Variable":"$.b","NumericLessThan":3}}],"Next":"C"}],"Default":"C"},"C":{"Type":"Succeed"}}}
{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Map","Items":"{% $states.input.a %}","ItemSelector":{"x":"{% $v[0] %}"},"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Wait","Seconds":"{% 1 %}","End":true}}},"Assign":{"v":"{% 1 %}"},"Output":[1],"End":true}}}
{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:dynamodb:getItem","Parameters":{"TableName":"t"},"Retry":[{"ErrorEquals":["States.ALL"],"BackoffRate":1.5,"JitterStrategy":"FULL"}],"Catch":[{"ErrorEquals":["E"],"Next":"F","ResultPath":null}],"TimeoutSeconds":5,"End":true},"F":{"Type":"Fail","ErrorPath":"$.e"}}}
{"StartAt":"A","States":{"A":{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{"Type":"Wait","TimestampPath":"$.t","End":true}}}],"ResultSelector":{"y.$":"$[0]"},"End":true}}}
)~";

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto parsed = lifeboat::flow::parse_machine({reinterpret_cast<const char*>(data), size});
    if ((parsed.machine == nullptr) == parsed.diagnostics.empty()) std::abort();
    return 0;
}
