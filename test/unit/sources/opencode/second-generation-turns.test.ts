import { Database } from "bun:sqlite";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collect, makeHome, now } from "./home.ts";
import { answer, at, fresh, type Session, tool, user } from "./v2-database.ts";

async function flag(session: Partial<Session>, moment = now) {
  const home = makeHome();
  fresh(home, [{ id: "flag", ...session }]);
  const { streams } = await collect(home, moment);
  return streams[0] ?? expect.unreachable();
}

const aborted = { type: "aborted", message: "Step interrupted" };
const failing = (error: object, content: readonly object[]) => {
  const [type, seconds, data] = answer(content, -50);
  return [type, seconds, { ...data, finish: "error", error }] as const;
};

describe("a turn of OpenCode 2", () => {
  it("was stopped by the person who declined its call", async () => {
    const declined = tool("shell", {
      status: "error",
      input: { command: "bun publish" },
      error: { type: "aborted", message: "The user declined this tool call" },
    });
    const { activity } = await flag({ messages: [user, failing(aborted, [declined])] });
    expect(activity.ended).toMatchObject({
      outcome: "cancelled",
      message: "The user declined this tool call",
    });
    expect(activity.failures.count).toBe(0);
  });

  it("fails with the provider's words and status", async () => {
    const error = { type: "provider.auth", message: "no such key", status: 401 };
    const { activity } = await flag({ messages: [user, failing(error, [])] });
    expect(activity.ended).toMatchObject({
      outcome: "failure",
      message: "provider.auth 401: no such key",
    });
  });

  it("names the kind of its error where that has no words", async () => {
    const home = makeHome();
    fresh(home, [{ id: "flag", idle: [-20, "failed"], messages: [user, answer([])] }]);
    const database = new Database(join(home.data, "opencode.db"));
    database.run("ALTER TABLE session_v2 ADD idle_error_type text");
    database.run("UPDATE session_v2 SET idle_error_type = 'provider.auth', idle_error_message = NULL");
    database.close();
    const [stream] = (await collect(home)).streams;
    expect(stream?.activity.ended).toMatchObject({ outcome: "failure", message: "provider.auth" });
  });

  it("repeats a request, and says when next", async () => {
    const [type, seconds, data] = answer([]);
    const error = { type: "provider.rate-limit", message: "slow down" };
    const retry = { attempt: 3, at: at(30), error };
    const { activity } = await flag({ messages: [user, [type, seconds, { ...data, retry }]] });
    expect(activity.retries).toMatchObject({ message: "slow down", attempt: 3, nextAt: at(30) });
  });

  it("is heard where its answer has no times of its own", async () => {
    const words = answer([{ type: "text", text: "Done." }], -80);
    const { activity } = await flag({ idle: [-80, "succeeded"], messages: [user, words] });
    expect(activity.ended?.outcome).toBe("success");
    expect(activity.monologue.count).toBe(1);
  });
});

describe("a call of OpenCode 2", () => {
  const state = (more: object) => ({ status: "running", input: { command: "bun test" }, ...more });

  it.each([
    ["waits for a permission until its metadata says what runs", { metadata: {} }, "permission"],
    ["runs once it does", { metadata: { shellID: "sh_1" } }, null],
    ["runs for all that is known of the betas", { structured: {}, content: [] }, null],
    ["is still being written", { status: "streaming", input: '{"comm' }, null],
  ])("%s", async (_, more, waits) => {
    const { activity } = await flag({ messages: [user, answer([tool("shell", state(more))])] });
    expect(activity.waiting?.for ?? null).toBe(waits);
  });

  it("begins when it runs, after its arguments came in", async () => {
    const call = {
      ...tool("shell", state({ metadata: { shellID: "sh_1" } })),
      time: { created: at(-60), ran: at(-20) },
    };
    const { activity } = await flag({ messages: [user, answer([call])] });
    expect(activity.openCalls[0]).toMatchObject({ startedAt: at(-20), timeoutMs: 120_000 });
  });

  it("has no time limit where it asks for none", async () => {
    const input = { command: "bun dev", timeout: 0 };
    const call = tool("shell", { status: "running", input, metadata: { shellID: "sh_1" } });
    const { activity } = await flag({ messages: [user, answer([call])] });
    expect(activity.openCalls[0]?.timeoutMs).toBeNull();
  });

  it("fails when it is stopped after its time limit", async () => {
    const content = [{ type: "text", text: "Command exceeded timeout of 120000 ms. Retry with" }];
    const metadata = { truncated: false, timeout: true };
    const call = tool("shell", { status: "completed", input: { command: "bun test" }, content, metadata });
    const { activity } = await flag({ messages: [user, answer([call])] });
    expect(activity.lastError?.message).toBe("stopped after its time limit");
  });

  it("goes on in the background, until the session is told of its end", async () => {
    const metadata = { status: "running", shellID: "sh_1" };
    const call = tool("shell", { status: "completed", input: { command: "bun dev" }, metadata });
    const words = { type: "text", text: "It runs." };
    const told = { text: '<shell id="sh_1" state="error" command="bun dev">\nport in use\n</shell>' };
    const messages = [user, answer([call, words], -50)] as const;
    expect((await flag({ messages })).activity.children).toMatchObject([
      { id: "sh_1", kind: "shell", title: "bun dev", endedAt: null },
    ]);
    const after = await flag({ messages: [...messages, ["synthetic", -20, told]] });
    expect(after.activity.children).toMatchObject([{ id: "sh_1", endedAt: at(-20), outcome: "failure" }]);
  });
});

describe("the claim on a turn", () => {
  const open = [
    user,
    answer([tool("shell", { status: "running", input: {}, metadata: { shellID: "s" } })]),
  ] as const;

  it("keeps it open while it is held, however often its server died", async () => {
    const { activity, notes } = await flag({ claim: [true, 2], messages: open });
    expect([activity.ended, notes]).toEqual([null, ["its server died during this turn: resumed 2 times"]]);
  });

  it("is given up for good: nothing goes on with it", async () => {
    const { activity } = await flag({ claim: [false, 0], messages: open });
    expect(activity.ended).toMatchObject({
      outcome: "failure",
      message: "no server claims its turn: nothing goes on with it",
    });
  });

  it("is not known in versions that count no attempts", async () => {
    expect((await flag({ messages: open })).activity.ended).toBeNull();
  });
});

it.each([
  ["asks for no permission while the plugin holds it back", "queued", null],
  ["asks for one where the plugin let it go", "creating", "permission"],
])("a launch of OpenCode 2 %s", async (_, status, waits) => {
  const home = makeHome();
  const input = { description: "Look at the fixtures", background: true };
  const launch = tool("subagent", { status: "running", input, metadata: {} });
  fresh(home, [{ id: "flag", messages: [user, answer([launch])] }]);
  const database = new Database(join(home.data, "opencode.db"));
  database.run("CREATE TABLE kv (key text PRIMARY KEY, value text NOT NULL)");
  database
    .query("INSERT INTO kv VALUES (?, ?)")
    .run(
      "oh-my-openagent:v2:background-admission:lease:p::%2F:one",
      JSON.stringify({ leaseID: "one", parentSessionID: "ses_flag", childSessionID: null, status }),
    );
  database.close();
  const { streams } = await collect(home);
  const parent = streams.find(({ key }) => key === "opencode:ses_flag");
  expect(parent?.activity.waiting?.for ?? null).toBe(waits);
});

it("knows what OpenCode 2 tells of a subagent's end", async () => {
  const home = makeHome();
  const launched = tool("subagent", {
    status: "completed",
    input: { description: "Look at the fixtures", background: true },
    content: [{ type: "text", text: "The subagent is working in the background (sessionID: ses_child)." }],
    metadata: { sessionID: "ses_child", status: "running" },
  });
  const told =
    '<subagent sessionID="ses_child" state="cancelled" description="Look">\nSubagent cancelled\n</subagent>';
  fresh(home, [
    { id: "flag", messages: [user, answer([launched], -50), ["synthetic", -20, { text: told }]] },
    { id: "child", parent: "flag", title: "Look at the fixtures", messages: [user, answer([])] },
  ]);
  const { streams } = await collect(home);
  const child = streams.find(({ key }) => key === "opencode:ses_child");
  expect([child?.role, child?.activity.ended?.outcome, child?.claims.map(({ word }) => word)]).toEqual([
    "task",
    "cancelled",
    ["cancelled"],
  ]);
});
