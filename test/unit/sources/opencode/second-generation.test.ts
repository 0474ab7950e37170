import { Database } from "bun:sqlite";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createDatabase } from "./database.ts";
import { collect, fill, fixture, type Home, makeHome } from "./home.ts";
import { addV2, answer, at, fresh, type Session, tool, user } from "./v2-database.ts";

describe("a session of OpenCode 2", () => {
  it("is read where no table of the first generation is left", async () => {
    const home = makeHome();
    const running = tool("shell", { status: "running", input: { command: "bun test" } });
    fresh(home, [{ id: "flag", messages: [user, answer([running])] }]);
    const { outcome, streams, reason, newestVersion } = await collect(home);
    expect([reason, newestVersion]).toEqual([null, "2.0.3"]);
    expect(outcome).toBe("read");
    expect(streams).toMatchObject([
      {
        title: "Write the importer",
        agent: { name: "build" },
        activity: { ended: null, waiting: null, openCalls: [{ tool: "shell", timeoutMs: 120_000 }] },
      },
    ]);
  });

  it("ends as it says when it falls idle", async () => {
    const home = makeHome();
    const done = answer(
      [{ type: "text", text: "Done.", time: { created: at(-90), completed: at(-80) } }],
      -80,
    );
    fresh(home, [
      { id: "well", idle: [-80, "succeeded"], messages: [user, done] },
      { id: "ill", idle: [-70, "failed"], messages: [user, answer([])] },
      { id: "stopped", idle: [-70, "interrupted"], messages: [user, answer([])] },
      { id: "silent", idle: [-80, "succeeded"], messages: [user, answer([], -80)] },
    ]);
    const { streams } = await collect(home);
    expect(streams.map(({ key, activity }) => [key.slice(13), activity.ended?.outcome])).toEqual([
      ["ill", "failure"],
      ["silent", "failure"],
      ["stopped", "cancelled"],
      ["well", "success"],
    ]);
    expect(streams[0]?.activity.ended?.message).toBe("the model refused");
  });

  it("goes on after it was asked again", async () => {
    const home = makeHome();
    fresh(home, [
      { id: "flag", idle: [-80, "succeeded"], messages: [user, ["user", -20, { text: "More" }]] },
    ]);
    expect((await collect(home)).streams[0]?.activity.ended).toBeNull();
  });

  it("counts failed calls, and reads their errors", async () => {
    const home = makeHome();
    const failed = [-60, -50, -40].map((seconds) =>
      tool(
        "read",
        { status: "error", input: { filePath: `a${seconds}` }, error: { message: "no such file" } },
        seconds,
      ),
    );
    fresh(home, [
      { id: "flag", messages: [user, answer(failed.map((each, index) => ({ ...each, id: `c${index}` })))] },
    ]);
    const { activity } = (await collect(home)).streams[0] ?? expect.unreachable();
    expect([activity.failures.count, activity.lastError?.message]).toEqual([3, "no such file"]);
  });

  it("reports the background work of its subagents", async () => {
    const home = makeHome();
    const launched = tool("subagent", {
      status: "completed",
      input: { description: "Look at the fixtures", background: true },
      content: [{ type: "text", text: '<task id="ses_child" state="running">' }],
    });
    const running = tool("shell", { status: "running", input: { command: "bun test" } });
    fresh(home, [
      { id: "flag", messages: [user, answer([launched], -50)] },
      {
        id: "child",
        parent: "flag",
        title: "Look at the fixtures (@explore subagent)",
        messages: [user, answer([running])],
      },
    ]);
    const { streams } = await collect(home);
    expect(streams.map(({ role, title }) => [role, title])).toEqual([
      ["task", "Look at the fixtures"],
      ["task", "Write the importer"],
    ]);
  });
});

describe("both generations in one database", () => {
  function upgraded(sessions: readonly Session[]): Home {
    const home = makeHome();
    const database = fill(createDatabase(join(home.data, "opencode.db")), home, fixture("running-bash"));
    addV2(database, join(home.root, ".worktrees", "flag"), sessions).close();
    return home;
  }

  it("give the session of the second where both have it", async () => {
    const home = upgraded([{ id: "flag", title: "Later", messages: [user] }]);
    expect((await collect(home)).streams.map(({ title }) => title)).toEqual(["Later"]);
  });

  it("give no verdict on what stopped at the upgrade, and say so", async () => {
    const { streams, notes } = await collect(upgraded([{ id: "new", messages: [user] }]));
    expect(streams.map(({ key }) => key)).toEqual(["opencode:ses_new"]);
    expect(notes).toEqual(["1 open session of OpenCode 1 stopped when OpenCode 2 took over: no verdict"]);
  });

  it("are the first alone while the second has no sessions", async () => {
    expect((await collect(upgraded([]))).streams.map(({ key }) => key)).toEqual(["opencode:ses_flag"]);
  });
});

describe("a generation that is not known", () => {
  it("is named with how much it keeps", async () => {
    const home = makeHome();
    const database = new Database(join(home.data, "opencode.db"), { create: true });
    database.run("CREATE TABLE session_v3 (id text); INSERT INTO session_v3 VALUES ('a'), ('b')");
    database.close();
    expect(await collect(home)).toMatchObject({
      outcome: "read",
      notes: ["OpenCode 3 keeps 2 sessions here that are not read: no version of it is known"],
    });
  });

  it("is the second with other columns, too", async () => {
    const home = makeHome();
    const database = new Database(join(home.data, "opencode.db"), { create: true });
    database.run("CREATE TABLE session_v2 (id text, place text); INSERT INTO session_v2 VALUES ('a', 'b')");
    database.close();
    expect((await collect(home)).notes).toEqual([
      "OpenCode 2 keeps 1 session here that is not read: its table session_v2 has no directory, time_created, time_updated",
    ]);
  });
});
