import { expect, it } from "vitest";
import { activityOf, type TestCall, times } from "../../../support/fold-calls.ts";

/** For each call whether it was news. */
const newsOf = (calls: readonly TestCall[]) => activityOf(calls).calls.map(({ isNovel }) => isNovel);

it.each([
  ["a call that is new", [{}], [true]],
  ["the same call with the same result", [{}, {}], [true, false]],
  ["the same call with a new result", [{ result: "1" }, { result: "2" }], [true, true]],
  [
    "a third equal text of another call",
    times(3, (n) => ({ args: `${n}`, result: "r", length: 60 })),
    [true, true, false],
  ],
  [
    "a third acknowledgement",
    times(3, (n) => ({ args: `${n}`, result: "r", length: 59 })),
    [true, true, true],
  ],
  ["an error seen before", times(2, (n) => ({ args: `${n}`, result: `${n}`, error: "e" })), [true, false]],
  [
    "another tool's error",
    times(2, (n) => ({ tool: `${n}`, args: `${n}`, result: `${n}`, error: "e" })),
    [true, true],
  ],
  ["an edit with a new result", times(2, (n) => ({ kind: "mut", result: `${n}` })), [true, false]],
  ["another edit", times(2, (n) => ({ kind: "mut", args: `${n}`, result: "ok", length: 2 })), [true, true]],
  [
    "a third equal outcome of edits",
    times(3, (n) => ({ kind: "mut", args: `${n}`, length: 200 })),
    [true, true, false],
  ],
  [
    "a third acknowledgement of an edit",
    times(3, (n) => ({ kind: "mut", args: `${n}`, length: 199 })),
    [true, true, true],
  ],
  [
    "a third equal answer to searches",
    times(3, (n) => ({ search: true, args: `${n}`, result: `${n}`, answer: "q" })),
    [true, true, false],
  ],
  ["an unknown result", times(3, () => ({ result: null })), [true, true, true]],
  ["a result of unknown arguments", times(3, () => ({ args: null, length: 5 })), [true, true, true]],
] satisfies [string, TestCall[], boolean[]][])("judges %s", (_, calls, news) => {
  expect(newsOf(calls)).toEqual(news);
});
