import type { Problem } from "../../core/problem.ts";
import { CannotRead } from "../../io/sqlite.ts";
import type { SourceContext } from "../source.ts";
import { type Gathered, gather } from "./gather.ts";
import { openJsonStore } from "./json-store.ts";
import type { Locations } from "./locations.ts";
import type { Store } from "./rows.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Gathers from every store. Of several databases one that cannot be read does not hide the others: it is pushed to the
 * problems.
 * @throws {CannotRead} when there is nothing else to read.
 */
export function gatherAll(
  { databases, storage }: Locations,
  context: SourceContext,
  around: Surroundings,
): readonly Gathered[] {
  const stores: Store[] = [];
  const found: Gathered[] = [];
  const attempt = (path: string, isOnly: boolean, open: () => Store): void => {
    try {
      const store = open();
      stores.push(store);
      found.push(gather(store, around));
    } catch (error) {
      if (!(error instanceof CannotRead)) throw error;
      if (isOnly) throw new CannotRead(error.outcome, `${path}: ${error.message}`);
      around.problems.push(unreadable(path, error));
    }
  };
  try {
    for (const path of databases)
      attempt(path, databases.length === 1, () => openSqliteStore(path, around.problems));
    // Without the database it is not known which files are dead copies.
    if (found.length === 0 && databases.length > 0)
      throw new CannotRead("failed", "none of its databases can be read");
    if (storage === null || found.length < databases.length) return found;
    // The migration left the files in place: they are dead copies.
    const migrated = [...stores];
    const isCopied = (id: string) => migrated.some((store) => store.session(id) !== null);
    attempt(storage, databases.length === 0, () =>
      openJsonStore(storage, context, isCopied, around.problems),
    );
    return found;
  } finally {
    for (const store of stores) store.close();
  }
}

function unreadable(path: string, { message }: CannotRead): Problem {
  return { code: "unreadable", path, line: null, column: null, message };
}
