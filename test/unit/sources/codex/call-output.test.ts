import { describe, expect, it } from "vitest";
import { readOutput } from "../../../../src/sources/codex/records.ts";

const classic = (code: number, printed: string): string =>
  `Chunk ID: 071646\nWall time: 0.1 seconds\nProcess exited with code ${code}\nOutput:\n${printed}`;
const refused = 'CreateProcess { message: "Rejected(\\"rejected by user\\")" }';

describe("an output of Codex", () => {
  it.each([
    ["exec command rejected by user"],
    ["patch rejected by user"],
    ["rejected by user"],
    [`exec_command failed for \`/bin/bash -lc 'make'\`: ${refused}`],
    [`Script failed\nWall time 2.0 seconds\nOutput:\n\nScript error:\nexec_command failed: ${refused}`],
    ["Wall time: 3.1 seconds\naborted by user"],
    ["aborted by user after 3.1s"],
  ])("is nobody's failure when a person refused or ended the call: %s", (output) => {
    expect(readOutput(output, "exec_command")).toMatchObject({ outcome: "neutral", isCertain: true });
  });

  it.each([
    ["ok", classic(0, "src/a.ts:12: throw new Error('order rejected by user')\n")],
    ["failed", classic(1, "expected 'paid', got 'rejected by user'\n")],
    ["failed", "exec_command failed for `grep 'rejected by user'`: No such file or directory"],
  ])("is %s whatever a command prints or looks for", (outcome, output) => {
    expect(readOutput(output, "exec_command")).toMatchObject({ outcome, isKilled: false });
  });

  it.each([
    [2, true],
    [9, true],
    [11, false],
    [15, true],
  ])("with signal %i says that somebody ended the command: %s", (signal, isKilled) => {
    const output = `execution error: Sandbox(Signal(${signal}))`;
    expect(readOutput(output, "shell_command")).toMatchObject({ outcome: "failed", isKilled });
  });

  it.each([
    ["by another tool", "run 3\nExit code: 1\nsee log", "mcp__ci__get_log"],
    ["by another tool in its first line", "Exit code: 1\nsee log", "mcp__ci__get_log"],
    ["below what a command printed first", "run 3\nExit code: 1\n", "shell_command"],
  ])("is not judged by an exit code that is shown %s", (_, output, tool) => {
    expect(readOutput(output, tool)).toMatchObject({ outcome: "ok", isCertain: false, text: output });
  });

  it("may be a script's in one text", () => {
    const script = "Wall time 0.1 seconds\nOutput:\n";
    const failed = `Script completed\n${script}${JSON.stringify({ exit_code: 1, output: "FAIL 3" })}`;
    expect(readOutput(failed, "exec")).toMatchObject({ outcome: "failed", text: "FAIL 3" });
    expect(readOutput(`Script running with cell ID 7\n${script}`, "exec")).toMatchObject({ runningAs: "7" });
  });
});
