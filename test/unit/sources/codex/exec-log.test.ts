import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { codex } from "../../../../src/sources/codex/index.ts";
import { type LaidOutHome, writtenAt } from "../../../support/laid-out-home.ts";
import { asked, called, holding, layRollout, rolloutOf, takeAway, thread } from "./written-rollout.ts";

const begun = [{ type: "thread.started", thread_id: thread }, { type: "turn.started" }];
const error = (message: string) => ({ type: "error", message });
const refused = error("exceeded retry limit, last status: 429");
const failed = { type: "turn.failed", error: { message: refused.message } };
const works = {
  type: "item.started",
  item: { id: "item_1", type: "command_execution", command: "make", status: "in_progress" },
};
const laidOut: LaidOutHome[] = [];

/** A home with an open session of 0.77.0, whose last record was written at `writtenAt`. */
function lay(): LaidOutHome {
  const home = layRollout([asked, called("c1", "make")], { cli_version: "0.77.0" });
  laidOut.push(home);
  return home;
}

function log(home: LaidOutHome, name: string, records: readonly object[], ageMs = 0): void {
  const folder = join(home.project, ".agents", "logs");
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const at = (writtenAt - ageMs) / 1_000;
  utimesSync(path, at, at);
}

async function only(home: LaidOutHome, changes = {}): Promise<Stream> {
  const { streams } = await codex.collect(home.context(changes));
  expect(streams).toHaveLength(1);
  return streams[0] ?? expect.unreachable();
}

afterEach(() => takeAway(laidOut));

describe("an error in a log of codex exec --json", () => {
  it.each([
    ["Reconnecting... 1/5"],
    ["Re-connecting... 1/5"],
    ["stream error: stream disconnected before completion; retrying 1/5 in 200ms…"],
  ])("is a request that is made again when it says so: %s", async (message) => {
    const home = lay();
    log(home, "alpha.jsonl", [...begun, error(message)]);
    const { activity } = await only(home);
    expect(activity).toMatchObject({ ended: null, retries: { attempt: 1, maxAttempts: 5 } });
  });

  it.each([
    ["ends the turn as its last record", [refused], { outcome: "failure" }],
    ["does not end a turn that goes on", [refused, works], null],
    ["ends the turn that is then said to have failed", [refused, failed], { outcome: "failure" }],
  ])("%s", async (_, records, ended) => {
    const home = lay();
    log(home, "alpha.jsonl", [...begun, ...records]);
    const { activity } = await only(home);
    expect(activity.ended).toEqual(ended === null ? null : expect.objectContaining(ended));
  });
});

describe("a turn in a log that is completed", () => {
  const command = (id: string, aggregated_output: string, exit_code: number) => ({
    type: "item.completed",
    item: { id, type: "command_execution", command: "make", aggregated_output, exit_code, status: "failed" },
  });
  const killed = command("item_1", "execution error: Sandbox(Signal(9))", -1);
  const words = { type: "item.completed", item: { id: "item_3", type: "agent_message", text: "All done." } };

  it.each([
    ["was cancelled when its last command was killed", [killed], "cancelled"],
    ["has succeeded when it went on after that", [killed, command("item_2", "no rule", 2)], "success"],
  ])("%s", async (_, records, outcome) => {
    const home = lay();
    log(home, "alpha.jsonl", [...begun, ...records, words, { type: "turn.completed" }]);
    expect((await only(home)).activity.ended).toMatchObject({ outcome });
  });
});

describe("the end in a log", () => {
  it("is not believed of a session that wrote on after it", async () => {
    const home = lay();
    log(home, "alpha.jsonl", [...begun, refused, failed], 60_000);
    expect((await only(home)).activity.ended).toBeNull();
  });

  it("is not believed of a failure while the process lives", async () => {
    const home = lay();
    log(home, "alpha.jsonl", [...begun, refused]);
    expect((await only(home, { processes: holding(home, rolloutOf(home)) })).activity.ended).toBeNull();
  });

  it("is that of the newest log of the session", async () => {
    const home = lay();
    log(home, "run1.jsonl", [...begun, { type: "turn.completed" }], 60_000);
    log(home, "run2.jsonl", [...begun, refused, failed]);
    expect((await only(home)).activity.ended).toMatchObject({ outcome: "failure" });
  });
});
