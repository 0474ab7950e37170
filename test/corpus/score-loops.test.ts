import { expect, it } from "vitest";

const root = `${import.meta.dirname}/../..`;
const runs = `${root}/fixtures/loops/runs.jsonl`;
const cases = `${root}/fixtures/loops/cases.jsonl`;

function score(...args: string[]) {
  const { stdout, stderr, exitCode } = Bun.spawnSync(
    [process.execPath, "run", "--silent", "score:loops", ...args],
    {
      cwd: root,
    },
  );
  return { stdout: stdout.toString(), stderr: stderr.toString(), exitCode };
}

function report(...args: string[]) {
  return JSON.parse(score(...args).stdout);
}

it("prints one document with the totals, the runs and the cases", () => {
  expect(report(runs, cases)).toEqual({
    // 2 of 4 loops found; of the false alarms only "gets-out" counts: "as-told" is ambiguous.
    totals: {
      precision: 2 / 3,
      recall: 2 / 4,
      f1: (2 * (2 / 3) * (2 / 4)) / (2 / 3 + 2 / 4),
      working_called_stuck: 0,
      struggling_called_stuck: 1,
      working_calls: 63,
      working_alerts: 4,
    },
    // Without "hard-to-say".
    totals_without_borderline: {
      precision: 2 / 3,
      recall: 2 / 3,
      f1: 2 / 3,
      working_called_stuck: 0,
      struggling_called_stuck: 1,
      working_calls: 63,
      working_alerts: 4,
    },
    runs: [
      { id: "same-read", label: "loop", verdict: "stuck", rule: "R1", call: 5 },
      { id: "same-error", label: "loop", verdict: "stuck", rule: "R3", call: 7 },
      { id: "grows", label: "loop", verdict: "healthy", rule: null, call: null },
      { id: "works", label: "working", verdict: "healthy", rule: null, call: null },
      { id: "told-again", label: "working", verdict: "struggling", rule: "R1", call: 2 },
      { id: "gets-out", label: "struggling", verdict: "stuck", rule: "R1", call: 4 },
      { id: "three-times", label: "struggling", verdict: "struggling", rule: "R1", call: 2 },
      { id: "polls", label: "waiting", verdict: "healthy", rule: null, call: null },
      { id: "as-told", label: "ambiguous", verdict: "stuck", rule: "R1", call: 4 },
      // Twelve failures of two messages are two steps, nine that began at once are one; for the owner's rule they are many.
      { id: "two-messages", label: "working", verdict: "struggling", rule: "S", call: 2 },
      { id: "says-no", label: "working", verdict: "healthy", rule: null, call: null },
      { id: "same-time", label: "working", verdict: "struggling", rule: "S", call: 2 },
      { id: "hard-to-say", label: "loop", verdict: "healthy", rule: null, call: null },
    ],
    cases: [
      { id: "grep-five-times", cls: "loop", verdict: "stuck", rule: "R1", call: 4 },
      { id: "grep-four-times", cls: "loop", verdict: "struggling", rule: "R1", call: 2 },
      { id: "keys-in-any-order", cls: "loop", verdict: "stuck", rule: "R1", call: 4 },
      { id: "same-words", cls: "loop", verdict: "stuck", rule: "M", call: 4 },
      { id: "condenses", cls: "loop", verdict: "stuck", rule: "M", call: 9 },
      { id: "no-results", cls: "loop", verdict: "stuck", rule: "R1", call: 5 },
      { id: "gets-out", cls: "ok", verdict: "healthy", rule: null, call: null },
      { id: "told-again", cls: "ok", verdict: "struggling", rule: "R1", call: 7 },
      { id: "arguments-unknown", cls: "ok", verdict: "healthy", rule: null, call: null },
      { id: "three-failures", cls: "ok", verdict: "struggling", rule: "S", call: 2 },
      { id: "empty", cls: "ok", verdict: "healthy", rule: null, call: null },
      { id: "one-message", cls: "ok", verdict: "struggling", rule: "S", call: 2 },
    ],
  });
});

it("judges runs without cases", () => {
  expect(report(runs)).toMatchObject({ totals: { recall: 2 / 4 }, cases: [] });
});

it("tells what a rule is worth by leaving it out", () => {
  expect(report(runs, "--without", "R3", "--without", "R1").totals).toMatchObject({ recall: 0 });
});

it.each([
  ["no file", [], "score:loops: which runs?"],
  ["a file that is not there", ["/srv/demo/none.jsonl"], "score:loops: ENOENT"],
  ["a file of another form", [cases], "score:loops: "],
])("says what is wrong with %s", (_, args, message) => {
  const { stdout, stderr, exitCode } = score(...args);

  expect(stdout).toBe("");
  expect(stderr).toContain(message);
  expect(exitCode).toBe(1);
});
