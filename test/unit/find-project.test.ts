import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findProject } from "../../src/find-project.ts";
import { run } from "../support/program.ts";
import { git, makeWorkspace } from "../support/workspace.ts";

describe("findProject", () => {
  it("resolves the links of the folder that is given", () => {
    const workspace = makeWorkspace();
    mkdirSync(workspace.path("project"));
    symlinkSync("project", workspace.path("link"));
    expect(findProject(workspace.path("link"), "/")).toBe(workspace.path("project"));
  });

  it("takes a linked worktree that is given for its project", () => {
    const workspace = makeWorkspace();
    mkdirSync(workspace.path("shop"));
    git(workspace.path("shop"), "init", "-q");
    git(workspace.path("shop"), "commit", "-q", "--allow-empty", "-m", "start");
    git(workspace.path("shop"), "worktree", "add", "-q", "../feature");
    expect(findProject(workspace.path("feature"), "/")).toBe(workspace.path("shop"));
  });

  it("refuses a link that leads in a circle", () => {
    const workspace = makeWorkspace();
    symlinkSync("circle", workspace.path("circle"));
    expect(() => findProject(workspace.path("circle"), "/")).toThrow("there is no such folder");
  });

  it("refuses a project in which nothing can be read, as another user than root", async () => {
    const workspace = makeWorkspace();
    const file = JSON.stringify(join(import.meta.dirname, "../../src/find-project.ts"));
    mkdirSync(workspace.path("closed"));
    chmodSync(workspace.root, 0o755);
    chmodSync(workspace.path("closed"), 0o000);
    const script = `
      const { findProject } = await import(${file});
      if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
      console.log(findProject(process.argv[1], "/"));`;
    const { stdout, stderr } = await run(["bun", "-e", script, workspace.path("closed")]);
    expect(stdout).toBe("");
    expect(stderr).toContain("closed: nothing in it can be read (EACCES); run as a user who may enter it");
  });
});
