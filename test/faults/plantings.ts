import { Database } from "bun:sqlite";
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { changeAt, findLeaves, plant, sortOf, textsIn } from "./leaves.ts";

/** One text that a source reads. `put` changes it and gives a function that puts it back. */
export type Planting = {
  readonly field: string;
  /** Whether a text can stand there; everywhere, where it is not said. */
  fits?(text: string): boolean;
  put(change: (text: string) => string): () => void;
};

/** Every text of a JSON file, and every line of another file. */
export function textsBelow(folder: string, agent: string): Planting[] {
  const leaves = findLeaves(folder).map((leaf) => ({
    field: `${agent} ${fieldOf(leaf.file, leaf.sort, leaf.path)}`,
    put: keepingTime(leaf.file, (change) => plant(leaf.file, [leaf], change)),
  }));
  const lines = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.jsonl?$|\.db(-\w+)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes("/procfs/"))
    .map((file) => ({
      field: `${agent} a line of ${basename(file)}`,
      put: keepingTime(file, inLines(file)),
    }));
  return [...leaves, ...lines];
}

const inLines = (file: string) => (change: (text: string) => string) => {
  const before = readFileSync(file);
  writeFileSync(file, before.toString("utf8").replace(/^.+$/gm, change));
  return () => writeFileSync(file, before);
};

// A session that was written just now is another session.
const keepingTime =
  (file: string, put: Planting["put"]): Planting["put"] =>
  (change) => {
    const { atime, mtime } = statSync(file);
    const undo = put(change);
    utimesSync(file, atime, mtime);
    return () => {
      undo();
      utimesSync(file, atime, mtime);
    };
  };

const textColumns = {
  session: ["id", "parent_id", "directory", "title", "version", "agent"],
  message: ["id"],
  part: ["id"],
  todo: ["content", "status"],
} as const;

/** Every text column of every row, and every text in the JSON of `data`. */
export function textsInDatabase(path: string): Planting[] {
  const database = new Database(path, { readonly: true });
  const rowsOf = (table: string) =>
    database.query<Record<string, unknown>, []>(`SELECT rowid AS place, * FROM ${table}`).all();
  const columns = Object.entries(textColumns).flatMap(([table, names]) =>
    rowsOf(table).flatMap((row) =>
      names
        .filter((name) => typeof row[name] === "string")
        .map((name) => ({
          field: `opencode.db ${table}.${name}`,
          put: (change: (text: string) => string) =>
            update(path, table, name, Number(row.place), String(row[name]), change),
        })),
    ),
  );
  const inData = ["message", "part"].flatMap((table) =>
    rowsOf(table).flatMap((row) => {
      const data: unknown = JSON.parse(String(row.data));
      return textsIn(data).map((leaf) => ({
        field: `opencode.db ${table}.data ${fieldOf("x.json", sortOf(data), leaf)}`,
        put: (change: (text: string) => string) =>
          update(path, table, "data", Number(row.place), String(row.data), () =>
            JSON.stringify(changeAt(data, leaf, change)),
          ),
      }));
    }),
  );
  database.close();
  return [...columns, ...inData];
}

function update(
  path: string,
  table: string,
  column: string,
  place: number,
  before: string,
  change: (text: string) => string,
): () => void {
  const set = (text: string) => {
    const database = new Database(path);
    database.exec("PRAGMA synchronous=OFF");
    database.query(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`).run(text, place);
    database.close();
  };
  set(change(before));
  return () => set(before);
}

// Which kind of file and record it is, and the keys that lead to the text in it.
function fieldOf(file: string, sort: string, path: readonly (string | number)[]): string {
  const names = path.filter((key) => !/^\d+$/.test(String(key)));
  return `${/\.(\w+)$/.exec(file)?.[1]} ${sort} ${names.join(".")}`;
}
