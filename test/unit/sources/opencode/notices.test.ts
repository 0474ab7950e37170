import { expect, it } from "vitest";
import { isNotice, isWithoutReply, toldAbout } from "../../../../src/sources/opencode/notices.ts";
import type { Conversation, PartBody } from "../../../../src/sources/opencode/records.ts";
import { parseMessage, parsePart } from "../../../../src/sources/opencode/records.ts";

function told(text: string): Conversation {
  const times = { createdAt: 1_000, updatedAt: 1_000 };
  return {
    messages: [{ id: "msg_1", ...times, body: parseMessage({ role: "user" }) ?? expect.unreachable() }],
    parts: new Map([
      ["msg_1", [{ id: "prt_1", messageId: "msg_1", ...times, body: part({ type: "text", text }) }]],
    ]),
    isWhole: true,
    unreadAt: null,
  };
}

it.each([
  [
    "2.x",
    '[BACKGROUND TASK COMPLETED] Task "Find" finished in 8s. Use background_output with task_id="bg_00000001" to get results.',
    [["bg_00000001", "COMPLETED", "success"]],
  ],
  [
    "3.x, one of several",
    "<system-reminder>\n[BACKGROUND TASK COMPLETED]\n**ID:** `bg_00000001`\n**Description:** One\n\n**2 tasks still in progress.**",
    [["bg_00000001", "COMPLETED", "success"]],
  ],
  [
    "3.x, all",
    "<system-reminder>\n[ALL BACKGROUND TASKS COMPLETE]\n\n**Completed:**\n- `bg_00000001`: One\n- `bg_00000002`: Two",
    [
      ["bg_00000001", "COMPLETED", "success"],
      ["bg_00000002", "COMPLETED", "success"],
    ],
  ],
  [
    "3.14.1, with a failure",
    "<system-reminder>\n[ALL BACKGROUND TASKS FINISHED - 1 FAILED]\n\n**Completed:**\n- `bg_00000001`: One\n\n**Failed:**\n- `bg_00000002`: Two [ERROR] - bad request",
    [
      ["bg_00000001", "COMPLETED", "success"],
      ["bg_00000002", "ERROR", "failure"],
    ],
  ],
  [
    "4.x, cancelled",
    "<system-reminder>\n[BACKGROUND TASK CANCELLED]\n**ID:** `bg_00000001`",
    [["bg_00000001", "CANCELLED", "cancelled"]],
  ],
  [
    "4.x, interrupted",
    "<system-reminder>\n[BACKGROUND TASK INTERRUPTED]\n**ID:** `bg_00000001`",
    [["bg_00000001", "INTERRUPTED", "cancelled"]],
  ],
  [
    "4.x, retrying",
    "<system-reminder>\n[BACKGROUND TASK RETRYING]\n**ID:** `bg_00000001`",
    [["bg_00000001", "RETRYING", "open"]],
  ],
  [
    "OpenCode itself",
    '<task id="ses_child" state="error">\n<summary>Background task failed: Look</summary>',
    [["ses_child", "error", "failure"]],
  ],
  [
    "opencode-background-agents",
    "<task-notification>\n<task-id>calm-green-heron</task-id>\n<status>error</status>\n</task-notification>",
    [["calm-green-heron", "error", "failure"]],
  ],
  [
    "4.19, given up",
    "<system-reminder>\n[ALL BACKGROUND TASKS FINISHED - 1 FAILED]\n\n**Failed:**\n- `bg_0a1b2c3d4e`: One [ERROR] - Task timed out after 30 minutes of inactivity",
    [["bg_0a1b2c3d4e", "ERROR", "timeout"]],
  ],
  [
    "4.19, never started",
    "<system-reminder>\n[ALL BACKGROUND TASKS FINISHED - 1 FAILED]\n\n**Failed:**\n- `bg_1d92e3b5`: One [INTERRUPT] - promptAsync skipped by gate: active",
    [["bg_1d92e3b5", "INTERRUPT", "failure"]],
  ],
  ["a person", "look at bg_00000001, is it done?", []],
])("reads what %s tells a parent", (_who, text, expected) => {
  const found = toldAbout(told(text), [], "/srv/opencode.db");
  expect(found.map(({ id, claim }) => [id, claim.word, claim.says])).toEqual(expected);
});

it.each([
  ["<system-reminder>\n[BACKGROUND TASK COMPLETED]\n**2 tasks still in progress.**", true, true],
  ["<system-reminder>\n[BACKGROUND TASK RESULT READY]\n<!-- OMO_INTERNAL_NOREPLY -->", true, true],
  ["<system-reminder>\n[ALL BACKGROUND TASKS COMPLETE]", true, false],
  ["<system-reminder>\n[BACKGROUND TASK RETRYING]\n**ID:** `bg_00000001`", true, true],
  ["<system-reminder>\n[BACKGROUND TASK RETRY SESSION READY]\n**ID:** `bg_00000001`", true, true],
  ["Add the flag\n<!-- OMO_INTERNAL_INITIATOR -->", false, false],
  ["2 tasks still in progress", false, false],
])("knows %j as a notice: %s, and without reply: %s", (text, notice, quiet) => {
  expect([isNotice(text), isWithoutReply(text)]).toEqual([notice, quiet]);
});

function part(value: unknown): PartBody {
  return parsePart(value) ?? { type: "none" };
}
