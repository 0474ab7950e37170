import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { type LaidOutHome, writtenAt } from "../../../support/laid-out-home.ts";
import { asked, collectAt, layChat, run, session, takeAway, typedIn } from "./written-chat.ts";

const laidOut: LaidOutHome[] = [];
const minute = 60_000;

afterEach(() => takeAway(laidOut));

/** Whether a person typed what the chat begins with, or not. */
function lay(records: readonly object[], isTyped: boolean): LaidOutHome {
  const home = layChat(records, isTyped ? { logs: [typedIn(session, 1)] } : {});
  laidOut.push(home);
  return home;
}

async function look(home: LaidOutHome): Promise<Stream> {
  return (await collectAt(home, 3 * minute)).streams[0] ?? expect.unreachable();
}

const silent = { type: "gemini", content: "", thoughts: [] };

describe("the call of a message without words, which is not written yet", () => {
  it.each([
    ["may wait for the person who typed there", true],
    ["asks nobody in a run without a person", false],
  ])("%s", async (_, isTyped) => {
    const home = lay([asked, silent], isTyped);
    run(home, 700, "node", 1, 60);
    const { activity } = await look(home);
    expect(activity).toMatchObject({
      openCalls: [{ tool: "a tool", startedAt: writtenAt, mayAsk: isTyped }],
      callCount: 0,
      lastActivityAt: writtenAt,
    });
  });

  it("asks nobody where it launched a sub-agent", async () => {
    const home = lay([asked, silent], true);
    run(home, 700, "node", 1, 60);
    const folder = join(home.home, ".gemini/tmp/alpha/chats", session);
    mkdirSync(folder);
    const head = { sessionId: "child", startTime: new Date(writtenAt).toISOString(), kind: "subagent" };
    writeFileSync(join(folder, "child.jsonl"), `${JSON.stringify(head)}\n`);
    utimesSync(join(folder, "child.jsonl"), writtenAt / 1_000 + 1, writtenAt / 1_000 + 1);
    const { streams } = await collectAt(home, 3 * minute);
    const parent = streams.find(({ parentKey }) => parentKey === null);
    expect(parent?.activity.openCalls).toMatchObject([{ mayAsk: false }]);
  });

  it("is allowed, and told by its program, once that runs", async () => {
    const home = lay([asked, silent], true);
    run(home, 700, "node", 1, 60);
    run(home, 701, "bash", 700, -20);
    expect(await look(home)).toMatchObject({ busyWith: "bash", activity: { openCalls: [] } });
  });

  it("is none when the process is gone", async () => {
    expect((await look(lay([asked, silent], true))).activity.openCalls).toEqual([]);
  });

  it("is the one that stands there once it is written", async () => {
    const calls = [{ id: "c", name: "glob", args: {}, status: "success", result: [] }];
    const home = lay([asked, silent, { ...silent, id: "m1", toolCalls: calls }], true);
    run(home, 700, "node", 1, 60);
    expect((await look(home)).activity).toMatchObject({ openCalls: [], callCount: 1 });
  });
});

describe("a turn that a person stopped", () => {
  const cancelled = { type: "info", content: "Request cancelled." };
  const words = { type: "gemini", content: "I look.", thoughts: [] };

  it("leaves its session at the prompt while its process may live", async () => {
    const home = lay([asked, words, cancelled], true);
    run(home, 700, "node", 1, 60);
    expect(await look(home)).toMatchObject({ isInteractive: true, waiting: { for: "prompt" } });
  });

  it("is the end of a session whose process is gone", async () => {
    const home = lay([asked, words, cancelled], true);
    expect(await look(home)).toMatchObject({ isInteractive: false, waiting: null });
  });
});
