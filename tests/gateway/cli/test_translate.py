"""`partner-gateway translate`: what it prints, what it exits with, and that it never shows a traceback."""

import json
from pathlib import Path

import pytest

from gateway.cli.main import main
from translators.examples import example

SAMPLES = Path(__file__).parents[2] / "samples"
ORDER = SAMPLES / "order-d96a.in.edi"


def test_a_file_becomes_canonical_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["translate", str(ORDER)]) == 0
    out, err = capsysbinary.readouterr()
    assert out == (SAMPLES / "order-d96a.out.json").read_bytes()
    assert err == b""


def test_an_order_becomes_ubl_and_edifact_again(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["translate", str(ORDER), "--to", "ubl", "-o", str(tmp_path / "order.xml")]) == 0
    assert main(["translate", str(tmp_path / "order.xml"), "--to", "edifact:ORDERS:D96A", "--lines"]) == 0
    out, _ = capsysbinary.readouterr()
    lines = out.decode("iso8859-1").splitlines()
    assert lines[0].startswith("UNB+UNOC:3+4012345000009:14+4260001230004:14+")
    assert "NAD+BY+4012345000009::9++Nordlicht Handel GmbH+Hafenstraße 12+Hamburg++20457+DE'" in lines
    assert lines[-1] == "UNZ+1+1'"


def test_each_document_goes_to_a_file_of_its_own_in_a_folder(tmp_path: Path) -> None:
    assert main(["translate", str(ORDER), str(SAMPLES / "order-ubl21.in.xml"), "-o", str(tmp_path)]) == 0
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "order-d96a.in-PO-4711.json",
        "order-ubl21.in-PO-4711.json",
    ]


def test_the_place_of_every_field_is_told_on_request(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["translate", str(ORDER), "--trace"]) == 0
    whole = json.loads(capsysbinary.readouterr().out)
    assert whole["document"]["number"] == "PO-4711"
    place = whole["trace"]["/number"]
    assert (place["segment"], place["segment_position"], place["element"]) == ("BGM", 2, 2)


def test_what_the_target_has_no_place_for_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = json.loads(example("order.json"))
    order["lines"][0]["ext"] = {"colour": "red"}
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order))
    assert main(["translate", str(path), "--to", "ubl:Order:2.1", "-o", str(tmp_path / "out.xml")]) == 0
    assert capsys.readouterr().err == (
        f"{path}: /lines/0/ext: warning: Order 2.1 has no place for this (map.unwritten)\n"
    )


def test_an_unknown_target_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", str(ORDER), "--to", "fax"]) == 1
    assert "`fax` cannot be written; known are json, edifact:" in capsys.readouterr().err


def test_a_target_of_another_release_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", str(ORDER), "--to", "edifact:ORDERS:D.12A"]) == 1
    assert "cannot be written; known are edifact:ORDERS:D.01B, edifact:ORDERS:D.05B, " in capsys.readouterr().err


def test_what_can_be_written_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "targets", "desadv", "d.96a"]) == 0
    assert capsys.readouterr().out.split()[-3:] == ["edifact:DESADV:D.96A", "despatch", "advice"]
    assert main(["translate", "targets", "fax", "orders"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "no target has all of `fax orders`; `translate targets` alone lists every one\n"


def test_a_map_of_ones_own_is_tried_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("extends: orders-d96a\n")
    Path("samples").mkdir()
    Path("samples/order.in.edi").write_bytes(ORDER.read_bytes())
    assert main(["translate", "map", "check", "mine.yaml"]) == 0
    assert capsys.readouterr().out.startswith("mine.yaml: accepted, 1 sample, 1 document, ")


def test_check_says_ok_or_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.edi"
    broken.write_bytes(ORDER.read_bytes().replace(b"UNT+52+1'", b"UNT+51+1'"))
    assert main(["translate", "check", str(ORDER), str(broken)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        f"{ORDER}: ok, EDIFACT, 1 × ORDERS D.96A",
        f"{broken}: wrong, EDIFACT, 1 × ORDERS D.96A",
    ]
    assert "the UNT says `51` segments, UNH and UNT included; there are 52 (edifact.count, 0085 code 29)" in err


def test_check_gives_json_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "check", "--json", str(ORDER), "no-such-file"]) == 2
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {"file": str(ORDER), "ok": True, "what": "EDIFACT, 1 × ORDERS D.96A", "findings": []}
    assert second == {"file": "no-such-file", "ok": False, "unread": "no such file or directory", "findings": []}


def test_check_holds_a_message_to_a_guideline(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "check", str(ORDER), "--guideline", "eancom-desadv-d96a"]) == 0
    assert "no message here is one of" in capsys.readouterr().err
    assert main(["translate", "check", str(ORDER), "--guideline", "nobody"]) == 2
    assert "no guideline ships under this name" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "what"), [("order-change-ubl21.in.xml", "XML"), ("order-x12.in.x12", "X12")])
@pytest.mark.parametrize("verb", [(), ("check",)])
def test_a_guideline_says_that_other_formats_are_none_of_its(
    name: str, what: str, verb: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["translate", *verb, str(SAMPLES / name), "--guideline", "eancom-desadv-d96a"]) == 0
    assert f"is about EDIFACT, and this is {what}" in capsys.readouterr().err


def test_a_pattern_means_all_files_it_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "check", str(SAMPLES / "order-*.in.*")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(list(SAMPLES.glob("order-*.in.*")))


def test_explain_names_segments_elements_and_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "explain", str(ORDER)]) == 0
    out = capsys.readouterr().out
    assert "Beginning of message" in out
    assert "Document name code" in out
    assert "SG2/SG5" in out


def test_explain_shows_the_fields_of_other_documents_with_their_places(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "explain", str(SAMPLES / "order-ubl21.in.xml")]) == 0
    out = capsys.readouterr().out
    assert "/Order/cbc:IssueDate" in out


def test_what_would_steer_a_terminal_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evil.edi"
    path.write_bytes(b"UNB+UNOC:3+A+B+261120:0931+1'UNH+1+ORDERS:D:96A:UN'BGM+\x1b[31m'UNT+3+1'UNZ+1+1'")
    assert main(["translate", "explain", str(path)]) == 1
    assert main(["translate", "check", str(path)]) == 1
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"<a", b"{", b"UNB", b"UNA:+.? '", b"UNH+1'", b"\xff\xfe<\x00"])
@pytest.mark.parametrize("verb", [[], ["check"], ["explain"]])
def test_nonsense_ends_in_a_sentence(content: bytes, verb: list[str], tmp_path: Path) -> None:
    path = tmp_path / "nonsense"
    path.write_bytes(content)
    assert main(["translate", *verb, str(path)]) == 1


def test_map_check_accepts_the_maps_that_ship(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "map", "check", "orders-d96a", "--samples", str(SAMPLES)]) == 0
    assert capsys.readouterr().out.startswith("orders-d96a: accepted, 1 sample, 1 document, ")


def test_map_check_refuses_a_map_without_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "map", "check", "orders-d96a", "--samples", str(tmp_path)]) == 1
    assert "orders-d96a: not accepted, there is no sample" in capsys.readouterr().out


def test_map_check_rewrites_golden_outputs(tmp_path: Path) -> None:
    (tmp_path / "order-d96a.in.edi").write_bytes(ORDER.read_bytes())
    assert main(["translate", "map", "check", "orders-d96a", "--samples", str(tmp_path), "--rewrite"]) == 0
    assert (tmp_path / "order-d96a.out.json").read_bytes() == (SAMPLES / "order-d96a.out.json").read_bytes()


def test_map_cover_lists_the_rows_no_sample_uses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "map", "cover", "orders-d96a", "--samples", str(SAMPLES), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "gross_price" in [row["name"] for row in told["unused"]]
    assert "buyer" not in [row["name"] for row in told["unused"]]


def test_a_wrong_map_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "orders-ours.yaml"
    path.write_text("extends: orders-d96a\nchanges:\n  - {remove: colour}\n")
    assert main(["translate", "map", "check", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"{path}:3:5: no row `colour`; there are ")


def test_help_is_there_for_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["check", "--help"], ["explain", "--help"], ["map", "--help"], ["map", "check", "-h"]):
        with pytest.raises(SystemExit) as ended:
            main(["translate", *words])
        assert ended.value.code == 0
    assert "partner-gateway translate map check" in capsys.readouterr().out


def test_an_x12_order_becomes_edifact_and_x12_again(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    order = SAMPLES / "order-retail-x12.in.x12"
    target = tmp_path / "order.edi"
    assert main(["translate", str(order), "--to", "x12:850:005010", "--reference", "77", "-o", str(target)]) == 0
    capsysbinary.readouterr()
    assert main(["translate", str(target)]) == 0
    assert capsysbinary.readouterr().out == (SAMPLES / "order-retail-x12.out.json").read_bytes()
    assert target.read_bytes().startswith(b"ISA*00*          *00*          *08*9251230000     *ZZ*GEARWORKS ")


def test_a_schedule_is_written_as_vda(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    schedule = SAMPLES / "delivery-schedule-vda.in.vda"
    words = ["translate", str(schedule), "--to", "vda:4905", "--reference", "43", "--lines"]
    assert main(words) == 0
    lines = capsysbinary.readouterr().out.decode("latin-1").splitlines()
    assert lines[0].startswith("51102K4711    L0815    0004200043")
    assert {len(line) for line in lines} == {128}


def test_findings_of_x12_and_vda_name_the_place_in_their_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    broken = SAMPLES.parent / "broken" / "translators"
    files = [broken / "x12" / "element-too-long.x12", broken / "vda" / "unit-missing.vda"]
    assert main(["translate", "check", *(str(path) for path in files)]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith(
        "message 0001, BEG 2/3: error: BEG03 has 31 characters; at most 22 may stand here (x12.element.value, AK403:5)"
    )
    assert second.endswith("record 512, 2:104: error: 512-13 (unit) is missing (vda.field.missing)")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("despatch-advice-x12.in.x12", ("ship notice", "HL03", "hierarchical level", "MAN02", "marks and numbers")),
        ("delivery-schedule-vda.in.vda", ("/lines/0/buckets/4/quantity/value", "record 514, 4:12")),
    ],
)
def test_explain_knows_x12_and_vda(name: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "explain", str(SAMPLES / name)]) == 0
    out = capsys.readouterr().out
    assert [word for word in words if word not in out] == []


def test_a_document_given_as_a_map_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "map", "check", str(ORDER)]) == 2
    assert capsys.readouterr().err == f"{ORDER}: no map: its file would end in `.yaml`\n"


def test_an_answer_with_a_mistake_is_read_and_checked_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a partner answers counts although its UNH lacks an element (0051): a remark, and the same one, in both."""
    unb = "UNB+UNOA:2+NORDLICHT:ZZ+KRUEGER:ZZ+260904:1020+C7'"
    uci = "UCI+1+KRUEGER:ZZ+NORDLICHT:ZZ+7'UCM+1+ORDERS:D:96A:UN+7'"
    answer = tmp_path / "answer.edi"
    answer.write_text(f"{unb}UNH+1+CONTRL:4:1'{uci}UNT+4+1'UNZ+1+C7'")
    remark = (
        "message 1, UNH 1/2/4: warning: the mandatory component 0051 of S009 is missing"
        " (edifact.element.missing, 0085 code 13)"
    )
    assert main(["translate", str(answer)]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["result"] == "accepted"
    assert remark in " ".join(err.split())
    assert main(["translate", "check", str(answer)]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("answer.edi: ok, EDIFACT, 1 × CONTRL 4.1\n")
    assert remark in " ".join(err.split())


def test_an_answer_whose_envelope_is_wrong_is_refused_by_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unb = "UNB+UNOA:2+NORDLICHT:ZZ+KRUEGER:ZZ+260904:1020+C7'"
    answer = tmp_path / "answer.edi"
    answer.write_text(f"{unb}UNH+1+CONTRL:4:1:UN'UCI+1+KRUEGER:ZZ+NORDLICHT:ZZ+7'UNT+9+1'UNZ+1+C7'")
    sentence = "error: the UNT says `9` segments, UNH and UNT included; there are 3 (edifact.count, 0085 code 29)"
    for verb in (["translate"], ["translate", "check"]):
        assert main([*verb, str(answer)]) == 1
        assert sentence in " ".join(capsys.readouterr().err.split())
