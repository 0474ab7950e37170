import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentLogs } from "../../src/sources/agent-logs/index.ts";
import type { SourceReading } from "../../src/sources/source.ts";
import { sourceContext } from "../support/source-context.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

const start = Date.parse("2026-11-01T00:00:00Z");
const hour = 3_600_000;
const day = 24 * hour;

const rotations = ["number", "inside", "date", "date_behind", "packed", "copied", "archive"] as const;
const id: fc.Arbitrary<string> = fc.constantFrom("1", "2", "3");
const keys = fc.oneof(
  { weight: 4, arbitrary: id.map((n) => ({ task_id: `bg_${n}` })) },
  { weight: 3, arbitrary: id.map((n) => ({ request_id: `r${n}` })) },
  {
    weight: 1,
    arbitrary: fc.record({ task_id: id.map((n) => `bg_${n}`), request_id: id.map((n) => `r${n}`) }),
  },
  { weight: 1, arbitrary: id.map((n) => ({ session_id: `s${n}` })) },
  { weight: 1, arbitrary: id.map((n) => ({ worktree: `w${n}` })) },
  { weight: 1, arbitrary: fc.constant({}) },
);
/** Hours after the look before it; mostly small, sometimes far back or far apart. */
const offset = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 6 * 60 }).map((minutes) => minutes * 60_000) },
  { weight: 2, arbitrary: fc.integer({ min: -40, max: 40 }).map((hours) => hours * hour) },
  { weight: 1, arbitrary: fc.integer({ min: -12, max: 2 }).map((days) => days * day) },
);
const written = fc.constantFrom("text", "number", "twice", "spaced", "inside");
const record = fc.record({
  offset,
  keys,
  written,
  tool: fc.constantFrom("read", "edit", "bash"),
  outcome: fc.constantFrom("success", "failure", "running"),
  call: fc.integer({ min: 0, max: 9 }),
});
const line = fc.oneof(
  { weight: 12, arbitrary: record.map((made) => ({ kind: "call" as const, made })) },
  { weight: 1, arbitrary: offset.map((bad) => ({ kind: "bad" as const, made: bad })) },
);
const request = fc.record({
  n: id,
  task: fc.option(id),
  worktree: fc.option(id, { freq: 2 }),
  session: fc.option(id, { freq: 2 }),
  offset,
});
const step = fc.record({
  passedMs: fc.oneof(
    fc.integer({ min: 1, max: 20 }).map((n) => n * 4 * 60_000),
    fc.integer({ min: 1, max: 12 }).map((n) => n * day),
  ),
  lines: fc.array(fc.tuple(fc.constantFrom("calls.jsonl", "more.jsonl", "x_challenges.jsonl"), line), {
    maxLength: 30,
  }),
  requests: fc.array(request, { maxLength: 2 }),
  results: fc.array(request, { maxLength: 2 }),
  tornBytes: fc.integer({ min: 0, max: 60 }),
  /** What status files name by then. */
  claims: fc.subarray(["task bg_1", "task bg_2", "request r3"]),
  rotation: fc.option(
    fc.record({
      how: fc.constantFrom(...rotations),
      file: fc.constantFrom(
        "calls.jsonl",
        "more.jsonl",
        "x_challenges.jsonl",
        "delegation_requests.jsonl",
        "delegation_results.jsonl",
      ),
    }),
    { freq: 2 },
  ),
});
/** Work of weeks before the first look, its newest last; some of it asked for twice, some never answered. */
const past = fc.array(
  fc.record({
    n: fc.integer({ min: 1, max: 60 }).map(String),
    task: fc.option(fc.integer({ min: 1, max: 60 }).map(String)),
    worktree: fc.option(id, { freq: 2 }),
    session: fc.option(id, { freq: 2 }),
    offset: fc.integer({ min: -70, max: -10 }).map((days) => days * day),
    isAnswered: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  }),
  { maxLength: 30 },
);
type Past = typeof past extends fc.Arbitrary<infer Made> ? Made : never;
type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never;

describe("a look that goes on from a checkpoint", () => {
  it("finds what a look without one finds, whatever is added to the logs and however they are rotated", async () => {
    await fc.assert(fc.asyncProperty(past, fc.array(step, { minLength: 1, maxLength: 8 }), followSteps), {
      numRuns: 40,
    });
  });
});

function writePast(workspace: Workspace, made: Past): void {
  const inOrder = made.toSorted((a, b) => a.offset - b.offset);
  const answered = inOrder.filter(({ isAnswered }) => isAnswered);
  workspace.write(
    ".agents/logs/delegation_requests.jsonl",
    inOrder.map((each) => requestLine(each, start)).join(""),
  );
  workspace.write(
    ".agents/logs/delegation_results.jsonl",
    answered.map((each) => resultLine(each, start)).join(""),
  );
}

async function followSteps(before: Past, steps: readonly Step[]): Promise<void> {
  const workspace = makeWorkspace(() => {});
  try {
    writePast(workspace, before);
    await requireAgreement(workspace, steps);
  } finally {
    rmSync(workspace.root, { recursive: true, force: true });
  }
}

async function requireAgreement(workspace: Workspace, steps: readonly Step[]): Promise<void> {
  mkdirSync(workspace.path(".agents/logs"), { recursive: true });
  let now = start;
  let checkpoint: unknown = null;
  const torn = new Map<string, string>();
  for (const [index, made] of steps.entries()) {
    const lookNow = (kept: unknown) => look(workspace, now, kept, made.claims);
    const before = said(await lookNow(null));
    rotate(workspace, made.rotation, index, now, torn);
    expect(said(await lookNow(null))).toEqual(before);
    for (const [file, text] of textsOf(made, now, torn)) write(workspace, file, text, now);
    now += made.passedMs;
    const cold = await lookNow(null);
    const warm = await lookNow(checkpoint);
    expect(told(warm)).toEqual(told(cold));
    checkpoint = JSON.parse(JSON.stringify(warm.checkpoint));
    const again = await lookNow(checkpoint);
    expect([again.newEvents, told(again)]).toEqual([0, told(cold)]);
  }
}

function look(
  { root, path }: Workspace,
  now: number,
  checkpoint: unknown,
  claims: readonly string[],
): Promise<SourceReading> {
  const context = {
    worktrees: ["w1", "w2", "w3"].map((name) => ({ path: path(`.worktrees/${name}`), branch: null })),
    claimedNames: new Set(claims),
    checkpoint,
  };
  return agentLogs.collect(sourceContext(root, now, context));
}

function told({ streams, delegations, problems, skippedLines }: SourceReading): unknown {
  return { streams, delegations, problems, skippedLines };
}

/** What does not change when a line stands in another file. */
function said({ streams, delegations, skippedLines }: SourceReading): unknown {
  return JSON.parse(
    JSON.stringify({ streams, delegations, skippedLines }, (key, value) =>
      key === "line" || key === "lastLine" || key === "file" ? undefined : value,
    ),
  );
}

/** What is written to each file. */
function textsOf(made: Step, now: number, torn: Map<string, string>): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const add = (file: string, text: string) =>
    texts.set(file, (texts.get(file) ?? torn.get(file) ?? "") + text);
  for (const each of made.requests) add("delegation_requests.jsonl", requestLine(each, now));
  for (const each of made.results) add("delegation_results.jsonl", resultLine(each, now));
  for (const [file, { kind, made: content }] of made.lines)
    add(
      file,
      kind === "bad"
        ? `{"timestamp":"${new Date(now + content).toISOString()}",\n`
        : `${lineOf(recordAt(now, content, file), content.written)}\n`,
    );
  // The end of what is written may come only with the next step.
  for (const [file, text] of texts) {
    const cut = Math.max(0, text.length - (made.tornBytes > 30 ? made.tornBytes - 30 : 0));
    torn.set(file, text.slice(cut));
    texts.set(file, text.slice(0, cut));
  }
  return texts;
}

function requestLine(
  { n, task, worktree, session, offset: ms }: Step["requests"][number],
  now: number,
): string {
  return `${JSON.stringify({
    request_id: `r${n}`,
    ...(task === null ? {} : { task_id: `bg_${task}` }),
    ...(worktree === null ? {} : { worktree: `w${worktree}` }),
    ...(session === null ? {} : { session_id: `s${session}` }),
    timestamp: now + ms,
  })}\n`;
}

function resultLine({ n, offset: ms }: Pick<Step["results"][number], "n" | "offset">, now: number): string {
  return `${JSON.stringify({ request_id: `r${n}`, status: "success", duration_ms: 5, timestamp: now + ms })}\n`;
}

function recordAt(
  now: number,
  made: Extract<Step["lines"][number][1], { kind: "call" }>["made"],
  file: string,
): object {
  const at = now + made.offset;
  return {
    ...made.keys,
    ...(file.includes("challenges") ? { event_type: "tool_failure", agent: "x" } : {}),
    tool: made.tool,
    status: made.outcome,
    args: { n: made.call, ...elsewhere[made.written] },
    timestamp: made.written === "number" ? at : new Date(at).toISOString(),
  };
}

// What a record says of something else, in the words of its own keys.
const elsewhere: Readonly<Record<string, object>> = { twice: { timestamp: 5 }, inside: { task_id: "bg_1" } };

// Python puts a space behind each colon.
function lineOf(value: object, way: string): string {
  const text = JSON.stringify(value);
  return way === "spaced" ? text.replaceAll('":', '": ') : text;
}

function write({ path }: Workspace, name: string, text: string, now: number): void {
  const file = path(`.agents/logs/${name}`);
  appendFileSync(file, text);
  utimesSync(file, now / 1_000, now / 1_000);
}

/** Moves what stands in a log away, as programs for it do; `turn` tells its parts apart. */
function rotate(
  { path }: Workspace,
  rotation: Step["rotation"],
  turn: number,
  now: number,
  torn: Map<string, string>,
): void {
  if (rotation === null) return;
  const folder = path(".agents/logs");
  const file = join(folder, rotation.file);
  // No program moves a line away that it has not finished.
  if (!existsSync(file) || (torn.get(rotation.file) ?? "") !== "") return;
  const stem = rotation.file.replace(".jsonl", "");
  const to: Readonly<Record<(typeof rotations)[number], string>> = {
    number: `${rotation.file}.${9 - turn}`,
    inside: `${stem}.${9 - turn}.jsonl`,
    date: `${stem}-2026-11-0${turn + 1}.jsonl`,
    date_behind: `${rotation.file}-2026110${turn + 1}`,
    packed: `${rotation.file}.${9 - turn}.gz`,
    copied: `${rotation.file}.${9 - turn}`,
    archive: `archive/2026-11/${stem}.2026-11-0${turn + 1}.jsonl.gz`,
  };
  const moved = join(folder, to[rotation.how]);
  const bytes = readFileSync(file);
  mkdirSync(dirname(moved), { recursive: true });
  writeFileSync(moved, moved.endsWith(".gz") ? gzipSync(bytes) : bytes);
  utimesSync(moved, now / 1_000, now / 1_000);
  if (rotation.how === "copied") truncateSync(file, 0);
  else rmSync(file);
}
