#include "base/error.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/json.h"

namespace lifeboat {

std::string_view to_string(ErrorCategory category) {
    switch (category) {
        case ErrorCategory::NotFound:
            return "NotFound";
        case ErrorCategory::AlreadyExists:
            return "AlreadyExists";
        case ErrorCategory::InvalidInput:
            return "InvalidInput";
        case ErrorCategory::PermissionDenied:
            return "PermissionDenied";
        case ErrorCategory::Corruption:
            return "Corruption";
        case ErrorCategory::Throttled:
            return "Throttled";
        case ErrorCategory::Unavailable:
            return "Unavailable";
        case ErrorCategory::NoSpace:
            return "NoSpace";
        case ErrorCategory::Cancelled:
            return "Cancelled";
        case ErrorCategory::Unsupported:
            return "Unsupported";
        case ErrorCategory::Internal:
            return "Internal";
    }
    return "Internal";
}

Error::Error(ErrorCategory category, std::string code, std::string message)
    : category_(category), code_(std::move(code)), message_(std::move(message)) {
    rebuild();
}

Error::Error(ErrorCategory category, std::string code, std::string message, Json members)
    : category_(category),
      code_(std::move(code)),
      message_(std::move(message)),
      members_(std::make_shared<const Json>(std::move(members))) {
    rebuild();
}

Error::Error(const Error&) = default;
Error& Error::operator=(const Error&) = default;
Error::~Error() = default;

const Json& Error::members() const {
    static const Json none = Json::object();
    return members_ ? *members_ : none;
}

Error& Error::within(std::string what_was_done) {
    context_.push_back(std::move(what_was_done));
    rebuild();
    return *this;
}

const char* Error::what() const noexcept {
    return text_.c_str();
}

void Error::rebuild() {
    text_ = code_ + ": " + message_;
    for (std::size_t i = 0; i < context_.size(); ++i)
        text_ += (i == 0 ? " (while " : ", while ") + context_[i];
    if (!context_.empty()) text_ += ")";
}

Error error_from_errno(int error_number, const std::string& tried) {
    ErrorCategory category = ErrorCategory::Unavailable;
    switch (error_number) {
        case ENOENT:
        case ENXIO:
        case ESTALE:
            category = ErrorCategory::NotFound;
            break;
        case EEXIST:
        case ENOTEMPTY:
            category = ErrorCategory::AlreadyExists;
            break;
        case EINVAL:
        case ENAMETOOLONG:
        case ENOTDIR:
        case EISDIR:
        case ELOOP:
        case EXDEV:
            category = ErrorCategory::InvalidInput;
            break;
        case EACCES:
        case EPERM:
        case EROFS:
            category = ErrorCategory::PermissionDenied;
            break;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            category = ErrorCategory::NoSpace;
            break;
        case ENOSYS:
        case EOPNOTSUPP:
            category = ErrorCategory::Unsupported;
            break;
        case ECANCELED:
            category = ErrorCategory::Cancelled;
            break;
        default:
            break;
    }
    const char* name = ::strerrorname_np(error_number);
    std::string code = name ? name : "errno " + std::to_string(error_number);
    return Error(category, std::move(code), tried + ": " + std::strerror(error_number));
}

bool is_retryable(const Error& error) {
    return error.category() == ErrorCategory::Throttled ||
           error.category() == ErrorCategory::Unavailable;
}

}  // namespace lifeboat
