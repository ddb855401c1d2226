import { roundUp } from "../../common/chart.js";
import { element, resize } from "../../common/parts.js";
import { joined, plain, rate } from "../../common/format.js";

export const network = {
  metric: "network",
  lines: [
    { label: "Download", color: "series-1", fill: true },
    { label: "Upload", color: "series-2" },
  ],
  format: (value) => joined(rate(value)),
  range: (max) => roundUp(max, 1000),
  extract: ({ bytes_recv_per_sec, bytes_sent_per_sec }) => [bytes_recv_per_sec, bytes_sent_per_sec],
  show,
};

function show(parts, reading) {
  parts.value("network-recv", rate(reading.bytes_recv_per_sec));
  parts.value("network-sent", rate(reading.bytes_sent_per_sec));
  const { tcp, udp } = reading.connections ?? {};
  parts.text("network-tcp", plain(tcp?.established));
  parts.text("network-listen", plain(tcp?.listen));
  parts.text("network-udp", plain(udp?.count));
  showInterfaces(parts.get("network-interfaces"), Object.entries(reading.interfaces ?? {}));
}

// Sorted by all they ever carried: by their rates, the list would jump under the reader's eyes.
function showInterfaces(list, interfaces) {
  const rows = resize(list, interfaces.length, () => row());
  interfaces.sort((a, b) => carried(b) - carried(a)).forEach(([name, reading], index) => {
    const [label, received, sent, trouble] = rows[index].children;
    label.textContent = label.title = name;
    received.textContent = `↓ ${joined(rate(reading.bytes_recv_per_sec))}`;
    sent.textContent = `↑ ${joined(rate(reading.bytes_sent_per_sec))}`;
    trouble.textContent = troubles(reading);
  });
}

function carried([name, { bytes_recv, bytes_sent }]) {
  return /^lo\d*$/.test(name) ? -1 : (bytes_recv ?? 0) + (bytes_sent ?? 0);
}

function row() {
  return element("li", "row", ...["label", "figure", "figure", "trouble"].map((name) => element("span", name)));
}

function troubles({ errors_in, errors_out, drops_in, drops_out }) {
  const errors = (errors_in ?? 0) + (errors_out ?? 0);
  const drops = (drops_in ?? 0) + (drops_out ?? 0);
  return [errors && `${plain(errors)} errors`, drops && `${plain(drops)} drops`].filter(Boolean).join(", ");
}
