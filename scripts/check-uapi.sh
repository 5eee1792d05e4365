#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: scripts/check-uapi.sh
#
# Compares the netlink specification uapi/tailnet.yaml with the header
# uapi/tailnet.h (names, order, values, types) and with the policies of
# kmod/genl_*.c (types, lengths, ranges). Prints file:line: for each difference
# and ends with a status that is not 0 if there is one. Needs python3-yaml.

set -u

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
exec python3 - "$@" << 'END'
import glob
import re
import sys

try:
    import yaml
except ImportError:
    sys.exit("scripts/check-uapi.sh: python3-yaml is not installed")

HEADER = "uapi/tailnet.h"
SPEC = "uapi/tailnet.yaml"
POLICIES = "kmod/genl_*.c"

bad = 0


def report(file, line, text):
    global bad
    bad += 1
    print(f"{file}:{line}: {text}")


def c_name(*parts):
    return "".join(parts).upper().replace("-", "_")


class Map(dict):
    """A mapping that knows where it stands."""
    line = 0


class Loader(yaml.SafeLoader):
    pass


def construct_map(loader, node):
    out = Map()
    yield out
    out.update(loader.construct_mapping(node, deep=True))
    out.line = node.start_mark.line + 1


Loader.add_constructor("tag:yaml.org,2002:map", construct_map)


# --- the header ---------------------------------------------------------------

class Header:
    def __init__(self, path):
        self.path = path
        self.text = open(path).read()
        self.enums = {}     # name -> (line, [(value name, line)])
        self.defines = {}   # name -> (line, text)
        self.docs = {}      # value name -> (line, text)
        self.seen = set()   # names that the specification accounts for
        self.read_docs()
        self.read_enums()
        self.read_defines()

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def read_docs(self):
        for comment in re.finditer(r"/\*\*(.*?)\*/", self.text, re.S):
            name = None
            line = self.line(comment.start())
            for text in comment.group(1).split("\n"):
                text = re.sub(r"^\s*\*\s?", "", text)
                start = re.match(r"@(\w+):\s*(.*)", text)
                if start:
                    name = start.group(1)
                    self.docs[name] = (line, start.group(2))
                elif name and re.match(r"\s+\S", text):
                    at, so_far = self.docs[name]
                    self.docs[name] = (at, so_far + " " + text.strip())
                else:
                    name = None
                line += 1

    def read_enums(self):
        code = re.sub(r"/\*.*?\*/",
                      lambda m: re.sub(r"[^\n]", " ", m.group(0)),
                      self.text, flags=re.S)
        for enum in re.finditer(r"enum (\w+) \{(.*?)\};", code, re.S):
            values = []
            for item in re.finditer(r"(\w+)\s*(=[^,]*)?,?", enum.group(2)):
                line = self.line(enum.start(2) + item.start())
                if item.group(2):
                    report(self.path, line,
                           f"{item.group(1)} has a value of its own")
                values.append((item.group(1), line))
            self.enums[enum.group(1)] = (self.line(enum.start()), values)

    def read_defines(self):
        for define in re.finditer(r"^#define[ \t]+(\w+)[ \t]+(.*?)[ \t]*"
                                  r"(?:/\*.*)?$", self.text, re.M):
            self.defines[define.group(1)] = (self.line(define.start()),
                                             define.group(2))

    def check_define(self, name, want, spec_line):
        self.seen.add(name)
        if name not in self.defines:
            report(SPEC, spec_line, f"{name} is not defined in {self.path}")
            return
        line, have = self.defines[name]
        if have != want:
            report(self.path, line, f"{name} is {have}, {SPEC} says {want}")

    def check_enum(self, name, want, spec_line, limit):
        """@want: (value name, line in SPEC) in order; @limit: prefix of the
        closing value and of the define that people use, or None"""
        if name not in self.enums:
            report(SPEC, spec_line, f"enum {name} is not in {self.path}")
            return
        line, have = self.enums[name]
        if limit:
            end = f"__{limit}MAX"
            if not have or have[-1][0] != end:
                report(self.path, line, f"enum {name} does not end in {end}")
            else:
                have = have[:-1]
            self.check_define(f"{limit}MAX", f"({end} - 1)", spec_line)
        for i in range(max(len(have), len(want))):
            self.seen.update(value for value, _ in have)
            if i >= len(have):
                report(SPEC, want[i][1],
                       f"{want[i][0]} is not in enum {name} of {self.path}")
            elif i >= len(want):
                report(self.path, have[i][1],
                       f"{have[i][0]} is not in {SPEC}")
            elif have[i][0] != want[i][0]:
                report(self.path, have[i][1],
                       f"value {i} of enum {name} is {have[i][0]}, "
                       f"{SPEC}:{want[i][1]} says {want[i][0]}")
                break


def doc_type(text):
    """The type that a comment begins with: what the specification must say."""
    first = re.split(r"[;:]", text)[0]
    nest = re.match(r"nest of enum (\w+)", first)
    if nest:
        return ("nest", nest.group(1), "repeated" in first)
    if re.match(r"4 or 16 bytes", first):
        return ("binary", 4, 16)
    some = re.match(r"(\d+) to (\d+) bytes", first)
    if some:
        return ("binary", int(some.group(1)), int(some.group(2)))
    exact = re.match(r"(\d+) bytes", first)
    if exact:
        return ("binary", int(exact.group(1)), int(exact.group(1)))
    string = re.match(r"string(?:, at most (\d+) bytes)?", first)
    if string:
        return ("string", int(string.group(1)) if string.group(1) else None)
    if re.match(r"flag\b", first):
        return ("flag",)
    number = re.match(r"(u8|u16|u32|u64|s32|s64|bitfield32)\b"
                      r"(?: enum (\w+)| of (TAILNET_\w+)\*)?", first)
    if number:
        return (number.group(1), number.group(2) or number.group(3),
                "big-endian" if "big endian" in text else None)
    return None


# --- the specification ----------------------------------------------------------

class Spec:
    def __init__(self, path):
        self.path = path
        self.doc = yaml.load(open(path), Loader)
        self.definitions = {d["name"]: d for d in self.doc["definitions"]}
        self.sets = {s["name"]: s for s in self.doc["attribute-sets"]}
        self.attrs = {}     # C name -> attribute
        for s in self.doc["attribute-sets"]:
            for attr in s["attributes"]:
                self.attrs[c_name(s["name-prefix"], attr["name"])] = attr

    def type_name(self, attr):
        """What the header calls the enum or the flags of an attribute."""
        if "enum" not in attr:
            return None
        definition = self.definitions.get(attr["enum"])
        if not definition:
            report(self.path, attr.line, f"no definition {attr['enum']}")
            return None
        if definition["type"] == "flags":
            return c_name(definition["name-prefix"])
        return definition["enum-name"].replace("-", "_")

    def spec_type(self, attr):
        checks = attr.get("checks", {})
        kind = attr["type"]
        if kind == "nest":
            inner = self.sets.get(attr.get("nested-attributes"))
            if not inner:
                report(self.path, attr.line, "nest of an unknown set")
                return None
            return ("nest", inner["enum-name"].replace("-", "_"),
                    attr.get("multi-attr", False))
        if kind == "binary":
            exact = checks.get("exact-len")
            return ("binary", checks.get("min-len", exact),
                    checks.get("max-len", exact))
        if kind == "string":
            return ("string", checks.get("max-len"))
        if kind == "flag":
            return ("flag",)
        return (kind, self.type_name(attr), attr.get("byte-order"))

    def out_only(self, attr):
        doc = attr.get("doc", "")
        return bool(re.match(r"Out\b(?! of)", doc)) and " In, " not in doc


def check_types(spec, header):
    for name, attr in spec.attrs.items():
        if attr["type"] == "pad":
            continue
        if name not in header.docs:
            report(spec.path, attr.line,
                   f"{name} has no description in {header.path}")
            continue
        line, text = header.docs[name]
        have, want = doc_type(text), spec.spec_type(attr)
        if have is None:
            report(header.path, line, f"{name}: no type understood")
        elif have != want:
            report(header.path, line, f"{name} is {have}, "
                   f"{spec.path}:{attr.line} says {want}")


def check_definitions(spec, header):
    for d in spec.doc["definitions"]:
        if d["type"] == "const":
            header.check_define(c_name(d["name"]), str(d["value"]), d.line)
            continue
        values = [(c_name(d["name-prefix"], e["name"]), e.line)
                  for e in d["entries"]]
        if d["type"] == "flags":
            for bit, (name, line) in enumerate(values):
                header.check_define(name, f"(1U << {bit})", line)
        else:
            header.check_enum(d["enum-name"].replace("-", "_"), values,
                              d.line, None)


def check_sets(spec, header):
    for s in spec.doc["attribute-sets"]:
        prefix = c_name(s["name-prefix"])
        values = [(prefix + "UNSPEC", s.line)]
        values += [(c_name(s["name-prefix"], a["name"]), a.line)
                   for a in s["attributes"]]
        header.check_enum(s["enum-name"].replace("-", "_"), values, s.line,
                          prefix)


def check_operations(spec, header):
    ops = spec.doc["operations"]
    prefix = c_name(ops["name-prefix"])
    values = [(c_name(ops["name-prefix"], o["name"]), o.line)
              for o in ops["list"]]
    header.check_enum(ops["enum-name"].replace("-", "_"), values, ops.line,
                      prefix)
    groups = {g["name"]: g for g in spec.doc["mcast-groups"]["list"]}
    for group in groups.values():
        header.check_define(c_name(group["c-define-name"]),
                            f'"{group["name"]}"', group.line)
    for op in ops["list"]:
        if op["name"] == "unspec":
            continue
        check_operation(spec, op, groups)


def check_operation(spec, op, groups):
    if op.get("attribute-set") not in spec.sets:
        report(spec.path, op.line, f"{op['name']}: unknown attribute-set")
        return
    known = {a["name"] for a in spec.sets[op["attribute-set"]]["attributes"]}
    lists = []
    if "event" in op:
        lists.append(op["event"])
        if op.get("mcgrp") not in groups:
            report(spec.path, op.line, f"{op['name']}: unknown mcgrp")
    elif op.get("flags") != ["uns-admin-perm"]:
        report(spec.path, op.line, f"{op['name']} is not uns-admin-perm")
    for way in ("do", "dump"):
        lists += op.get(way, {}).values()
    if not lists:
        report(spec.path, op.line, f"{op['name']} has neither do nor event")
    for attrs in lists:
        for name in attrs["attributes"]:
            if name not in known:
                report(spec.path, op.line, f"{op['name']}: no attribute {name}")


def check_rest(spec, header):
    header.check_define(c_name(spec.doc["c-family-name"]),
                        f'"{spec.doc["name"]}"', spec.doc.line)
    header.check_define(c_name(spec.doc["c-version-name"]),
                        str(spec.doc["version"]), spec.doc.line)
    for name, (line, _) in header.defines.items():
        if name.startswith("TAILNET_") and name not in header.seen:
            report(header.path, line, f"{name} is not in {spec.path}")
    for name, (line, values) in header.enums.items():
        if not any(value in header.seen for value, _ in values):
            report(header.path, line, f"enum {name} is not in {spec.path}")


# --- the policies -----------------------------------------------------------------

class Policies:
    def __init__(self, spec, header):
        self.spec = spec
        self.header = header
        self.covered = set()
        self.macros = {}    # name -> text of its definition
        self.ranges = {}    # name of a range -> (lowest, highest)

    def number(self, text):
        """Value of an expression in a policy, or None."""
        text = text.strip()
        names = {"TAILNET_KEY_LEN": "32", "IFNAMSIZ": "16"}
        before = None
        while before != text:
            before = text
            text = re.sub(r"\b[A-Z]\w+\b",
                          lambda m: names.get(m.group(0)) or
                          self.value(m.group(0)), text)
        text = re.sub(r"sizeof\(struct in_addr\)", "4", text)
        text = re.sub(r"sizeof\(struct in6_addr\)", "16", text)
        text = re.sub(r"(?<=\d)U\b", "", text)
        if not re.fullmatch(r"[-+*<>|~()\d\sx]+", text):
            return None
        return eval(text)

    def value(self, name):
        for d in self.spec.doc["definitions"]:
            for i, entry in enumerate(d.get("entries", [])):
                if c_name(d["name-prefix"], entry["name"]) == name:
                    return str(1 << i if d["type"] == "flags" else i)
        if name in self.macros:
            return "(" + self.macros[name] + ")"
        return name

    def entry(self, text):
        """(netlink type, lowest, highest) or None; lengths or values."""
        text = re.sub(r'"[^"]*"', '""', " ".join(text.split()))
        call = re.fullmatch(r"NLA_POLICY_(\w+)\((.*)\)", text)
        if call:
            what = call.group(1)
            args = [a.strip() for a in call.group(2).split(",")]
            if what.startswith("NESTED"):
                return ("NESTED", None, None)
            if what == "BITFIELD32":
                return ("BITFIELD32", None, self.number(args[0]))
            if what == "EXACT_LEN":
                return ("BINARY", self.number(args[0]), self.number(args[0]))
            if what == "MIN_LEN":
                return ("BINARY", self.number(args[0]), None)
            if what == "MAX_LEN":
                return ("BINARY", None, self.number(args[0]))
            kind = args[0].replace("NLA_", "")
            if what == "MIN":
                return (kind, self.number(args[1]), None)
            if what in ("MAX", "MASK"):
                return (kind, None, self.number(args[1]))
            if what == "RANGE":
                return (kind, self.number(args[1]), self.number(args[2]))
            if what == "FULL_RANGE":
                return (kind, *self.ranges.get(args[1].lstrip("&"),
                                               (None, None)))
            if what == "VALIDATE_FN":
                return (kind, None, None)
            return None
        fields = re.fullmatch(r"\{(.*?),? ?\}", text)
        if not fields:
            if re.fullmatch(r"\w+", text) and text in self.macros:
                return self.entry(self.macros[text])
            return None
        out = dict(f.strip().lstrip(".").split(" = ", 1)
                   for f in fields.group(1).split(", ") if f.strip())
        kind = out.get("type", "").replace("NLA_", "")
        length = self.number(out["len"]) if "len" in out else None
        return (kind, None, length) if kind else None

    def compare(self, file, line, name, text):
        attr = self.spec.attrs.get(name)
        if attr is None:
            report(file, line, f"{name} is not in {SPEC}")
            return
        have = self.entry(text)
        if have is None:
            report(file, line, f"{name}: policy not understood: {text}")
            return
        kind, low, high = have
        if kind == "REJECT":
            return
        want = {"binary": ("BINARY",), "nest": ("NESTED",),
                "string": ("NUL_STRING", "STRING"), "flag": ("FLAG",),
                "bitfield32": ("BITFIELD32",)}.get(attr["type"])
        if want is None:
            want = (attr["type"].upper(),
                    "B" + attr["type"].upper().replace("U", "E", 1))
        where = f"{SPEC}:{attr.line}"
        if kind not in want:
            report(file, line, f"{name} is NLA_{kind}, "
                   f"{where} says {attr['type']}")
            return
        have, want = (low, high), self.limits(attr)
        if have == want:
            self.covered.add(name)
        elif not self.within(have, want):
            report(file, line, f"{name} takes {self.words(have)}, "
                   f"{where} says {self.words(want)}")

    def limits(self, attr):
        """Lowest and highest value or length; None = no limit."""
        checks = attr.get("checks", {})
        exact = checks.get("exact-len")
        low = checks.get("min", checks.get("min-len", exact))
        high = checks.get("max", checks.get("max-len", exact))
        if "enum" in attr:
            entries = self.spec.definitions[attr["enum"]]["entries"]
            flags = self.spec.definitions[attr["enum"]]["type"] == "flags"
            high = (1 << len(entries)) - 1 if flags else len(entries) - 1
        return low, high

    @staticmethod
    def within(have, want):
        """A command may take less than the attribute can say."""
        return ((want[0] is None or
                 have[0] is not None and have[0] >= want[0]) and
                (want[1] is None or
                 have[1] is not None and have[1] <= want[1]))

    @staticmethod
    def words(limits):
        return " to ".join("any" if n is None else str(n) for n in limits)

    def read(self, file):
        text = open(file).read()
        code = re.sub(r"/\*.*?\*/",
                      lambda m: re.sub(r"[^\n]", " ", m.group(0)), text,
                      flags=re.S)
        for table in re.finditer(r"const struct nla_policy\s+\w+\[[^]]*\]\s*="
                                 r"\s*\{(.*?)\n\};", code, re.S):
            self.read_table(file, code.count("\n", 0, table.start(1)) + 1,
                            table.group(1))

    def read_table(self, file, line, text):
        # Some entries stand in a macro: put in its place, on its line.
        text = re.sub(r"^\s*(\w+),?\s*$",
                      lambda m: self.macros.get(m.group(1), m.group(1)) + ",",
                      text, flags=re.M)
        starts = list(re.finditer(r"\[(\w+)\]\s*=\s*", text))
        if text[:starts[0].start() if starts else None].strip():
            report(file, line, "policy not understood")
        for i, item in enumerate(starts):
            end = starts[i + 1].start() if i + 1 < len(starts) else len(text)
            value = text[item.end():end].strip().rstrip(",")
            self.compare(file, line + text.count("\n", 0, item.start()),
                         item.group(1), value)

    def read_macros(self, file):
        text = open(file).read().replace("\\\n", " ")
        for define in re.finditer(r"^#define[ \t]+(\w+)[ \t]+(.*)$", text,
                                  re.M):
            value = re.sub(r"/\*.*?\*/", "", define.group(2)).strip()
            self.macros[define.group(1)] = " ".join(value.split())
        for item in re.finditer(r"struct netlink_range_validation(?:_signed)? "
                                r"(\w+) = \{(.*?)\}", text, re.S):
            limits = dict(re.findall(r"\.(min|max)\s*=\s*([^,}]+)",
                                     item.group(2)))
            self.ranges[item.group(1)] = tuple(
                self.number(limits[end]) if end in limits else None
                for end in ("min", "max"))

    def run(self, files):
        for file in files + ["kmod/genl.h"]:
            self.read_macros(file)
        for file in files:
            self.read(file)
        for name, attr in self.spec.attrs.items():
            if attr["type"] == "pad" or name in self.covered:
                continue
            if self.spec.out_only(attr):
                continue
            report(SPEC, attr.line, f"no policy in {POLICIES} takes {name} "
                   f"from {self.words(self.limits(attr))}")


header = Header(HEADER)
spec = Spec(SPEC)
check_definitions(spec, header)
check_sets(spec, header)
check_operations(spec, header)
check_types(spec, header)
check_rest(spec, header)
files = sorted(glob.glob(POLICIES))
if files:
    Policies(spec, header).run(files)
elif not bad:
    print(f"{POLICIES}: none yet, policies not compared")
sys.exit(1 if bad else 0)
END
