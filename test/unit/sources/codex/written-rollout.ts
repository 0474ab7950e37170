import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Processes } from "../../../../src/io/processes/processes.ts";
import { readProcesses } from "../../../../src/io/processes/read-processes.ts";
import { type LaidOutHome, layOutNothing, writtenAt } from "../../../support/laid-out-home.ts";

export const thread = "01a20000-0000-7000-8000-000000000001";

/** A record without its time. */
export type Written = { readonly type: string; readonly payload: Readonly<Record<string, unknown>> };

/** A home whose worktree has one Codex session: its records, a second apart, the last one at `writtenAt`. */
export function layRollout(records: readonly Written[], meta: object = {}): LaidOutHome {
  const home = layOutNothing();
  mkdirSync(home.worktree, { recursive: true });
  writeRollout(home, records, meta);
  return home;
}

/** Writes a session into a home; `meta`: what its first line says besides. */
export function writeRollout(home: LaidOutHome, records: readonly Written[], meta: object = {}): string {
  const told = { id: thread, cwd: home.worktree, originator: "codex_exec", source: "exec", ...meta };
  const path = rolloutOf(home, told.id);
  const begunAt = writtenAt - records.length * 1_000;
  const lines = [{ type: "session_meta", payload: told }, ...records].map((record, index) =>
    JSON.stringify({ timestamp: new Date(begunAt + index * 1_000).toISOString(), ...record }),
  );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${lines.join("\n")}\n`);
  utimesSync(path, writtenAt / 1_000, writtenAt / 1_000);
  return path;
}

/** Where the rollout of a session lies. */
export function rolloutOf(home: LaidOutHome, id = thread): string {
  return join(home.home, ".codex/sessions/2026/01/15", `rollout-2026-01-15T11-50-00-${id}.jsonl`);
}

/** What is known of processes when one holds `file` open. */
export function holding(home: LaidOutHome, file: string): Processes {
  const folder = join(home.procfs, "4100");
  mkdirSync(join(folder, "fd"), { recursive: true });
  writeFileSync(join(folder, "stat"), `4100 (codex) S ${"0 ".repeat(18)}100 0 0\n`);
  symlinkSync(file, join(folder, "fd", "0"));
  return readProcesses(home.procfs, writtenAt + 60_000);
}

/** Takes laid out homes away. */
export function takeAway(homes: LaidOutHome[]): void {
  for (const { base } of homes.splice(0)) rmSync(base, { recursive: true, force: true });
}

export const event = (type: string, payload: object = {}): Written => ({
  type: "event_msg",
  payload: { type, ...payload },
});

export const item = (type: string, payload: object): Written => ({
  type: "response_item",
  payload: { type, ...payload },
});

export const started = event("task_started");
export const asked = event("user_message", { message: "Add the parser" });
export const ended = (last_agent_message: string | null): Written =>
  event("task_complete", { last_agent_message });

export const called = (call_id: string, cmd: string): Written =>
  item("function_call", { name: "exec_command", arguments: JSON.stringify({ cmd }), call_id });

export const answered = (call_id: string, output: string): Written =>
  item("function_call_output", { call_id, output });

export const exited = (call_id: string, code: number): Written =>
  answered(
    call_id,
    `Chunk ID: 071646\nWall time: 0.1 seconds\nProcess exited with code ${code}\nOutput:\nfine\n`,
  );

export const message = (role: string, text: string): Written =>
  item("message", { role, content: [{ type: "output_text", text }] });
