// What metrics are called, and what they are, in a sentence for somebody who never read of them.
import { words } from "./units.js";

/** @type {Record<string, [name: string, help: string]>} */
const METRICS = {
  cpu: ["CPU", "How busy the processor is, and with what. If I/O wait stays high, a disk is too slow."],
  memory: ["Memory", "What programs use. Cached is given back when a program needs it, so little free memory is fine."],
  network: ["Network", "What comes in and goes out. If errors and drops grow, look at the cable, the card or its driver."],
  disk: ["Disk", "What is read and written, and how full each partition is. Latency is how long one operation takes."],
  perf_events: ["Perf counters", "What the processor counts by itself. Few instructions per cycle and many misses mean that it waits for memory."],
  memory_bandwidth: ["Memory traffic", "What goes between memory and disks. Constant swapping means that there is too little memory."],
  pressure: ["Pressure", "Share of the time in which some task waited for CPU, memory or I/O. Near 0, there is enough of it."],
  sensors: ["Sensors", "Temperatures and fans, as the machine's own chips report them, with their limits."],
  gpu: ["GPU", "How busy each graphics card is, what memory it uses, how warm it is."],
  containers: ["Containers", "What each container uses. 100 % is one core in full."],
  processes: ["Processes", "The programs that use most. 100 % is one core in full."],
  system: ["System", "How long the machine has been up, and who is logged in."],
  systemd: ["Failed units", "Services that systemd could not start or keep running: “systemctl status” says why."],
  cpu_cores: ["CPU cores", "What each core does with its time. If one is full of soft interrupts, the network keeps it busy."],
};

/** @type {(metric: string) => string} */
export function metricName(metric) {
  return METRICS[metric]?.[0] ?? words(metric);
}

// "" for a metric that nobody explained.
/** @type {(metric: string) => string} */
export function metricHelp(metric) {
  return METRICS[metric]?.[1] ?? "";
}
