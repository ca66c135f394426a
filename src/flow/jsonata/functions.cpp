#include "flow/jsonata/functions.h"

#include <map>

namespace lifeboat::flow::jsonata {

std::shared_ptr<const Function> find_builtin(std::string_view name) {
    static const auto all = [] {
        std::map<std::string, std::shared_ptr<const Function>, std::less<>> table;
        for (const auto functions :
             {string_functions(), encoding_functions(), number_functions(), array_functions(),
              object_functions(), higher_order_functions(), date_functions(), states_functions()})
            for (const Builtin& builtin : functions) {
                Function function;
                function.name = builtin.name;
                function.signature = Signature::parse(builtin.signature, 0);
                function.arity = function.signature.parameters();
                // Its second parameter has a default in the reference, so $map and the like give it
                // the value alone.
                if (function.name == "string") function.arity = 1;
                function.run = builtin.run;
                table[builtin.name] = std::make_shared<const Function>(std::move(function));
            }
        return table;
    }();
    const auto found = all.find(name);
    return found == all.end() ? nullptr : found->second;
}

}  // namespace lifeboat::flow::jsonata
