// Values as text, the way $string and & write them.
#pragma once

#include <string>

#include "flow/jsonata/item.h"

namespace lifeboat::flow::jsonata {

// 15 significant digits, as JSONata casts numbers.
std::string number_form(double value);
// Text stays as it is unless `quoted`; everything else is JSON, over several lines when `pretty`.
std::string text_form(const Item& item, Budget& budget, bool quoted = false, bool pretty = false);

}  // namespace lifeboat::flow::jsonata
