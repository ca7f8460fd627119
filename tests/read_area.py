#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""read_area.py FILE: what a capture file, or a stats area as sysfs shows it, says of a live update, as JSON.

It is written from docs/format.md alone, which shows that the page is enough for that, and tests/format.t holds it against luoscope.
Of a stats area alone it prints what is in it, in cycles; of a capture the update. Exit status: 0, or 1 with the reason.
"""
import json
import re
import struct
import sys

PAGE = 4096
HEADER = struct.Struct("<8sQHHIIIQQIIII72s")
COUNTERS = struct.Struct("<IIQ2Q32IIIQ")
ANCHOR = struct.Struct("<6Q4I")
BOUNDARIES = struct.Struct("<16QQiI")
CHUNK = struct.Struct("<QIHH")
SPAN = struct.Struct("<IHBBIIQQiIQIIHHI")
SUBJECT = struct.Struct("<IIIIH14xIIQ64s48s32s")

KINDS = {1: "preserve", 2: "unpreserve", 3: "freeze", 4: "unfreeze", 5: "reset", 6: "retrieve", 7: "finish", 8: "session_freeze",
         9: "session_retrieve", 10: "session_finish", 11: "shutdown", 12: "bind", 13: "irq_setup", 14: "mark", 15: "plain_reset",
         16: "vcpu_exit", 17: "vcpu_entry"}
SUBJECT_KINDS = {1: "file", 2: "session", 3: "device", 4: "mark", 5: "vcpu"}
FILE, DEVICE, MARK_SUBJECT = 1, 3, 4
SLOTS = ["update_begin", "frozen", "shutdown_begin", "shutdown_end", "machine_begin", "machine_end", "jump", "time_zero", "init",
         "luo_open", "retrieved", "in_service"]
PHASES = ["", "freeze", "notifiers", "device_shutdown", "system_core_shutdown", "machine_shutdown", "dumpers", "jump", "kernel_boot",
          "userspace", "retrieve", "resume"]
# They need a name.
NAMED = 3, 4
FREE, RESERVED, OPEN, CLOSED = range(4)
ROLE_OLD, ROLE_NEW, ROLE_NONE = 1, 2, 3
FREEZE, UNFREEZE, RESET, RETRIEVE, SESSION_FREEZE, SHUTDOWN, IRQ_SETUP, MARK, PLAIN_RESET = 3, 4, 5, 6, 8, 11, 13, 14, 15
MARK_SPAN, MARK_INSTANT, MARK_END = range(3)
SUBJECTS, SPANS, UPDATE_SPANS = 1, 2, 3
KHO_BOOT = 2
TAKEN, REFINED, UNSTABLE, FAST = 1, 4, 8, 16
CNTVCT = 2
NOTIFIER, LAST = 1, 2
PROBES_READY = 12
INCOMING, OUTGOING, KLOG = 1, 2, 3
SECOND = 10**9
GAP = 60 * SECOND
FIRST_GAP = 600 * SECOND
NEAR = 600 * SECOND
MONTH = 30 * 24 * 3600 * SECOND


class Refused(Exception):
    """What was read is no capture or area, or a damaged one."""


def checksum(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001b3) & 0xffffffffffffffff
    return value


def text(data):
    """Up to the 0 byte; what is no UTF-8 is escaped here, control characters by JSON."""
    return data.split(b"\0")[0].decode("utf-8", "backslashreplace")


def kind_name(kind):
    return KINDS.get(kind, f"kind {kind}")


class Anchor:
    def __init__(self, values):
        (self.cycles, self.monotonic_ns, self.boottime_ns, self.realtime_ns, self.sched_cycles, self.sched_clock_ns,
         self.sched_spread_cycles, self.khz, self.flags, self.sequence) = values

    def is_usable(self):
        return self.flags & TAKEN and self.sequence % 2 == 0 and self.cycles != 0

    def has_rate(self):
        return 1000 <= self.khz <= 20000000


class Boundaries:
    def __init__(self, values):
        self.cycles, (self.end_cycles, self.result, self.attempt) = values[:16], values[16:]

    def failed(self):
        return self.end_cycles != 0 and self.result != 0


class Span:
    def __init__(self, values):
        (self.state, self.kind, self.role, _, self.subject, self.attempt, self.begin, self.end, self.result, self.pid, self.detail,
         self.serial, _, self.subject_serial, _, _) = values
        self.in_new_kernel = self.crosses = self.abandoned = False
        self.id = None

    def fault(self, subjects):
        """Whether it makes no sense."""
        if self.state not in (OPEN, CLOSED) or self.kind == 0 or self.role not in (ROLE_OLD, ROLE_NEW, ROLE_NONE):
            return True
        if self.subject > subjects or (self.state == CLOSED and self.end < self.begin):
            return True
        if self.kind != MARK:
            return self.begin == 0
        if self.role != ROLE_NONE:
            return True
        if self.detail == MARK_END:
            return not (self.state == CLOSED and self.begin == 0 and self.end != 0)
        if self.detail == MARK_INSTANT:
            return not (self.state == CLOSED and self.begin == self.end != 0)
        return self.begin == 0

    def went_well(self):
        return self.state == CLOSED and self.result == 0

    def moment(self):
        return self.begin or self.end


class Subject:
    def __init__(self, values):
        (self.state, self.serial, self.owner, self.is_over, self.owner_serial, self.kind, _, self.key, self.name, self.detail,
         self.group) = values
        self.identity = self.kind, self.name.split(b"\0")[0], self.key

    def reuses(self, serial):
        """How often its place was used again since its serial was written down; 0 also: not known."""
        moved = ((self.serial >> 16) - serial) % 2**16 if serial else 0
        return moved - 2**16 if moved >= 2**15 else moved

    def told(self):
        return {"kind": SUBJECT_KINDS.get(self.kind, self.kind), "name": text(self.name), "key": str(self.key),
                "detail": text(self.detail), "group": text(self.group)}


class Area:
    def __init__(self, data):
        self.data = data
        if len(data) < PAGE:
            raise Refused(f"the stats area is cut short: {len(data)} bytes")
        (magic, expected, self.major, self.minor, header_bytes, span_bytes, subject_bytes, total, self.chain_id, self.generation,
         self.flags, self.counter, _, release) = HEADER.unpack_from(data)
        if magic != b"LUOSTATS":
            raise Refused("this is not a stats area")
        if self.major != 1:
            raise Refused(f"the stats area has format {self.major}, and this reads format 1")
        if checksum(data[16:1160]) != expected:
            raise Refused("the checksum of the stats area's header does not match")
        if not 3016 <= header_bytes <= PAGE or span_bytes != SPAN.size or subject_bytes != SUBJECT.size:
            raise Refused("the stats area is damaged: its sizes cannot be")
        if b"\0" not in release:
            raise Refused("the stats area is damaged: its release has no end")
        self.release = text(release)
        self.read_chunks(total)
        self.read_counters()
        self.read_items()

    def read_chunks(self, total):
        self.places = {SUBJECTS: [], SPANS: [], UPDATE_SPANS: []}
        offset, ended = PAGE, False
        for i in range(64):
            _, size, kind, _ = CHUNK.unpack_from(self.data, 136 + i * CHUNK.size)
            if size % PAGE or (ended and size):
                raise Refused("the stats area is damaged: its list of chunks cannot be")
            ended = ended or size == 0
            if kind in self.places:
                item = SUBJECT.size if kind == SUBJECTS else SPAN.size
                self.places[kind].append((offset, size // item, item))
            offset += size
        if offset != total:
            raise Refused("the stats area is damaged: its chunks do not add up")
        if len(self.data) != total:
            raise Refused(f"the stats area has {len(self.data)} bytes instead of {total}")

    def read_counters(self):
        values = COUNTERS.unpack_from(self.data, 1160)
        self.attempts, _, self.subject_cursor = values[:3]
        self.span_cursor, self.dropped = values[3:5], values[5:37]
        self.subjects_dropped, self.attempts_dropped, self.spans_recycled = values[37:]
        self.anchors = [Anchor(ANCHOR.unpack_from(self.data, 1336 + i * ANCHOR.size)) for i in range(6)]
        self.as_new_kernel = Boundaries(BOUNDARIES.unpack_from(self.data, 1720))
        self.as_old_kernel = [Boundaries(BOUNDARIES.unpack_from(self.data, 1864 + i * BOUNDARIES.size)) for i in range(8)]

    def items(self, kind, cursor):
        """The bytes of the items that were reserved, chunk by chunk."""
        for offset, places, size in self.places[kind]:
            for i in range(min(places, cursor)):
                yield offset + i * size
            cursor -= min(places, cursor)

    def read_items(self):
        self.subjects = [Subject(SUBJECT.unpack_from(self.data, at)) for at in self.items(SUBJECTS, self.subject_cursor)]
        self.spans, self.invalid_spans, self.reserved_spans, self.invalid_subjects = [], 0, 0, 0
        found = list(self.subjects)
        for i, subject in enumerate(found):
            if subject.state != CLOSED or subject.kind == 0 or (subject.kind in NAMED and subject.name[:1] == b"\0"):
                self.invalid_subjects += subject.state != FREE and not (self.minor >= 5 and subject.state == RESERVED)
                self.subjects[i] = None
        self.owners = found
        for lot, kind in enumerate((SPANS, UPDATE_SPANS)):
            for at in self.items(kind, self.span_cursor[lot]):
                span = Span(SPAN.unpack_from(self.data, at))
                named = found[span.subject - 1] if self.minor >= 5 and 0 < span.subject <= len(found) else None
                reuses = named.reuses(span.subject_serial) if named else 0
                if span.state == RESERVED:
                    self.reserved_spans += self.minor < 5 or span.kind != 0
                elif reuses > 0:
                    continue
                elif named and named.state == RESERVED:
                    self.reserved_spans += 1
                elif reuses < 0 or span.fault(len(self.subjects)):
                    self.invalid_spans += 1
                else:
                    span.id = self.subjects[span.subject - 1] if span.subject else None
                    span.is_history = self.is_over(span.id)
                    self.spans.append(span)

    def is_over(self, subject):
        if self.minor < 5 or not subject:
            return False
        if subject.is_over or not 0 < subject.owner <= len(self.owners):
            return bool(subject.is_over)
        owner, moved = self.subjects[subject.owner - 1], self.owners[subject.owner - 1].reuses(subject.owner_serial)
        return moved > 0 if moved else bool(owner and owner.is_over)

    def usable_anchors(self):
        return [anchor for anchor in self.anchors if anchor.is_usable()]

    def refined_anchor(self):
        refined = [a for a in self.usable_anchors() if a.flags & REFINED and a.has_rate()]
        return max(refined, key=lambda a: a.cycles) if refined else None

    def last_attempt(self):
        found = self.as_old_kernel[(self.attempts - 1) % 8] if self.attempts else None
        return found if found and found.attempt == self.attempts else None


class Log:
    """What the lines of the new kernel's log say of its clocks."""

    def __init__(self, data):
        self.rough = self.refined = self.init_ns = None
        self.refined_ns = self.stable_ns = self.offset_ns = 0
        of_counter = False
        for line in data.split(b"\n"):
            found = re.fullmatch(rb"(\d+),(.*)", line, re.S)
            if not found:
                continue
            ns, said = int(found[1]) * 1000, found[2]
            if found := re.fullmatch(rb"tsc: Detected (\d+)\.(\d{3}) MHz (TSC|processor)", said):
                if found[3] == b"TSC" or not of_counter:
                    self.rough = int(found[1] + found[2])
                of_counter |= found[3] == b"TSC"
            elif found := re.fullmatch(rb"tsc: Refined TSC clocksource calibration: (\d+)\.(\d{3}) MHz", said):
                self.refined, self.refined_ns = int(found[1] + found[2]), ns
            elif found := re.fullmatch(rb"sched_clock: Marking stable \(.* (-?\d+)\)", said):
                self.offset_ns, self.stable_ns = int(found[1]), ns
            elif re.fullmatch(rb"Run .* as init process", said, re.S):
                self.init_ns = ns


class LogClock:
    """Maps times of the log to the counter."""

    def __init__(self, area, log):
        anchors = [a for a in area.usable_anchors() if a.sched_cycles and a.has_rate() and a.sched_clock_ns >= log.stable_ns]
        self.known = bool(anchors)
        if not anchors:
            return
        anchor = min(anchors, key=lambda a: a.sched_cycles)
        self.ns, self.cycles = anchor.sched_clock_ns, anchor.sched_cycles
        self.before = self.after = anchor.khz
        self.error_ns = 2000 + anchor.sched_spread_cycles * 10**6 // anchor.khz // 2
        if area.counter == CNTVCT:
            self.error_ns += anchor.sched_clock_ns // anchor.khz
        refined = anchor.flags & REFINED
        if log.refined and not refined and log.refined_ns >= self.ns:
            self.cycles += (log.refined_ns - self.ns) * anchor.khz // 10**6
            self.ns, self.after = log.refined_ns, log.refined
        elif log.refined and refined and log.refined_ns <= self.ns:
            self.cycles -= (self.ns - log.refined_ns) * anchor.khz // 10**6
            self.ns, self.before = log.refined_ns, log.rough or self.before
        self.zero = self.cycles - (self.ns - log.offset_ns) * self.before // 10**6

    def cycles_at(self, ns):
        if ns <= self.ns:
            return self.cycles - (self.ns - ns) * self.before // 10**6
        return self.cycles + (ns - self.ns) * self.after // 10**6


def ppm_apart(a, b, allowed):
    return abs(a - b) * 10**6 > allowed * b


class Update:
    def __init__(self, old, new, log):
        self.old, self.new = old, new
        self.attempt = None
        self.cycles = [0] * 12
        refined = [area.refined_anchor() if area else None for area in (old, new)]
        best = refined[0] or refined[1]
        self.rate = best.khz * 10**6 if best else 0
        self.invalid = 0
        if old:
            self.read_old()
        if new:
            self.read_new(log)
        self.comparable = bool(old and new and self.rate) and not self.contradicted(refined)
        self.drop_disorder()
        self.find_spans()
        self.find_marks()
        if new:
            self.find_retrieved()
            self.find_in_service()
            self.drop_disorder()
        self.place()

    # The boundaries

    def read_old(self):
        attempt, after = self.old.last_attempt(), 0
        if attempt and attempt.failed():
            after = attempt.end_cycles
        elif attempt:
            self.attempt = attempt
            self.cycles[:7] = attempt.cycles[:7]
            self.cycles[1] = self.cycles[1] or attempt.end_cycles
            after = attempt.cycles[0]
        for slot, number in (2, NOTIFIER), (6, LAST):
            anchor = self.old.anchors[number]
            if not self.cycles[slot] and anchor.is_usable() and anchor.cycles > after:
                self.cycles[slot] = anchor.cycles

    def read_new(self, log):
        stamps, clock = self.new.as_new_kernel.cycles, LogClock(self.new, log)
        self.cycles[7] = stamps[7] or (clock.zero if clock.known else 0)
        self.cycles[8:10] = stamps[8:10]
        if clock.known and log.init_ns is not None:
            at = clock.cycles_at(log.init_ns)
            if not stamps[8] or (self.rate and self.ns(at, stamps[8]) > clock.error_ns):
                self.cycles[8] = at

    def drop_disorder(self):
        before = 0
        for slot, cycles in enumerate(self.cycles):
            if slot == 7 and not self.comparable:
                before = 0
            if cycles and before and (cycles < before or (self.rate and self.ns(before, cycles) > MONTH)):
                self.cycles[slot] = 0
            before = self.cycles[slot] or before

    def contradicted(self, refined):
        areas = self.old, self.new
        if self.old.counter != self.new.counter:
            return True
        for area in areas:
            anchors = sorted(area.usable_anchors(), key=lambda a: a.cycles)
            if any(a.flags & UNSTABLE for a in anchors):
                return True
            if any(a.monotonic_ns > b.monotonic_ns + 20000 for i, a in enumerate(anchors) for b in anchors[i + 1:] if a.cycles < b.cycles):
                return True
            steady = [a for a in anchors if a.flags & REFINED and not a.flags & FAST]
            distance = steady[-1].monotonic_ns - steady[0].monotonic_ns if steady else 0
            if distance >= SECOND // 2 and area.refined_anchor():
                slope = (steady[-1].cycles - steady[0].cycles) * 10**12 // distance
                if ppm_apart(slope, area.refined_anchor().khz * 10**6, 500 + 20000 * 10**6 // distance):
                    return True
        if refined[0] and refined[1] and ppm_apart(refined[0].khz, refined[1].khz, 500):
            return True
        attempt = self.old.last_attempt()
        old, new = attempt.cycles[:12] if attempt else (), self.new.as_new_kernel.cycles[:12]
        for stamps in old[:7], new[7:11]:
            stamps = [stamp for stamp in stamps if stamp]
            if stamps != sorted(stamps):
                return True
        old = [stamp for stamp in old if stamp] + [a.cycles for a in self.old.usable_anchors()]
        new = [stamp for stamp in new + (self.cycles[7],) if stamp] + [a.cycles for a in self.new.usable_anchors()]
        return bool(old and new) and not 0 <= self.ns(max(old), min(new)) <= MONTH

    # The spans

    def is_ours(self, span):
        if span.in_new_kernel and span.kind in (RESET, PLAIN_RESET):
            return span.attempt == 0
        if span.role != (ROLE_NEW if span.in_new_kernel else ROLE_OLD):
            return False
        if not span.in_new_kernel and span.kind in (FREEZE, UNFREEZE, RESET, SESSION_FREEZE, SHUTDOWN, PLAIN_RESET):
            return span.attempt == self.attempt.attempt if self.attempt else self.old.attempts == 0
        return span.in_new_kernel or not span.is_history

    def is_in_place(self, span):
        if span.in_new_kernel:
            return span.moment() >= self.cycles[7]
        if self.cycles[6] and (span.end if span.state == CLOSED else span.begin) > self.cycles[6]:
            return False
        return span.kind not in (FREEZE, RESET, SESSION_FREEZE, SHUTDOWN, PLAIN_RESET) or span.begin >= self.cycles[0]

    def all_spans(self):
        for area in self.old, self.new:
            for span in area.spans if area else ():
                span.in_new_kernel = area is self.new
                yield span

    def find_spans(self):
        self.spans = []
        for span in self.all_spans():
            if span.kind != MARK and span.role != ROLE_NONE and self.is_ours(span):
                if self.is_in_place(span):
                    self.spans.append(span)
                else:
                    self.invalid += 1

    def find_marks(self):
        by_name, self.marks = {}, []
        for span in self.all_spans():
            if span.kind != MARK:
                continue
            if span.id and span.id.kind == MARK_SUBJECT and self.is_in_place(span):
                by_name.setdefault(span.id.identity, []).append(span)
            else:
                self.invalid += 1
        for same in by_name.values():
            same.sort(key=lambda span: (span.in_new_kernel, span.moment()))
            begun = [span for span in same if span.detail != MARK_INSTANT and not span.in_new_kernel]
            ended = [span for span in same if span.detail != MARK_INSTANT and span.in_new_kernel]
            for span in begun[:-1]:
                span.abandoned = True
            if begun and ended and begun[-1].state == OPEN and ended[0].detail == MARK_END:
                begun[-1].end, begun[-1].state, begun[-1].crosses = ended[0].end, CLOSED, True
                same.remove(ended[0])
            self.marks += same

    def first_success(self, kind, subject_kind):
        """Of each subject the first span of the new kernel that went well."""
        found = {}
        for span in sorted(self.spans, key=lambda s: s.begin):
            if span.in_new_kernel and span.kind == kind and span.went_well() and span.id and span.id.kind == subject_kind:
                found.setdefault(span.id.identity, span)
        return found

    def is_soon(self, start, stamp, gap=GAP):
        return stamp <= start or (self.rate and self.ns(start, stamp) <= gap)

    def last_return(self, spans, start, gap):
        """The end of the last one of those that follow one another without a gap that is too long; 0: there is none."""
        spans = sorted(spans, key=lambda s: s.begin)
        reached, last = start or (spans[0].begin if spans else 0), 0
        for span in spans:
            if not self.is_soon(reached, span.begin, gap):
                break
            reached, last, gap = max(reached, span.end), max(last, span.end), GAP
        return last

    def find_retrieved(self):
        retrieves = list(self.first_success(RETRIEVE, FILE).values())
        retrieves += [s for s in self.spans if s.in_new_kernel and s.kind == RETRIEVE and s.went_well() and not s.id]
        stamps = self.new.as_new_kernel.cycles
        start = self.cycles[9] or stamps[PROBES_READY]
        last = self.last_return(retrieves, start, FIRST_GAP)
        reached = last or start or min((s.begin for s in retrieves), default=0)
        if stamps[10] > last and (not retrieves or self.new.dropped[RETRIEVE]) and (
                not reached or self.is_soon(reached, stamps[10], GAP if last else FIRST_GAP)):
            last = stamps[10]
        self.cycles[10] = last

    def find_in_service(self):
        back, ready = self.first_success(RETRIEVE, DEVICE), self.first_success(IRQ_SETUP, DEVICE)
        frozen = {s.id.identity for s in self.spans if s.kind == FREEZE and s.went_well() and s.id and s.id.kind == DEVICE}
        awaited = [d for d in frozen | set(back) if d not in back or not self.cycles[10] or back[d].end <= self.cycles[10]]
        returned = [d for d in awaited if d in back]
        serving = [ready[d] for d in returned if d in ready]
        last, resumes = self.last_return(serving, self.cycles[10], GAP), []
        late = [s for s in serving if self.rate and s.begin > last]
        if not self.rate:
            last = max((s.end for s in serving), default=0)
        unseen = not frozen and not back and any(
            s.id.detail.startswith(b"vfio") for s in self.first_success(RETRIEVE, FILE).values())
        if self.cycles[10] and (unseen or len(serving) - len(late) < len(awaited)):
            resumes = [m.end for m in self.marks if m.in_new_kernel and m.detail == MARK_INSTANT and m.id.identity[1] == b"resume" and
                       m.end >= self.cycles[10] and self.is_soon(self.cycles[10], m.end)]
        if resumes or last:
            self.cycles[11] = max(resumes + [last, self.cycles[10]])

    # Times

    def ns(self, origin, stamp):
        distance = abs(stamp - origin) * 10**12 // self.rate
        return distance if stamp >= origin else -distance

    def place(self):
        first = [next((c for c in part if c), 0) for part in (self.cycles[:7], self.cycles[7:])]
        self.origins = [first[0] or first[1]] * 2 if self.comparable or not all(first) else first
        # Times of the kernel that does not have the first boundary are not told if the two cannot be compared.
        self.told = [self.comparable or bool(first[0]) or not self.new, self.comparable or not first[0]]

    def time(self, new, stamp):
        return self.ns(self.origins[new], stamp) if self.rate and self.origins[new] else None

    def begin_and_duration(self, span):
        begin = self.time(span.in_new_kernel, span.begin) if span.begin else None
        end = self.time(span.in_new_kernel or span.crosses, span.end) if span.state == CLOSED else None
        crossing_is_known = self.comparable or not span.crosses
        return {"start_ns": begin if self.told[span.in_new_kernel] else None,
                "duration_ns": end - begin if None not in (begin, end) and crossing_is_known else None}

    def mark_belongs(self, span):
        ends = [c for c in self.cycles[7:] if c]
        begins = [c for c in self.cycles[:7] if c]
        if span.crosses:
            return True
        if span.in_new_kernel:
            return span.attempt == 0 and not (ends and self.is_far(ends[-1], span.moment()))
        if span.state == OPEN and not span.abandoned:
            return True
        return not (begins and self.is_far(span.begin if span.state == OPEN else span.end, begins[0]))

    def is_far(self, start, stamp):
        return stamp > start and self.rate and self.ns(start, stamp) > NEAR

    def boundaries(self):
        for slot, cycles in enumerate(self.cycles):
            side = slot >= 7
            yield {"name": SLOTS[slot], "cycles": str(cycles) if cycles else None,
                   "start_ns": self.time(side, cycles) if cycles and self.told[side] else None}

    def phases(self):
        known = [slot for slot, cycles in enumerate(self.cycles) if cycles]
        for begin, end in zip(known, known[1:]):
            crosses = begin < 7 <= end
            start, stop = self.time(begin >= 7, self.cycles[begin]), self.time(end >= 7, self.cycles[end])
            yield {"name": "+".join(PHASES[begin + 1:end + 1]), "start_ns": start if self.told[begin >= 7] else None,
                   "duration_ns": stop - start if self.rate and (self.comparable or not crosses) else None}

    def told_spans(self):
        for span in self.spans:
            yield {"kind": kind_name(span.kind), "subject": span.id.told() if span.id else None,
                   "kernel": "new" if span.in_new_kernel else "old", "attempt": span.attempt, "open": span.state == OPEN,
                   "result": span.result if span.state == CLOSED else None, "detail": str(span.detail),
                   **self.begin_and_duration(span)}

    def told_marks(self):
        for span in self.marks:
            if not self.mark_belongs(span):
                continue
            side = span.in_new_kernel or span.crosses
            yield {"name": text(span.id.name), "instance": str(span.id.key), "instant": span.detail == MARK_INSTANT,
                   "crosses": span.crosses, "open": span.state == OPEN, "end_only": span.detail == MARK_END,
                   **self.begin_and_duration(span),
                   "end_ns": self.time(side, span.end) if span.state == CLOSED and self.told[side] else None}

    def as_json(self):
        phases = list(self.phases())
        end = 11 if self.cycles[11] else 10
        whole = self.comparable and self.cycles[0] and self.cycles[end]
        marks = list(self.told_marks())
        return {
            "comparable": self.comparable, "rate_millihertz": self.rate, "boundaries": list(self.boundaries()),
            "blackout_ns": self.time(True, self.cycles[end]) - self.time(False, self.cycles[0]) if whole else None,
            "end": SLOTS[end] if whole else None, "phases": phases,
            "spans": list(self.told_spans()), "marks": marks, "marks_elsewhere": len(self.marks) - len(marks)}


def told_losses(areas, further_invalid):
    losses = {name: sum(getattr(area, name) for area in areas) for name in (
        "subjects_dropped", "attempts_dropped", "spans_recycled", "invalid_spans", "invalid_subjects", "reserved_spans")}
    losses["invalid_spans"] += further_invalid
    dropped = [sum(area.dropped[kind] for area in areas) for kind in range(32)]
    return {"dropped": sum(dropped), "dropped_by_kind": {kind_name(kind) if kind else "other": count for kind, count in enumerate(dropped) if count}, "losses": losses}


def told_attempts(areas):
    return [{"generation": area.generation, "number": s.attempt, "result": s.result} for area in areas
            for s in sorted(area.as_old_kernel, key=lambda s: s.attempt) if 0 < s.attempt <= area.attempts and s.failed()]


def read_sections(data):
    if len(data) > 64 << 20:
        raise Refused("the capture has more than 64 MiB")
    if not data or not b"LUOSCOPE".startswith(data[:8]):
        raise Refused("this is neither a capture of luoscope nor a stats area")
    if len(data) < 24:
        raise Refused("the capture is cut short")
    _, major, _, count = struct.unpack_from("<8sHHI", data)
    if major != 1:
        raise Refused(f"the capture has format {major}, and this reads format 1")
    end, offset, found = len(data) - 8, 16, {}
    for _ in range(count):
        if end - offset < 24:
            raise Refused("the capture is cut short")
        kind, _, size, expected = struct.unpack_from("<IIQQ", data, offset)
        offset += 24
        if size + -size % 8 > end - offset:
            raise Refused("the capture is cut short")
        content = data[offset:offset + size]
        if kind in (INCOMING, OUTGOING) and size > 32 << 20:
            raise Refused("a stats area of the capture has more than 32 MiB")
        if checksum(content) != expected:
            raise Refused("the checksum of a section does not match")
        if kind in found and kind <= 5:
            raise Refused("a section is there twice")
        found[kind] = content
        offset += size + -size % 8
    if offset != end:
        raise Refused("something follows the last section")
    if checksum(data[:end]) != struct.unpack_from("<Q", data, end)[0]:
        raise Refused("the checksum of the capture does not match")
    return found


def read_capture(data):
    sections = read_sections(data)
    old, new = (Area(sections[kind]) if kind in sections else None for kind in (INCOMING, OUTGOING))
    if not old and not new:
        raise Refused("the capture holds no stats area")
    if old and new and (old.chain_id != new.chain_id or old.generation + 1 != new.generation):
        old = None
    areas = [area for area in (old, new) if area]
    observed = bool(old or new.flags & KHO_BOOT)
    told = {"observed": observed, "from": old.release if old else None, "to": new.release if new else None,
            "generation": new.generation if new else old.generation + 1, "chain_id": f"{areas[0].chain_id:016x}"}
    invalid = 0
    if observed:
        update = Update(old, new, Log(sections.get(KLOG, b"")))
        told |= update.as_json()
        invalid = update.invalid
    return told | {"attempts": told_attempts(areas)} | told_losses(areas, invalid)


def read_one_area(data):
    area = Area(data)
    return {"release": area.release, "minor": area.minor, "generation": area.generation, "chain_id": f"{area.chain_id:016x}",
            "as_new_kernel": [str(cycles) for cycles in area.as_new_kernel.cycles],
            "as_old_kernel": [{"attempt": s.attempt, "cycles": [str(cycles) for cycles in s.cycles], "result": s.result}
                        for s in area.as_old_kernel if s.attempt],
            "spans": [{"kind": kind_name(s.kind), "subject": s.id.told() if s.id else None, "open": s.state == OPEN,
                       "begin_cycles": str(s.begin), "end_cycles": str(s.end) if s.state == CLOSED else None,
                       "result": s.result if s.state == CLOSED else None} for s in area.spans],
            "attempts": told_attempts([area])} | told_losses([area], 0)


def read_path(path):
    """What is in that file. May raise OSError and Refused."""
    with open(path, "rb") as file:
        data = file.read()
    return read_one_area(data) if data[:8] == b"LUOSTATS" else read_capture(data)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        json.dump(read_path(sys.argv[1]), sys.stdout, indent=1)
        print()
    except (OSError, Refused) as error:
        sys.exit(f"read_area.py: {error}")


if __name__ == "__main__":
    main()
