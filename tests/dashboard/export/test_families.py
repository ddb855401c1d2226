"""What our numbers are called for Prometheus."""

from __future__ import annotations

import pytest

from dashboard.export.families import family


@pytest.mark.parametrize(
    ("metric", "tag", "field", "sample"),
    [
        ("cpu", "", "usage_percent", "perfwatch_cpu_usage_ratio"),
        ("cpu", "core", "frequency_mhz", "perfwatch_cpu_core_frequency_hertz"),
        ("cpu", "", "interrupts", "perfwatch_cpu_interrupts_total"),
        ("cpu", "", "core_count", "perfwatch_cpu_cores"),
        ("memory", "", "total_bytes", "perfwatch_memory_total_bytes"),
        ("memory", "", "hugepages_total", "perfwatch_memory_hugepages"),
        ("network", "", "bytes_sent_per_sec", "perfwatch_network_sent_bytes_per_second"),
        ("network", "interface", "bytes_sent", "perfwatch_network_interface_sent_bytes_total"),
        ("disk", "device", "read_count", "perfwatch_disk_device_reads_total"),
        ("disk", "device", "read_latency_ms", "perfwatch_disk_device_read_latency_seconds"),
        ("disk", "device", "read_iops", "perfwatch_disk_device_read_operations_per_second"),
        ("processes", "", "count", "perfwatch_processes"),
        ("gpu", "gpu", "power_watts", "perfwatch_gpu_power_watts"),
        ("sensors", "", "battery_seconds_left", "perfwatch_sensors_battery_left_seconds"),
        ("pressure", "resource", "some_stall_ms_per_sec", "perfwatch_pressure_resource_some_stall_ratio"),
        ("Wasch Küche", "", "Energie_kWh", "perfwatch_wasch_k_che_energie_kwh"),
    ],
)
def test_names_follow_the_conventions(metric: str, tag: str, field: str, sample: str) -> None:
    assert family(metric, tag, field).sample == sample


@pytest.mark.parametrize(
    ("field", "value", "exported"),
    [
        ("share_percent", 25, 0.25),
        ("energy_kwh", 2, 7.2e6),
        ("in_fahrenheit", 212, 100),
        ("pressure_hpa", 1013, 101300),
    ],
)
def test_numbers_are_in_the_base_unit(field: str, value: float, exported: float) -> None:
    of = family("device", "", field)
    assert of.converted([value]) == pytest.approx([exported])
