/**
 * Files in which people keep credentials, by the end of their paths; sources add those of their agents (`neverOpen`).
 * None is ever opened, also not through a link of an innocent name; no source needs one. A name that ends in `/` stands
 * for all files of that folder, one that begins with `*` for every file that ends so.
 */
export const neverOpened: readonly string[] = [
  ".env",
  ".env.local",
  ".env.production",
  ".netrc",
  ".npmrc",
  ".git-credentials",
  ".ssh/",
  ".gnupg/",
  ".aws/",
  ".kube/config",
  ".docker/config.json",
  "shadow",
  "*.key",
  "*.pem",
  "bunfig.toml",
];

const endingOf = (name: string) => (name.startsWith("*") ? name.slice(1) : `/${name}`);
const endings = new Set(neverOpened.map(endingOf));

/** From now on files whose paths end so are not opened either. */
export function neverOpen(names: readonly string[]): void {
  for (const name of names) endings.add(endingOf(name));
}

/** Whether the file at an absolute path is one that is never opened. */
export function isNeverOpened(path: string): boolean {
  return [...endings].some((ending) =>
    ending.endsWith("/") ? path.includes(ending) : path.endsWith(ending),
  );
}
