import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { renderPicture } from "../support/picture.ts";
import { projectFolder, run } from "../support/program.ts";

it("the picture in the README shows what the program prints", async () => {
  const { stdout } = await run(["bun", "run", "--silent", "demo"], { env: { FORCE_COLOR: "1" } });
  const seen = renderPicture(stdout);
  const path = join(projectFolder, "fixtures/report.svg");
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, seen);
  expect(readFileSync(path, "utf8")).toBe(seen);
});
