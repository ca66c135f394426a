// HTTP requests and answers as values, independent of any transport: what codecs make, signatures
// cover, and client and server move.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifeboat::cloud {

struct HttpHeader {
    std::string name;
    std::string value;
};

// In order of appearance; names compare without case, and may repeat.
class HttpHeaders {
  public:
    HttpHeaders() = default;
    HttpHeaders(std::initializer_list<HttpHeader> headers) : headers_(headers) {}

    void add(std::string_view name, std::string_view value);
    // Replaces every header of that name.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);
    // The first of that name, or null.
    const std::string* find(std::string_view name) const;
    std::string get(std::string_view name) const;  // empty when absent

    auto begin() const { return headers_.begin(); }
    auto end() const { return headers_.end(); }
    std::size_t size() const { return headers_.size(); }

  private:
    std::vector<HttpHeader> headers_;
};

struct HttpRequest {
    std::string method = "POST";
    std::string target = "/";  // path and query, as on the wire
    HttpHeaders headers;
    std::string body;
};

struct HttpResponse {
    int status = 200;
    HttpHeaders headers;
    std::string body;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);

// The parts of a target before and after the first '?'.
std::string_view path_of(std::string_view target);
std::string_view query_of(std::string_view target);

// Names and values, decoded, in order. `Plus` says what '+' means: itself in a signed URL, a space
// in a form (application/x-www-form-urlencoded).
enum class Plus { Literal, Space };
using QueryParameters = std::vector<std::pair<std::string, std::string>>;
QueryParameters parse_query(std::string_view query, Plus plus);

}  // namespace lifeboat::cloud
