#include "cli/command_tree.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/bash_completion.h"
#include "cli/manual.h"

namespace lifeboat::cli {
namespace {

class CommandTree : public ::testing::Test {
  protected:
    CommandTree() {
        app.add_option("--data", text, "Data directory")->envname("LIFEBOAT_DATA");
        app.add_option("--cloud", text, "Where")->check(CLI::IsMember({"local", "aws"}));
        CLI::App* studio = app.add_subcommand("studio", "SageMaker Studio");
        CLI::App* users = studio->add_subcommand("users", "User profiles");
        CLI::App* list = users->add_subcommand("list", "List them");
        list->add_option("--sort,-s", text, "By what")->check(CLI::IsMember({"name", "time"}));
        list->add_flag("--all", flag, ".hidden ones - too");
        list->add_flag("--detail{most}", text, "How much")->check(CLI::IsMember({"most", "least"}));
        CLI::App* show = users->add_subcommand("show", "Show one");
        show->add_option("name", text, "Its name")->required();
        app.add_subcommand("env", "Print exports");
    }

    // What bash offers for the last of `words`.
    std::string offered(const std::string& words, int index) {
        const std::string script = bash_completion(command_tree(app)) + "\nCOMP_WORDS=(" + words +
                                   ")\nCOMP_CWORD=" + std::to_string(index) +
                                   "\n_lifeboat\necho \"${COMPREPLY[*]}\"\n";
        const std::string path = ::testing::TempDir() + "lifeboat_completion_" +
                                 std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
                                 std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".sh";
        if (FILE* file = std::fopen(path.c_str(), "w")) {
            std::fputs(script.c_str(), file);
            std::fclose(file);
        }
        const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
            ::popen(("bash --norc -u '" + path + "' 2>&1").c_str(), "r"), ::pclose);
        std::string out;
        std::array<char, 256> buffer{};
        while (std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr)
            out += buffer.data();
        std::remove(path.c_str());
        if (!out.empty() && out.back() == '\n') out.pop_back();
        return out;
    }

    CLI::App app{"Keeps work afloat", "lifeboat"};
    std::string text;
    bool flag = false;
};

TEST_F(CommandTree, HoldsVerbsOptionsAndChoices) {
    const CommandShape tree = command_tree(app);
    ASSERT_EQ(tree.commands.size(), 2U);
    const CommandShape& list = tree.commands[0].commands[0].commands[0];
    EXPECT_EQ(list.name, "list");
    const OptionShape& sort = list.options[1];
    EXPECT_EQ(sort.names, (std::vector<std::string>{"-s", "--sort"}));
    EXPECT_EQ(sort.choices, (std::vector<std::string>{"name", "time"}));
    EXPECT_TRUE(sort.takes_value);
    EXPECT_FALSE(list.options[2].takes_value);
    EXPECT_EQ(list.options[3].names, std::vector<std::string>{"--detail"});
    EXPECT_FALSE(list.options[3].takes_value);
    const OptionShape& name = tree.commands[0].commands[0].commands[1].options[1];
    EXPECT_EQ(name.placeholder, "name");
    EXPECT_TRUE(name.required);
}

TEST_F(CommandTree, BashCompletesVerbsOptionsAndValues) {
    EXPECT_EQ(offered("lifeboat st", 1), "studio");
    EXPECT_EQ(offered("lifeboat studio ''", 2).substr(0, 5), "users");
    EXPECT_EQ(offered("lifeboat --data studio e", 3), "env");
    EXPECT_EQ(offered("lifeboat studio users list --so", 4), "--sort");
    EXPECT_EQ(offered("lifeboat studio users list --de", 4), "--detail");
    EXPECT_EQ(offered("lifeboat studio users list -s ''", 5), "name time");
    EXPECT_EQ(offered("lifeboat studio users list --clo", 4), "--cloud");
    EXPECT_EQ(offered("lifeboat studio users list --cloud l", 5), "local");
    EXPECT_EQ(offered("lifeboat nonsense nowhere", 2), "");
}

TEST_F(CommandTree, TheManualNamesEveryVerbAndOption) {
    const std::string page = manual_page(command_tree(app), "1.0");
    for (const std::string part :
         {".TH LIFEBOAT 1", ".SS studio users list\n", ".SS studio users show name\n", ".SS env\n",
          "\\fB\\-\\-data\\fR", "[\\fBLIFEBOAT_DATA\\fR]",
          "\\fB\\-s\\fR, \\fB\\-\\-sort\\fR name|time", "\n\\&.hidden ones \\- too\n",
          ".SH EXIT STATUS"})
        EXPECT_NE(page.find(part), std::string::npos) << part << "\n" << page;
}

}  // namespace
}  // namespace lifeboat::cli
