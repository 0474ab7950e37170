import { expect, it } from "vitest";
import { endOf, lastWords, questionIn } from "../../../../src/core/text/last-words.ts";

it.each([
  ["nothing at its end", "Is it done? Yes.", null],
  ["its last sentence", "I found two ways. Which one do you want?", "Which one do you want?"],
  ["its last line", "Options:\n- a\n- b\n\n**Shall I go on?**", "**Shall I go on?"],
  ["in another script", "准备好了。要继续吗？", "准备好了。要继续吗？"],
  ["the end of a long one", `${"so ".repeat(100)}which?`, expect.stringMatching(/^…[^?]{150,}which\?$/)],
])("asks %s", (_, text, question) => {
  expect(questionIn(text)).toEqual(question);
});

it("are all of a text that asks nothing", () => {
  expect(lastWords("All done.")).toBe("All done.");
});

it.each([
  [3, "abcdef", "def"],
  [6, "abcdef", "abcdef"],
  [
    60,
    `${"x ".repeat(80)}ghp_q7Yt2LmZx9KcVb4NhRw8SdFgJp3TeUa61oXi${" ok".repeat(11)}`,
    expect.not.stringMatching(/oXi/),
  ],
])("end in the last %i characters, and no half of a secret", (most, text, end) => {
  expect(endOf(text, most)).toEqual(end);
});
