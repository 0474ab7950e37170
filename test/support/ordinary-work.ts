/** One call of a message: the tool, its input, what it answered, and whether that was an error. */
type Call = readonly [tool: string, input: object, answer: string, isError?: boolean];
/** The calls of one message of the model, made at once. */
type Message = readonly Call[];

const sh = (command: string, answer: string, isError = false): Call => ["Bash", { command }, answer, isError];
const read = (path: string, answer: string): Call => ["Read", { file_path: path }, answer];
const edit = (path: string, from: string, to: string): Call => [
  "Edit",
  { file_path: path, old_string: from, new_string: to },
  `The file ${path} has been updated successfully.`,
];
const write = (path: string, content: string): Call => [
  "Write",
  { file_path: path, content },
  `File created successfully at: ${path}`,
];
const each = <Item>(
  items: readonly Item[],
  make: (item: Item, index: number) => readonly Message[],
): Message[] => items.flatMap(make);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const listing = (n: number) =>
  `export const part${n} = () => ${n};\n// what stands in file ${n}, with enough text to tell it from others\n`;

/** Ordinary work that goes well, or at least on: what agents do all day. */
export const ordinaryWork: Readonly<Record<string, readonly Message[]>> = {
  "a release of nine packages": each(numbers(9), (n) => [
    [edit(`packages/p${n}/package.json`, `"version": "1.${n}.0"`, `"version": "1.${n}.1"`)],
    [
      sh(
        `cd packages/p${n} && npm run build`,
        "> build\n> tsc -p .\n\nbuild finished without errors, output written to dist",
      ),
    ],
    [
      sh(
        `cd packages/p${n} && npm publish --dry-run`,
        "npm notice package size and contents look right\n+ published (dry run)",
      ),
    ],
    [sh("git status --short", "")],
  ]),
  "twelve migrations, one after the other": each(numbers(12), (n) => [
    [write(`db/migrate/0${n}_change.sql`, `alter table t${n} add column c${n} int;`)],
    [
      sh(
        `psql app -f db/migrate/0${n}_change.sql`,
        "BEGIN\nALTER TABLE\nCOMMIT\nmigration applied, schema version table updated",
      ),
    ],
    [sh("npm run db:check", "schema is consistent with the models; nothing to do for this database")],
  ]),
  "a bisect over ten commits": each(numbers(10), (n) => [
    [sh("npm test -- parser", n % 3 === 0 ? "Exit code 1\n1 failed, 41 passed" : "42 passed", n % 3 === 0)],
    [
      sh(
        `git bisect ${n % 3 === 0 ? "bad" : "good"}`,
        `Bisecting: ${64 >> (n % 6)} revisions left to test after this\n[${(n * 7919).toString(16).padStart(7, "a")}] change ${n}`,
      ),
    ],
  ]),
  "translations of thirty files": each(numbers(30), (n) => [
    [
      read(
        `locales/en/page${n}.json`,
        `{"title": "Page ${n}", "text": "The words of page ${n}, in English"}`,
      ),
    ],
    [write(`locales/de/page${n}.json`, `{"title": "Seite ${n}"}`)],
  ]),
  "dependency updates with a test run after each": each(
    ["zod", "chalk", "hono", "vite", "ky", "pino", "jose", "got"],
    (name) => [
      [
        sh(
          `npm install ${name}@latest`,
          "added 1 package, changed 3 packages, and audited 412 packages in 4s\n\nfound 0 vulnerabilities",
        ),
      ],
      [
        sh(
          "npm test 2>&1 | tail -5",
          "Test Files  41 passed (41)\n     Tests  388 passed (388)\n  Duration  9.1s",
        ),
      ],
      [sh(`git commit -am "update ${name}"`, `[main abc12${name.length}] update ${name}\n 2 files changed`)],
    ],
  ),
  "a flaky test that is run ten times": each(numbers(10), (n) => [
    [
      sh(
        "npm test -- upload",
        n === 4 || n === 9
          ? `Exit code 1\n1 failed, ${n} passed: timeout after ${n}00ms`
          : `12 passed (${n}.2s)`,
        n === 4 || n === 9,
      ),
    ],
    ...(n % 3 === 0 ? [[edit("test/upload.test.ts", `wait(${n})`, `wait(${n * 10})`)]] : []),
  ]),
  "forty labels written": each(numbers(40), (n) => [
    [
      read(
        `data/raw/${n}.txt`,
        `Customer ${n} writes about order ${n * 17}: the parcel number ${n * 31} is late`,
      ),
    ],
    [sh(`./label.sh ${n} delivery`, "saved")],
  ]),
  "a long build that is polled": [
    [
      [
        "Bash",
        { command: "make -j8 all > build.log 2>&1", run_in_background: true },
        "Command running in background with ID: bash_1",
      ],
    ],
    ...each(numbers(14), (n) => [
      [sh("tail -3 build.log", n < 12 ? "[ 41%] Building CXX object src/core.o" : "[100%] Built target all")],
    ]),
    [sh("ls build/bin", "app\napp-tests")],
  ],
  "a review of forty files, four at a time": each(numbers(10), (n) => [
    numbers(4).map((m) => read(`src/part${n * 4 + m}.ts`, listing(n * 4 + m))),
  ]),
  "ten guesses at files that are not there, in one message": [
    [sh("ls", "README.md\nsrc")],
    numbers(10).map(
      (n): Call => [
        "Read",
        { file_path: `docs/${n}.md` },
        "<tool_use_error>File does not exist.</tool_use_error>",
        true,
      ],
    ),
    [sh("git ls-files", "README.md\nsrc/a.ts")],
    [read("src/a.ts", listing(1))],
  ],
  "parallel calls of which one fails and the others are taken back": each(numbers(4), (n) => [
    [
      sh(`cat src/missing${n}.ts`, `Exit code 1\ncat: src/missing${n}.ts: No such file or directory`, true),
      ...numbers(6).map(
        (m): Call => [
          "Read",
          { file_path: `src/${n}-${m}.ts` },
          "<tool_use_error>Sibling tool call errored</tool_use_error>",
          true,
        ],
      ),
    ],
    [sh(`ls src/${n}`, `a${n}.ts\nb${n}.ts`)],
  ]),
  "a refactoring of one file in twelve steps": each(numbers(12), (n) => [
    [edit("src/cart.ts", `function old${n}`, `function new${n}`)],
    [sh("npm test", "> vitest run\n\n Test Files  7 passed (7)\n      Tests  57 passed (57)")],
  ]),
  "types mended in fifteen files, the compiler silent after each": each(numbers(15), (n) => [
    [edit(`src/m${n}.ts`, "any", `Type${n}`)],
    [sh("npx tsc --noEmit", "")],
  ]),
  "fourteen names removed, then searched for": [
    ...each(numbers(14), (n) => [[edit(`src/flags${n}.ts`, `flag${n}`, "")]]),
    ...each(numbers(14), (n) => [[sh(`grep -rn "flag${n}" src`, "Exit code 1", true)]]),
  ],
  "twelve agents launched": [
    ...each(numbers(3), (n) => [
      numbers(4).map(
        (m): Call => [
          "Task",
          { description: `part ${n}.${m}`, prompt: `Look at part ${n}.${m}`, subagent_type: "explore" },
          "Async agent launched successfully. You will be notified when it completes; do not wait for it.",
        ],
      ),
    ]),
  ],
  "a training run tuned ten times": each(numbers(10), (n) => [
    [
      sh(
        `python train.py --lr 0.${n}`,
        `epoch 3/3\nloss ${(1 / n).toFixed(3)} accuracy 0.${50 + 4 * n}\nsaved model to out`,
      ),
    ],
  ]),
  "one test made green step by step": each(numbers(9), (n) => [
    [edit("src/parse.ts", `case ${n}:`, `case ${n}: return ${n};`)],
    [sh("npm test -- parse", n < 9 ? `Exit code 1\n${10 - n} failed, ${n} passed` : "10 passed", n < 9)],
  ]),
  "documents fetched from many addresses": each(numbers(15), (n) => [
    [
      [
        "WebFetch",
        { url: `https://example.org/guide/${n}`, prompt: "the options" },
        n % 5 === 0
          ? "Request failed with status code 404"
          : `Chapter ${n} describes option ${n} and what it means for ${n * 3} cases`,
        n % 5 === 0,
      ],
    ],
  ]),
  "missing modules installed one by one": each(numbers(7), (n) => [
    [
      sh(
        "python -m notebook --generate-config",
        `Exit code 1\nModuleNotFoundError: No module named 'mod${n}'`,
        true,
      ),
    ],
    [sh(`pip install mod${n}`, `Successfully installed mod${n}-1.${n}`)],
  ]),
  "a server that is waited for, then tried": [
    [
      [
        "Bash",
        { command: "npm run dev", run_in_background: true },
        "Command running in background with ID: bash_2",
      ],
    ],
    ...each(numbers(8), () => [
      [sh("curl -s -o /dev/null -w '%{http_code}' http://localhost:3000/health", "000")],
    ]),
    ...each(numbers(8), (n) => [
      [sh(`curl -s http://localhost:3000/api/items/${n}`, `{"id":${n},"name":"item ${n}"}`)],
    ]),
  ],
  "commits picked onto a release branch, the tests run after each": each(numbers(9), (n) => [
    [sh(`git cherry-pick c0ffee${n}`, `[release 1f00ba${n}] change ${n}\n 1 file changed`)],
    [
      sh(
        "npm test 2>&1 | tail -4",
        "Test Files  41 passed (41)\n     Tests  388 passed (388)\nall suites green on this branch",
      ),
    ],
  ]),
};

const startedAt = Date.UTC(2026, 10, 30, 9);

/** The work as Claude Code 2.1 writes it into a transcript: a record for each block, results in the order in which they came. */
export function transcriptOf(messages: readonly Message[], cwd = "/srv/demo/.worktrees/work"): object[] {
  let at = startedAt;
  const common = { sessionId: "5e55-10", cwd, version: "2.1.330", isSidechain: false, userType: "external" };
  const stamp = () => {
    at += 1_000;
    return new Date(at).toISOString();
  };
  const records: object[] = [
    {
      ...common,
      type: "user",
      uuid: "u0",
      timestamp: stamp(),
      message: { role: "user", content: "Please do the work." },
    },
  ];
  for (const [turn, calls] of messages.entries()) {
    const ids = calls.map((_, index) => `toolu_${turn}_${index}`);
    for (const [index, [name, input]] of calls.entries())
      records.push({
        ...common,
        type: "assistant",
        uuid: `a${turn}-${index}`,
        timestamp: stamp(),
        message: {
          id: `msg_${turn}`,
          role: "assistant",
          model: "some-model",
          content: [{ type: "tool_use", id: ids[index], name, input }],
        },
      });
    for (const [index, [, , answer, isError]] of calls.entries())
      records.push({
        ...common,
        type: "user",
        uuid: `r${turn}-${index}`,
        timestamp: stamp(),
        message: {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: ids[index],
              content: answer,
              ...(isError ? { is_error: true } : {}),
            },
          ],
        },
      });
    at += 20_000;
  }
  return records;
}
