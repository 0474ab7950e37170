import { afterEach, describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { readProcesses } from "../../../../src/io/processes/read-processes.ts";
import { codex } from "../../../../src/sources/codex/index.ts";
import { type LaidOutHome, writtenAt } from "../../../support/laid-out-home.ts";
import {
  answered,
  asked,
  called,
  ended,
  event,
  exited,
  holding,
  item,
  layRollout,
  message,
  rolloutOf,
  started,
  takeAway,
  type Written,
} from "./written-rollout.ts";

const laidOut: LaidOutHome[] = [];

function lay(records: readonly Written[], meta: object = {}): LaidOutHome {
  const home = layRollout(records, { cli_version: "0.140.0", ...meta });
  laidOut.push(home);
  return home;
}

async function read(records: readonly Written[], meta: object = {}): Promise<Stream> {
  const home = lay(records, meta);
  const { streams } = await codex.collect(home.context());
  return streams[0] ?? expect.unreachable();
}

const compacted = event("context_compacted");
const failed = event("error", { message: "exceeded retry limit, last status: 429" });

afterEach(() => takeAway(laidOut));

const interactive = { originator: "codex_cli_rs", source: "cli" };

describe("an interactive session", () => {
  const turn = [started, asked, ended("All done.")];

  it("waits for its next prompt as long as its process may live", async () => {
    const home = lay(turn, interactive);
    const processes = holding(home, rolloutOf(home));
    const [stream] = (await codex.collect(home.context({ processes }))).streams;
    expect(stream).toMatchObject({ isInteractive: true, liveness: { state: "alive" } });
  });

  it("waits for nobody when its process is gone", async () => {
    expect(await read(turn, interactive)).toMatchObject({
      isInteractive: false,
      liveness: { state: "gone" },
    });
  });
});

describe("a version without turn records", () => {
  const old = { cli_version: "0.77.0" };
  const aborted = event("turn_aborted", { reason: "interrupted" });
  const interrupted = [asked, called("c1", "make"), answered("c1", "aborted by user after 3.1s")];

  it("ends with its last words after a turn that was stopped, too", async () => {
    const first = [asked, message("assistant", "I look around."), aborted];
    const { activity } = await read([...first, asked, message("assistant", "All done.")], old);
    expect(activity.ended).toMatchObject({ outcome: "success", answer: "All done." });
  });

  it("stays stopped by its last record", async () => {
    const { activity } = await read([asked, message("assistant", "I look around."), aborted], old);
    expect(activity.ended).toMatchObject({ outcome: "cancelled", message: "interrupted" });
  });

  it("is not cancelled by an interrupted command while its process lives", async () => {
    const home = lay(interrupted, old);
    const processes = holding(home, rolloutOf(home));
    const [stream] = (await codex.collect(home.context({ processes }))).streams;
    expect(stream?.activity.ended).toBeNull();
  });

  it.each([
    ["is not cancelled by it just after", 5_000, null],
    ["is cancelled by it when nothing followed for minutes", 180_000, "cancelled"],
  ])("%s when processes tell nothing", async (_, ageMs, outcome) => {
    const home = lay(interrupted, old);
    const now = writtenAt + ageMs;
    const processes = readProcesses(`${home.base}/nowhere`, now);
    const [stream] = (await codex.collect(home.context({ now, processes }))).streams;
    expect(stream?.activity.ended?.outcome ?? null).toBe(outcome);
  });

  it("is not cancelled by a command that a person refused", async () => {
    const refused = [asked, called("c1", "make"), answered("c1", "exec command rejected by user")];
    expect((await read(refused, old)).activity.ended).toBeNull();
  });
});

describe("a turn that ends without a word of the agent", () => {
  it.each([
    ["a review", [event("entered_review_mode"), event("exited_review_mode")]],
    ["a person's own command", [message("user", "<user_shell_command>\nls\n</user_shell_command>")]],
    ["a compaction", [compacted]],
  ])("has not failed when it was %s", async (_, records) => {
    const { activity } = await read([started, ...records, ended(null)]);
    expect(activity.ended).toMatchObject({ outcome: "success", answer: null });
  });

  it("has not failed in a version that says why turns fail", async () => {
    const { activity } = await read([started, asked, ended(null)], { cli_version: "0.169.0" });
    expect(activity.ended).toMatchObject({ outcome: "success" });
  });

  it("has failed when an error was written in it, compacted or not", async () => {
    const { activity } = await read([started, asked, compacted, failed, ended(null)]);
    expect(activity.ended).toMatchObject({ outcome: "failure", message: expect.stringContaining("429") });
  });

  it("has failed when the agent worked on after the compaction", async () => {
    const records = [started, asked, compacted, called("c1", "make"), exited("c1", 0), ended(null)];
    expect((await read(records)).activity.ended).toMatchObject({ outcome: "failure" });
  });
});

describe("an error in a turn", () => {
  const note = event("error", { message: "Cannot steer a review turn" });

  it("fails it when it is the last that is said", async () => {
    expect((await read([started, asked, failed])).activity.ended).toMatchObject({ outcome: "failure" });
  });

  it.each([["thread_rollback_failed"], [{ active_turn_not_steerable: { turn_kind: "review" } }]])(
    "does not end it when it only refuses what a person asked: %j",
    async (codex_error_info) => {
      const refusal = event("error", { message: "refused", codex_error_info });
      expect((await read([started, asked, refusal])).activity.ended).toBeNull();
    },
  );

  it("does not change the end of a turn before it", async () => {
    const { activity } = await read([started, asked, ended("All done."), failed]);
    expect(activity.ended).toMatchObject({ outcome: "success", answer: "All done." });
  });

  it.each([
    ["words", message("assistant", "Two of five files are read.")],
    ["thoughts", item("reasoning", { summary: [] })],
  ])("does not end a turn that goes on with %s", async (_, record) => {
    expect((await read([started, asked, note, record])).activity.ended).toBeNull();
  });

  it("does not end a turn that goes on with a call", async () => {
    const { activity } = await read([started, asked, note, called("c1", "make")]);
    expect(activity).toMatchObject({ ended: null, openCalls: [{ callId: "c1" }] });
  });

  it("stays the end whatever is written after the turn", async () => {
    const { activity } = await read([started, asked, failed, ended(null), called("c1", "make")]);
    expect(activity.ended).toMatchObject({ outcome: "failure" });
  });
});

describe("a turn that begins after others", () => {
  const shell = "Wall time: 10 seconds\nProcess running with session ID 4242\nOutput:\n";
  const inBackground = [called("c1", "npm run dev"), answered("c1", shell)];

  it("ends the calls that died with a turn before it, as nobody's failure", async () => {
    const { activity } = await read([started, asked, called("c1", "make"), started, asked]);
    expect(activity).toMatchObject({ openCalls: [], failureCount: 0, lastCall: { outcome: "neutral" } });
  });

  it.each([
    ["in codex exec", {}, [ended("All done.")], "cancelled"],
    ["when the turn before it did not end", interactive, [], "cancelled"],
    ["but not in a terminal that lives on", interactive, [ended("All done.")], null],
  ])("ends the background commands %s", async (_, meta, records, outcome) => {
    const { activity } = await read([started, asked, ...inBackground, ...records, started, asked], meta);
    expect(activity.children).toMatchObject([{ id: "4242", outcome }]);
  });
});

describe("a background command", () => {
  const shell = "Wall time: 10 seconds\nProcess running with session ID 4242\nOutput:\n";
  const inBackground = [started, asked, called("c1", "npm run dev"), answered("c1", shell)];
  const done = ended("All done.");

  it.each([
    ["ends with the turn of codex exec", {}, done, "cancelled"],
    ["ends with an interrupted turn of codex exec", {}, event("turn_aborted"), "cancelled"],
  ])("%s", async (_, meta, end, outcome) => {
    const { activity } = await read([...inBackground, end], meta);
    expect(activity).toMatchObject({ children: [{ id: "4242", outcome }] });
  });

  it.each([
    ["in a terminal", interactive],
    ["of a sub-agent", { parent_thread_id: "parent" }],
  ])("outlives a turn %s, and nobody waits for its end any more", async (_, meta) => {
    const over = await read([...inBackground, done], meta);
    expect(over).toMatchObject({
      activity: { children: [], ended: { outcome: "success" } },
      notes: ["goes on in the background: npm run dev"],
    });
    const goesOn = await read(inBackground, meta);
    expect(goesOn).toMatchObject({ activity: { children: [{ id: "4242", outcome: null }] }, notes: [] });
  });
});

describe("a proposed plan", () => {
  const plan = event("item_completed", { item: { type: "Plan", id: "p1", text: "First the tokens." } });
  const text = message("assistant", "<proposed_plan>\nFirst the tokens.\n</proposed_plan>");

  it.each([
    ["is all that the turn says", [plan, text, ended(null)]],
    ["was taken out of the last words", [plan, ended("Here it is.")]],
    ["only stands in the agent's text", [text, ended(null)]],
  ])("waits for approval when it %s", async (_, records) => {
    const { activity } = await read([started, asked, ...records]);
    expect(activity).toMatchObject({
      ended: { outcome: "success" },
      waiting: { for: "plan_approval", text: "First the tokens." },
    });
  });

  it.each([
    ["only mentions its tag", [ended("The parser finds `<proposed_plan>` in the text.")]],
    ["goes on to work after it", [plan, text, called("c1", "make"), exited("c1", 0), ended("All fixed.")]],
  ])("is none of a turn that %s", async (_, records) => {
    const { activity } = await read([started, asked, ...records]);
    expect(activity).toMatchObject({ ended: { outcome: "success" }, waiting: null });
  });

  it("waits no more in the next turn", async () => {
    const { activity } = await read([started, asked, plan, ended(null), started, asked, ended("All done.")]);
    expect(activity).toMatchObject({ ended: { outcome: "success" }, waiting: null });
  });
});
