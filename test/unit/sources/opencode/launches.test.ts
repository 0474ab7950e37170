import { expect, it } from "vitest";
import { findLaunches } from "../../../../src/sources/opencode/children.ts";
import type { PartBody, PartRow, SessionRow } from "../../../../src/sources/opencode/records.ts";
import { parsePart } from "../../../../src/sources/opencode/records.ts";

const at = 1_000_000;
const fresh = { messages: [], retries: new Map() };
const parent = session("parent", null, "Main", 0);

function session(id: string, parentId: string | null, title: string, createdAt: number): SessionRow {
  return {
    id: `ses_${id}`,
    parentId,
    directory: "/srv/demo",
    title,
    version: null,
    agent: null,
    createdAt,
    updatedAt: createdAt,
    archivedAt: null,
    idle: null,
    used: null,
    claim: null,
  };
}

function launch(tool: string, output: string, metadata: object = {}, input: object = {}): PartRow {
  return {
    id: `prt_${tool}`,
    messageId: "msg_1",
    createdAt: at,
    updatedAt: at,
    body: part({
      type: "tool",
      tool,
      state: {
        status: "completed",
        input: { description: "Find ts files", subagent_type: "explore", run_in_background: true, ...input },
        output,
        metadata,
        time: { start: at, end: at + 100 },
      },
    }),
  };
}

it.each([
  [
    "2.14.0",
    launch(
      "background_task",
      "Background task launched successfully.\n\nTask ID: bg_be7aa13f\nSession ID: ses_child\nStatus: running",
    ),
  ],
  [
    "3.1.3",
    launch(
      "delegate_task",
      "Background task launched.\n\nTask ID: bg_be7aa13f\nSession ID: undefined\nStatus: pending",
    ),
  ],
  [
    "3.14.0",
    launch(
      "task",
      "Background task launched.\n\nBackground Task ID: bg_be7aa13f\n\n<task_metadata>\nsession_id: ses_child\ntask_id: bg_be7aa13f\nbackground_task_id: bg_be7aa13f\n</task_metadata>",
      { sessionId: "ses_child" },
    ),
  ],
  [
    "3.17.15",
    launch(
      "task",
      "Background task launched.\n\nBackground Task ID: bg_be7aa13f\n\n<task_metadata>\nsession_id: ses_child\ntask_id: ses_child\n</task_metadata>",
      { sessionId: "ses_child", backgroundTaskId: "bg_be7aa13f" },
    ),
  ],
  [
    "3.0 beta",
    launch("sisyphus_task", "Background task launched.\nTask ID: bg_be7aa13f\nSession ID: ses_child"),
  ],
  [
    "call_omo_agent",
    launch(
      "call_omo_agent",
      "Background agent task launched successfully.\n\nTask ID: bg_be7aa13f\nSession ID: ses_child",
    ),
  ],
])("finds the id and the session of a launch by %s", (_version, part) => {
  const [found] = findLaunches(
    parent,
    [part],
    [session("child", "ses_parent", "Background: Find ts files", at + 50)],
    fresh,
  );
  expect(found).toMatchObject({
    taskId: "bg_be7aa13f",
    sessionId: "ses_child",
    isBackground: true,
    title: "Find ts files",
    agent: "explore",
    at,
  });
});

it("gives two launches of one title the two children in the order of their making", () => {
  const parts = [
    launch("delegate_task", "Background task launched.\nTask ID: bg_00000001\nSession ID: undefined"),
    launch("delegate_task", "Background task launched.\nTask ID: bg_00000002\nSession ID: undefined"),
  ];
  const children = [
    session("a", "ses_parent", "Background: Find ts files", at + 10),
    session("b", "ses_parent", "Background: Find ts files", at + 20),
  ];
  expect(
    findLaunches(parent, parts, children, fresh).map(({ taskId, sessionId }) => [taskId, sessionId]),
  ).toEqual([
    ["bg_00000001", "ses_a"],
    ["bg_00000002", "ses_b"],
  ]);
});

it("leaves a child to the launch of the same title", () => {
  const parts = ["Fix", "Fix tests"].map((description, index) =>
    launch(
      "delegate_task",
      `Background task launched.\nTask ID: bg_0000000${index}\nSession ID: undefined`,
      {},
      { description },
    ),
  );
  const children = [session("a", "ses_parent", "Background: Fix tests", at + 10)];
  expect(findLaunches(parent, parts, children, fresh).map(({ sessionId }) => sessionId)).toEqual([
    null,
    "ses_a",
  ]);
});

it("does not take a child of an earlier launch", () => {
  const part = launch(
    "delegate_task",
    "Background task launched.\nTask ID: bg_00000001\nSession ID: undefined",
  );
  const [found] = findLaunches(
    parent,
    [part],
    [session("a", "ses_parent", "Background: Find ts files", at - 5_000)],
    fresh,
  );
  expect(found?.sessionId).toBeNull();
});

it("knows a subagent that the parent waits for", () => {
  const part = launch(
    "task",
    "task_id: ses_child\n\n<task_result>done</task_result>",
    { sessionId: "ses_child" },
    { run_in_background: false },
  );
  expect(findLaunches(parent, [part], [], fresh)).toMatchObject([
    { taskId: null, sessionId: "ses_child", isBackground: false, endedAt: at + 100 },
  ]);
});

it.each([
  ["read", "Background task launched. Task ID: bg_be7aa13f"],
  ["todowrite", ""],
])("does not take %s for a launch", (tool, output) => {
  expect(findLaunches(parent, [launch(tool, output)], [], fresh)).toEqual([]);
});

it("takes the child made since a retry was queued, where the notice of its session is missing", () => {
  const part = launch("task", "Background Task ID: bg_00000001\nsession_id: ses_first");
  const children = [
    session("first", "ses_parent", "Find ts files (@explore subagent)", at + 10),
    session("second", "ses_parent", "Find ts files (@explore subagent)", at + 60_000),
  ];
  const retries = new Map([["bg_00000001", { sessionId: null, failed: ["ses_first"], at: at + 59_500 }]]);
  expect(findLaunches(parent, [part], children, { messages: [], retries })).toMatchObject([
    { sessionId: "ses_second" },
  ]);
});

function part(value: unknown): PartBody {
  return parsePart(value) ?? { type: "none" };
}
