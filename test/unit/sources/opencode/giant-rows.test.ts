import { join } from "node:path";
import { expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { createDatabase } from "./database.ts";
import { collect, fill, fixture, makeHome } from "./home.ts";

/** The only stream of a fixture whose rows were changed by SQL: `?` is a text of `size` characters. */
async function grown(name: string, size: number, ...changes: readonly string[]): Promise<Stream | undefined> {
  const home = makeHome();
  const writer = fill(createDatabase(join(home.data, "opencode.db")), home, fixture(name));
  for (const change of changes) writer.query(change).run("x".repeat(size));
  const { streams } = await collect(home);
  writer.close();
  return streams[0];
}

const part = (path: string, tool = "bash") =>
  `UPDATE part SET data = json_set(data, '${path}', ?) WHERE data->>'$.tool' = '${tool}'`;
const message = (path: string, role: string) =>
  `UPDATE message SET data = json_set(data, '${path}', json_object('padding', ?)) WHERE data->>'$.role' = '${role}'`;

it("reads what matters of giant rows", async () => {
  const stream = await grown(
    "running-bash",
    3_000_000,
    message("$.summary", "user"),
    part("$.state.metadata.output"),
  );
  expect(stream?.activity.openCalls.map(({ tool, target }) => [tool, target])).toEqual([
    ["bash", "npm test"],
  ]);
  expect(stream?.activity.lastUserMessageAt).not.toBeNull();
});

it("keeps the error of a giant message", async () => {
  const stream = await grown(
    "provider-error",
    1_200_000,
    message("$.error.data.responseHeaders", "assistant"),
  );
  expect(stream?.activity.ended).toMatchObject({
    outcome: "failure",
    message: "APIError 400: invalid request",
  });
});

it("keeps a step's finish in a giant message", async () => {
  const stream = await grown("turn-over", 1_200_000, message("$.structured", "assistant"));
  expect(stream?.activity.ended?.outcome).toBe("success");
});

it("sees that a giant command waits for its permission", async () => {
  const stream = await grown("permission", 40_000, part("$.state.input.command"));
  expect(stream?.activity.waiting?.for).toBe("permission");
});

it("keeps the time limit of a giant command", async () => {
  const stream = await grown(
    "running-bash",
    40_000,
    part("$.state.input.command"),
    "UPDATE part SET data = json_set(data, '$.state.input.timeout', 3600000) WHERE ? <> '' AND data->>'$.tool' = 'bash'",
  );
  expect(stream?.activity.openCalls.map(({ timeoutMs }) => timeoutMs)).toEqual([3_600_000]);
});

it("tells giant inputs of equal size apart", async () => {
  const stream = await grown(
    "no-failures",
    40_000,
    "UPDATE part SET data = json_set(data, '$.tool', 'file', '$.state.input', json_object('path', substr(id, -1), 'content', ?)) WHERE data->>'$.tool' IS NOT NULL",
  );
  const hashes = stream?.activity.calls.map(({ argsHash }) => argsHash) ?? [];
  expect(new Set(hashes).size).toBe(4);
});

it("does not take a command for stopped because its output is long", async () => {
  const stream = await grown("no-exit", 40_000, part("$.state.output"));
  expect(stream?.activity.lastCall?.outcome).toBe("ok");
});

it("counts a call whose result is a picture of nine megabytes", async () => {
  const stream = await grown("no-failures", 9_000_000, part("$.state.attachments", "grep"));
  expect(stream?.activity.callCount).toBe(4);
});

it("reads the newest sessions only where a large database has lost its indexes, and says so", async () => {
  const home = makeHome();
  const writer = fill(createDatabase(join(home.data, "opencode.db")), home, fixture("running-bash"));
  for (const index of ["message_session_time_created_id_idx", "part_message_id_id_idx", "part_session_idx"])
    writer.run(`DROP INDEX ${index}`);
  writer.run("CREATE TEMP TABLE one AS SELECT * FROM session LIMIT 1");
  for (let count = 1; count <= 20; count += 1) {
    writer.run("UPDATE one SET id = ?, parent_id = NULL, time_updated = time_updated - 1", [
      `ses_other${count}`,
    ]);
    writer.run("INSERT INTO session SELECT * FROM one");
  }
  const before = await collect(home);
  // As many rows as its last number says.
  writer.run("UPDATE message SET rowid = 4000000 WHERE rowid = (SELECT max(rowid) FROM message)");
  const after = await collect(home);
  writer.close();
  expect(before.problems).toEqual([]);
  expect(after.problems.map(({ code, message }) => [code, message.match(/the \d+ newest/)?.[0]])).toEqual([
    ["over_budget", "the 8 newest"],
  ]);
  expect(after.streams.map(({ activity }) => activity.openCalls.length)).toContain(1);
  expect(after.streams.length).toBeLessThan(before.streams.length);
});
