"""Records that are none: each becomes a dead letter with its bytes, and the stream goes on."""

import json

import harness
from harness import RetailTest, event, letter_bytes, line, read_ndjson

GOOD = 5  # good sales before, and as many after, each bad line


class BadRecords(RetailTest):
    def check_rejected(self, bad, code="INVALID_ARGUMENT", flags=()):
        """`bad`, a list of lines, between good sales: all rejected with `code`, all good ones processed."""
        lines = [line(f"before-{i}") for i in range(GOOD)]
        for number, text in enumerate(bad):
            lines += [text, line(f"after-{number}", quantity=1)]
        path = self.write("sales.ndjson", lines)
        summary = self.run_retail([path], flags)
        letters = list(read_ndjson(self.output("dead_letters")))
        self.assertEqual([harness.as_bytes(text)[:65536] for text in bad],
                         [letter_bytes(letter) for letter in letters])
        self.assertEqual([len(harness.as_bytes(text)) for text in bad],
                         [letter["length"] for letter in letters])
        self.assertEqual({code}, {letter["code"] for letter in letters})
        self.assertEqual(GOOD + len(bad), summary["processed"])
        self.check_equals_reference([path], flags)
        return letters

    def check_accepted(self, good):
        path = self.write("sales.ndjson", good)
        summary = self.run_retail([path], ["--initial-stock", "1000000000000"])
        letters = [letter_bytes(letter) for letter in read_ndjson(self.output("dead_letters"))]
        self.assertEqual([], letters)
        self.assertEqual(len(good), summary["processed"])
        self.check_equals_reference([path], ["--initial-stock", "1000000000000"])

    def test_truncated_lines_are_rejected(self):
        whole = line()
        self.check_rejected([whole[:n] for n in range(1, len(whole))], flags=["--initial-stock", "1000"])

    def test_oversize_line_is_rejected_with_its_first_bytes_and_true_length(self):
        self.check_rejected([line(source="x" * (3 << 20)), line(extra="y" * (20 << 20))],
                            code="RESOURCE_EXHAUSTED")

    def test_deeply_nested_line_is_rejected(self):
        for_ever = "[" * 200_000
        closed = "[" * 200_000 + "]" * 200_000
        self.check_rejected([line()[:-1] + ',"x":' + deep + "}" for deep in (for_ever, closed)]
                            + [for_ever, '{"a":' * 100_000])

    def test_bytes_that_are_not_utf_8_are_rejected(self):
        head, tail = line(source="@").encode().split(b"@")
        self.check_rejected([head + bad + tail for bad in
                             (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82")]
                            + [b"\xff\xfe", b"\x80"])

    def test_quantities_that_are_no_sale_are_rejected(self):
        self.check_rejected([self.with_raw("quantity", raw) for raw in
                             ("0", "-1", "2147483648", "-2147483649", "1e2", "1.0", "1.5", '"1"', "true",
                              "null", "[1]", "99999999999999999999999999", "01", "+1", "1_0", "")])

    def test_negative_quantities_are_returns_when_returns_restock(self):
        path = self.write("sales.ndjson", [line(1), line(2, quantity=-2), line(3, quantity=0)])
        summary = self.run_retail([path], ["--returns", "restock"])
        self.assertEqual((1, 1, 1), (summary["processed"], summary["returns"], summary["rejected"]))
        self.check_equals_reference([path], ["--returns", "restock"])

    def test_prices_out_of_range_are_rejected(self):
        self.check_rejected([self.with_raw("price", raw) for raw in
                             ("10000", "10000.000001", "-0.01", "1e4", "1e400", "1e-400", "0.0000001",
                              "1.2345678", '"1"', "null", "NaN", "Infinity", ".5", "5.", "1e", "--1", "")])

    def test_prices_in_range_are_exact(self):
        self.check_accepted([self.with_raw("price", raw, f"price-{raw}") for raw in
                             ("0", "0.000001", "9999.999999", "1e2", "1.5E+3", "12345e-4", "1.5000000000",
                              "10.00", "-0", "0e0", "100e-2")])

    def test_schema_versions_out_of_range_are_rejected(self):
        self.check_rejected([self.with_raw("schemaVersion", raw) for raw in
                             ("-3", "-0", "4294967296", "1.0", "1e0")])

    def test_schema_versions_in_range_are_exact(self):
        self.check_accepted([self.with_raw("schemaVersion", raw, f"version-{raw}") for raw in
                             ("0", "2147483648", "4294967295")])

    def test_missing_fields_are_rejected(self):
        self.check_rejected([json.dumps(event(**{name: None})) for name in event()])

    def test_doubled_fields_are_rejected(self):
        self.check_rejected([line()[:-1] + f',"{name}":{json.dumps(value)}' + "}"
                             for name, value in event().items()])

    def test_fields_of_another_type_are_rejected(self):
        self.check_rejected([line(**{name: value}) for name in event() for value in ([], {}, True)])

    def test_unknown_fields_are_passed_over(self):
        self.check_accepted([line(1, extra=1), line(2, extra={"eventId": ["x", {"sku": None}]}),
                             line(3)[:-1] + ',"x":1,"x":2}', line(4, EventId="other case"),
                             line(5)[:-1] + ',"x":' + "[" * 50 + "]" * 50 + "}",
                             line(6, schemaVersion=4, discount="0.5")])

    def test_unknown_fields_are_checked(self):
        self.check_rejected([line()[:-1] + f',"x":{raw}' + "}" for raw in
                             ("tru", "01", "[1,,2]", "{,}", "'a'", '"\\q"', '"a\tb"', "nul", "1.", "")])

    def test_trailing_text_is_rejected(self):
        self.check_rejected([line() + text for text in (" x", "{}", ",", "]", "}", "\x00")] + [line() + line()])

    def test_json_that_is_no_object_is_rejected(self):
        self.check_rejected(["[]", "1", '"text"', "null", "true", "{}", f"[{line()}]", "not json", "{", "}"])

    def test_ids_of_no_or_too_many_bytes_are_rejected(self):
        names = ("eventId", "retailerId", "storeId", "sku")
        self.check_rejected([line(**{name: value}) for name in names for value in ("", "x" * 129)]
                            + [json.dumps(event(sku="é" * 65), ensure_ascii=False)])

    def test_ids_of_up_to_128_bytes_are_accepted(self):
        self.check_accepted([json.dumps(event(i, sku="é" * 64, storeId="x" * 128), ensure_ascii=False)
                             for i in range(3)] + [line(4, currency="", source="")])

    def test_escaped_and_plain_ids_are_the_same(self):
        escaped = line(1).replace("event-1", "\\u0065vent-1")
        path = self.write("sales.ndjson", [line(1), escaped, line(2, sku='q"\\\n\u00e9\U0001f600')])
        summary = self.run_retail([path])
        self.assertEqual((1, 2), (summary["duplicates"], summary["processed"]))
        self.check_equals_reference([path])

    def test_broken_escapes_are_rejected(self):
        self.check_rejected([line().replace("event-1", bad) for bad in
                             ("\\ud800", "\\udc00", "\\ud800\\u0041", "\\u12g4", "\\u12", "\\x41", "\\")])

    def test_times_that_are_none_or_out_of_range_are_rejected(self):
        self.check_rejected([line(timestamp=text) for text in
                             ("", "now", "2025-11-28", "2025-11-28T14:23:45", "2025-13-28T14:23:45Z",
                              "2025-02-29T14:23:45Z", "2025-11-28T24:00:00Z", "2025-11-28T14:60:00Z",
                              "2025-11-28T14:23:61Z", "2025-11-28T14:23:45.Z", "2025-11-28T14:23:45+24:00",
                              "2025-11-28T14:23:45+0100", "2025-11-28T14:23:45ZZ", "1969-12-31T23:59:59.999999Z",
                              "1970-01-01T00:00:00+00:01", "2200-01-01T00:00:00Z", "2150-01-01T00:00:00Z",
                              "99999-01-01T00:00:00Z", "0000-01-01T00:00:00Z", 1764340000)])

    def test_times_with_offsets_are_utc_days_and_hours(self):
        self.check_accepted([line(1, timestamp="2025-11-28T23:30:00-01:00"),
                             line(2, timestamp="2025-11-29T00:30:00.123456789Z"),
                             line(3, timestamp="2025-11-29T05:30:00.1+05:30"),
                             line(4, timestamp="2025-11-28T23:59:59.999999999Z")])

    def test_times_may_be_in_lower_case(self):
        self.check_accepted([line(1, timestamp="2025-11-29t00:30:00z"),
                             line(2, timestamp="2025-11-29T00:30:00.5z"),
                             line(3, timestamp="2025-11-29t05:30:00+05:30")])

    def test_a_far_future_sale_does_not_make_the_next_ones_late(self):
        self.check_rejected([line(timestamp="2199-12-31T23:59:59Z")])

    def test_a_sale_before_the_window_is_out_of_range(self):
        self.check_rejected([line("old", timestamp="2025-11-21T13:23:44.999999Z")], code="OUT_OF_RANGE")

    def test_a_sale_at_the_start_of_the_window_is_judged(self):
        path = self.write("sales.ndjson", [line(1), line(2, timestamp="2025-11-21T13:23:45Z"), line(2)])
        summary = self.run_retail([path])
        self.assertEqual((2, 1, 0), tuple(summary[k] for k in ("processed", "duplicates", "rejected")))
        self.check_equals_reference([path])

    def test_a_copy_of_a_refused_sale_is_a_duplicate(self):
        path = self.write("sales.ndjson", [line(1, quantity=200), line(2), line(1, quantity=200)])
        summary = self.run_retail([path])
        self.assertEqual((1, 1, 1), tuple(summary[k] for k in ("refused", "processed", "duplicates")))
        self.check_equals_reference([path])

    def test_a_valid_copy_of_a_rejected_line_is_a_sale(self):
        path = self.write("sales.ndjson", [line(1, quantity=0), line(1), line(1)])
        summary = self.run_retail([path])
        self.assertEqual((1, 1, 1), tuple(summary[k] for k in ("rejected", "processed", "duplicates")))
        self.check_equals_reference([path])

    def test_blank_lines_and_line_ends_are_no_records(self):
        path = self.write("sales.ndjson", b"\n\r\n" + line(1).encode() + b"\r\n\n" + line(2).encode()
                          + b"\n" + line(3).encode())
        summary = self.run_retail([path])
        self.assertEqual((3, 3), (summary["records_in"], summary["processed"]))
        self.check_equals_reference([path])

    def test_random_damage_equals_the_reference(self):
        lines = []
        for number in range(5000):
            text = bytearray(line(number, sku=f"S{self.random.randrange(40)}",
                                  quantity=self.random.randrange(1, 9), price=self.random.randrange(999) / 8),
                             "utf-8")
            for _ in range(self.random.choice((0, 1, 1, 2))):
                at = self.random.randrange(len(text))
                text[at:at + self.random.randrange(2)] = bytes([self.random.choice(
                    b'"\\{}[]:,0123456789eE+-. \ttfn' + bytes([self.random.randrange(11, 256)]))])
            lines.append(bytes(text))
        path = self.write("sales.ndjson", lines)
        self.run_retail([path])
        self.check_equals_reference([path])

    def test_broken_csv_lines_are_rejected(self):
        header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
        good = '536365,85123A,"WHITE, ""LIGHT""",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom'
        fields = good.split(",")
        bad = ["1,2", good + ",more", good.replace('"",6', "6"), ",".join(fields[:-1]) + ",",
               good.replace(",6,", ",six,"), good.replace("08:26:00", "8:26"), good.replace("2.55", "2,55"),
               good.replace('"WHITE', 'x"WHITE'), '"']
        path = self.write("sales.csv", [header, good, *[text for one in bad for text in (one, good)]])
        summary = self.run_retail([path], ["--format", "online-retail-csv"])
        self.assertEqual((len(bad), len(bad) + 1), (summary["rejected"], summary["processed"]))
        self.check_equals_reference([path], ["--format", "online-retail-csv"])

    def with_raw(self, name, raw, number="raw"):
        """A sale with the field's value written as `raw`."""
        return line(number, **{name: "@@"}).replace('"@@"', raw)


if __name__ == "__main__":
    harness.main()
