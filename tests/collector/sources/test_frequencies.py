from __future__ import annotations

from pathlib import Path

from collector.sources.frequencies import Frequencies, cpuinfo_mhz
from collector.sources.source import read_text
from tests.collector.folders import lay_out

CORES = frozenset(range(4))


def test_a_core_that_is_switched_off_leaves_its_policy(tmp_path: Path) -> None:
    lay_out(tmp_path, {"policy0/affected_cpus": "0 1 2 3", "policy0/scaling_cur_freq": 1500000})
    source = Frequencies(read_text, str(tmp_path))
    assert source.megahertz(CORES) == dict.fromkeys(range(4), 1500.0)
    lay_out(tmp_path, {"policy0/affected_cpus": "0 2 3"})
    assert source.megahertz(CORES - {1}) == {0: 1500.0, 2: 1500.0, 3: 1500.0}


def test_one_file_that_cannot_be_read_costs_its_cores(tmp_path: Path) -> None:
    lay_out(tmp_path, {f"policy{n}/affected_cpus": n for n in (0, 2, 10)})
    lay_out(tmp_path, {"policy0/scaling_cur_freq": 800000, "policy10/scaling_cur_freq": "<unknown>"})
    assert Frequencies(read_text, str(tmp_path)).megahertz(CORES) == {0: 800.0, 2: None, 10: None}


def test_a_policy_that_does_not_tell_its_cores_has_the_one_that_it_is_called_by(tmp_path: Path) -> None:
    lay_out(tmp_path, {"policy3/scaling_cur_freq": 800000, "boost": 1})
    assert Frequencies(read_text, str(tmp_path)).megahertz(CORES) == {3: 800.0}


def test_without_cpufreq_cpuinfo_tells_by_processor() -> None:
    text = "processor\t: 0\ncpu MHz\t\t: 2300.123\n\nprocessor\t: 2\ncpu MHz\t\t: 0.000\n"
    assert cpuinfo_mhz(text) == {0: 2300.1, 2: None}
    assert cpuinfo_mhz("processor\t: 8\ncpu\t\t: POWER9\nclock\t\t: 2166.000000MHz\n") == {8: 2166.0}
    assert cpuinfo_mhz("cpu MHz : 1\n") == {}


def test_a_number_that_no_core_has_makes_no_list_of_its_length() -> None:
    text = "processor : 999999999\ncpu MHz : 1000.0\nprocessor : 1\ncpu MHz : 2000.0\n"
    assert cpuinfo_mhz(text) == {1: 2000.0}
