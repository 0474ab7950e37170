import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { runMonitor } from "../support/program.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

const session = "5785944f-8ba6-453c-a22a-ac8e8b037330";

/** What ruins such a tool: each lie is told by files as the real program leaves them, with a process that really runs. */
describe("the monitor does not repeat", () => {
  it("that an agent runs which was killed with SIGKILL", async () => {
    const workspace = makeWorkspace();
    const agent = startAgent();
    claim(workspace, "running", agent.pid);
    transcript(workspace, [said("user", "Build it"), called("t1", "Bash", { command: "make" })]);
    register(workspace, agent.pid, { status: "busy" });
    const before = await look(workspace);
    agent.kill("SIGKILL");
    await agent.exited;
    // Seconds after its last write an agent that is not seen may only have gone elsewhere.
    const after = await look(workspace, "--now", new Date(Date.now() + 180_000).toISOString());
    expect(before).toContain("✓ Healthy");
    expect(after).toMatch(
      /✗ Failed - agent process is gone\n {4}status\.json still says "running"; pid \d+ ended/,
    );
  });

  it("that an agent runs which hangs in a permission prompt", async () => {
    const workspace = makeWorkspace();
    const agent = startAgent();
    claim(workspace, "running", agent.pid);
    transcript(workspace, [
      said("user", "Publish it"),
      called("t1", "Bash", { command: "git push origin main" }),
    ]);
    register(workspace, agent.pid, { status: "waiting", waitingFor: "permission prompt" });
    expect(await look(workspace)).toMatch(
      /‖ Waiting - needs permission to run Bash, \d+s\n {4}asks: git push origin main/,
    );
  });

  it("that a task completed whose child still runs", async () => {
    const workspace = makeWorkspace();
    const agent = startAgent();
    claim(workspace, "completed", agent.pid);
    const launched = {
      isAsync: true,
      status: "async_launched",
      agentId: "ab4d94a56e37c2770",
      description: "Survey the code",
    };
    transcript(workspace, [
      said("user", "Survey it"),
      called("t1", "Agent", { description: "Survey the code", prompt: "Look around" }),
      answered("t1", "Async agent launched successfully.", launched),
      {
        ...said("assistant", "It is on its way."),
        message: {
          role: "assistant",
          content: [{ type: "text", text: "It is on its way." }],
          stop_reason: "end_turn",
        },
      },
    ]);
    register(workspace, agent.pid, { status: "busy" });
    expect(await look(workspace)).toMatch(
      /waits for Survey the code \| ✓ Healthy\n {4}status\.json says "completed"/,
    );
  });
});

/** A process of its own that stands for the agent: the monitor knows agents by pid and start time only. */
function startAgent() {
  const agent = Bun.spawn(["sleep", "600"]);
  onTestFinished(() => agent.kill("SIGKILL"));
  return agent;
}

async function look(workspace: Workspace, ...words: readonly string[]): Promise<string> {
  const env = { CLAUDE_CONFIG_DIR: workspace.path("home/.claude") };
  const { stdout } = await runMonitor(["--root", workspace.root, "--no-record", ...words], { env });
  return stdout;
}

function claim(workspace: Workspace, status: string, pid: number): void {
  const now = Date.now();
  workspace.status("a", {
    status,
    taskId: "bg_1a2b3c4d",
    timestamp: now - 60_000,
    updatedAt: now,
    pid,
    host: hostname(),
  });
}

/** The session's transcript, one record a second up to now. */
function transcript(workspace: Workspace, records: readonly object[]): void {
  const worktree = workspace.path(".worktrees/a");
  const lines = records.map((record, index) => {
    const timestamp = new Date(Date.now() - (records.length - index) * 1_000).toISOString();
    const about = {
      uuid: `u${index}`,
      cwd: worktree,
      sessionId: session,
      version: "2.1.330",
      isSidechain: false,
    };
    return `${JSON.stringify({ ...about, entrypoint: "sdk-cli", ...record, timestamp })}\n`;
  });
  const slug = worktree.replace(/[^a-zA-Z0-9]/g, "-");
  workspace.write(`home/.claude/projects/${slug}/${session}.jsonl`, lines.join(""));
}

/** The live registry's file of a process. */
function register(workspace: Workspace, pid: number, state: object): void {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const procStart = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const about = {
    pid,
    sessionId: session,
    cwd: workspace.path(".worktrees/a"),
    procStart,
    version: "2.1.330",
  };
  const entry = {
    ...about,
    kind: "interactive",
    entrypoint: "sdk-cli",
    startedAt: Date.now() - 60_000,
    ...state,
  };
  workspace.write(`home/.claude/sessions/${pid}.json`, JSON.stringify(entry));
}

function said(type: "user" | "assistant", content: string): object {
  return { type, message: { role: type, content } };
}

function called(id: string, name: string, input: object): object {
  return {
    type: "assistant",
    message: { role: "assistant", content: [{ type: "tool_use", id, name, input }], stop_reason: "tool_use" },
  };
}

function answered(id: string, content: string, toolUseResult: object): object {
  return {
    type: "user",
    message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content }] },
    toolUseResult,
  };
}
