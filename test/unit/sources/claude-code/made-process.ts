import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LaidOutHome } from "../../../support/laid-out-home.ts";

/** Makes a process appear in a laid-out home's `/proc`, as the registry files of the fixtures name it; `cwd` from the worktree. */
export function makeProcess(
  home: LaidOutHome,
  made: {
    readonly state?: string;
    readonly ticks?: number;
    readonly name?: string;
    readonly cwd?: string;
  } = {},
): LaidOutHome {
  const { state = "S", ticks = 100, name = "claude", cwd } = made;
  const folder = join(home.procfs, "4242");
  mkdirSync(folder);
  writeFileSync(join(folder, "stat"), `4242 (${name}) ${state} ${"0 ".repeat(18)}${ticks} 0 0\n`);
  if (cwd !== undefined) symlinkSync(resolve(home.worktree, cwd), join(folder, "cwd"));
  return home;
}
