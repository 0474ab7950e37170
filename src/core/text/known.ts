/** The most answers that are known at a time, and the longest text that one is known of. */
const mostKnown = 4_096;
const longestKnown = 256;

/**
 * The same function of a text, which knows its last answers: what agents call, and what they work on, comes again and
 * again. Pure functions only.
 */
export function knowing<Answer>(answerOf: (text: string) => Answer): (text: string) => Answer {
  const known = new Map<string, Answer>();
  return (text) => {
    if (text.length > longestKnown) return answerOf(text);
    const before = known.get(text);
    if (before !== undefined) return before;
    const answer = answerOf(text);
    if (known.size >= mostKnown) known.clear();
    known.set(text, answer);
    return answer;
  };
}
