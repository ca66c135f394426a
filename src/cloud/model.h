// What differs per service is data, not code. A service model says which protocol the service
// speaks, which operations it has, and the shape of their members. The wire codecs read it in both
// directions, the local cloud checks requests against it, pagination and the CloudTrail form of a
// call follow from it.
//
// The data lies in models/<service>.json and is built into the binary; models/README.md explains
// the notation. Facts come from the AWS API reference of each service.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::cloud {

enum class Protocol { Json10, Json11, RestJson, RestXml, Query, Ec2 };

enum class ShapeKind {
    String,
    Blob,
    Boolean,
    Integer,
    Long,
    Double,
    Timestamp,
    Document,  // any JSON value
    Structure,
    List,
    Map,
};

// Where a REST member travels. A map in Header is a family of headers that share the prefix
// `location_name`; a map in Query takes every parameter no other member names.
enum class Location { Body, Uri, Query, Header, Payload, Status };

enum class TimestampFormat { Default, EpochSeconds, Iso8601, Rfc822 };

struct Shape;

struct Member {
    std::string name;
    const Shape* shape = nullptr;
    bool required = false;
    Location location = Location::Body;
    std::string location_name;  // on the wire; equals `name` when the model says nothing
    // In ec2 requests, where it is not the capitalised location name; and in the query protocol
    // that older clients of a query-compatible JSON service (SQS) still speak. Empty: as
    // location_name.
    std::string query_name;
    bool idempotency_token = false;  // the client fills it in when the caller does not
    bool xml_attribute = false;      // of its structure's element, where that is XML
};

struct Shape {
    std::string name;  // as in the model; for inline shapes the kind's name
    ShapeKind kind = ShapeKind::Document;
    // Strings: characters; lists and maps: entries; numbers: value; blobs: bytes.
    std::optional<double> minimum;
    std::optional<double> maximum;
    std::string pattern;  // ECMAScript, must match the whole string; empty: none
    std::shared_ptr<const std::regex> matcher;
    std::vector<std::string> values;  // of an enumeration
    TimestampFormat timestamp_format = TimestampFormat::Default;
    std::vector<Member> members;     // of a structure
    const Shape* element = nullptr;  // of a list or map
    std::string element_name;  // of a list, in XML and queries; default "member" ("item": ec2)
    std::string key_name;      // of a map's entries, in XML and queries; default "key"
    std::string value_name;    // likewise; default "value"
    bool flattened = false;
    std::string xml_name;    // of a structure that is a whole document; empty: its name
    std::string key_xmlns;   // of a map's keys
    std::string xmlns;       // "uri" or "prefix uri", declared on its elements; empty: none
    bool sensitive = false;  // never logged

    const Member* member(std::string_view name) const;
};

struct Pages {
    std::string input_token;
    std::string output_token;
    std::string limit;
    std::string items;
};

struct OperationModel {
    std::string name;
    std::string method = "POST";
    std::string uri = "/";
    int http_code = 200;
    const Shape* input = nullptr;   // a structure, never null
    const Shape* output = nullptr;  // a structure, never null
    bool read_only = false;
    bool checksum_required = false;  // the request must carry Content-MD5
    bool is_unsigned = false;        // its members prove who asks
    std::string host_prefix;         // before AWS's own host
    // The answer's document is the one member itself, not an element around it (S3's
    // GetBucketLocation).
    bool unwrapped_output = false;
    std::optional<Pages> pages;
};

struct ErrorModel {
    int http_code = 400;
    std::string
        wire_code;  // where it differs from the name ("AWS.SimpleQueueService.NonExistentQueue")
    bool sender_fault = true;
};

class ServiceModel {
  public:
    // `text` is one model file. Throws Error{Internal} naming the place of a mistake in it.
    ServiceModel(std::string_view name, std::string_view text);
    ~ServiceModel();
    ServiceModel(const ServiceModel&) = delete;
    ServiceModel& operator=(const ServiceModel&) = delete;

    const std::string& name() const { return name_; }              // "states"
    const std::string& service_id() const { return service_id_; }  // "SFN"
    Protocol protocol() const { return protocol_; }
    const std::string& api_version() const { return api_version_; }          // "2016-11-23"
    const std::string& target_prefix() const { return target_prefix_; }      // "AWSStepFunctions"
    const std::string& endpoint_prefix() const { return endpoint_prefix_; }  // "states"
    // The same with FIPS-validated cryptography: "states-fips", unless the service has another
    // habit.
    const std::string& fips_endpoint_prefix() const { return fips_endpoint_prefix_; }
    // In GovCloud its usual host is the one with FIPS-validated cryptography.
    bool gov_is_fips() const { return gov_is_fips_; }
    const std::string& signing_name() const { return signing_name_; }
    const std::string& event_source() const { return event_source_; }  // "sagemaker.amazonaws.com"
    bool query_compatible() const { return query_compatible_; }
    // rest-xml: the namespace of its documents, and whether an error stands alone in its document
    // (S3) or within an ErrorResponse.
    const std::string& xmlns() const { return xmlns_; }
    bool bare_errors() const { return bare_errors_; }
    // Query parameters that choose an operation (S3's "?acl"): where one is given, only an
    // operation whose URI names it can be meant.
    const std::vector<std::string>& subresources() const { return subresources_; }

    const std::map<std::string, OperationModel, std::less<>>& operations() const {
        return operations_;
    }
    bool has(std::string_view operation) const;
    // Throws Error{Unsupported, "UnknownOperationException"}.
    const OperationModel& operation(std::string_view name) const;
    // Of a code the model does not list: 400 and the sender's fault, or 500 for internal failures.
    const ErrorModel& error(std::string_view code) const;
    // The error whose wire code this is, or the wire code itself.
    std::string error_code(std::string_view wire_code) const;

  private:
    class Builder;

    std::string name_, service_id_, api_version_, target_prefix_, endpoint_prefix_,
        fips_endpoint_prefix_, signing_name_, event_source_, xmlns_;
    bool gov_is_fips_ = false;
    Protocol protocol_ = Protocol::Json11;
    bool query_compatible_ = false;
    bool bare_errors_ = false;
    std::vector<std::string> subresources_;
    std::map<std::string, OperationModel, std::less<>> operations_;
    std::map<std::string, ErrorModel, std::less<>> errors_;
    std::vector<std::unique_ptr<Shape>> shapes_;
};

// The built-in model. Throws Error{Unsupported, "UnknownServiceException"}.
const ServiceModel& service_model(std::string_view service);
// All built-in models, by name. A model is read when it is first asked for, and this reads all.
const std::map<std::string, const ServiceModel*, std::less<>>& service_models();

// Checks a request against the operation's input shape: required members, types, lengths, ranges,
// patterns, enumerations. Members the model does not know are left alone, as AWS does. Throws
// Error{InvalidInput, "ValidationException"} in AWS's words, with every violation found (at most
// 5):
//   1 validation error detected: Value 'a_b' at 'userProfileName' failed to satisfy constraint: ...
void validate(const OperationModel& operation, const Json& request);

}  // namespace lifeboat::cloud
