// Looks at a project of very many worktrees: every one has a row, and the time grows as their number does.
// `bun test/faults/load.ts [worktrees=100000]`
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFolder } from "../support/program.ts";

const [worktrees = 100_000] = process.argv.slice(2).map(Number);
const root = mkdtempSync(join(tmpdir(), "load-"));
const now = Date.parse("2026-11-22T14:32:00Z");
const words = ["running", "completed", "failed", "created", "timeout"];
const odd = ["", "{", "null", '"running"', "[]", '{"status":5}', '{"status":"dreaming"}'];
const table: Record<string, string | number>[] = [];
let made = 0;
for (const count of [worktrees / 4, worktrees / 2, worktrees]) {
  for (; made < count; made += 1) {
    const folder = join(root, ".worktrees", `w${made}`);
    mkdirSync(folder, { recursive: true });
    const claim = { status: words[made % 5], taskId: `bg_${made}`, updatedAt: now - (made % 7_200_000) };
    const text =
      made % 1_000 === 999 ? (odd[((made / 1_000) % odd.length) | 0] ?? "") : JSON.stringify(claim);
    writeFileSync(join(folder, "status.json"), text);
  }
  for (const run of ["first", "second"]) {
    const begun = performance.now();
    const bun = join(projectFolder, "node_modules/.bin/bun");
    const child = Bun.spawn(
      [
        bun,
        join(projectFolder, "src/cli.ts"),
        "--root",
        root,
        "--now",
        new Date(now).toISOString(),
        "--json",
      ],
      { env: { PATH: process.env.PATH ?? "", HOME: root, TERM: "xterm" }, stdout: "pipe", stderr: "pipe" },
    );
    const stdout = await new Response(child.stdout).text();
    await child.exited;
    const seconds = (performance.now() - begun) / 1_000;
    const report = JSON.parse(stdout);
    const rows = new Set(report.tasks.map((task: { worktree: string }) => task.worktree)).size;
    table.push({
      worktrees: count,
      run,
      exit: child.exitCode ?? -1,
      rows,
      lost: count - rows,
      problems: report.problems.length,
      seconds: seconds.toFixed(1),
      "ms each": ((1_000 * seconds) / count).toFixed(3),
      "MiB RSS": Math.round((child.resourceUsage()?.maxRSS ?? 0) / 1024 ** 2),
    });
    console.error(JSON.stringify(table.at(-1)));
  }
}
rmSync(root, { recursive: true });
console.table(table);
process.exitCode = table.some(({ lost, exit }) => lost !== 0 || exit !== 0) ? 1 : 0;
