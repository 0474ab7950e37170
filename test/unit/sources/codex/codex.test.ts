import { appendFileSync, cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { codex } from "../../../../src/sources/codex/index.ts";
import { writtenAt } from "../../../support/laid-out-home.ts";
import { lay, only, rollout, takeLaidOutAway, thread } from "./laid-out-session.ts";

afterEach(takeLaidOutAway);

describe("a Codex session", () => {
  it("gives plan, calls, title and end of a whole run", async () => {
    const home = lay("contract");
    expect(await only(home)).toMatchObject({
      key: `codex:${thread}`,
      role: "task",
      title: null,
      branch: "alpha",
      identity: { sessionId: thread, worktree: home.worktree, taskId: null },
      isInteractive: false,
      activity: {
        firstPrompt: "Add the parser",
        plan: { done: 1, total: 3, step: "Step 2" },
        callCount: 3,
        failureCount: 1,
        failures: { count: 0 },
        openCalls: [],
        ended: { outcome: "success", message: null, answer: "All done." },
      },
    });
  });

  it.each([
    ["failures-0.77.0"],
    ["failures-0.140.0"],
    ["failures-0.169.0"],
    ["failures-code-mode"],
    ["failures-mid-2025"],
  ])("counts each failed command of %s once", async (name) => {
    const { activity } = await only(lay(name));
    expect(activity.failures).toMatchObject({ count: 3 });
    expect(activity.lastError).toMatchObject({ message: "no rule to make 2" });
    expect(activity.lastCall?.target).toMatch(/make 2/);
  });

  it.each([
    [
      "api-failure",
      { outcome: "failure", message: "exceeded retry limit, last status: 429 Too Many Requests" },
    ],
    ["usage-limit", { outcome: "failure", message: "You have hit your usage limit." }],
    ["no-answer-0.140.0", { outcome: "failure" }],
    ["compacted-0.140.0", { outcome: "success" }],
    ["interrupted", { outcome: "cancelled", message: "interrupted" }],
    ["plan-to-approve", { outcome: "success" }],
    ["background-reaped", { outcome: "success" }],
  ])("reads the end of %s", async (name, ended) => {
    expect((await only(lay(name))).activity.ended).toMatchObject(ended);
  });

  it("does not count an interrupted command as a failure", async () => {
    expect((await only(lay("interrupted"))).activity).toMatchObject({ callCount: 1, failureCount: 0 });
  });

  it("reopens when it is resumed", async () => {
    expect((await only(lay("resumed"))).activity.ended).toBeNull();
  });

  it("waits for an answer to its question", async () => {
    expect((await only(lay("question"))).activity.waiting).toMatchObject({
      for: "question",
      text: "Which parser?",
    });
  });

  it("waits for the approval of a proposed plan", async () => {
    expect((await only(lay("plan-to-approve"))).activity.waiting).toMatchObject({
      for: "plan_approval",
      text: "First the tokens, then the tree.",
    });
  });

  it("finds the plan inside a script", async () => {
    expect((await only(lay("plan-in-script"))).activity.plan).toMatchObject({
      done: 1,
      total: 2,
      step: "Write it",
    });
  });

  it.each([
    ["background-open", { endedAt: null, outcome: null, title: "npm run watch" }],
    ["background-reaped", { outcome: "cancelled" }],
    ["background-polled-0.140.0", { outcome: "success" }],
  ])("follows the background command of %s", async (name, child) => {
    expect((await only(lay(name))).activity.children).toEqual([
      expect.objectContaining({ id: "7001", kind: "shell", ...child }),
    ]);
  });

  it("hangs a sub-agent below its parent", async () => {
    const { streams } = await codex.collect(lay("sub-agent").context());
    expect(streams).toMatchObject([
      { role: "task", parentKey: null, activity: { firstPrompt: "Add the parser" } },
      { role: "evidence", parentKey: `codex:${thread}`, title: "Ada" },
    ]);
    expect(streams[0]?.activity.children).toMatchObject([{ kind: "agent", title: "survey", endedAt: null }]);
  });

  it("leaves sessions of other projects alone", async () => {
    const reading = await codex.collect(lay("other-project").context());
    expect(reading).toMatchObject({ outcome: "read", streams: [], newEvents: 0 });
  });

  it("counts a session once that also lies in the archive", async () => {
    const home = lay("contract");
    cpSync(join(home.home, ".codex", "sessions"), join(home.home, ".codex", "archived_sessions"), {
      recursive: true,
      preserveTimestamps: true,
    });
    expect((await only(home)).key).toBe(`codex:${thread}`);
  });

  it("waits for the first line of a rollout that was only just made", async () => {
    const home = lay("contract");
    writeFileSync(join(home.home, rollout), '{"timestamp":"2026-01');
    expect(await codex.collect(home.context())).toMatchObject({ outcome: "read", streams: [], problems: [] });
  });

  it("names a rollout whose first line is of no known shape", async () => {
    const home = lay("contract");
    writeFileSync(join(home.home, rollout), "{}\n");
    expect(await codex.collect(home.context())).toMatchObject({
      streams: [],
      problems: [{ code: "unknown_format", line: 1 }],
    });
  });

  it("leaves sessions alone that fell silent before the window", async () => {
    const reading = await codex.collect(lay("contract").context({ since: writtenAt + 1 }));
    expect(reading).toMatchObject({ outcome: "read", streams: [] });
  });

  it("reads only what was appended", async () => {
    const home = lay("contract");
    const first = await codex.collect(home.context());
    const timestamp = "2026-01-15T12:00:01.000Z";
    const payload = { type: "task_started", turn_id: "t2" };
    appendFileSync(
      join(home.home, rollout),
      `${JSON.stringify({ timestamp, type: "event_msg", payload })}\n{"timestamp":"2026`,
    );
    const second = await codex.collect(home.context({ checkpoint: first.checkpoint }));
    expect(second).toMatchObject({ newEvents: 1, skippedLines: 0 });
    expect(second.streams[0]?.activity.ended).toBeNull();
  });

  it("reads a replaced rollout from its start", async () => {
    const home = lay("contract");
    const first = await codex.collect(home.context());
    const other = lay("question");
    const text = await Bun.file(join(other.home, rollout)).text();
    writeFileSync(join(home.home, rollout), text.replaceAll(other.project, home.project));
    const second = await codex.collect(home.context({ checkpoint: first.checkpoint }));
    expect(second.streams[0]?.activity).toMatchObject({ ended: null, callCount: 0 });
  });
});

describe("a log of codex exec --json", () => {
  it("is a task of its own when it has no rollout, named by its file", async () => {
    const stream = await only(lay("exec-log"));
    expect(stream).toMatchObject({
      identity: { taskId: "bg_log1", worktree: null },
      activity: {
        plan: { done: 1, total: 2, step: null },
        failures: { count: 1 },
        retries: { attempt: 1, maxAttempts: 5 },
        ended: null,
        lastActivityAt: writtenAt,
      },
    });
  });

  it("tells the failure of the turn", async () => {
    const home = lay("exec-log-failed");
    expect(await only(home)).toMatchObject({
      identity: { worktree: home.worktree },
      activity: { ended: { outcome: "failure", message: "exceeded retry limit" } },
    });
  });

  it("adds to its rollout the end that old versions write nowhere else", async () => {
    const home = lay("exec-log-beside-0.77.0");
    expect(await only(home)).toMatchObject({
      key: `codex:${thread}`,
      identity: { taskId: "bg_log1", worktree: home.worktree },
      activity: { ended: { outcome: "failure", message: "exceeded retry limit" } },
    });
  });

  it("is known by its first record, whatever the shell said before and whatever lies beside it", async () => {
    const home = lay("exec-log");
    const folder = join(home.project, ".agents", "logs");
    const path = join(folder, "bg_log1.jsonl");
    writeFileSync(path, `Reading prompt from stdin...\n${readFileSync(path, "utf8")}`);
    symlinkSync(join(folder, "circle.jsonl"), join(folder, "circle.jsonl"));
    const reading = await codex.collect(home.context());
    expect(reading.streams).toMatchObject([{ identity: { taskId: "bg_log1" } }]);
  });

  it("gives the same whether it was read at once or as it grew", async () => {
    const grown = lay("exec-log");
    const first = await codex.collect(grown.context());
    const path = join(grown.project, ".agents", "logs", "bg_log1.jsonl");
    appendFileSync(path, `${JSON.stringify({ type: "turn.completed" })}\n`);
    const second = await codex.collect(grown.context({ checkpoint: first.checkpoint }));
    const anew = await codex.collect(grown.context());
    expect(second.streams).toEqual(anew.streams);
    expect(second.streams[0]?.activity.ended).toMatchObject({ outcome: "success" });
  });
});
