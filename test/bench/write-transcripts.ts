// Writes worktrees with their status files, and sessions as Claude Code 2.1 leaves them.
import { closeSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const day = 86_400_000;
const text = "The width and the height are multiplied, and the area is what comes out of it. ".repeat(12);

/** `count` worktrees; the last `open` of them say that they run, the others ended a month ago. `isLinked`: as git makes them. */
export function writeWorktrees(root: string, count: number, open: number, isLinked = false): void {
  for (let index = 0; index < count; index += 1) {
    const isOpen = index >= count - open;
    const at = isOpen ? Date.now() - 60_000 : Date.now() - 30 * day;
    const worktree = join(root, ".worktrees", `w${index}`);
    mkdirSync(worktree, { recursive: true });
    const status = isOpen ? "running" : "completed";
    const claim = { taskId: `bg_w${index}`, title: `Task ${index}`, status, timestamp: at, updatedAt: at };
    writeFileSync(join(worktree, "status.json"), JSON.stringify(claim));
    if (!isLinked) continue;
    const git = join(root, ".git/worktrees", `w${index}`);
    mkdirSync(git, { recursive: true });
    writeFileSync(join(worktree, ".git"), `gitdir: ${git}\n`);
    writeFileSync(join(git, "gitdir"), `${worktree}/.git\n`);
    writeFileSync(join(git, "commondir"), "../..\n");
    writeFileSync(join(git, "HEAD"), `ref: refs/heads/w${index}\n`);
  }
}

/** `count` sessions of `bytes` each below `home`, in turn of the first `worktrees` worktrees, spread over the last day. */
export function writeTranscripts(
  home: string,
  root: string,
  { count, bytes, worktrees }: { readonly count: number; readonly bytes: number; readonly worktrees: number },
): void {
  for (let index = 0; index < count; index += 1) {
    const cwd = join(root, ".worktrees", `w${index % worktrees}`);
    const folder = join(home, ".claude/projects", cwd.replace(/[^a-zA-Z0-9]/g, "-"));
    mkdirSync(folder, { recursive: true });
    writeSession(folder, cwd, index, bytes, Date.now() - 30_000 - ((count - 1 - index) / count) * day * 0.95);
  }
}

function writeSession(folder: string, cwd: string, index: number, bytes: number, endedAt: number): void {
  const sessionId = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
  const path = join(folder, `${sessionId}.jsonl`);
  const steps = Math.max(1, Math.floor(bytes / 2_900));
  const lines = Array.from({ length: steps }, (_, step) =>
    stepLines(sessionId, cwd, index, step, endedAt - (steps - step) * 2_000),
  );
  const fd = openSync(path, "w");
  writeSync(fd, lines.join(""));
  closeSync(fd);
  utimesSync(path, endedAt / 1_000, endedAt / 1_000);
}

/** What the model says and calls, and the answer of its tool. */
function stepLines(sessionId: string, cwd: string, index: number, step: number, at: number): string {
  const uuid = (part: number) => `${sessionId.slice(0, 24)}${String(step * 2 + part).padStart(12, "0")}`;
  const common = {
    sessionId,
    cwd,
    timestamp: new Date(at).toISOString(),
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
  const message = {
    id: `msg_${index}_${step}`,
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-20250514",
    content: [{ type: "text", text }, call],
    stop_reason: "tool_use",
    usage: {
      input_tokens: 12,
      output_tokens: 80,
      cache_creation_input_tokens: 200,
      cache_read_input_tokens: 9_000,
    },
  };
  const answer = {
    role: "user",
    content: [{ type: "tool_result", tool_use_id: call.id, content: `${step}: ${text}` }],
  };
  const said = {
    ...common,
    type: "assistant",
    uuid: uuid(0),
    parentUuid: null,
    requestId: `req_${index}_${step}`,
    message,
  };
  const heard = { ...common, type: "user", uuid: uuid(1), parentUuid: uuid(0), message: answer };
  return `${JSON.stringify(said)}\n${JSON.stringify(heard)}\n`;
}
