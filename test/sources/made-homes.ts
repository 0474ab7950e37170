import type { LaidOutHome } from "./laid-out-home.ts";

/** Agents whose files cannot lie in the repository as they are (databases): how their cases of the contract are made. */
export const madeHomes: Readonly<
  Record<string, ((name: "contract" | "malformed") => LaidOutHome) | undefined>
> = {};
