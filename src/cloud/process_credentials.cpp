#include "cloud/process_credentials.h"

#include "base/error.h"
#include "base/json.h"
#include "cloud/credentials_document.h"
#include "os/process.h"

namespace lifeboat::cloud {
namespace {

Error failed(const std::string& command, const std::string& problem) {
    // Only the program's name: arguments may be secret.
    return Error(ErrorCategory::Unavailable, "CredentialProcessFailed",
                 "the credential_process '" + command.substr(0, command.find(' ')) + "' " +
                     problem + "; run it by hand to see why");
}

}  // namespace

std::optional<Credentials> ProcessCredentials::find() {
    os::ProcessResult result;
    try {
        result = os::run_shell(command_, environment_);
    } catch (const Error& e) {
        throw failed(command_, "did not end well: " + e.message());
    }
    if (result.exit_code != 0)
        throw failed(command_, "ended with exit code " + std::to_string(result.exit_code));
    Json document;
    try {
        document = parse_json(result.output, "what a credential_process printed");
    } catch (const Error&) {
        throw failed(command_, "did not print JSON");
    }
    if (find_integer(document, "Version") != 1)
        throw failed(command_, "printed a document whose Version is not 1");
    return read_credentials(document, "SessionToken");
}

}  // namespace lifeboat::cloud
