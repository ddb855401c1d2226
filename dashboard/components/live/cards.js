// The cards there are, in the order in which a page shows them. A metric without one gets a generic card.
import { containers } from "./cards/containers.js";
import { cpu } from "./cards/cpu.js";
import { disk } from "./cards/disk.js";
import { gpu } from "./cards/gpu.js";
import { memory } from "./cards/memory.js";
import { memoryBandwidth } from "./cards/memory_bandwidth.js";
import { network } from "./cards/network.js";
import { perfEvents } from "./cards/perf_events.js";
import { pressure } from "./cards/pressure.js";
import { processes } from "./cards/processes.js";
import { sensors } from "./cards/sensors.js";
import { system } from "./cards/system.js";
import { systemd } from "./cards/systemd.js";

// card: {metric, feet}, and
//   charted      false when it has no chart
//   expected     every machine has it: its card is there to say why when this one has not
//   why          reading → the reason why it holds nothing; ready: reading → whether it holds something yet
//   aside        (reading, context) → text beside the title
//   mains        [{name, label, color, take(reading) → {number, unit}}], or reading → those
//   sides        [[label, (reading, context) → text, title]]
//   views        [{name, of, lines: [{label, color, field, part, take}], format, range, stacked}], or reading → those;
//                needs: [the fields that lines are made of, where those are not their own]
// context: {info of the host, past: {reading before this one, seconds since then} or null}
export const CARDS = [
  cpu, memory, network, disk, perfEvents, memoryBandwidth, pressure, sensors, gpu, containers, processes, system, systemd,
];
