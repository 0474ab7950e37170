/** One `tools.<name>(…)` written in a code-mode script; `input` undefined when its argument is no plain value. */
export type ScriptCall = { readonly name: string; readonly input: unknown };

/** More calls than this in one script are not looked at. */
const callsLookedAt = 32;

/** The tool calls that a code-mode script makes, in the order in which they are written. */
export function callsInside(script: string): readonly ScriptCall[] {
  const calls: ScriptCall[] = [];
  for (const found of script.matchAll(/\btools\.([A-Za-z_]\w*)\s*\(/g)) {
    if (calls.length === callsLookedAt) break;
    const argument = argumentAt(script, found.index + found[0].length);
    calls.push({ name: found[1] ?? "exec", input: argument === null ? undefined : readValue(argument) });
  }
  return calls;
}

/** The script without the numbers that say how long to wait and how much to show: the same request twice is equal. */
export function comparable(script: string): string {
  return script.replace(/["']?(yield_time_ms|max_output_tokens|timeout_ms)["']?\s*:\s*\d+/g, "$1:#");
}

// The text up to the bracket that closes the call; brackets inside strings do not count.
function argumentAt(script: string, start: number): string | null {
  let depth = 1;
  let quote: string | null = null;
  for (let index = start; index < script.length; index += 1) {
    const character = script.charAt(index);
    if (quote !== null) {
      if (character === "\\") index += 1;
      else if (character === quote) quote = null;
    } else if (character === '"' || character === "'" || character === "`") quote = character;
    else if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) {
      depth -= 1;
      if (depth === 0) return script.slice(start, index);
    }
  }
  return null;
}

// An argument is a JavaScript value: JSON5 reads its unquoted names, single quotes and trailing commas.
function readValue(argument: string): unknown {
  try {
    return Bun.JSON5.parse(argument);
  } catch {
    return undefined;
  }
}
