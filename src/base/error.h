// One exception type carries every failure.
//
// The category is named by what the caller should do about it; the code is the one AWS would give
// (`ResourceNotFoundException`), so that an error crosses the endpoint unchanged; the message says
// what was tried, what is wrong and what to do next. Outcomes a caller expects (a file that
// differs, a page that is empty) are values, never errors.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat {

enum class ErrorCategory {
    NotFound,          // look elsewhere, or create it
    AlreadyExists,     // use what is there, or pick another name
    InvalidInput,      // mend the request; trying again as it is cannot help
    PermissionDenied,  // ask for the right, or use other credentials
    Corruption,        // stop, put aside, repair
    Throttled,         // try again later, more slowly
    Unavailable,       // try again
    NoSpace,           // free room, then try again
    Cancelled,         // somebody asked for the end
    Unsupported,       // not offered here
    Internal,          // a bug of ours
};

std::string_view to_string(ErrorCategory category);

class Error : public std::exception {
  public:
    // `code` is an AWS error code where one exists, else a name in the same style.
    Error(ErrorCategory category, std::string code, std::string message);
    // Modelled members that travel with the error (`CancellationReasons`, `Item`); an object.
    Error(ErrorCategory category, std::string code, std::string message, Json members);
    Error(const Error&);
    Error& operator=(const Error&);
    ~Error() override;

    ErrorCategory category() const { return category_; }
    const std::string& code() const { return code_; }
    const std::string& message() const { return message_; }
    // An object, empty when the error has no members of its own.
    const Json& members() const;
    // What was being done, innermost first.
    const std::vector<std::string>& context() const { return context_; }

    // Adds what the caller was doing: `throw error.within("copying user1")`.
    Error& within(std::string what_was_done);

    // "code: message (while a, while b)".
    const char* what() const noexcept override;

  private:
    void rebuild();

    ErrorCategory category_;
    std::string code_;
    std::string message_;
    std::vector<std::string> context_;
    std::shared_ptr<const Json> members_;
    std::string text_;
};

// Converts an errno value; the one place where errno becomes a category. `tried` reads like
// "open '/a/b'". The code is the errno's name (`ENOSPC`).
Error error_from_errno(int error_number, const std::string& tried);

// Retrying the same call later may succeed.
bool is_retryable(const Error& error);

}  // namespace lifeboat
