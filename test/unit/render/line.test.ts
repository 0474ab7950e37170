import { expect, it } from "vitest";
import { renderLine } from "../../../src/render/line.ts";

const none = {
  total: 0,
  failed: 0,
  waiting: 0,
  stuck: 0,
  struggling: 0,
  unknown: 0,
  healthy: 0,
  completed: 0,
  cancelled: 0,
};
const line = (counts: object, isQuiet = false, isAscii = false) =>
  renderLine({ summary: { ...none, ...counts } }, isQuiet, isAscii);

it("counts what needs somebody, then what is well, and leaves out what has ended", () => {
  expect(line({ failed: 2, waiting: 1, healthy: 5, completed: 9 })).toBe("2 failed, 1 waiting · 5 healthy\n");
  expect(line({ healthy: 5 })).toBe("5 healthy\n");
  expect(line({ stuck: 1 }, false, true)).toBe("1 stuck\n");
  expect(line({ stuck: 1, healthy: 2 }, false, true)).toBe("1 stuck | 2 healthy\n");
});

it("is quiet with --quiet while nobody is needed", () => {
  expect(line({ healthy: 5 }, true)).toBe("");
  expect(line({ unknown: 1, healthy: 5 }, true)).toBe("1 unknown · 5 healthy\n");
});
