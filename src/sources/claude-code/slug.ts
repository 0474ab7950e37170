const longestSlug = 200;

/** The name of the folder that holds the transcripts of sessions started in `path` (claude-code.md, 1.1). */
export function slugOf(path: string): string {
  const slug = plainSlug(path);
  if (slug.length <= longestSlug) return slug;
  let hash = 0;
  for (let index = 0; index < path.length; index += 1)
    hash = ((hash << 5) - hash + path.charCodeAt(index)) | 0;
  return `${slug.slice(0, longestSlug)}-${Math.abs(hash).toString(36)}`;
}

/** Whether a project folder of this name can belong to `path` or to a folder inside it. Slugs collide: confirm by `cwd`. */
export function maySlugBelongTo(name: string, path: string): boolean {
  const slug = plainSlug(path).slice(0, longestSlug);
  if (!name.startsWith(slug)) return false;
  return name.length === slug.length || slug.length === longestSlug || name[slug.length] === "-";
}

/** Whether a folder's name can be a slug of an absolute path; other names were chosen by CLAUDE_CODE_PROJECT_DIR_NAME. */
export function isSlug(name: string): boolean {
  return name.startsWith("-");
}

function plainSlug(path: string): string {
  return path.replace(/[^a-zA-Z0-9]/g, "-");
}
