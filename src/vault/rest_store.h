// A repository on a server that speaks restic's REST protocol: restic's rest-server, or an area of
// `lifeboat serve` (vault/area.h).
// Source: https://restic.readthedocs.io/en/stable/REST_backend.html
//
// Each call is one request and is sent once; RetryingStore repeats it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cloud/http_client.h"
#include "vault/store.h"

namespace lifeboat::vault {

struct RestLocation {
    cloud::Url server;          // its path ends before the '/'
    std::string authorization;  // the header's value; "" without a name and password
};
// "rest:http://user:password@host:8000/path/". Throws InvalidInput, without repeating the password.
RestLocation parse_rest_location(std::string_view location);
// The same without the password, for people.
std::string without_password(std::string_view location);

class RestStore final : public Store {
  public:
    RestStore(RestLocation location, std::shared_ptr<cloud::HttpTransport> transport)
        : location_(std::move(location)), transport_(std::move(transport)) {}

    // Has the server make the folders of a new repository; no effect where they are.
    void make();

    void each(FileKind kind,
              const std::function<void(const std::string&, std::uint64_t)>& visit) override;
    std::optional<std::uint64_t> size(FileKind kind, const std::string& name) override;
    std::string load(FileKind kind, const std::string& name) override;
    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override;
    void save(FileKind kind, const std::string& name, std::string_view content) override;
    void remove(FileKind kind, const std::string& name) override;

  private:
    cloud::HttpResponse send(const std::string& method, const std::string& path,
                             cloud::HttpHeaders headers = {}, std::string_view body = {});
    // After a 404 for a list: returns where that means that nothing was put into `folder` yet,
    // throws Unavailable where it does not. Taking one for the other would have prune remove all.
    void expect_nothing_in(const std::string& folder, const cloud::HttpResponse& answer);
    // For an answer nobody can use.
    [[noreturn]] void fail(const cloud::HttpResponse& answer, const std::string& tried) const;

    const RestLocation location_;
    const std::shared_ptr<cloud::HttpTransport> transport_;
};

}  // namespace lifeboat::vault
