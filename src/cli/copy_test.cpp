// lifeboat copy as a user meets it: arguments in, files, text and exit code out.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>

#include "base/fault.h"
#include "base/json.h"
#include "cli/exit_code.h"
#include "cli/run.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::cli {
namespace {

namespace fs = std::filesystem;

class CopyVerbTest : public ::testing::Test {
  protected:
    CopyVerbTest() { fs::create_directory(source_); }
    ~CopyVerbTest() override { fault::install(""); }

    int run_copy(std::vector<std::string> arguments) {
        // Options first: none may swallow the directories.
        arguments.insert(arguments.begin(), "copy");
        arguments.insert(arguments.end(), {source_.string(), destination_.string()});
        return run_verb(std::move(arguments));
    }
    int run_verb(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(),
                         {"lifeboat", "--data", (temporary_.path() / "data").string()});
        std::vector<char*> pointers;
        for (std::string& argument : arguments)
            pointers.push_back(argument.data());
        std::ostringstream out, err;
        std::streambuf* old_out = std::cout.rdbuf(out.rdbuf());
        std::streambuf* old_err = std::cerr.rdbuf(err.rdbuf());
        const int code = run(static_cast<int>(pointers.size()), pointers.data());
        std::cout.rdbuf(old_out);
        std::cerr.rdbuf(old_err);
        out_ = out.str();
        err_ = err.str();
        return code;
    }
    static void write(const fs::path& path, std::string_view content) {
        std::ofstream(path, std::ios::binary) << content;
    }
    static std::string read(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    os::testing::TemporaryDirectory temporary_;
    fs::path source_ = temporary_.path() / "source";
    fs::path destination_ = temporary_.path() / "destination";
    std::string out_;
    std::string err_;
};

TEST_F(CopyVerbTest, CopiesAndSaysSo) {
    write(source_ / "a", "12345");
    EXPECT_EQ(run_copy({}), kSuccess) << err_;
    EXPECT_EQ(read(destination_ / "a"), "12345");
    EXPECT_NE(out_.find("Copied 2 files (5 B) of 2 files"), std::string::npos) << out_;
    EXPECT_NE(out_.find("Everything is as asked."), std::string::npos) << out_;
    EXPECT_NE(err_.find("Copying"), std::string::npos) << err_;
    EXPECT_EQ(err_.find('\r'), std::string::npos) << "no terminal, no rewriting";
}

TEST_F(CopyVerbTest, PrintsOneJsonValue) {
    write(source_ / "a", "12345");
    EXPECT_EQ(run_copy({"--json"}), kSuccess);
    const Json report = parse_json(out_, "the report");
    EXPECT_EQ(report["Status"], "SUCCESS");
    EXPECT_EQ(report["BytesWritten"], 5);
    EXPECT_EQ(report["Result"]["VerifyStatus"], "SUCCESS");
    EXPECT_EQ(err_, "");
}

TEST_F(CopyVerbTest, ADryRunNeedsNoDestinationAndMakesNone) {
    write(source_ / "a\nb", "12345");
    EXPECT_EQ(run_copy({"--dry-run"}), kSuccess);
    EXPECT_FALSE(fs::exists(destination_));
    EXPECT_NE(out_.find("copy  a\\x0ab  (new)"), std::string::npos) << out_;
    EXPECT_EQ(run_copy({"-n", "--json"}), kSuccess);
    const Json report = parse_json(out_, "the report");
    EXPECT_EQ(report["ActionsTotal"], 2);
    EXPECT_EQ(report["EstimatedBytesToTransfer"], 5);
}

TEST_F(CopyVerbTest, NamesWhatCouldNotBeCopied) {
    write(source_ / "a", "x");
    write(source_ / "b", "x");
    fault::install("mover.file-write=enospc");
    const fs::path report = temporary_.path() / "report.json";
    EXPECT_EQ(run_copy({"--report", report.string(), "--workers", "1"}), kPartial);
    fault::install("");
    EXPECT_NE(err_.find("1 file could not be made equal"), std::string::npos) << err_;
    EXPECT_NE(err_.find("ENOSPC"), std::string::npos) << err_;
    const Json written = parse_json(read(report), "the report");
    EXPECT_EQ(written["FilesFailed"], 1);
    EXPECT_EQ(written["Failures"][0]["Code"], "ENOSPC");
    // Each file is there: the one that failed, the other, and the directory.
    std::map<std::string, int> actions;
    for (const Json& file : written["Files"])
        ++actions[file["Action"].get<std::string>()];
    EXPECT_EQ(actions, (std::map<std::string, int>{{"copy", 1}, {"fail", 1}, {"update", 1}}));
    EXPECT_EQ(std::distance(fs::directory_iterator(temporary_.path()), {}), 3) << "no part is left";
}

TEST_F(CopyVerbTest, AReportThatCannotBeWrittenTakesNothingFromTheCopy) {
    // More than is written at once.
    fs::create_directory(source_ / std::string(200, 'd'));
    for (int i = 0; i < 300; ++i)
        write(source_ / std::string(200, 'd') / (std::to_string(i) + std::string(200, 'n')), "x");
    fault::install("copy.report-write=enospc");
    const fs::path report = temporary_.path() / "report.json";
    EXPECT_EQ(run_copy({"--report", report.string()}), kNoSpace);
    fault::install("");
    EXPECT_NE(out_.find("Copied 302 files"), std::string::npos) << out_;
    EXPECT_NE(out_.find("Everything is as asked."), std::string::npos) << out_;
    EXPECT_NE(err_.find("ENOSPC"), std::string::npos) << err_;
    EXPECT_FALSE(fs::exists(report));
    EXPECT_EQ(std::distance(fs::directory_iterator(temporary_.path()), {}), 2) << "no part is left";
}

TEST_F(CopyVerbTest, WritesNoReportWhereItWouldBeDeleted) {
    write(source_ / "a", "x");
    fs::create_directories(destination_ / "below");
    const std::string report = (destination_ / "below" / "report.json").string();
    EXPECT_EQ(run_copy({"--report", report, "--delete"}), kUsage);
    EXPECT_NE(err_.find("would be deleted"), std::string::npos) << err_;
    EXPECT_TRUE(fs::is_empty(destination_ / "below"));
    EXPECT_FALSE(fs::exists(destination_ / "a"));
    EXPECT_EQ(run_copy({"--report", report}), kSuccess) << err_;
    EXPECT_TRUE(fs::exists(report));
}

TEST_F(CopyVerbTest, TakesDataSyncsOptionsInAnyCase) {
    write(source_ / "a", "newer");
    fs::create_directory(destination_);
    write(destination_ / "a", "old");
    write(destination_ / "extra", "x");
    EXPECT_EQ(run_copy({"--overwrite-mode", "never", "--preserve-deleted-files", "REMOVE",
                        "--bytes-per-second", "10MiB"}),
              kSuccess)
        << err_;
    EXPECT_EQ(read(destination_ / "a"), "old");
    EXPECT_FALSE(fs::exists(destination_ / "extra"));
    write(source_ / "c.tmp", "x");
    EXPECT_EQ(run_copy({"--exclude", "*.tmp", "--exclude", "/b", "-v"}), kSuccess) << err_;
    EXPECT_EQ(read(destination_ / "a"), "newer");
    EXPECT_FALSE(fs::exists(destination_ / "c.tmp"));
    EXPECT_NE(out_.find("copy  a  ("), std::string::npos) << out_;
}

TEST_F(CopyVerbTest, CopiesWhatAManifestNames) {
    write(source_ / "a", "x");
    write(source_ / "b", "x");
    const fs::path manifest = temporary_.path() / "manifest.csv";
    std::ofstream(manifest) << "/a\nnot here\n";
    EXPECT_EQ(run_copy({"--manifest", manifest.string()}), kPartial);
    EXPECT_TRUE(fs::exists(destination_ / "a"));
    EXPECT_FALSE(fs::exists(destination_ / "b"));
    EXPECT_NE(err_.find("not here: NotAtSource"), std::string::npos) << err_;
    EXPECT_EQ(run_copy({"--manifest", (temporary_.path() / "missing").string()}), kNotFound);
    EXPECT_EQ(run_copy({"--manifest", manifest.string(), "--delete"}), kUsage);
    EXPECT_EQ(run_copy({"--manifest", manifest.string(), "--include", "/a"}), kUsage);
}

TEST_F(CopyVerbTest, CopiesToABucketAndBack) {
    ASSERT_EQ(run_verb({"aws", "s3", "CreateBucket", "--input", R"({"Bucket": "homes"})"}),
              kSuccess)
        << err_;
    write(source_ / "a", "12345");
    fs::create_symlink("a", source_ / "link");
    const fs::path tree = source_;
    destination_ = "s3://homes/users/ada";
    EXPECT_EQ(run_copy({"--dry-run"}), kSuccess) << err_;
    EXPECT_NE(out_.find("copy  a  (new)"), std::string::npos) << out_;
    EXPECT_EQ(run_copy({}), kSuccess) << err_;
    EXPECT_NE(out_.find("Copied 3 files (5 B) of 3 files"), std::string::npos) << out_;
    source_ = destination_;
    destination_ = temporary_.path() / "back";
    EXPECT_EQ(run_copy({}), kSuccess) << err_;
    EXPECT_EQ(read(destination_ / "link"), "12345");
    EXPECT_EQ(fs::last_write_time(destination_ / "a"), fs::last_write_time(tree / "a"));
    // Nothing is made where nothing is to be had.
    source_ = "s3://homes/nobody";
    EXPECT_EQ(run_copy({}), kNotFound);
    destination_ = temporary_.path() / "new";
    EXPECT_EQ(run_copy({}), kNotFound);
    source_ = "s3://none/x";
    EXPECT_EQ(run_copy({}), kNotFound);
    EXPECT_FALSE(fs::exists(destination_));
    destination_ = "s3://homes/x";
    EXPECT_EQ(run_copy({}), kUsage);
    destination_ = "s3://";
    EXPECT_EQ(run_copy({}), kUsage);
}

TEST_F(CopyVerbTest, RefusesWhatMakesNoSense) {
    EXPECT_EQ(run_copy({"--overwrite-mode", "sometimes"}), kUsage);
    EXPECT_EQ(run_copy({"--delete", "--transfer-mode", "ALL"}), kUsage);
    EXPECT_EQ(run_copy({"--owner", "somebody"}), kUsage);
    EXPECT_EQ(run_copy({"--owner", "1", "--map-uid", "1=2"}), kUsage);
    EXPECT_EQ(run_copy({"--include", "relative"}), kUsage);
    EXPECT_EQ(run_copy({"--workers", "0"}), kUsage);
    EXPECT_FALSE(fs::exists(destination_));
    destination_ = source_ / "below";
    EXPECT_EQ(run_copy({}), kUsage);
    EXPECT_FALSE(fs::exists(destination_));
    destination_ = temporary_.path() / "new";
    const fs::path manifest = temporary_.path() / "manifest.csv";
    write(manifest, "/a\n");
    EXPECT_EQ(run_copy({"--manifest", manifest.string(), "--delete"}), kUsage);
    EXPECT_FALSE(fs::exists(destination_));
    source_ = temporary_.path() / "none";
    EXPECT_EQ(run_copy({}), kNotFound);
}

}  // namespace
}  // namespace lifeboat::cli
