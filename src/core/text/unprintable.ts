/**
 * ESC sequences: CSI; then OSC, DCS, SOS, PM and APC with their payload, when it ends before another control character;
 * then those of two characters. A stray beginning takes nothing along.
 */
const sequences =
  "(?:\\u001b\\[|\\u009b(?=[0-?]))[0-?]*[ -/]*[@-~]?|\\u001b[\\]PX^_][^\\u0000-\\u001f\\u007f-\\u009f]*(?:\\u0007|\\u001b\\\\|\\u009c)|\\u001b[ -/]*[0-~]?";
/** Marks that nobody sees and that reorder, join or hide text. */
const ignorable = "\\p{Default_Ignorable_Code_Point}";

/** What disappears when a text is made printable, without leaving a gap. For `RegExp`, with the flag `u`. */
export const vanishing = `${sequences}|${ignorable}+`;

const escapeSequences = new RegExp(sequences, "gu");
const ignorables = new RegExp(`${ignorable}+`, "gu");
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** No script piles more marks onto one letter. */
const heapOfMarks = /(\p{M}{4})\p{M}+/gu;

const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]|\p{Default_Ignorable_Code_Point}/u;

export function isPrintable(text: string): boolean {
  return !unprintable.test(text);
}

/** The same as `toPrintable` of ASCII without ESC; little more than `enough` characters of it. */
export function toLine(text: string, enough: number): string {
  let line = "";
  let at = 0;
  while (at < text.length && line.length <= enough) {
    while (isGap(text, at)) at += 1;
    const start = at;
    while (at < text.length && !(isGap(text, at) && (text.charCodeAt(at) !== 32 || isGap(text, at + 1))))
      at += 1;
    const words =
      at === text.length && text.charCodeAt(at - 1) === 32 ? text.slice(start, -1) : text.slice(start, at);
    if (words !== "") line = line === "" ? words : `${line} ${words}`;
  }
  return line;
}

function isGap(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code <= 32 || code === 127;
}

/** One line without escape sequences, control characters, invisible marks and halves of characters. */
export function toPrintable(text: string): string {
  return (
    text
      .replace(escapeSequences, "")
      .replace(controls, " ")
      // Before marks go: what stood between two halves must not join them.
      .replace(loneSurrogates, "\ufffd")
      .replace(ignorables, "")
      .replace(heapOfMarks, "$1")
      .replace(/ {2,}/g, " ")
      .trim()
  );
}
