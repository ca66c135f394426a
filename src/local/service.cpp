#include "local/service.h"

#include <utility>

#include "base/json.h"

namespace lifeboat::local {

Operation reads(std::string name, Operation::Transacted handler) {
    return Operation{std::move(name), std::move(handler), {}, {}};
}

Operation writes(std::string name, Operation::Transacted handler) {
    return Operation{std::move(name), {}, std::move(handler), {}};
}

Operation blocks(std::string name, Operation::Plain handler) {
    return Operation{std::move(name), {}, {}, std::move(handler)};
}

}  // namespace lifeboat::local
