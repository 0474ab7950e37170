// Writes sessions as Claude Code 2.1 leaves them, a few megabytes each, over the last 30 days.
import { closeSync, mkdirSync, openSync, utimesSync, writeSync } from "node:fs";
import { join } from "node:path";
import { now } from "./bench-logs.ts";

const sessionBytes = 4_000_000;
const day = 86_400_000;
const text = "The width and the height are multiplied, and the area is what comes out of it. ".repeat(12);

/** About `bytes` of sessions below `home`, in turn of the first `worktrees` worktrees of `root`. Gives their number. */
export function writeTranscripts(home: string, root: string, worktrees: number, bytes: number): number {
  const count = Math.max(1, Math.round(bytes / sessionBytes));
  for (let index = 0; index < count; index += 1) {
    const cwd = join(root, ".worktrees", `w${index % worktrees}`);
    const folder = join(home, ".claude/projects", cwd.replace(/[^a-zA-Z0-9]/g, "-"));
    mkdirSync(folder, { recursive: true });
    const endedAt = now - 60_000 - ((count - 1 - index) / count) * 30 * day;
    writeSession(folder, cwd, index, Math.min(bytes, sessionBytes), endedAt);
  }
  return count;
}

function writeSession(folder: string, cwd: string, index: number, bytes: number, endedAt: number): void {
  const sessionId = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
  const path = join(folder, `${sessionId}.jsonl`);
  const fd = openSync(path, "w");
  const steps = Math.max(1, Math.floor(bytes / 2_800));
  let pending = "";
  for (let step = 0; step < steps; step += 1) {
    const timestamp = new Date(endedAt - (steps - step) * 2_000).toISOString();
    const uuid = (part: number) => `${sessionId.slice(0, 24)}${String(step * 2 + part).padStart(12, "0")}`;
    const common = {
      sessionId,
      cwd,
      timestamp,
      version: "2.1.330",
      isSidechain: false,
      userType: "external",
      gitBranch: "main",
    };
    const call = {
      type: "tool_use",
      id: `toolu_${index}_${step}`,
      name: "Read",
      input: { file_path: `${cwd}/src/area${step % 30}.ts` },
    };
    const usage = {
      input_tokens: 12,
      output_tokens: 80,
      cache_creation_input_tokens: 200,
      cache_read_input_tokens: 9_000,
    };
    const message = {
      id: `msg_${index}_${step}`,
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-20250514",
      content: [{ type: "text", text }, call],
      stop_reason: "tool_use",
      usage,
    };
    const answer = {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: call.id, content: `${step}: ${text}` }],
    };
    pending += `${JSON.stringify({ ...common, type: "assistant", uuid: uuid(0), parentUuid: null, requestId: `req_${index}_${step}`, message })}\n`;
    pending += `${JSON.stringify({ ...common, type: "user", uuid: uuid(1), parentUuid: uuid(0), message: answer })}\n`;
    if (pending.length > 2_000_000 || step === steps - 1) {
      writeSync(fd, pending);
      pending = "";
    }
  }
  closeSync(fd);
  utimesSync(path, endedAt / 1_000, endedAt / 1_000);
}
