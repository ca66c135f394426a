// The same as answer.cpp, by the reference implementation: npm's "jsonata", named by its directory.
const jsonata = require(process.argv[2]);
const lines = require("readline").createInterface({ input: process.stdin });

// Functions and sequences become what JSON has for them.
const plain = (value) => JSON.parse(JSON.stringify(value, (_, v) => (typeof v === "function" ? "" : v)));

async function answer(question) {
  try {
    const value = await jsonata(question.expression).evaluate(question.input);
    if (value === undefined) return { undefined: true };
    if (typeof value === "function" || value?._jsonata_function || value?._jsonata_lambda) return { value: "" };
    return { value: plain(value) };
  } catch (error) {
    return { error: String(error.code) };
  }
}

(async () => {
  for await (const line of lines) console.log(JSON.stringify(await answer(JSON.parse(line))));
})();
