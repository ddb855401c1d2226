// What rules say of a chart: where they fired, as bands, and their limits, as dashed lines.
import { ask } from "./ask.js";
import { seriesOf } from "./alerting.js";
import { translucent } from "./ink.js";

/** @typedef {import("../vendor/uplot/uPlot.min.js").default} uPlot */
/** @typedef {import("./alerting.js").Told} Told */
/** @typedef {import("./alerting.js").RuleSaid} RuleSaid */
/** @typedef {{ rules: RuleSaid[], told: Told[] }} Heard */
/** @typedef {{ value: number, field: string, color: string, text: string }} Limit */
/** @typedef {{ from: number, to: number | null, color: string, text: string }} Mark in ms; null while it lasts */
/** @typedef {{ limits: Limit[], marks: Mark[] }} Notes */
/** @typedef {{ metric: string, of?: string, fields: string[], hosts: string[], parts?: string[] }} Drawn what a chart shows */

export const NO_NOTES = /** @type {Notes} */ ({ limits: [], marks: [] });
/** @type {Record<string, string>} */
export const COLORS = { critical: "bad", warning: "warn", info: "accent" };
const SIGN = 5; // px

// The rules of hosts, and what fired in that time. Charts go on without them.
/** @type {(hosts: string[], from: number, to: number, signal: AbortSignal) => Promise<Heard>} */
export async function fetchNotes(hosts, from, to, signal) {
  const query = new URLSearchParams({ start_time: new Date(from).toISOString(), end_time: new Date(to).toISOString() });
  if (hosts.length === 1) query.set("host", hosts[0]);
  try {
    const [{ rules }, { alerts }] = await Promise.all([
      ask(`/api/alerts/rules?${new URLSearchParams(hosts.map((host) => ["host", host]))}`, { signal }),
      ask(`/api/alerts/recent?${query}`, { signal }),
    ]);
    return { rules, told: alerts };
  } catch {
    return { rules: [], told: [] };
  }
}

// Those that are about what a chart shows.
/** @type {(heard: Heard, drawn: Drawn) => Notes} */
export function notesOf({ rules, told }, { metric, of = "", fields, hosts, parts = [] }) {
  const about = rules.filter(({ rule }) => rule.metric === metric);
  const names = new Map(about.map((one) => [one.id, one]));
  const marks = told
    .filter(({ rule, host, part }) => names.has(rule) && hosts.includes(host) && (!part || !parts.length || !of || parts.includes(part)))
    .map(({ since, until, severity, text, host }) => ({
      from: Date.parse(since),
      to: until && Date.parse(until),
      color: COLORS[severity],
      text: hosts.length > 1 ? `${host}: ${text}` : text,
    }));
  return { marks: /** @type {Mark[]} */ (marks), limits: about.flatMap((one) => limitOf(one, metric, of, fields)) };
}

/** @type {(said: RuleSaid, metric: string, of: string, fields: string[]) => Limit[]} */
function limitOf({ rule }, metric, of, fields) {
  const value = rule.at_least ?? rule.at_most ?? rule.reaches;
  const found = seriesOf(metric, rule.field ?? "");
  const fits = found.of === of && fields.includes(found.field) && rule.statistic !== "change";
  if (typeof value !== "number" || !fits) return [];
  return [{ value, field: found.field, color: COLORS[rule.severity ?? "warning"], text: rule.title }];
}

// Draws them over a chart. `scaleOf` names the scale of a field, or null where it has none.
/** @type {(plot: uPlot, notes: Notes, scaleOf: (field: string) => string | null, token: (name: string) => string) => void} */
export function paintNotes(plot, { limits, marks }, scaleOf, token) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const mark of marks) paintMark(plot, mark, token(mark.color));
  for (const limit of limits) {
    const scale = scaleOf(limit.field);
    if (scale !== null) paintLimit(plot, limit, scale, token(limit.color));
  }
  ctx.restore();
}

// A triangle at the top where it began, and a band for as long as it lasted.
/** @type {(plot: uPlot, mark: Mark, color: string) => void} */
function paintMark(plot, { from, to }, color) {
  const { ctx, bbox } = plot;
  const start = plot.valToPos(from, "x", true);
  const stop = to === null ? bbox.left + bbox.width : plot.valToPos(to, "x", true);
  const size = SIGN * devicePixelRatio;
  ctx.fillStyle = translucent(color, 0.13);
  ctx.fillRect(start, bbox.top, Math.max(devicePixelRatio, stop - start), bbox.height);
  ctx.fillStyle = color;
  ctx.fillRect(start, bbox.top, devicePixelRatio, bbox.height);
  ctx.beginPath();
  ctx.moveTo(start - size, bbox.top);
  ctx.lineTo(start + size, bbox.top);
  ctx.lineTo(start, bbox.top + 1.6 * size);
  ctx.fill();
}

/** @type {(plot: uPlot, limit: Limit, scale: string, color: string) => void} */
function paintLimit(plot, { value, text }, scale, color) {
  const { min, max } = plot.scales[scale] ?? {};
  if (min == null || max == null || value < min || value > max) return;
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const y = Math.max(bbox.top + ratio, plot.valToPos(value, scale, true));
  ctx.strokeStyle = color;
  ctx.lineWidth = ratio;
  ctx.setLineDash([6 * ratio, 4 * ratio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${11 * ratio}px ${getComputedStyle(plot.root).fontFamily}`;
  ctx.fillStyle = color;
  ctx.textAlign = "left";
  const isHigh = y - bbox.top < 16 * ratio;
  ctx.textBaseline = isHigh ? "top" : "bottom";
  ctx.fillText(text, bbox.left + 6 * ratio, isHigh ? y + 3 * ratio : y - 2 * ratio);
}
