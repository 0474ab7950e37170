export type Metric = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/**
 * Reads Prometheus' text format 0.0.4 as strictly as promtool does, and a little more: every family has its HELP and TYPE
 * before its samples and stands in one piece, no series twice, a newline at the end.
 * @throws with what is wrong.
 */
export function parseExposition(text: string): Metric[] {
  if (!text.endsWith("\n")) throw new Error("no newline at the end");
  const metrics: Metric[] = [];
  const families: string[] = [];
  const series = new Set<string>();
  let announced: string | null = null;
  for (const line of text.slice(0, -1).split("\n")) {
    const help = line.match(/^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\]|\\\\|\\n)+$/)?.[1];
    const type = line.match(
      /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:gauge|counter|histogram|summary|untyped)$/,
    )?.[1];
    if (help !== undefined) {
      if (families.includes(help)) throw new Error(`family twice: ${help}`);
      families.push(help);
      announced = null;
    } else if (type !== undefined) {
      if (families.at(-1) !== type) throw new Error(`TYPE without HELP: ${type}`);
      announced = type;
    } else {
      const metric = parseSample(line);
      if (metric.name !== announced) throw new Error(`sample outside its family: ${line}`);
      const key = `${metric.name}${JSON.stringify(Object.entries(metric.labels).sort())}`;
      if (series.has(key)) throw new Error(`series twice: ${line}`);
      series.add(key);
      metrics.push(metric);
    }
  }
  return metrics;
}

function parseSample(line: string): Metric {
  const found = line.match(
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)|NaN|[+-]Inf)$/,
  );
  if (found === null) throw new Error(`no sample: ${line}`);
  const [, name = "", labelText = "", value = ""] = found;
  const labels: Record<string, string> = {};
  let rest = labelText;
  while (rest !== "") {
    const label = rest.match(/^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,(?=.)|$)/);
    if (label === null) throw new Error(`no label: ${rest}`);
    const [whole, key = "", escaped = ""] = label;
    if (key in labels) throw new Error(`label twice: ${key}`);
    labels[key] = escaped.replace(/\\(.)/g, (_, character) => (character === "n" ? "\n" : character));
    rest = rest.slice(whole.length);
  }
  return { name, labels, value: Number(value) };
}
