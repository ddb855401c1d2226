import assert from "node:assert/strict";
import { test } from "node:test";
import { CARDS } from "../../../dashboard/components/live/cards.js";
import { byMetric, linesOf } from "../../../dashboard/components/live/range/answer.js";
import { inHistory, pace, read, span, write } from "../../../dashboard/components/live/range/view.js";

const HERE = "http://nas:8000/live?host=nas";
const MINUTE = 60_000;

test("a link opens the range that it was made of", () => {
  for (const period of [
    { range: "24h", from: null, to: null },
    { range: "custom", from: Date.parse("2026-11-23T12:00:00Z"), to: Date.parse("2026-11-23T13:00:00Z") },
    { range: "live", from: null, to: null },
  ]) assert.deepEqual(read(new URL(write(HERE, period)).search), period);
});

test("what is live needs nothing in the address, and the host stays there", () => {
  assert.equal(write(`${HERE}&range=custom&from=a&to=b`, read("")), HERE);
});

test("a range that cannot be read is live", () => {
  for (const search of ["?range=forever", "?range=custom&from=soon&to=2026-11-23T13:00:00Z", ""]) assert.equal(read(search).range, "live");
});

test("a range ends now, or where it is told", () => {
  assert.deepEqual(span({ range: "1h", from: null, to: null }, 100 * MINUTE), [40 * MINUTE, 100 * MINUTE]);
  assert.deepEqual(span({ range: "custom", from: 5, to: 9 }, 100), [5, 9]);
  assert.equal(span({ range: "custom", from: 9, to: 5 }, 100), null);
});

test("a range moves on with its buckets, neither all the time nor too rarely", () => {
  assert.deepEqual([1000, 30_000, 3_600_000].map(pace), [10_000, 30_000, 60_000]);
});

test("History is led to the same stretch, by name where it knows it", () => {
  assert.deepEqual(inHistory("24h", [0, 1]), { range: "24h" });
  assert.deepEqual(inHistory("12h", [0, 1]).range, "custom");
});

const card = (metric) => CARDS.find((one) => one.metric === metric);
const series = (metric, tag, part, field, mean, spread = 1) => ({
  metric, tag, part, field, mean,
  min: mean.map((value) => value && value - spread),
  max: mean.map((value) => value && value + spread),
});

// The columns of the first view that a card has over a range.
function columns(metric, lines, times = [0, MINUTE]) {
  const found = byMetric({ times, interval_ms: MINUTE, newest_time: null, series: lines }).get(metric);
  const { past, views } = card(metric);
  const [view] = past ? past.views(found) : views;
  return found.columns(view, linesOf(view));
}

test("a line comes with its maximum and minimum", () => {
  const both = ["bytes_recv_per_sec", "bytes_sent_per_sec"].map((field, index) => series("network", "", "", field, [10 + index, 20 + index]));
  assert.deepEqual(columns("network", both).columns, [[0, MINUTE], [10, 20], [11, 21], [11, 21], [9, 19], [12, 22], [10, 20]]);
});

test("lines that stand on one another have one band: that of the whole", () => {
  const fields = { user: 5, system: 3, iowait: 1, irq: 0.5, softirq: 0.5, steal: 1, usage_percent: 10 };
  const found = columns("cpu", Object.entries(fields).map(([field, value]) => series("cpu", "", "", field, [value, value])));
  assert.deepEqual(found.columns.map((column) => column[0]), [0, 5, 3, 1, 2, 10, 11, 9]);
});

test("what is a sum over parts has no band, for its extremes were not at one time", () => {
  const two = ["db", "web"].map((part) => series("containers", "container", part, "cpu_percent", [40, 50]));
  assert.deepEqual(columns("containers", two).columns, [[0, MINUTE], [80, 100]]);
});

test("a gap stays one, and what other metrics have in between makes none", () => {
  const times = [0, 1, 2, 3, 4, 9].map((minute) => minute * MINUTE);
  const used = series("memory", "", "", "usage_percent", [1, null, 2, null, 3, 4]);
  const found = columns("memory", [used, series("memory", "", "", "swap_percent", [0, null, 0, null, 0, 0])], times);
  assert.deepEqual(found.columns[0].map((time) => time / MINUTE), [0, 2, 4, 9]);
  const broken = columns("memory", [{ ...used, mean: [1, 2, 3, 4, 5, 6] }], times);
  assert.deepEqual(broken.columns[0].map((time) => time / MINUTE), [0, 1, 2, 3, 4, 5, 9]);
  assert.equal(broken.columns[1][5], null);
});

test("of many sensors the ones that were hottest are drawn", () => {
  const celsius = { a: 40, b: 70, c: 50, d: 30, e: 60 };
  const found = byMetric({ times: [0], interval_ms: MINUTE, newest_time: null, series: Object.entries(celsius).map(([part, value]) => series("sensors", "sensor", part, "celsius", [value])) });
  const [view] = card("sensors").past.views(found.get("sensors"));
  assert.deepEqual(view.lines.map(({ part }) => part), ["b", "e", "c", "a"]);
});

test("a machine that counts in software only is drawn by events each second", () => {
  const events = [series("perf_events", "event", "page-faults", "value", [500], 0), series("perf_events", "", "", "interval_ms", [1000], 0)];
  assert.deepEqual(columns("perf_events", events, [0]).columns[2], [500]);
});
