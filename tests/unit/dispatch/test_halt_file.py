# SPDX-License-Identifier: Apache-2.0
"""once: the file that stops a machine needs no store, and a folder that cannot be read stops it too."""

from pathlib import Path

from rightparty.dispatch import halt_file
from rightparty.dispatch.sole_worker import SoleWorker


def test_the_file_is_laid_down_once_and_taken_away_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert not halt_file.is_there(home)
    assert halt_file.lay_down(home)
    assert not halt_file.lay_down(home), "a file that somebody else laid down is not ours to take away"
    assert halt_file.is_there(home)
    assert halt_file.take_away(home)
    assert not halt_file.take_away(home)
    assert not halt_file.is_there(home)


def test_a_link_that_leads_nowhere_and_a_home_that_is_no_folder_stop_the_machine(tmp_path: Path) -> None:
    (tmp_path / "HALT").symlink_to(tmp_path / "nowhere")
    assert halt_file.is_there(tmp_path)
    (tmp_path / "file").write_text("")
    assert halt_file.is_there(tmp_path / "file")


def test_one_worker_at_a_time_has_an_embedded_store(tmp_path: Path) -> None:
    first, second = SoleWorker(tmp_path / "rightparty.db"), SoleWorker(tmp_path / "rightparty.db")
    assert first.take()
    assert first.take(), "asking again keeps it"
    assert not second.take()
    first.let_go()
    assert second.take()
    assert not first.take()
    second.let_go()
