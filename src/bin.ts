#!/bin/sh
":" /*
# For Bun this is a comment, and a shell reads no further. The two options keep Bun from obeying bunfig.toml and .env of
# the folder that is looked at; bash says in _ what it starts, which the report's last line takes for what was typed.
bun=$(command -v bun || command -v "${0%/*}/bun") && exec /usr/bin/env _="$0" "$bun" --no-env-file --config=/dev/null "$0" "$@"
echo "monitor: Bun is not on the PATH: npm install --save-dev bun@1.4.5, or see https://bun.com" >&2
exit 3
*/;
// What is installed as `monitor`: the source where it is there (a clone, a git address), else the bundle that a package holds.
import { existsSync } from "node:fs";
import { join } from "node:path";

const source = join(import.meta.dirname, "cli.ts");
await import(existsSync(source) ? source : join(import.meta.dirname, "../dist/monitor.js"));
