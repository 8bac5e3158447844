"""Events as files: what is written is read back, by us and by the programs that the formats are of."""

from pathlib import Path

import numpy as np

from pipeline.datasets.av.event_files import events_to_audacity, events_to_csv, events_to_vtt
from pipeline.datasets.av.events_table import read_events_table, read_label_tracks
from pipeline.datasets.av.windows import FoundEvent
from pipeline.evaluation.found_events import found_events

EVENTS = [FoundEvent("dog", 2, 4, 0.934), FoundEvent("door <bell> & -->", 7.25, 3661.5, 0.5)]


def test_probabilities_become_events_with_their_mean() -> None:
    shares = np.array(
        [[0.7, 0.1, 0.2], [0.5, 0.2, 0.3], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3], [0.4, 0.4, 0.2], [0.4, 0.2, 0.4]]
    )
    found = found_events(shares, ("dog", "bell"), segment_s=0.5, start_s=10)
    assert found == [
        FoundEvent("dog", 10.0, 11.0, 0.6), FoundEvent("bell", 11.5, 12.0, 0.4),
        FoundEvent("dog", 12.0, 13.0, 0.4),
    ]  # fmt: skip
    assert found_events(np.array([[0.1, 0.9]] * 3), ("dog",)) == []


def test_a_table_is_written_and_read_back(tmp_path: Path) -> None:
    text = events_to_csv({"a,b.mp4": EVENTS, "quiet.mp4": []})
    assert text == (
        "file,label,start_s,end_s,probability\n"
        '"a,b.mp4",dog,2,4,0.934000\n"a,b.mp4",door <bell> & -->,7.25,3661.5,0.500000\nquiet.mp4,,,,\n'
    )
    (tmp_path / "events.csv").write_text(text)
    files = read_events_table(tmp_path / "events.csv")
    assert [(file.name, [(e.label, e.start_s, e.end_s) for e in file.events]) for file in files] == [
        ("a,b.mp4", [("dog", 2, 4), ("door <bell> & -->", 7.25, 3661.5)]), ("quiet.mp4", [])
    ]  # fmt: skip
    assert "'=1+1.mp4" in events_to_csv({"=1+1.mp4": EVENTS}, spreadsheet=True)


def test_a_label_track_is_written_and_read_back(tmp_path: Path) -> None:
    text = events_to_audacity([*EVENTS, FoundEvent("two\twords\n", 0, 1)])
    assert text.splitlines() == [
        "2.000000\t4.000000\tdog",
        "7.250000\t3661.500000\tdoor <bell> & -->",
        "0.000000\t1.000000\ttwo words",
    ]
    (tmp_path / "tracks").mkdir()
    (tmp_path / "clips").mkdir()
    (tmp_path / "tracks/a.txt").write_text(text)
    (file,) = read_label_tracks(tmp_path / "tracks", tmp_path / "clips")
    assert [(e.label, e.start_s, e.end_s) for e in file.events][:2] == [(e.label, e.start_s, e.end_s) for e in EVENTS]


def test_subtitles_are_webvtt(tmp_path: Path) -> None:
    text = events_to_vtt(EVENTS)
    assert text == (
        "WEBVTT\n\n00:00:02.000 --> 00:00:04.000\ndog (93 %)\n\n"
        "00:00:07.250 --> 01:01:01.500\ndoor &lt;bell&gt; &amp; --&gt; (50 %)\n"
    )
    assert events_to_vtt([]) == "WEBVTT\n"
    assert events_to_vtt([FoundEvent("a", 59.9996, 61)]).splitlines()[2] == "00:01:00.000 --> 00:01:01.000"


def test_ffmpeg_reads_the_subtitles(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.vtt"
    path.write_text(events_to_vtt(EVENTS))
    with av.open(str(path)) as container:
        cues = [(float(p.pts * p.time_base), float(p.duration * p.time_base)) for p in container.demux() if p.size]
    assert cues == [(2.0, 2.0), (7.25, 3654.25)]
