const key = Buffer.from('"task_id"');
const [space, quote, colon, bracketOpen, backslash, braceOpen, braceClose] = [32, 34, 58, 91, 92, 123, 125];
/** Longer than any id. */
const idBytes = 100;

/**
 * Finds the task that a line's record names, from its bytes alone; null when only parsing can tell. Lines are asked for in
 * their order, so that each stretch of bytes is searched once.
 */
export function taskFinder(bytes: Buffer): (from: number, to: number) => string | null {
  let next = bytes.indexOf(key);
  return (from, to) => {
    if (next !== -1 && next < from) next = bytes.indexOf(key, from);
    if (next === -1 || next >= to) return null;
    const at = next;
    next = bytes.indexOf(key, at + key.length);
    // A line that does not end like a record is torn; a second key may be the one that counts.
    if ((next !== -1 && next < to) || bytes[from] !== braceOpen || bytes[to - 1] !== braceClose) return null;
    if (!isTopLevel(bytes, from + 1, at)) return null;
    const after = at + key.length;
    const begin = after + (bytes[after + 1] === space ? 3 : 2);
    if (bytes[after] !== colon || bytes[begin - 1] !== quote) return null;
    const end = bytes.indexOf(quote, begin);
    if (end === -1 || end >= to || end - begin > idBytes) return null;
    const id = bytes.toString("latin1", begin, end);
    return plain.test(id) ? id : null;
  };
}

const plain = /^[\w.:-]+$/;

// Nothing opens between the record's brace and the key, and no text there could hide a quote.
function isTopLevel(bytes: Buffer, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) {
    const byte = bytes[index];
    if (byte === braceOpen || byte === bracketOpen || byte === backslash) return false;
  }
  return true;
}
