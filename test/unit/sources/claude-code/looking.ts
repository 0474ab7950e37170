import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { claudeCode } from "../../../../src/sources/claude-code/index.ts";
import { slugOf } from "../../../../src/sources/claude-code/paths.ts";
import type { SourceContext } from "../../../../src/sources/source.ts";
import { type LaidOutHome, layOut, writtenAt } from "../../../support/laid-out-home.ts";

/** The session of all fixtures. */
export const session = "c1a00000-0000-4000-8000-000000000001";
const laidOut: string[] = [];

/** Lays out a case of `fixtures/homes/claude-code/`. */
export function lay(name: string): LaidOutHome {
  const home = layOut("claude-code", name);
  laidOut.push(home.base);
  return home;
}

/** Removes what was laid out; for `afterEach`. */
export function clear(): void {
  for (const base of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
}

/** The streams that one look finds. */
export async function look(
  home: LaidOutHome,
  changes: Partial<SourceContext> = {},
): Promise<readonly Stream[]> {
  return (await claudeCode.collect(home.context(changes))).streams;
}

/** The first stream that one look finds. */
export async function first(home: LaidOutHome, changes: Partial<SourceContext> = {}): Promise<Stream> {
  const [stream] = await look(home, changes);
  if (stream === undefined) throw new Error("no stream was found");
  return stream;
}

/** Where the session of the fixtures lies. */
export function transcriptOf(home: LaidOutHome): string {
  return join(home.home, ".claude", "projects", slugOf(home.worktree), `${session}.jsonl`);
}

/** Adds records to the session, a second apart, the first 30 seconds before the fixtures were written; returns the home. */
export function goOn(home: LaidOutHome, ...records: readonly object[]): LaidOutHome {
  for (const [index, record] of records.entries()) {
    const timestamp = new Date(writtenAt - 30_000 + index * 1_000).toISOString();
    const line = { sessionId: session, cwd: home.worktree, uuid: `more-${index}`, timestamp, ...record };
    appendFileSync(transcriptOf(home), `${JSON.stringify(line)}\n`);
  }
  return home;
}

/** A record in which a person, or the CLI in their place, says something. */
export const userText = (text: string, more: object = {}) => ({
  type: "user",
  message: { role: "user", content: text },
  ...more,
});

/** A record of a call, and one of its result. */
export const called = (name: string, result: object) => [
  {
    type: "assistant",
    message: { role: "assistant", content: [{ type: "tool_use", id: "more", name, input: {} }] },
  },
  {
    type: "user",
    message: { role: "user", content: [{ type: "tool_result", tool_use_id: "more", content: "" }] },
    toolUseResult: result,
  },
];

/** A record that ends the turn. */
export const said = (text: string, more: object = {}) => ({
  type: "assistant",
  message: { role: "assistant", content: [{ type: "text", text }], stop_reason: "end_turn", ...more },
});

/** Changes what the registry says of the session's process. */
export function register(home: LaidOutHome, changes: object): LaidOutHome {
  const path = join(home.home, ".claude", "sessions", "4242.json");
  const known: object = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...known, ...changes }));
  return home;
}

/** Says of the session what the supervisor of a background job does; its word is a minute old. */
export function judge(home: LaidOutHome, state: object): LaidOutHome {
  const updatedAt = new Date(writtenAt).toISOString();
  const known = { sessionId: session, cwd: home.worktree, tempo: "idle", needs: null, updatedAt };
  put(join(home.home, ".claude", "jobs", "c1a00000", "state.json"), JSON.stringify({ ...known, ...state }));
  return home;
}

/** Writes a file with the folders it needs. */
export function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Leaves a sub-agent of the session, its records a second apart, the first 30 seconds before the fixtures were written. */
export function delegate(home: LaidOutHome, name: string, meta: object, ...records: readonly object[]): void {
  const folder = join(transcriptOf(home).replace(/\.jsonl$/, ""), "subagents");
  const lines = records.map((record, index) => ({
    sessionId: session,
    isSidechain: true,
    cwd: home.worktree,
    uuid: `${name}-${index}`,
    timestamp: new Date(writtenAt - 30_000 + index * 1_000).toISOString(),
    ...record,
  }));
  put(join(folder, `${name}.jsonl`), `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
  put(join(folder, `${name}.meta.json`), JSON.stringify(meta));
}

/** A record of a call of its own message. */
export const calls = (id: string, name: string, input: object = {}) => ({
  type: "assistant",
  message: { id: `msg_${id}`, role: "assistant", content: [{ type: "tool_use", id, name, input }] },
});

/** A record of a call's result. */
export const answers = (id: string, content: string, more: object = {}) => ({
  type: "user",
  message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content, is_error: false }] },
  ...more,
});

/** Text without a reason to stop. */
export const saidWithoutReason = (text: string) => said(text, { id: `msg_${text}`, stop_reason: null });
