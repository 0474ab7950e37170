import { appendFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { type Dialect, type Followed, follow } from "../../../src/sources/followed-file.ts";
import { sourceContext } from "../../support/source-context.ts";
import { makeWorkspace, type Workspace } from "../../support/workspace.ts";

const start = Date.parse("2026-11-22T08:00:00Z");
const hour = 3_600_000;

const Call = z.object({ at: z.number(), path: z.string() });
const dialect: Dialect<object> = {
  memory: z.object({}),
  begin: () => ({}),
  translate(record, { line }) {
    const { at, path } = Call.parse(record);
    const call = { at, line, callId: null } as const;
    return {
      events: [
        { ...call, type: "call_started", tool: "edit", input: { raw: { path } } },
        { ...call, type: "call_ended", outcome: "failed", output: { raw: "no such text" } },
      ],
    };
  },
};

const calls = (at: number, count: number) =>
  Array.from({ length: count }, (_, index) => `${JSON.stringify({ at: at + index, path: "a.ts" })}\n`).join(
    "",
  );

function read({ root, path }: Workspace, now: number, kept: unknown = null): Followed<object> | null {
  const followed = follow(
    path("s.jsonl"),
    sourceContext(root, now),
    dialect,
    JSON.parse(JSON.stringify(kept)),
  );
  return followed !== null && "activity" in followed ? followed : null;
}

it("tells of a file that was silent for six hours its last acts and counts, whether it was read before or not", () => {
  const workspace = makeWorkspace();
  workspace.write("s.jsonl", calls(start, 20));
  const fresh = read(workspace, start + hour);
  expect(fresh?.activity.calls).toHaveLength(20);
  const [cold, warm] = [read(workspace, start + 7 * hour), read(workspace, start + 7 * hour, fresh?.kept)];
  expect(cold?.activity).toMatchObject({ calls: [], callCount: 20, failures: { count: 20 } });
  expect(warm?.activity).toEqual(cold?.activity);
  expect(JSON.stringify(warm?.kept).length).toBeLessThan(2_000);
});

it("knows all its calls again once it goes on", () => {
  const workspace = makeWorkspace();
  const path = workspace.write("s.jsonl", calls(start, 20));
  const silent = read(workspace, start + 7 * hour);
  appendFileSync(path, calls(start + 8 * hour, 2));
  const [cold, warm] = [read(workspace, start + 9 * hour), read(workspace, start + 9 * hour, silent?.kept)];
  expect(cold?.activity.calls).toHaveLength(22);
  expect(warm?.activity).toEqual(cold?.activity);
});

it("reads what grew by very much since the last look from its end, as a first look does", () => {
  const workspace = makeWorkspace();
  const path = workspace.write("s.jsonl", calls(start, 20));
  const fresh = read(workspace, start + hour);
  const long = `${JSON.stringify({ at: start + 1, path: "x".repeat(2 ** 20) })}\n`;
  for (let count = 0; count < 129; count += 1) appendFileSync(path, long);
  appendFileSync(path, calls(start + hour, 2));
  const [cold, warm] = [read(workspace, start + hour), read(workspace, start + hour, fresh?.kept)];
  expect([warm?.isCut, warm?.activity]).toEqual([true, cold?.activity]);
});
