import { expect, it } from "vitest";
import { emptyActivity, observe } from "../../../../src/core/evidence/observe.ts";
import { childrenInItem } from "../../../../src/sources/codex/children.ts";

it.each([
  ["its last name", "/root/survey_2", "survey_2"],
  ["all of it where a token has strokes of its own", "1//0a7f0c3e9b5d1428a6a7f0c3e9b5d14", "[redacted]"],
])("calls a sub-agent by its path: %s", (_, path, title) => {
  const activity = emptyActivity();
  const item = {
    type: "SubAgentActivity",
    kind: "started",
    agent_thread_id: "t2",
    agent_path: path,
  };
  for (const event of childrenInItem(item, { at: 1, line: 1 })) observe(activity, event);
  expect(activity.children.map((child) => child.title)).toEqual([title]);
});
