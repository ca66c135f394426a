#include "server/area_request.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "os/directory.h"
#include "os/file.h"
#include "server/area_answers.h"

namespace lifeboat::server {
namespace {

using vault::AreaAction;
using vault::FileKind;
using Thing = AreaTarget::Thing;

// restic makes packs of up to 128 MiB and a blob, and indexes of a few; with room to spare.
std::uint64_t most_bytes(FileKind kind) {
    switch (kind) {
        case FileKind::Data:
            return std::uint64_t{512} << 20;
        case FileKind::Index:
            return std::uint64_t{256} << 20;
        default:
            return std::uint64_t{16} << 20;
    }
}

// What the method does to the target, as the log calls it; "" for what the protocol has not.
std::string action_of(const std::string& method, const AreaTarget& target) {
    if (target.thing == Thing::Repository)
        return method == "POST" && target.creates ? "create" : "";
    if (target.thing == Thing::Folder) return method == "GET" ? "list" : "";
    if (method == "GET" || method == "HEAD") return "read";
    if (method == "POST") return "add";
    return method == "DELETE" ? "delete" : "";
}

AreaAction needed(const std::string& action) {
    if (action == "list") return AreaAction::List;
    if (action == "read") return AreaAction::Read;
    return action == "delete" ? AreaAction::Delete : AreaAction::Add;
}

std::optional<std::pair<std::string, std::string>> basic_credentials(const std::string& header) {
    constexpr std::string_view kScheme = "basic ";
    if (lower_case(header.substr(0, kScheme.size())) != kScheme) return std::nullopt;
    const auto text = base64_decode(std::string_view(header).substr(kScheme.size()));
    if (!text) return std::nullopt;
    const auto colon = text->find(':');
    if (colon == std::string::npos) return std::nullopt;
    return std::pair{text->substr(0, colon), text->substr(colon + 1)};
}

}  // namespace

AreaRequest::AreaRequest(const AreaWorld& world, cloud::HttpRequest head, std::string from)
    : world_(world), head_(std::move(head)), from_(std::move(from)), start_(world.clock.now()) {
    target_ = parse_area_target(head_.target);
    if (target_) action_ = action_of(head_.method, *target_);
}

AreaRequest::~AreaRequest() {
    if (is_logged_) return;
    try {
        log("abandoned", "the client went away or was too slow", received_);
    } catch (const std::exception& e) {
        log::error("the audit log cannot be written", {{"error", e.what()}});
    }
}

std::optional<StreamedAnswer> AreaRequest::begin() {
    try {
        if (!target_) return refused(400, "no path of restic's REST protocol");
        if (auto refusal = authenticate()) return refusal;
        if (action_.empty()) return refused(405, "not a method for this");
        if (auto refusal = refuse_by_right()) return refusal;
        store_.emplace(world_.areas.repository(target_->workspace), world_.random);
        if (action_ == "add") return begin_upload();
        return std::nullopt;
    } catch (const Error& error) {
        return failed(status_of(error), error.message());
    }
}

// Takes the same steps whether there is no such area, no such token, or a wrong secret.
std::optional<StreamedAnswer> AreaRequest::authenticate() {
    const auto shown = basic_credentials(head_.headers.get("authorization"));
    if (shown) token_id_ = shown->first;
    const vault::AreaTokens tokens(world_.areas.folder(target_->workspace));
    token_ = tokens.verify(token_id_, shown ? shown->second : "", world_.clock.now());
    if (token_ && world_.areas.exists(target_->workspace)) return std::nullopt;
    StreamedAnswer answer =
        refused(401, shown ? "no valid token of this area" : "no token was shown");
    answer.head.headers.add("WWW-Authenticate", "Basic realm=\"lifeboat vault\"");
    return answer;
}

std::optional<StreamedAnswer> AreaRequest::refuse_by_right() {
    const std::string right(to_string(token_->right));
    if (!may(token_->right, needed(action_), target_->kind))
        return refused(403, "the right '" + right + "' does not allow it");
    if (action_ == "delete" && token_->right != vault::Right::Admin && !owns_lock())
        return refused(403, "the lock is another token's");
    return std::nullopt;
}

std::optional<StreamedAnswer> AreaRequest::begin_upload() {
    most_ = most_bytes(target_->kind);
    if (const std::string* length = head_.headers.find("content-length")) {
        std::uint64_t bytes = 0;
        std::from_chars(length->data(), length->data() + length->size(), bytes);
        if (bytes > most_) return refused(413, "the file is too large");
    }
    upload_ = store_->hot().begin_save(target_->kind, target_->name);
    return std::nullopt;
}

std::optional<StreamedAnswer> AreaRequest::take(std::string_view part) {
    try {
        received_ += part.size();
        if (received_ > (upload_ ? most_ : 1 << 20)) return refused(413, "the body is too large");
        if (!upload_) return std::nullopt;
        digest_.add(part);
        upload_->write(part);
        return std::nullopt;
    } catch (const Error& error) {
        return failed(status_of(error), error.message());
    }
}

StreamedAnswer AreaRequest::finish() {
    try {
        if (action_ == "create") return done(plain_answer_of(200), 0);
        if (action_ == "list") return list();
        if (action_ == "read") return read();
        if (action_ == "add") return add();
        return remove();
    } catch (const Error& error) {
        if (error.category() == ErrorCategory::NotFound) return failed(404, "there is none");
        log::warning("a request to an area failed",
                     {{"area", target_->workspace}, {"error", error.what()}});
        return failed(status_of(error), error.message());
    }
}

StreamedAnswer AreaRequest::list() {
    constexpr std::string_view kVersion2 = "application/vnd.x.restic.rest.v2";
    const bool with_sizes = head_.headers.get("accept") == kVersion2;
    StreamedAnswer answer;
    answer.head.headers.add(
        "Content-Type", with_sizes ? std::string(kVersion2) : "application/vnd.x.restic.rest.v1");
    answer.source = list_folder(*store_, target_->kind, with_sizes);
    return done(std::move(answer), 0);
}

StreamedAnswer AreaRequest::read() {
    os::UniqueFd file = os::open_file(store_->path(target_->kind, target_->name), O_RDONLY);
    const auto size = static_cast<std::uint64_t>(os::look_at(file.get()).st_size);
    StreamedAnswer answer;
    answer.head.headers.add("Content-Type", "application/octet-stream");
    answer.head.headers.add("Accept-Ranges", "bytes");
    if (head_.method == "HEAD") {
        answer.head.headers.add("Content-Length", std::to_string(size));
        return done(std::move(answer), 0);
    }
    auto [form, range] = parse_range(head_.headers.get("range"), size);
    if (form == RangeForm::Unsatisfiable) {
        answer = failed(416, "the range is outside the file");
        answer.head.headers.add("Content-Range", "bytes */" + std::to_string(size));
        return answer;
    }
    if (form == RangeForm::None) range = {0, size};
    if (form == RangeForm::Bytes) {
        answer.head.status = 206;
        answer.head.headers.add("Content-Range",
                                "bytes " + std::to_string(range.first) + "-" +
                                    std::to_string(range.first + range.length - 1) + "/" +
                                    std::to_string(size));
    }
    answer.length = range.length;
    answer.source = read_file(std::move(file), range);
    return done(std::move(answer), range.length);
}

StreamedAnswer AreaRequest::add() {
    const bool is_config = target_->kind == FileKind::Config;
    if (!is_config && to_hex(digest_.finish()) != target_->name)
        return failed(400, "the content does not have the SHA-256 its name says");
    if (is_config && received_ == 0) return failed(400, "an empty configuration");
    if (target_->kind == FileKind::Lock) own_lock();
    if (upload_->publish() == vault::FileUpload::Outcome::WasThere) return was_there();
    return done(plain_answer_of(200), received_);
}

// A client that did not hear of its success sends the same again; that is no second effect.
// Anything else would be a replacement.
StreamedAnswer AreaRequest::was_there() {
    const std::string kept = to_hex(sha256(store_->load(target_->kind, target_->name)));
    const bool is_config = target_->kind == FileKind::Config;
    const std::string sent = is_config ? to_hex(digest_.finish()) : target_->name;
    if (kept == sent) return done(plain_answer_of(200), 0);
    return refused(403, is_config ? "there is a configuration already"
                                  : "there is a file of this name, whose content is damaged");
}

StreamedAnswer AreaRequest::remove() {
    if (!store_->size(target_->kind, target_->name)) return failed(404, "there is none");
    store_->remove(target_->kind, target_->name);
    if (target_->kind == FileKind::Lock) ::unlink(lock_owner().c_str());
    return done(plain_answer_of(200), 0);
}

std::filesystem::path AreaRequest::lock_owner() const {
    return world_.areas.folder(target_->workspace) / "lock-owners" / target_->name;
}

bool AreaRequest::owns_lock() const {
    try {
        return os::read_file(lock_owner(), 1024) == token_->id;
    } catch (const Error& error) {
        if (error.category() == ErrorCategory::NotFound) return false;
        throw;
    }
}

// Before the lock is there, so that no lock is without its owner; the first to make it stays it.
// One that was made beside the server is nobody's, whoever sends the same again.
void AreaRequest::own_lock() {
    if (std::filesystem::exists(lock_owner()) || store_->size(FileKind::Lock, target_->name))
        return;
    os::publish_file(lock_owner(), token_->id, 0600);
}

StreamedAnswer AreaRequest::done(StreamedAnswer answer, std::uint64_t bytes) {
    log("done", "", bytes);
    return answer;
}

StreamedAnswer AreaRequest::refused(int status, const std::string& reason) {
    log("refused", reason, 0);
    return plain_answer_of(status);
}

StreamedAnswer AreaRequest::failed(int status, const std::string& reason) {
    log("failed", reason, 0);
    return plain_answer_of(status);
}

void AreaRequest::log(const std::string& outcome, const std::string& reason, std::uint64_t bytes) {
    is_logged_ = true;
    vault::AuditEntry entry{target_ ? target_->workspace : "",
                            token_id_,
                            from_,
                            action_.empty() ? head_.method : action_,
                            target_ ? target_->text() : head_.target,
                            outcome,
                            reason,
                            bytes};
    world_.audit.add(entry, world_.clock.now());
    world_.metrics.count_request("vault", action_.empty() ? "unknown" : action_, outcome,
                                 world_.clock.now() - start_);
}

}  // namespace lifeboat::server
