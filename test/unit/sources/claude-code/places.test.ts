import { renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { claudeCode } from "../../../../src/sources/claude-code/index.ts";
import { slugOf } from "../../../../src/sources/claude-code/paths.ts";
import type { LaidOutHome } from "../../../support/laid-out-home.ts";
import { clear, first, judge, lay, look, put, register, session, transcriptOf, userText } from "./looking.ts";
import { makeProcess } from "./made-process.ts";

afterEach(clear);

const begun = (cwd: string, more: object = {}) =>
  `${JSON.stringify({ sessionId: session, uuid: "u1", timestamp: "2026-01-15T11:59:00Z", cwd, ...userText("Go"), ...more })}\n`;
const fileIn = (home: LaidOutHome, folder: string) =>
  join(home.home, ".claude", "projects", slugOf(folder), `${session}.jsonl`);

/** A home whose only session began in the main checkout, with what its first record says besides. */
function inMain(more: object = {}): LaidOutHome {
  const home = lay("sibling");
  put(fileIn(home, home.project), begun(home.project, more));
  return home;
}

describe("a session that went into a worktree", () => {
  it("is where its file lies", async () => {
    const home = lay("sibling");
    put(fileIn(home, home.worktree), begun(home.project));
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });

  it.each([
    ["its records say", { worktreeSession: { worktreePath: "alpha" } }],
    ["its relocation says", { relocatedCwd: "alpha" }],
  ])("is where %s, when it was sent to the background", async (_, record) => {
    const home = lay("sibling");
    const text = `${JSON.stringify({ type: "worktree-state", sessionId: session, ...record })}\n`;
    put(
      fileIn(home, home.project),
      begun(home.project, { sessionKind: "bg" }) + text.replace('"alpha"', JSON.stringify(home.worktree)),
    );
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });

  it("is where its registry says, wherever its file lies", async () => {
    const home = register(makeProcess(lay("idle")), {});
    const elsewhere = join(home.base, "gone", "alpha");
    put(fileIn(home, elsewhere), begun(elsewhere));
    renameSync(transcriptOf(home), `${transcriptOf(home)}.old`);
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });

  it("is where its job says", async () => {
    const home = judge(inMain(), {
      state: "working",
      tempo: "active",
      cwd: "/",
      worktreePath: lay("idle").worktree,
    });
    judge(home, { state: "working", tempo: "active", worktreePath: home.worktree });
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });
});

it("goes along when its worktree is moved", async () => {
  const home = lay("idle");
  const moved = `${home.worktree}-moved`;
  renameSync(home.worktree, moved);
  makeProcess(home, { cwd: moved });
  expect((await first(home)).identity.worktree).toBe(moved);
});

describe("a session that was opened and asked nothing", () => {
  const opened = (place: object = {}) => {
    const home = register(makeProcess(lay("idle")), {
      sessionId: "c1a00000-0000-4000-8000-000000000002",
      ...place,
    });
    return home;
  };

  it("waits for its first prompt", async () => {
    const home = register(makeProcess(lay("idle")), {});
    rmSync(transcriptOf(home));
    expect(await first(home)).toMatchObject({
      waiting: { for: "prompt" },
      isInteractive: true,
      identity: { worktree: home.worktree },
      activity: { ended: null, lastUserMessageAt: null },
    });
  });

  it("was no work when it was closed again", async () => {
    const cleared = () => {
      const home = lay("idle");
      const command = userText("<command-name>/clear</command-name>", { entrypoint: "cli" });
      put(transcriptOf(home), begun(home.worktree, command));
      return home;
    };
    expect(await look(cleared())).toMatchObject([{ role: "evidence", liveness: { state: "gone" } }]);
    expect(await look(makeProcess(cleared()))).toMatchObject([{ role: "task", waiting: { for: "prompt" } }]);
  });

  it("has no row beside the session that worked there", async () => {
    expect(await look(opened())).toMatchObject([{ identity: { sessionId: session } }]);
  });

  it("is counted, not shown, in the main checkout", async () => {
    const home = opened();
    register(home, { cwd: home.project });
    const { streams, notes } = await claudeCode.collect(home.context());
    expect(streams).toHaveLength(1);
    expect(notes).toEqual(["1 Claude Code session in the main checkout not shown: a person's own"]);
  });
});

describe("a session in the main checkout", () => {
  it.each([
    ["is a task when a program started it", { entrypoint: "sdk-cli" }],
    ["is a task when it was sent to the background", { entrypoint: "cli", sessionKind: "bg" }],
  ])("%s", async (_, more) => {
    expect(await look(inMain(more))).toMatchObject([{ role: "task", identity: { worktree: null } }]);
  });

  it("is counted, not shown, when it is a person's own", async () => {
    const { streams, notes } = await claudeCode.collect(inMain({ entrypoint: "cli" }).context());
    expect(streams).toEqual([]);
    expect(notes).toEqual(["1 Claude Code session in the main checkout not shown: a person's own"]);
  });

  it("is none when its folder is gone: that may have been a worktree", async () => {
    const home = lay("sibling");
    const gone = join(home.project, ".worktrees", "gone");
    put(fileIn(home, gone), begun(gone, { entrypoint: "sdk-cli" }));
    expect(await look(home)).toEqual([]);
  });
});

describe("a path", () => {
  it("is the worktree's whatever blanks stand in its record", async () => {
    const home = lay("sibling");
    const folder = join(home.worktree, "sub");
    put(fileIn(home, folder), begun(folder).replaceAll('":', '": '));
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });

  it("is the worktree's in another spelling that the file system takes for the same", async () => {
    const home = lay("sibling");
    const upper = join(home.project, ".WORKTREES");
    symlinkSync(".worktrees", upper);
    put(fileIn(home, join(upper, "alpha")), begun(join(upper, "alpha")));
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });
});
