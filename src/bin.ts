#!/usr/bin/env -S bun --no-env-file --config=/dev/null
// What is installed as `monitor`: the source where it is there (a clone, a git address), else the bundle that a package holds.
import { existsSync } from "node:fs";
import { join } from "node:path";

const source = join(import.meta.dirname, "cli.ts");
await import(existsSync(source) ? source : join(import.meta.dirname, "../dist/monitor.js"));
