// Made from perfwatch/readings/ by `make declared`: change it there.

export interface Cpu {
  timestamp?: string;
  usage_percent?: number | null;
  per_core?: (number | null)[];
  user?: number | null;
  system?: number | null;
  idle?: number | null;
  iowait?: number | null;
  irq?: number | null;
  softirq?: number | null;
  steal?: number | null;
  frequency_mhz?: (number | null)[];
  temperature_celsius?: (number | null)[];
  load_average?: (number | null)[];
  interrupts?: number | null;
  context_switches?: number | null;
  forks?: number | null;
  core_count?: number | null;
  physical_cores?: number | null;
}

export interface Memory {
  timestamp?: string;
  usage_percent?: number | null;
  total_bytes?: number | null;
  used_bytes?: number | null;
  available_bytes?: number | null;
  free_bytes?: number | null;
  cached_bytes?: number | null;
  buffers_bytes?: number | null;
  shared_bytes?: number | null;
  swap_total_bytes?: number | null;
  swap_used_bytes?: number | null;
  swap_free_bytes?: number | null;
  swap_percent?: number | null;
  hugepages_total?: number | null;
  hugepages_free?: number | null;
  hugepages_reserved?: number | null;
  slab_bytes?: number | null;
  dirty_bytes?: number | null;
  committed_bytes?: number | null;
  zfs_arc_bytes?: number | null;
}

export interface Interface {
  kind?: string | null;
  counted?: boolean | null;
  signal_dbm?: number | null;
  bytes_sent?: number | null;
  bytes_recv?: number | null;
  packets_sent?: number | null;
  packets_recv?: number | null;
  bytes_sent_per_sec?: number | null;
  bytes_recv_per_sec?: number | null;
  packets_sent_per_sec?: number | null;
  packets_recv_per_sec?: number | null;
  errors_in?: number | null;
  errors_out?: number | null;
  drops_in?: number | null;
  drops_out?: number | null;
}

export interface TcpConnections {
  established?: number | null;
  time_wait?: number | null;
  close_wait?: number | null;
  listen?: number | null;
}

export interface UdpConnections {
  count?: number | null;
}

export interface Connections {
  tcp?: TcpConnections;
  udp?: UdpConnections;
}

export interface Network {
  timestamp?: string;
  bytes_sent_per_sec?: number | null;
  bytes_recv_per_sec?: number | null;
  tracked_connections?: number | null;
  tracked_connections_limit?: number | null;
  interfaces?: Record<string, Interface>;
  connections?: Connections | null;
}

export interface Device {
  counted?: boolean | null;
  read_bytes?: number | null;
  write_bytes?: number | null;
  read_count?: number | null;
  write_count?: number | null;
  read_bytes_per_sec?: number | null;
  write_bytes_per_sec?: number | null;
  read_iops?: number | null;
  write_iops?: number | null;
  read_latency_ms?: number | null;
  write_latency_ms?: number | null;
  usage_percent?: number | null;
  queue_length?: number | null;
}

export interface Partition {
  device?: string | null;
  fstype?: string | null;
  total_bytes?: number | null;
  used_bytes?: number | null;
  free_bytes?: number | null;
  usage_percent?: number | null;
  inodes_total?: number | null;
  inodes_used?: number | null;
  inodes_percent?: number | null;
}

export interface Array {
  level?: string | null;
  state?: string | null;
  disks?: number | null;
  disks_active?: number | null;
  work?: string | null;
  work_percent?: number | null;
}

export interface Drive {
  state?: string | null;
  reallocated_sectors?: number | null;
  pending_sectors?: number | null;
  uncorrectable_sectors?: number | null;
  reported_errors?: number | null;
  self_test_errors?: number | null;
  media_errors?: number | null;
  spare_percent?: number | null;
  wear_percent?: number | null;
  power_on_hours?: number | null;
}

export interface Disk {
  timestamp?: string;
  read_bytes_per_sec?: number | null;
  write_bytes_per_sec?: number | null;
  devices?: Record<string, Device>;
  partitions?: Record<string, Partition>;
  arrays?: Record<string, Array>;
  drives?: Record<string, Drive>;
}

export interface PerfEvent {
  value?: number | null;
  unit?: string | null;
}

export interface PerfEvents {
  timestamp?: string;
  available?: boolean | null;
  reason?: string | null;
  cpu_cores?: string | null;
  interval_ms?: number | null;
  events?: Record<string, PerfEvent>;
  unsupported_events?: (string)[];
  instructions_per_cycle?: number | null;
  branch_miss_percent?: number | null;
  l1d_miss_percent?: number | null;
  llc_miss_percent?: number | null;
}

export interface MemoryBandwidth {
  timestamp?: string;
  available?: boolean | null;
  pgpgin_per_sec?: number | null;
  pgpgout_per_sec?: number | null;
  pswpin_per_sec?: number | null;
  pswpout_per_sec?: number | null;
  page_io_bytes_per_sec?: number | null;
  swap_io_bytes_per_sec?: number | null;
  pgfault_per_sec?: number | null;
  pgmajfault_per_sec?: number | null;
}

export interface Temperature {
  chip?: string | null;
  label?: string | null;
  celsius?: number | null;
  high_celsius?: number | null;
  critical_celsius?: number | null;
}

export interface Fan {
  chip?: string | null;
  label?: string | null;
  rpm?: number | null;
}

export interface Sensors {
  timestamp?: string;
  temperatures?: Record<string, Temperature>;
  fans?: Record<string, Fan>;
  battery_percent?: number | null;
  battery_plugged?: boolean | null;
  battery_seconds_left?: number | null;
  ups_plugged?: boolean | null;
}

export interface Gpu {
  vendor?: string | null;
  model?: string | null;
  usage_percent?: number | null;
  memory_used_bytes?: number | null;
  memory_total_bytes?: number | null;
  memory_percent?: number | null;
  temperature_celsius?: number | null;
  power_watts?: number | null;
  clock_mhz?: number | null;
  memory_clock_mhz?: number | null;
  fan_percent?: number | null;
}

export interface Gpus {
  timestamp?: string;
  gpus?: Record<string, Gpu>;
}

export interface Stall {
  some_avg10_percent?: number | null;
  some_avg60_percent?: number | null;
  some_avg300_percent?: number | null;
  some_stall_ms_per_sec?: number | null;
  full_avg10_percent?: number | null;
  full_avg60_percent?: number | null;
  full_avg300_percent?: number | null;
  full_stall_ms_per_sec?: number | null;
}

export interface Pressure {
  timestamp?: string;
  resources?: Record<string, Stall>;
}

export interface TopProcess {
  processes?: number | null;
  cpu_percent?: number | null;
  memory_bytes?: number | null;
}

export interface Processes {
  timestamp?: string;
  count?: number | null;
  threads?: number | null;
  running?: number | null;
  blocked?: number | null;
  zombies?: number | null;
  top?: Record<string, TopProcess>;
}

export interface Container {
  engine?: string | null;
  image?: string | null;
  state?: string | null;
  health?: string | null;
  cpu_percent?: number | null;
  memory_bytes?: number | null;
  memory_limit_bytes?: number | null;
  bytes_recv_per_sec?: number | null;
  bytes_sent_per_sec?: number | null;
}

export interface Containers {
  timestamp?: string;
  count?: number | null;
  running?: number | null;
  age_seconds?: number | null;
  containers?: Record<string, Container>;
}

export interface User {
  terminals?: number | null;
}

export interface System {
  timestamp?: string;
  uptime_seconds?: number | null;
  boot_time?: string | null;
  user_count?: number | null;
  terminals?: number | null;
  users?: Record<string, User>;
}

export interface FailedUnit {
  description?: string | null;
  state?: string | null;
}

export interface Systemd {
  timestamp?: string;
  failed?: number | null;
  age_seconds?: number | null;
  units?: Record<string, FailedUnit>;
}

export interface CpuCores {
  timestamp?: string;
  user?: (number | null)[];
  system?: (number | null)[];
  iowait?: (number | null)[];
  irq?: (number | null)[];
  softirq?: (number | null)[];
  steal?: (number | null)[];
}

export interface HostInfo {
  hostname?: string;
  os?: string;
  kernel?: string;
  cpu_model?: string | null;
  core_count?: number | null;
  physical_cores?: number | null;
  memory_total_bytes?: number | null;
  boot_time?: string | null;
  version?: string;
  schema?: number;
  interval?: number;
  sources?: Record<string, string | null>;
  twin?: string | null;
  tags?: Record<string, string>;
}

export interface DeviceInfo {
  source?: string;
  name?: string | null;
  model?: string | null;
  manufacturer?: string | null;
  tags?: Record<string, string>;
}

export interface Readings {
  cpu?: Cpu;
  memory?: Memory;
  network?: Network;
  disk?: Disk;
  perf_events?: PerfEvents;
  memory_bandwidth?: MemoryBandwidth;
  sensors?: Sensors;
  gpu?: Gpus;
  pressure?: Pressure;
  processes?: Processes;
  containers?: Containers;
  system?: System;
  systemd?: Systemd;
  cpu_cores?: CpuCores;
}
