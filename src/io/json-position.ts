/**
 * Where a text stops being JSON, and what was expected there. Bun's own parser does not say; people need line and
 * column to find a half-written file's end. Line and column count from 1. null when the text is JSON.
 */
export function findJsonError(
  text: string,
): { readonly line: number; readonly column: number; readonly expected: string } | null {
  const scan = { text, at: 0 };
  const expected = scanValue(scan);
  if (expected === null) {
    skipSpace(scan);
    if (scan.at >= text.length) return null;
  }
  const before = text.slice(0, scan.at).split("\n");
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    expected: expected ?? "the end of the file",
  };
}

type Scan = { readonly text: string; at: number };

// A stack of open brackets instead of recursion: nesting in a hostile file has no bound.
function scanValue(scan: Scan): string | null {
  const open: ("{" | "[")[] = [];
  for (;;) {
    skipSpace(scan);
    const start = scan.text[scan.at];
    if (start === "{" || start === "[") {
      scan.at += 1;
      skipSpace(scan);
      if (scan.text[scan.at] === (start === "{" ? "}" : "]")) {
        scan.at += 1;
      } else {
        open.push(start);
        const wrong = start === "{" ? scanKey(scan) : null;
        if (wrong !== null) return wrong;
        continue;
      }
    } else {
      const wrong = start === '"' ? scanString(scan) : scanWord(scan);
      if (wrong !== null) return wrong;
    }
    for (;;) {
      const inside = open.at(-1);
      if (inside === undefined) return null;
      skipSpace(scan);
      const next = scan.text[scan.at];
      const closing = inside === "{" ? "}" : "]";
      if (next === closing) {
        scan.at += 1;
        open.pop();
        continue;
      }
      if (next !== ",") return `"," or "${closing}"`;
      scan.at += 1;
      const wrong = inside === "{" ? scanKey(scan) : null;
      if (wrong !== null) return wrong;
      break;
    }
  }
}

function scanKey(scan: Scan): string | null {
  skipSpace(scan);
  if (scan.text[scan.at] !== '"') return "a key in quotes";
  const wrong = scanString(scan);
  if (wrong !== null) return wrong;
  skipSpace(scan);
  if (scan.text[scan.at] !== ":") return '":"';
  scan.at += 1;
  return null;
}

function scanString(scan: Scan): string | null {
  const whole = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
  whole.lastIndex = scan.at;
  if (whole.test(scan.text)) {
    scan.at = whole.lastIndex;
    return null;
  }
  const begun = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
  begun.lastIndex = scan.at;
  begun.test(scan.text);
  scan.at = Math.max(begun.lastIndex, scan.at);
  return scan.text[scan.at] === "\\" ? "a valid escape" : "the closing quote of a string";
}

function scanWord(scan: Scan): string | null {
  const word = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
  word.lastIndex = scan.at;
  if (!word.test(scan.text)) return "a value";
  scan.at = word.lastIndex;
  return null;
}

function skipSpace(scan: Scan): void {
  const space = /[ \t\n\r]*/y;
  space.lastIndex = scan.at;
  space.test(scan.text);
  scan.at = space.lastIndex;
}
