import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { addProcess, collect, fixture, generations, type Home, makeHome, now, store, write } from "./home.ts";

const at = (seconds: number) => new Date(now + seconds * 1_000).toISOString();

function waitingForModel(version = "1.18.33"): Home {
  const home = makeHome();
  const [session] = fixture("turn-over");
  const rows =
    session === undefined
      ? []
      : [
          {
            ...session,
            version,
            todos: [],
            messages: session.messages.map((message) =>
              message.role === "user" ? message : { role: "assistant", agent: "build", at: -59, parts: [] },
            ),
          },
        ];
  store(home, "sqlite", rows);
  return home;
}

const failedTry = (seconds: number, session = "ses_flag", small = false) =>
  `timestamp=${at(seconds)} level=ERROR run=e916611c message="stream error" providerID=p modelID=m session.id=${session} small=${small} agent=build mode=primary error.error="AI_APICallError: overloaded"\n`;

it("reads failed requests from the shared log", async () => {
  const home = waitingForModel();
  const lines = [
    failedTry(-300),
    failedTry(-50),
    failedTry(-50, "ses_other"),
    failedTry(-49, "ses_flag", true),
    failedTry(-40),
    failedTry(-20),
  ];
  write(join(home.data, "log", "opencode.log"), lines.join(""));
  const [stream] = (await collect(home)).streams;
  expect(stream?.activity.retries).toMatchObject({
    count: 3,
    attempt: 3,
    message: "AI_APICallError: overloaded",
  });
});

it("says why nothing follows a request that failed once", async () => {
  const home = waitingForModel();
  const holds = [join(home.data, "opencode.db")];
  addProcess(home, 4242, { holds, cwd: join(home.root, ".worktrees", "flag"), startedAt: -3_600 });
  write(join(home.data, "log", "opencode.log"), failedTry(-50));
  const said = async (moment: number) => (await collect(home, moment)).streams[0]?.notes;
  expect(await said(now)).toEqual([]);
  expect(await said(now + 60_000)).toEqual([
    expect.stringMatching(/^the provider failed at .*, and nothing followed: "AI_APICallError: overloaded"$/),
  ]);
});

it("waits where the provider says that a usage limit is reached", async () => {
  const home = waitingForModel();
  const line = failedTry(-50).replace("overloaded", "You have hit your usage limit. Try again in 5 hours.");
  write(join(home.data, "log", "opencode.log"), line);
  expect((await collect(home)).streams[0]?.activity.waiting).toMatchObject({
    for: "usage_limit",
    untilAt: now - 50_000 + 5 * 3_600_000,
  });
});

it("reads failed requests from the log of one process", async () => {
  const home = waitingForModel("1.1.65");
  const time = at(-40).slice(0, 19);
  write(
    join(home.data, "log", "2026-11-22T140800.log"),
    `ERROR ${time} +3ms service=llm providerID=p modelID=m sessionID=ses_flag small=false agent=build error={"error":{"name":"AI_APICallError","url":"http://127.0.0.1","statusCode":429}} stream error\n`,
  );
  const [stream] = (await collect(home)).streams;
  expect(stream?.activity.retries).toMatchObject({ count: 1, message: "AI_APICallError 429" });
});

it.each([
  ["fresh", -2, [{ name: "build", status: "retry" }], 1],
  [
    "of two agents of that name",
    -2,
    [
      { name: "build", status: "retry" },
      { name: "build", status: "busy" },
    ],
    0,
  ],
  ["stale", -60, [{ name: "build", status: "retry" }], 0],
])("takes a retry from the plugin's heartbeat: %s", async (_name, seconds, activeAgents, count) => {
  const home = waitingForModel();
  const projectDir = join(home.root, ".worktrees", "flag");
  const state = {
    version: 1,
    projectDir,
    updatedAt: now + seconds * 1_000,
    activeAgents,
    jobBoard: [],
    loop: null,
  };
  write(
    join(home.data, "storage", "oh-my-openagent", "tui-state", "0123456789abcdef.json"),
    JSON.stringify(state),
  );
  const [stream] = (await collect(home)).streams;
  expect(stream?.activity.retries?.count ?? 0).toBe(count);
});

it.each([
  [".sisyphus", "ses_flag", {}],
  [".omo", "opencode:ses_flag", { schema_version: 2, status: "active", works: {} }],
])("takes progress from the plan of %s", async (folder, session, more) => {
  const home = waitingForModel();
  const worktree = join(home.root, ".worktrees", "flag");
  const plan = join(worktree, folder, "plans", "demo.md");
  write(plan, "# Demo\n- [x] 1. Read\n- [X] 2. Add\n- [ ] 3. Test\n  - [ ] 4. Docs\n");
  write(
    join(worktree, folder, "boulder.json"),
    JSON.stringify({ active_plan: plan, session_ids: [session], ...more }),
  );
  const [stream] = (await collect(home)).streams;
  expect(stream?.activity.plan).toMatchObject({ done: 2, total: 4, step: "3. Test" });
});

it.each([
  ["an absolute path", (home: Home) => join(home.share, "secret.md")],
  ["a relative one", () => "../../../share/secret.md"],
])("does not open a plan outside the project: %s", async (_name, planOf) => {
  const home = waitingForModel();
  write(join(home.share, "secret.md"), "- [x] one\n- [ ] hunter2\n");
  const boulder = { active_plan: planOf(home), session_ids: ["ses_flag"] };
  write(join(home.root, ".worktrees", "flag", ".omo", "boulder.json"), JSON.stringify(boulder));
  const { streams, problems } = await collect(home);
  expect(streams[0]?.activity.plan).toBeNull();
  expect(problems.map(({ code }) => code)).toEqual(["outside_root"]);
});

it("takes the plan of the main checkout in a worktree", async () => {
  const home = waitingForModel();
  write(join(home.root, ".omo", "plan.md"), "- [x] one\n- [ ] two\n");
  const boulder = { active_plan: join(home.root, ".omo", "plan.md"), session_ids: ["ses_flag"] };
  write(join(home.root, ".worktrees", "flag", ".omo", "boulder.json"), JSON.stringify(boulder));
  const [stream] = (await collect(home)).streams;
  expect(stream?.activity.plan).toMatchObject({ done: 1, total: 2, step: "two" });
});

it("does not take another session's plan", async () => {
  const home = waitingForModel();
  const folder = join(home.root, ".worktrees", "flag", ".omo");
  write(join(folder, "plan.md"), "- [x] one\n");
  write(
    join(folder, "boulder.json"),
    JSON.stringify({ active_plan: join(folder, "plan.md"), session_ids: ["ses_other"] }),
  );
  const [stream] = (await collect(home)).streams;
  expect(stream?.activity.plan).toBeNull();
});

it.each(generations)(
  "calls the process of an open %s session gone when nothing holds its files",
  async (generation) => {
    const home = makeHome();
    store(home, generation, fixture("running-bash"));
    const [stream] = (await collect(home)).streams;
    expect(stream?.liveness).toEqual({
      state: "gone",
      pid: null,
      says: "no process holds opencode's database or log",
    });
  },
);

it.each([
  ["works in its folder", "alive", "flag", -3_600],
  ["works elsewhere, and serves nothing", "gone", "other", -3_600, "opencode"],
  ["works elsewhere and serves this folder too", "unknown", "other", -3_600, "opencode\0serve"],
  ["works elsewhere, and does not show how it was started", "unknown", "other", -3_600],
  ["works in a folder above", "unknown", "..", -3_600, "opencode"],
  ["began after the last sign of the session", "gone", "flag", -10],
])("judges a process that %s", async (_name, state, folder, startedAt, words = "") => {
  const home = makeHome();
  store(home, "sqlite", fixture("running-bash"));
  const cwd = join(home.root, ".worktrees", folder);
  mkdirSync(cwd, { recursive: true });
  addProcess(home, 4242, { holds: [join(home.data, "opencode.db")], cwd, startedAt });
  write(join(home.procfs, "4242", "cmdline"), words);
  const [stream] = (await collect(home)).streams;
  expect(stream?.liveness?.state).toBe(state);
});

it("does not call a JSON session's process gone while an opencode without files works in its folder", async () => {
  const home = makeHome();
  store(home, "json", fixture("running-bash"));
  addProcess(home, 4242, { holds: [], cwd: join(home.root, ".worktrees", "flag"), startedAt: -3_600 });
  const [stream] = (await collect(home)).streams;
  expect(stream?.liveness?.state).toBe("unknown");
});

it("knows nothing of processes where there is no process list", async () => {
  const home = makeHome();
  store(home, "sqlite", fixture("running-bash"));
  const [stream] = (await collect({ ...home, procfs: join(home.procfs, "missing") })).streams;
  expect(stream?.liveness?.state).toBe("unknown");
});

it("says that an opencode works here with a database that is not read", async () => {
  const home = makeHome();
  addProcess(home, 4242, { holds: ["/data/my.db"], cwd: home.root, startedAt: -3_600 });
  expect((await collect(home)).notes).toEqual([
    "opencode (pid 4242) works here with /data/my.db, which is not read: set OPENCODE_DB to it",
  ]);
  store(home, "sqlite", fixture("running-bash"));
  const holds = [join(home.data, "opencode.db")];
  addProcess(home, 4243, { holds, cwd: join(home.root, ".worktrees", "flag"), startedAt: -3_600 });
  const { streams, notes } = await collect(home);
  expect([streams[0]?.liveness?.pid, notes?.length]).toEqual([4243, 1]);
});

it("says nothing of a database of an opencode that works elsewhere, or has the known one", async () => {
  const home = makeHome();
  store(home, "sqlite", fixture("turn-over"));
  addProcess(home, 4242, { holds: ["/data/my.db"], cwd: home.share, startedAt: -3_600 });
  const known = join(home.data, "opencode.db");
  addProcess(home, 4243, { holds: [known, "/data/index.db"], cwd: home.root, startedAt: -3_600 });
  expect((await collect(home)).notes).toEqual([]);
});
