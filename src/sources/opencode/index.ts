// OpenCode 1.0.61 … 1.18.33 with oh-my-opencode 2.14 … 4.19.4 (oh-my-openagent; `~/.omo/runtime/<team>/state.json` repeats what its
// members' sessions say, and goes with its server), oh-my-opencode-slim 2.2.24 or opencode-background-agents, and OpenCode 2.0
// by its public schemas: sessions in worktrees of the project, and the background work that sessions of the project launched.
// Launchers keep their tasks in memory only; what a task does is read from its own session.

import { CannotRead } from "../../io/open-file.ts";
import { absent, type Source, unread } from "../source.ts";
import { isRunning } from "./liveness.ts";
import { dataFolders, locate } from "./paths.ts";

export const opencode: Source = {
  id: "opencode",
  kind: "transcript",
  homes: dataFolders,
  isRunning,
  newestSeen: "1.18.34",
  neverOpened: ["auth.json", "mcp-auth.json", "opencode/opencode.json", "opencode/opencode.jsonc"],
  resume: (sessionId) => ["opencode", "-s", sessionId],
  async collect(context) {
    try {
      const locations = locate(context.env);
      // Where its folder is not, one that works here may still keep its sessions elsewhere.
      if (locations === null && !isRunning(context.processes)) return absent;
      const { readElsewhere, readStores } = await import("./stores.ts");
      return locations === null ? readElsewhere(context) : readStores(locations, context);
    } catch (error) {
      if (error instanceof CannotRead) return unread(error.outcome, error.message);
      const { code, message } = error as NodeJS.ErrnoException;
      return unread(code === "EACCES" || code === "EPERM" ? "denied" : "failed", message);
    }
  },
};
