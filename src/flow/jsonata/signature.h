// What a function takes, written "<s-nn?:s>": s string, n number, b boolean, l null, a array,
// o object, f function, x anything, j any JSON; (sn) one of several; a<s> an array of; ? optional;
// + one or more; - the context value when left out.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/jsonata/item.h"

namespace lifeboat::flow::jsonata {

class Signature {
  public:
    // Takes anything.
    Signature() = default;
    // With the brackets. Throws S0401 or S0402.
    static Signature parse(std::string_view text, std::size_t position);

    bool given() const { return given_; }
    std::size_t parameters() const { return parameters_.size(); }
    // The arguments as the function is to see them: context filled in, single values as arrays.
    // Throws T0410, T0411, T0412, and what Budget::charge throws.
    Items check(const Items& arguments, const Item& context, const std::string& function,
                Budget& budget) const;

  private:
    struct Parameter {
        std::string accepts;  // type letters
        char subtype = 0;     // of an array's members
        bool array = false, context = false, optional = false, many = false;
    };

    // How many arguments each parameter takes.
    struct Assignment {
        explicit Assignment(Budget& of) : budget(of) {}
        Budget& budget;
        std::string symbols;  // the arguments' types
        std::vector<std::size_t> taken;
        std::size_t furthest = 0;
        std::set<std::pair<std::size_t, std::size_t>> tried;  // parameter, argument
    };
    bool assign(Assignment& done, std::size_t parameter, std::size_t at) const;

    bool given_ = false;
    std::vector<Parameter> parameters_;
};

// The letter of an item's type; m when it is undefined.
char type_letter(const Item& item);

}  // namespace lifeboat::flow::jsonata
