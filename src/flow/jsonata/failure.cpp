#include "flow/jsonata/failure.h"

#include "base/json.h"

namespace lifeboat::flow::jsonata {

void fail(const char* code, const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, code, message);
}

void fail_at(std::size_t position, const char* code, const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, code, message, Json{{"position", position}});
}

Error placed(const Error& error, std::size_t position) {
    if (error.members().contains("position")) return error;
    return {error.category(), error.code(), error.message(), Json{{"position", position}}};
}

}  // namespace lifeboat::flow::jsonata
