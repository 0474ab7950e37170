import { readdirSync } from "node:fs";

/** Whether an agent's folder can be listed: it is there, it is not, it may not be read, or it is no folder; with the reason. */
export type FolderState =
  | { readonly outcome: "read" | "absent" }
  | { readonly outcome: "denied" | "failed"; readonly reason: string };

/** Looks at an agent's folder without entering it. */
export function folderState(path: string): FolderState {
  try {
    readdirSync(path);
    return { outcome: "read" };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return { outcome: "absent" };
    return {
      outcome: code === "ENOTDIR" ? "failed" : "denied",
      reason: `${path} cannot be listed (${code ?? String(error)})`,
    };
  }
}
