export function renderExplanation() {
  return "";
}
