#include "vault/rest_store.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "vault/id.h"

namespace lifeboat::vault {
namespace {

constexpr std::string_view kPrefix = "rest:";
constexpr std::string_view kVersion2 = "application/vnd.x.restic.rest.v2";

std::string path_of(FileKind kind, const std::string& name) {
    if (kind == FileKind::Config) return "config";
    return std::string(folder_of(kind)) + "/" + name;
}

// Where the user information of a URL begins and ends; npos: it has none.
std::pair<std::size_t, std::size_t> user_information(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return {std::string_view::npos, 0};
    const auto begin = scheme + 3;
    const auto at = url.substr(0, url.find('/', begin)).rfind('@');
    if (at == std::string_view::npos || at < begin) return {std::string_view::npos, 0};
    return {begin, at};
}

std::optional<std::uint64_t> number(const std::string* text) {
    if (text == nullptr) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (problem != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return value;
}

}  // namespace

RestLocation parse_rest_location(std::string_view location) {
    if (location.starts_with(kPrefix)) location.remove_prefix(kPrefix.size());
    std::string url(location);
    RestLocation found;
    if (const auto [begin, end] = user_information(url); begin != std::string::npos) {
        const std::string user = url.substr(begin, end - begin);
        url.erase(begin, end + 1 - begin);
        const auto colon = std::min(user.find(':'), user.size());
        const std::string password = colon < user.size() ? user.substr(colon + 1) : "";
        found.authorization = "Basic " + base64_encode(percent_decode(user.substr(0, colon)) + ":" +
                                                       percent_decode(password));
    }
    found.server = cloud::parse_url(url);
    return found;
}

std::string without_password(std::string_view location) {
    std::string shown(location);
    const auto [begin, end] = user_information(shown);
    if (begin == std::string::npos) return shown;
    const auto colon = shown.find(':', begin);
    if (colon != std::string::npos && colon < end) shown.replace(colon + 1, end - colon - 1, "***");
    return shown;
}

cloud::HttpResponse RestStore::send(const std::string& method, const std::string& path,
                                    cloud::HttpHeaders headers, std::string_view body) {
    cloud::HttpRequest request;
    request.method = method;
    request.target = location_.server.path + "/" + path;
    request.headers = std::move(headers);
    if (!location_.authorization.empty())
        request.headers.set("Authorization", location_.authorization);
    request.headers.set("User-Agent", "lifeboat");
    request.body = body;
    return transport_->send(location_.server, request);
}

void RestStore::fail(const cloud::HttpResponse& answer, const std::string& tried) const {
    const std::string text = "to " + tried + " on " + location_.server.text() +
                             ": the server answered " + std::to_string(answer.status);
    switch (answer.status) {
        case 401:
            throw Error(ErrorCategory::PermissionDenied, "NotAuthenticated",
                        text + "; check the name and password in the location");
        case 403:
            throw Error(ErrorCategory::PermissionDenied, "NotAllowed",
                        text + "; the server does not let this user do that");
        case 404:
            throw Error(ErrorCategory::NotFound, "FileNotFound", text);
        case 413:
        case 400:
            throw Error(ErrorCategory::InvalidInput, "RequestRefused", text);
        case 429:
            throw Error(ErrorCategory::Throttled, "Throttled", text);
        case 507:
            throw Error(ErrorCategory::NoSpace, "ServerFull", text);
        default:
            break;
    }
    throw answer.status >= 500 ? Error(ErrorCategory::Unavailable, "ServerFailed", text)
                               : Error(ErrorCategory::Unsupported, "UnexpectedAnswer",
                                       text + "; is it a server of restic's REST protocol?");
}

void RestStore::make() {
    const cloud::HttpResponse answer = send("POST", "?create=true");
    if (answer.status != 200) fail(answer, "make a repository");
}

void RestStore::each(FileKind kind,
                     const std::function<void(const std::string&, std::uint64_t)>& visit) {
    if (kind == FileKind::Config) {
        if (const auto bytes = size(kind, "config")) visit("config", *bytes);
        return;
    }
    const std::string folder = std::string(folder_of(kind)) + "/";
    const cloud::HttpResponse answer = send("GET", folder, {{"Accept", std::string(kVersion2)}});
    if (answer.status == 404) return expect_nothing_in(folder, answer);
    if (answer.status != 200) fail(answer, "list " + folder);
    const bool has_sizes = answer.headers.get("content-type") == kVersion2;
    const Json list = parse_json(answer.body, "the server's list of " + folder);
    if (!list.is_array()) return;  // rest-server says null of an empty folder
    for (const Json& entry : list) {
        const std::string name =
            has_sizes ? require_string(entry, "name") : entry.get<std::string>();
        if (!Id::parse(name)) continue;
        if (has_sizes)
            visit(name, static_cast<std::uint64_t>(require_integer(entry, "size")));
        else if (const auto bytes = size(kind, name))
            visit(name, *bytes);
    }
}

void RestStore::expect_nothing_in(const std::string& folder, const cloud::HttpResponse& answer) {
    // rest-server answers so, too, when a file goes between its reading the folder and its looking
    // for the size; of names alone it never does. rclone calls failures of its own not found.
    const bool may_be_absent = !answer.headers.get("server").starts_with("rclone/");
    const cloud::HttpResponse names =
        may_be_absent ? send("GET", folder) : cloud::HttpResponse{404, {}, ""};
    if (may_be_absent && names.status == 404) return;
    if (names.status != 200 && names.status != 404) fail(names, "list " + folder);
    if (names.status == 200) {
        const Json list = parse_json(names.body, "the server's list of " + folder);
        if (!list.is_array() || list.empty()) return;
    }
    throw Error(ErrorCategory::Unavailable, "ListingFailed",
                "to list " + folder + " on " + location_.server.text() +
                    ": the server says that there is no such folder, but means something in it; "
                    "try again while less is written there");
}

std::optional<std::uint64_t> RestStore::size(FileKind kind, const std::string& name) {
    const std::string path = path_of(kind, name);
    const cloud::HttpResponse answer = send("HEAD", path);
    if (answer.status == 404) return std::nullopt;
    if (answer.status != 200) fail(answer, "look at " + path);
    const auto bytes = number(answer.headers.find("content-length"));
    if (!bytes)
        throw Error(ErrorCategory::Unsupported, "UnexpectedAnswer",
                    location_.server.text() + " does not tell the size of " + path);
    return bytes;
}

std::string RestStore::load(FileKind kind, const std::string& name) {
    const std::string path = path_of(kind, name);
    cloud::HttpResponse answer = send("GET", path);
    if (answer.status != 200) fail(answer, "read " + path);
    return std::move(answer.body);
}

void RestStore::load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
                     std::size_t length) {
    const std::string path = path_of(kind, name);
    if (length == 0) return;
    const cloud::HttpResponse answer = send(
        "GET", path,
        {{"Range", "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + length - 1)}});
    // A server may ignore ranges and send all.
    const std::uint64_t skip = answer.status == 200 ? offset : 0;
    if (answer.status != 200 && answer.status != 206 && answer.status != 416)
        fail(answer, "read a part of " + path);
    if (answer.status == 416 || answer.body.size() < skip + length)
        throw Error(ErrorCategory::Corruption, "FileTooShort",
                    path + " on " + location_.server.text() + " ends before byte " +
                        std::to_string(offset + length) +
                        "; `lifeboat vault check` says what is affected");
    std::copy_n(answer.body.data() + skip, length, out);
}

void RestStore::save(FileKind kind, const std::string& name, std::string_view content) {
    const std::string path = path_of(kind, name);
    const cloud::HttpResponse answer =
        send("POST", path, {{"Content-Type", "application/octet-stream"}}, content);
    if (answer.status == 200) return;
    // A refusal may mean that the file is there already.
    const auto there = answer.status == 403 ? size(kind, name) : std::nullopt;
    if (!there) fail(answer, "save " + path);
    if (kind != FileKind::Config) {
        if (*there == content.size()) return;
        throw Error(ErrorCategory::Corruption, "WrongContent",
                    path + " on " + location_.server.text() +
                        " is there, but not with the size it should have; it is damaged");
    }
    throw Error(ErrorCategory::AlreadyExists, "RepositoryExists",
                location_.server.text() + " holds a repository already");
}

void RestStore::remove(FileKind kind, const std::string& name) {
    const std::string path = path_of(kind, name);
    const cloud::HttpResponse answer = send("DELETE", path);
    if (answer.status != 200 && answer.status != 204 && answer.status != 404)
        fail(answer, "remove " + path);
}

}  // namespace lifeboat::vault
