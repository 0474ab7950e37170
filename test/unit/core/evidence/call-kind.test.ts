import { expect, it } from "vitest";
import { commandOf, kindOf, traitOf } from "../../../../src/core/evidence/call-kind.ts";

it.each([
  ["TodoWrite", {}, "plan"],
  ["update_plan", {}, "plan"],
  ["think", {}, "plan"],
  ["ExitPlanMode", {}, "plan"],
  ["BashOutput", {}, "wait"],
  ["TaskOutput", {}, "wait"],
  ["read_output", {}, "wait"],
  ["AskUserQuestion", {}, "wait"],
  ["write_stdin", { session_id: 1, chars: "" }, "wait"],
  ["write_stdin", { session_id: 1, chars: "y\n" }, "run"],
  ["Edit", {}, "mut"],
  ["write_file", {}, "mut"],
  ["apply_patch", {}, "mut"],
  ["mcp__files__write_file", {}, "mut"],
  ["mcp__files__write-file", {}, "mut"],
  ["replace_string_in_file", {}, "mut"],
  ["StrReplaceFile", {}, "mut"],
  ["shell", { command: ["apply_patch", "*** Begin Patch"] }, "mut"],
  ["str_replace_editor", { command: "create" }, "mut"],
  ["str_replace_editor", { command: "view" }, "obs"],
  ["Read", {}, "obs"],
  ["webfetch", {}, "obs"],
  ["Grep", {}, "search"],
  ["glob", {}, "search"],
  ["search_dir", {}, "search"],
  ["bash", {}, "run"],
  ["exec_command", { cmd: "npm test" }, "run"],
  ["shell", { command: ["bash", "-lc", "sleep 5"] }, "wait"],
])("knows the tool %s with %j", (tool, raw, kind) => {
  const known = kindOf(tool, raw);

  expect(known.isSearch ? "search" : known.kind).toBe(kind);
});

it.each([
  ["sleep 5", "wait"],
  ["sleep 30 && gh run view 1", "wait"],
  ["cd /srv/demo && sleep 5", "wait"],
  ["make; sleep 10; cat log", "wait"],
  ["make; sleep 9; cat log", "run"],
  ["npm start & sleep 1m", "wait"],
  ["until curl -s localhost; do\n  sleep 1\ndone", "wait"],
  ["for i in 1 2 3; do curl -s localhost && break; sleep 5; done", "wait"],
  ["git commit -m 'wait: sleep 30 s'", "mut"],
  ["cat > wait.sh <<'EOF'\nsleep 30\nEOF", "mut"],
  ["rm log; sleep 30", "wait"],
  ["bash -c 'make; sleep 30'", "wait"],
  ["tail -f log", "wait"],
  ["tail -n 5 -F log", "wait"],
  ["tail -n 5 log", "obs"],
  ["watch date", "wait"],
  ["gh pr checks 1", "wait"],
  ["gh run watch", "wait"],
  ["gh pr create", "run"],
  ["kubectl get pods", "wait"],
  ["kubectl apply -f a.yaml", "run"],
  ["docker logs web", "wait"],
  ["docker compose logs web", "wait"],
  ["docker build .", "run"],
  ["until curl -s localhost; do sleep 1; done", "wait"],
  ["sed -i s/a/b/ f", "mut"],
  ["sed -n 1,5p f", "obs"],
  ["rm -rf build", "mut"],
  ["make && git commit -m x", "mut"],
  ["echo hi > f", "mut"],
  ["echo hi >> f", "mut"],
  ["cat > f <<'EOF'\nif a > b\nEOF", "mut"],
  ["python - <<EOF\nprint(1 > 0)\nEOF", "run"],
  ["apply_patch <<'EOF'\n*** Begin Patch\nEOF", "mut"],
  ["npm test 2>&1", "run"],
  ["npm test > /dev/null", "run"],
  ["npm test 2> /dev/null | head", "run"],
  ['node -e "a => b > c"', "run"],
  ["grep -rn foo src", "search"],
  ["cd src && rg foo", "search"],
  ["find . -name x", "search"],
  ["git grep foo", "search"],
  ["CI=1 npm test", "run"],
  ["ls -la", "obs"],
  ["git status", "obs"],
  ["git push", "run"],
])("knows the command %s", (command, kind) => {
  const known = kindOf("bash", { command });

  expect(known.isSearch ? "search" : known.kind).toBe(kind);
});

it.each([
  [{ command: "ls" }, "ls"],
  [{ cmd: "ls" }, "ls"],
  [{ command: ["ls", "-l"] }, "ls -l"],
  [{ command: ["/bin/bash", "-lc", "ls -l"] }, "ls -l"],
  [{ command: 5 }, null],
  ["ls", null],
  [null, null],
])("reads the command of %j", (raw, command) => {
  expect(commandOf(raw)).toBe(command);
});

it("takes little time for a hostile command", () => {
  expect(kindOf("bash", { command: "<<A ".repeat(1_000_000) }).kind).toBe("run");
  expect(kindOf("bash", { command: `${"a=b ".repeat(1_000_000)}'` }).kind).toBe("run");
}, 2_000);

it.each([
  ["within its first 4,096 characters", 4_096, "wait"],
  ["behind them", 4_097, "run"],
])("reads a command %s", (_, length, kind) => {
  const command = `echo ${"x".repeat(length - 15)}; sleep 30`;

  expect(kindOf("bash", { command }).kind).toBe(kind);
});

it.each([
  ['echo "task done 7"', "idles"],
  ["printf 'a; b\\n'", "idles"],
  ['echo "$PATH"', null],
  ["echo `date`", null],
  ["echo src/*.ts", null],
  ["echo start; make", null],
  ["echo x | nc localhost 80", null],
  ["echo x > f", null],
])("knows whether %s does nothing", (command, trait) => {
  expect(traitOf("bash", command)).toBe(trait);
});
