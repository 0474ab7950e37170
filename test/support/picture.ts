const colors: Readonly<Record<string, string>> = {
  "31": "#ff7b72",
  "32": "#7ee787",
  "33": "#e3b341",
  "35": "#d2a8ff",
  "90": "#8b949e",
  "2": "#8b949e",
};
const plain = "#e6edf3";
const [lineHeight, columnWidth, padding] = [20, 8.4, 16];

/** A terminal's text, with its colours, as a picture that shows the same on light and dark pages. */
export function renderPicture(ansi: string): string {
  const lines = ansi.trimEnd().split("\n");
  const columns = Math.max(...lines.map((line) => Bun.stringWidth(line)));
  const width = Math.ceil(columns * columnWidth) + 2 * padding;
  const height = lines.length * lineHeight + 2 * padding;
  const rows = lines.map((line, index) => {
    const y = padding + (index + 0.75) * lineHeight;
    return `<text x="${padding}" y="${y}" xml:space="preserve">${spansOf(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="${plain}">`,
    ...rows,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function spansOf(line: string): string {
  let color = plain;
  const spans: string[] = [];
  for (const [, code, text] of line.matchAll(/(?:\u001b\[(\d+)m)?([^\u001b]*)/g)) {
    if (code !== undefined) color = colors[code] ?? plain;
    if (text !== undefined && text !== "") spans.push(`<tspan fill="${color}">${escapeXml(text)}</tspan>`);
  }
  return spans.join("");
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
