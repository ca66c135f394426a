#include "local/ssm/service.h"

#include <sys/stat.h>

#include <fstream>
#include <map>

#include "base/error.h"
#include "base/json.h"
#include "cloud/pages.h"
#include "local/ssm/value_key.h"
#include "local/ssm/value_pattern.h"
#include "local/testing/fixture.h"
#include "os/file.h"

namespace lifeboat::local {
namespace {

using testing::LocalCloudTest;

class Ssm : public LocalCloudTest {
  protected:
    Json put(const std::string& name, const std::string& value, const Json& more = Json::object()) {
        Json request = {{"Name", name}, {"Value", value}, {"Type", "String"}};
        request.update(more);
        return ok("ssm", "PutParameter", request);
    }
    std::string put_code(const std::string& name, const std::string& value,
                         const Json& more = Json::object()) {
        Json request = {{"Name", name}, {"Value", value}, {"Type", "String"}};
        request.update(more);
        return code_of("ssm", "PutParameter", request);
    }
    Json get(const std::string& name) {
        return ok("ssm", "GetParameter", {{"Name", name}})["Parameter"];
    }
    std::vector<std::string> names(const std::string& operation, const Json& request) {
        std::vector<std::string> found;
        const Json items = cloud::all_items(cloud(), "ssm", operation, request);
        for (const Json& item : items)
            found.push_back(item["Name"]);
        return found;
    }
    std::filesystem::path key_file() const { return directory.path() / "data" / "ssm.key"; }
};

TEST_F(Ssm, ParametersHaveVersionsThatCanBeSelected) {
    EXPECT_EQ(put("/lifeboat/a", "one")["Version"], 1);
    EXPECT_EQ(put_code("/lifeboat/a", "two"), "ParameterAlreadyExists");
    const Json second = put("/lifeboat/a", "two", {{"Overwrite", true}});
    EXPECT_EQ(second["Version"], 2);
    EXPECT_EQ(second["Tier"], "Standard");
    const Json latest = get("/lifeboat/a");
    EXPECT_EQ(latest["Value"], "two");
    EXPECT_EQ(latest["Version"], 2);
    EXPECT_EQ(latest["Type"], "String");
    EXPECT_EQ(latest["DataType"], "text");
    EXPECT_EQ(latest["ARN"], "arn:aws:ssm:us-east-1:000000000000:parameter/lifeboat/a");
    EXPECT_FALSE(latest.contains("Selector"));
    const Json first = get("/lifeboat/a:1");
    EXPECT_EQ(first["Value"], "one");
    EXPECT_EQ(first["Selector"], ":1");
    EXPECT_EQ(first["Name"], "/lifeboat/a");
    EXPECT_EQ(get(latest["ARN"])["Value"], "two");
    for (const char* selector : {":3", ":0", ":label", ":", ":99999999999999999999"})
        EXPECT_EQ(code_of("ssm", "GetParameter", {{"Name", std::string("/lifeboat/a") + selector}}),
                  "ParameterVersionNotFound")
            << selector;
    EXPECT_EQ(code_of("ssm", "GetParameter", {{"Name", "/lifeboat/b"}}), "ParameterNotFound");
}

TEST_F(Ssm, NamesFollowTheRules) {
    for (const char* name :
         {"", "/", "a/b", "/a/", "/a//b", "a b", "aws", "/AWS/x", "ssm-x", "/a/ü", "a:b", "/a/*"})
        EXPECT_EQ(put_code(name, "x"), "ValidationException") << name;
    EXPECT_EQ(put_code("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "x"),
              "HierarchyLevelLimitExceededException");
    EXPECT_EQ(put_code(std::string(1012, 'a'), "x"), "ValidationException");
    put("plain.name-1_x", "x");
    put("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15", "x");
}

TEST_F(Ssm, RefusesWhatItCannotHonour) {
    EXPECT_EQ(put_code("a", ""), "ValidationException");
    EXPECT_EQ(put_code("a", "x", {{"Type", "Number"}}), "ValidationException");
    EXPECT_EQ(put_code("a", "x", {{"Policies", "[]"}}), "InvalidPolicyTypeException");
    EXPECT_EQ(put_code("a", "x", {{"DataType", "aws:ec2:image"}}), "ValidationException");
    EXPECT_EQ(put_code("a", "x", {{"Type", "SecureString"}, {"KeyId", "alias/mine"}}),
              "InvalidKeyId");
    EXPECT_EQ(put_code("a", "x", {{"KeyId", "alias/aws/ssm"}}), "ValidationException");
    EXPECT_EQ(code_of("ssm", "PutParameter", {{"Name", "a"}, {"Value", "x"}}),
              "ValidationException");
    EXPECT_EQ(code_of("ssm", "GetParameter", {{"Name", "a"}}), "ParameterNotFound");
    put("a", "x");
    EXPECT_EQ(put_code("a", "y", {{"Overwrite", true}, {"Type", "SecureString"}}),
              "HierarchyTypeMismatchException");
    EXPECT_EQ(put_code("a", "y",
                       {{"Overwrite", true},
                        {"Tags", Json::array({Json{{"Key", "k"}, {"Value", "v"}}})}}),
              "ValidationException");
}

TEST_F(Ssm, TiersLimitTheSizeOfValues) {
    EXPECT_EQ(put_code("a", std::string(4097, 'x')), "ValidationException");
    put("a", std::string(4096, 'x'));
    EXPECT_EQ(put("b", std::string(8192, 'x'), {{"Tier", "Advanced"}})["Tier"], "Advanced");
    EXPECT_EQ(put_code("c", std::string(8193, 'x'), {{"Tier", "Advanced"}}), "ValidationException");
    EXPECT_EQ(put("d", std::string(5000, 'x'), {{"Tier", "Intelligent-Tiering"}})["Tier"],
              "Advanced");
    EXPECT_EQ(put("e", "x", {{"Tier", "Intelligent-Tiering"}})["Tier"], "Standard");
    EXPECT_EQ(put_code("b", "x", {{"Tier", "Standard"}, {"Overwrite", true}}),
              "ValidationException");
    EXPECT_EQ(put("b", "x", {{"Overwrite", true}})["Tier"], "Advanced");
}

TEST_F(Ssm, SecureStringsLieEncryptedOnDiskAndSurviveARestart) {
    const std::string secret = "correct horse battery staple";
    put("secret", secret, {{"Type", "SecureString"}});
    const Json closed = get("secret");
    EXPECT_EQ(closed["Value"].get<std::string>().find(secret), std::string::npos);
    open();
    EXPECT_EQ(ok("ssm", "GetParameter",
                 {{"Name", "secret"}, {"WithDecryption", true}})["Parameter"]["Value"],
              secret);
    struct stat status {};
    ASSERT_EQ(::stat(key_file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    close();
    for (const auto& entry : std::filesystem::directory_iterator(directory.path() / "data"))
        if (entry.is_regular_file())
            EXPECT_EQ(os::read_file(entry.path()).find(secret), std::string::npos) << entry.path();
}

TEST_F(Ssm, ALostKeyIsReportedAndNotReplaced) {
    put("secret", "x", {{"Type", "SecureString"}});
    put("plain", "y");
    close();
    std::filesystem::remove(key_file());
    open();
    EXPECT_EQ(code_of("ssm", "GetParameter", {{"Name", "secret"}, {"WithDecryption", true}}),
              "InternalServerError");
    EXPECT_EQ(put_code("other", "x", {{"Type", "SecureString"}}), "InternalServerError");
    EXPECT_FALSE(std::filesystem::exists(key_file()));
    EXPECT_EQ(get("plain")["Value"], "y");
    ok("ssm", "DeleteParameter", {{"Name", "secret"}});
    put("other", "x", {{"Type", "SecureString"}});
}

TEST_F(Ssm, SeveralAreReadAtOnceAndTheMissingNamed) {
    put("a", "1");
    put("/b", "2", {{"Type", "StringList"}});
    const Json answer = ok("ssm", "GetParameters", {{"Names", {"a", "/b:1", "c", "a:9"}}});
    ASSERT_EQ(answer["Parameters"].size(), 2U);
    EXPECT_EQ(answer["Parameters"][1]["Value"], "2");
    EXPECT_EQ(answer["InvalidParameters"], (Json{"c", "a:9"}));
    EXPECT_EQ(code_of("ssm", "GetParameters", {{"Names", Json::array()}}), "ValidationException");
    EXPECT_EQ(code_of("ssm", "GetParameters", {{"Names", std::vector<std::string>(11, "a")}}),
              "ValidationException");
}

TEST_F(Ssm, AHierarchyIsReadLevelByLevelOrWhole) {
    for (const char* name : {"/x/a", "/x/b", "/x/b/c", "/x/b/c/d", "/xy", "/y/a", "plain"})
        put(name, "v");
    EXPECT_EQ(names("GetParametersByPath", {{"Path", "/x"}}),
              (std::vector<std::string>{"/x/a", "/x/b"}));
    const std::vector<std::string> below{"/x/a", "/x/b", "/x/b/c", "/x/b/c/d"};
    EXPECT_EQ(names("GetParametersByPath", {{"Path", "/x/"}, {"Recursive", true}}), below);
    EXPECT_EQ(
        names("GetParametersByPath", {{"Path", "/x"}, {"Recursive", true}, {"MaxResults", 1}}),
        below);
    EXPECT_EQ(names("GetParametersByPath", {{"Path", "/"}, {"Recursive", true}}).size(), 7U);
    EXPECT_TRUE(names("GetParametersByPath", {{"Path", "/nowhere"}}).empty());
    EXPECT_EQ(code_of("ssm", "GetParametersByPath", {{"Path", "x"}}), "ValidationException");
    EXPECT_EQ(code_of("ssm", "GetParametersByPath", {{"Path", "/x"}, {"NextToken", "x"}}),
              "InvalidNextToken");
    EXPECT_EQ(code_of("ssm", "GetParametersByPath", {{"Path", "/x"}, {"MaxResults", 11}}),
              "ValidationException");
}

TEST_F(Ssm, FiltersSelectWhatIsDescribed) {
    put("/x/a", "1", {{"Description", "first"}});
    put("/x/b", "2", {{"Type", "StringList"}});
    put("/y/c", "3",
        {{"Type", "SecureString"},
         {"Tags", Json::array({Json{{"Key", "team"}, {"Value", "red"}}})}});
    put("/y/d", "4", {{"Tier", "Advanced"}});
    const auto filtered = [&](const Json& filter) {
        return names("DescribeParameters", {{"ParameterFilters", Json::array({filter})}});
    };
    using Names = std::vector<std::string>;
    EXPECT_EQ(filtered({{"Key", "Name"}, {"Values", {"/x/a", "/nowhere"}}}), Names{"/x/a"});
    EXPECT_EQ(filtered({{"Key", "Name"}, {"Option", "BeginsWith"}, {"Values", {"/x"}}}),
              (Names{"/x/a", "/x/b"}));
    EXPECT_EQ(filtered({{"Key", "Name"}, {"Option", "Contains"}, {"Values", {"d"}}}),
              Names{"/y/d"});
    EXPECT_EQ(filtered({{"Key", "Type"}, {"Values", {"StringList"}}}), Names{"/x/b"});
    EXPECT_EQ(filtered({{"Key", "KeyId"}, {"Values", {"alias/aws/ssm"}}}), Names{"/y/c"});
    EXPECT_EQ(filtered({{"Key", "Tier"}, {"Values", {"Advanced"}}}), Names{"/y/d"});
    EXPECT_EQ(filtered({{"Key", "Path"}, {"Option", "Recursive"}, {"Values", {"/y"}}}),
              (Names{"/y/c", "/y/d"}));
    EXPECT_EQ(filtered({{"Key", "tag:team"}, {"Values", {"red"}}}), Names{"/y/c"});
    EXPECT_EQ(filtered({{"Key", "tag:team"}}), Names{"/y/c"});
    EXPECT_EQ(names("DescribeParameters", {{"MaxResults", 3}}).size(), 4U);
    EXPECT_TRUE(names("DescribeParameters", {{"Shared", true}}).empty());
    const Json first = ok("ssm", "DescribeParameters", {{"MaxResults", 1}})["Parameters"][0];
    EXPECT_EQ(first["Description"], "first");
    EXPECT_EQ(first["LastModifiedUser"], "arn:aws:iam::000000000000:root");
    EXPECT_FALSE(first.contains("Value"));
    const auto code = [&](const Json& filter) {
        return code_of("ssm", "DescribeParameters", {{"ParameterFilters", Json::array({filter})}});
    };
    EXPECT_EQ(code({{"Key", "Colour"}, {"Values", {"red"}}}), "ValidationException");
    EXPECT_EQ(code({{"Key", "Type"}, {"Option", "Contains"}, {"Values", {"S"}}}),
              "InvalidFilterOption");
    EXPECT_EQ(code({{"Key", "Name"}}), "InvalidFilterValue");
    EXPECT_EQ(code({{"Key", "Path"}, {"Values", {"x"}}}), "InvalidFilterValue");
    EXPECT_EQ(
        code_of("ssm", "GetParametersByPath",
                {{"Path", "/"},
                 {"ParameterFilters", Json::array({Json{{"Key", "Name"}, {"Values", {"x"}}}})}}),
        "InvalidFilterKey");
}

TEST_F(Ssm, HistoryKeepsTheLastHundredVersions) {
    for (int i = 1; i <= 105; ++i)
        put("a", "v" + std::to_string(i), {{"Overwrite", true}});
    const Json history =
        cloud::all_items(cloud(), "ssm", "GetParameterHistory", {{"Name", "a"}, {"MaxResults", 7}});
    ASSERT_EQ(history.size(), 100U);
    EXPECT_EQ(history[0]["Version"], 6);
    EXPECT_EQ(history[99]["Value"], "v105");
    EXPECT_EQ(code_of("ssm", "GetParameterHistory", {{"Name", "b"}}), "ParameterNotFound");
}

TEST_F(Ssm, DeletedParametersStartAnew) {
    put("a", "1");
    put("a", "2", {{"Overwrite", true}});
    ok("ssm", "DeleteParameter", {{"Name", "a"}});
    EXPECT_EQ(code_of("ssm", "DeleteParameter", {{"Name", "a"}}), "ParameterNotFound");
    EXPECT_EQ(put("a", "3")["Version"], 1);
    const Json answer = ok("ssm", "DeleteParameters", {{"Names", {"a", "b"}}});
    EXPECT_EQ(answer["DeletedParameters"], Json::array({"a"}));
    EXPECT_EQ(answer["InvalidParameters"], Json::array({"b"}));
}

TEST_F(Ssm, TagsBelongToParameters) {
    put("a", "1");
    const Json key = {{"ResourceType", "Parameter"}, {"ResourceId", "a"}};
    Json add = key;
    add["Tags"] =
        Json::array({Json{{"Key", "k"}, {"Value", "v"}}, Json{{"Key", "l"}, {"Value", ""}}});
    ok("ssm", "AddTagsToResource", add);
    Json remove = key;
    remove["TagKeys"] = {"l", "unknown"};
    ok("ssm", "RemoveTagsFromResource", remove);
    EXPECT_EQ(ok("ssm", "ListTagsForResource", key)["TagList"],
              Json::array({Json{{"Key", "k"}, {"Value", "v"}}}));
    EXPECT_EQ(
        code_of("ssm", "ListTagsForResource", {{"ResourceType", "Document"}, {"ResourceId", "a"}}),
        "InvalidResourceType");
    EXPECT_EQ(
        code_of("ssm", "ListTagsForResource", {{"ResourceType", "Parameter"}, {"ResourceId", "b"}}),
        "InvalidResourceId");
    add["Tags"] = Json::array();
    for (int i = 0; i < 50; ++i)
        add["Tags"].push_back({{"Key", "key" + std::to_string(i)}, {"Value", ""}});
    EXPECT_EQ(code_of("ssm", "AddTagsToResource", add), "TooManyTagsError");
    EXPECT_EQ(ok("ssm", "ListTagsForResource", key)["TagList"].size(), 1U);
}

TEST_F(Ssm, RespectsTheQuota) {
    using Values = std::map<std::string, std::string, std::less<>>;
    open(Settings(Values{{"ssm.parameter_quota", "1"}}));
    put("a", "1");
    EXPECT_EQ(put_code("b", "1"), "ParameterLimitExceeded");
    put("a", "2", {{"Overwrite", true}});
}

TEST_F(Ssm, ValuesMatchTheAllowedPattern) {
    put("a", "17", {{"AllowedPattern", "^\\d+$"}});
    EXPECT_EQ(put_code("a", "x", {{"Overwrite", true}}), "ParameterPatternMismatchException");
    EXPECT_EQ(get("a")["Value"], "17");
    EXPECT_EQ(put_code("b", "x", {{"AllowedPattern", "("}}), "InvalidAllowedPatternException");
}

TEST(SsmValuePattern, HostilePatternsNeitherHangNorCrash) {
    const std::string value(4096, 'a');
    EXPECT_THROW(ssm::check_value_pattern("(a*)*b", value), Error);
    EXPECT_THROW(ssm::check_value_pattern("(a|a)*b", value), Error);
    EXPECT_THROW(ssm::check_value_pattern("(a?){100000}", value), Error);
    EXPECT_THROW(ssm::check_value_pattern("((a?){100}){100}", value), Error);
    EXPECT_THROW(ssm::check_value_pattern("(a)\\1", value), Error);
    EXPECT_NO_THROW(ssm::check_value_pattern("(a?){500}", value));
    EXPECT_NO_THROW(ssm::check_value_pattern("^[a-z]{1,1000}", value));
    EXPECT_THROW(ssm::check_value_pattern("^[a-z]{1,1000}$", value), Error);
    EXPECT_THROW(ssm::check_value_pattern("x)|(a", value), Error);
    EXPECT_NO_THROW(ssm::check_value_pattern("b|a$", value));
    EXPECT_NO_THROW(ssm::check_value_pattern("^line 2|two$", "line 1\ntwo"));
    EXPECT_NO_THROW(ssm::check_value_pattern(std::string(1024, 'a'), value));
    EXPECT_THROW(ssm::check_value_pattern(std::string(1024, '('), value), Error);
}

TEST(SsmValueKey, EveryChangeOfSealedBytesIsNoticed) {
    os::testing::TemporaryDirectory directory;
    SeededRandom random{1};
    ssm::ValueKey key(directory.path() / "key", random);
    const std::string sealed = key.seal("secret", "name:1", ssm::MissingKey::Make);
    EXPECT_EQ(key.open(sealed, "name:1"), "secret");
    EXPECT_NE(sealed, key.seal("secret", "name:1", ssm::MissingKey::Refuse));
    EXPECT_THROW(key.open(sealed, "name:2"), Error);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_THROW(key.open(changed, "name:1"), Error) << i;
        EXPECT_THROW(key.open(sealed.substr(0, i), "name:1"), Error) << i;
    }
    EXPECT_EQ(key.open(key.seal("", "", ssm::MissingKey::Refuse), ""), "");
    std::ofstream(directory.path() / "short") << "x";
    ssm::ValueKey damaged(directory.path() / "short", random);
    EXPECT_THROW(damaged.seal("x", "", ssm::MissingKey::Make), Error);
}

}  // namespace
}  // namespace lifeboat::local
