import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type LaidOutHome, writtenAt } from "../../../support/laid-out-home.ts";
import { asked, collectAt, layChat, run, said, session, takeAway, typedIn } from "./written-chat.ts";

const laidOut: LaidOutHome[] = [];
const minute = 60_000;

afterEach(() => takeAway(laidOut));

const inMain = (home: LaidOutHome) => home.context().root;

function lay(records: readonly object[], logs: unknown, folder = inMain): LaidOutHome {
  const home = layChat(records, { folder, logs });
  laidOut.push(home);
  return home;
}

const remark = { type: "info", content: "A model was chosen." };
const personal = ["1 Gemini CLI session in the main checkout not shown: a person's own"];

describe("a chat of the main checkout", () => {
  it.each<[string, unknown]>([
    ["nothing was typed there", undefined],
    ["only others were typed in", [typedIn("99999999-9", 600), null, {}]],
  ])("is a task of its own where %s: it is a run without a person", async (_, logs) => {
    const home = lay([asked, said], logs);
    run(home, 700, "node", 1, 60, inMain(home));
    const { streams, notes } = await collectAt(home, minute);
    expect(notes).toEqual([]);
    expect(streams).toMatchObject([{ role: "task", identity: { worktree: null, sessionId: session } }]);
  });

  it.each<[string, readonly object[], unknown]>([
    ["a person typed in", [asked, said], [typedIn(session, 600)]],
    ["a person typed in after the session before it was cleared", [asked, said], [typedIn("99999999-9", 1)]],
    ["was opened and never asked anything", [], undefined],
    ["was asked a while after it was opened, as an editor does", [remark, remark, asked, said], undefined],
    ["may be a person's, as nobody can tell any more", [asked, said], "torn"],
  ])("is counted, not shown, when it %s", async (_, records, logs) => {
    const home = lay(records, logs);
    run(home, 700, "node", 1, 60, inMain(home));
    const { streams, notes } = await collectAt(home, minute);
    expect(streams).toEqual([]);
    expect(notes).toEqual(personal);
  });

  it("takes its sub-agents along when it is a person's", async () => {
    const home = lay([remark, remark, asked, said], undefined);
    const folder = join(home.home, ".gemini/tmp/alpha/chats", session);
    mkdirSync(folder);
    const head = { sessionId: "child", projectHash: "00", startTime: new Date(writtenAt), kind: "subagent" };
    writeFileSync(join(folder, "child.jsonl"), `${JSON.stringify(head)}\n`);
    const { streams, notes } = await collectAt(home, minute);
    expect(streams).toEqual([]);
    expect(notes).toEqual(personal);
  });

  it("is a task in a folder below it, too", async () => {
    const home = lay([asked, said], undefined, (laid) => {
      const folder = join(inMain(laid), "packages/web");
      mkdirSync(folder, { recursive: true });
      return folder;
    });
    const { streams } = await collectAt(home, 9 * minute);
    expect(streams).toMatchObject([{ role: "task", activity: { ended: { outcome: "success" } } }]);
  });

  it("never waits at a prompt: nobody sits there", async () => {
    const home = lay([asked, said], undefined);
    run(home, 700, "node", 1, 60, inMain(home));
    const { streams } = await collectAt(home, 9 * minute);
    expect(streams).toMatchObject([{ isInteractive: false, activity: { ended: null } }]);
  });

  it("is over when its process is gone, whoever works in a worktree below", async () => {
    const home = lay([asked, said], undefined);
    run(home, 700, "node", 1, 60);
    const { streams } = await collectAt(home, 9 * minute);
    expect(streams).toMatchObject([
      { liveness: { state: "gone" }, activity: { ended: { outcome: "success", answer: "All four pass." } } },
    ]);
  });
});
