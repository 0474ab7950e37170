import { describe, expect, it } from "vitest";
import { runMonitor } from "../support/program.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

const now = "2026-11-22T14:32:00Z";
const session = "5785944f-8ba6-453c-a22a-ac8e8b037330";
const line = (record: object) => `${JSON.stringify(record)}\n`;

describe("a session that its status file names is that worktree's, wherever it was started", () => {
  it("with Claude Code", async () => {
    const workspace = makeWorkspace();
    claim(workspace, "a");
    const about = { sessionId: session, cwd: workspace.root, version: "2.1.330", isSidechain: false };
    workspace.write(
      `home/.claude/projects/${workspace.root.replace(/[^a-zA-Z0-9]/g, "-")}/${session}.jsonl`,
      line({
        ...about,
        type: "user",
        uuid: "u1",
        timestamp: "2026-11-22T14:30:00Z",
        message: { role: "user", content: "Go" },
      }),
    );
    expect(await look(workspace)).toMatchObject([
      { agent: { kind: "claude_code", session_id: session }, reason: "recent_activity" },
    ]);
  });

  it("with Codex", async () => {
    const workspace = makeWorkspace();
    claim(workspace, "a");
    const payload = {
      id: session,
      cwd: workspace.root,
      cli_version: "0.169.0",
      source: "exec",
      originator: "codex_exec",
    };
    workspace.write(
      `home/.codex/sessions/2026/11/22/rollout-2026-11-22T14-30-00-${session}.jsonl`,
      line({ timestamp: "2026-11-22T14:30:00Z", type: "session_meta", payload }) +
        line({
          timestamp: "2026-11-22T14:30:01Z",
          type: "event_msg",
          payload: { type: "task_started", turn_id: "t" },
        }),
    );
    expect(await look(workspace)).toMatchObject([
      { agent: { kind: "codex", session_id: session }, reason: "recent_activity" },
    ]);
  });

  it("but not when two of them name it: then it has a row of its own", async () => {
    const workspace = makeWorkspace();
    claim(workspace, "a");
    claim(workspace, "b");
    const payload = {
      id: session,
      cwd: workspace.root,
      cli_version: "0.169.0",
      source: "exec",
      originator: "codex_exec",
    };
    workspace.write(
      `home/.codex/sessions/2026/11/22/rollout-2026-11-22T14-30-00-${session}.jsonl`,
      line({ timestamp: "2026-11-22T14:30:00Z", type: "session_meta", payload }),
    );
    expect(await look(workspace)).toMatchObject([
      { worktree: ".worktrees/a", reason: "reported_running" },
      { worktree: ".worktrees/b", reason: "reported_running" },
      { worktree: null, agent: { session_id: session }, reason: "recent_activity" },
    ]);
  });
});

function claim(workspace: Workspace, name: string): void {
  const at = "2026-11-22T14:25:00Z";
  workspace.status(name, { status: "running", timestamp: at, updatedAt: at, sessionId: session });
}

async function look(workspace: Workspace): Promise<unknown> {
  const words = ["--root", workspace.root, "--now", now, "--since", "365d", "--no-record", "--json"];
  const procfs = ["--procfs", workspace.path("nowhere")];
  const { stdout } = await runMonitor([...words, ...procfs], { env: { HOME: workspace.path("home") } });
  return JSON.parse(stdout).tasks;
}
