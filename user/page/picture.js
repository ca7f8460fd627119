// SPDX-License-Identifier: GPL-2.0
// The data as lanes and items that can be found quickly by time, and the search and filters on them.

const FLAG_OPEN = 1, FLAG_NEW_KERNEL = 2, FLAG_INSTANT = 4, FLAG_POLE = 8, FLAG_LOWER_BOUND = 16, FLAG_IN_DOUBT = 32;

/* The timelines of the document, with texts from outside escaped. See user/timeline/timeline_json.h for the format. */
function readTimelines(json) {
	return JSON.parse(json).timelines.map((data, number, list) => {
		// With several, letters say which of them a lane belongs to.
		const letter = list.length > 1 ? String.fromCharCode(65 + number) + " " : "";
		const timeline = { ...data, number, letter, capture: visible(data.capture || "") };

		timeline.lanes = data.lanes.map((lane, index) => ({
			...lane,
			timeline,
			index,
			name: visible(lane.name),
			detail: visible(lane.detail),
			session: visible(lane.session || ""),
			vm: visible(lane.vm || ""),
			group: data.groups[lane.group],
			items: [],
			levels: Array.from({ length: lane.depth }, () => []),
			isPole: false,
			hasStoppedBar: false,
		}));
		timeline.items = data.items.map(([lane, kind, name, start, end, depth, flags, error, errorNs, source,
			startErrorNs, ...range]) => {
			const item = {
				lane: timeline.lanes[lane],
				kind: data.kinds[kind],
				colour: data.colours[kind],
				pattern: data.patterns[kind],
				name: visible(name),
				start, end, depth, error, errorNs, startErrorNs, range,
				open: !!(flags & FLAG_OPEN),
				inNewKernel: !!(flags & FLAG_NEW_KERNEL),
				instant: !!(flags & FLAG_INSTANT),
				pole: !!(flags & FLAG_POLE),
				bound: flags & FLAG_LOWER_BOUND ? LOWER_BOUND : flags & FLAG_IN_DOUBT ? IN_DOUBT : "",
				source: data.sources[source],
				words: null,
				reach: end,
				hit: false,
				shown: true,
			};

			const level = item.lane.levels[depth];

			item.reach = Math.max(end, level.length ? level[level.length - 1].reach : end);
			item.lane.items.push(item);
			level.push(item);
			item.lane.isPole = item.lane.isPole || item.pole;
			item.lane.hasStoppedBar = item.lane.hasStoppedBar || item.kind === "stopped";
			return item;
		});
		return timeline;
	});
}

/* The index before which all items of the level ended before ns. (Items overlap only on the deepest level.) */
function firstFrom(level, ns) {
	let low = 0, high = level.length;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (level[middle].reach < ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The item of the level that is nearest to ns and at most reachNs away. */
function nearest(level, ns, reachNs) {
	let best = null, distance = reachNs;

	for (let i = Math.max(0, firstFrom(level, ns - reachNs)); i < level.length && level[i].start <= ns + reachNs; i++) {
		const item = level[i];
		const away = Math.max(item.start - ns, ns - item.end, 0);

		if (item.shown && away <= distance) {
			best = item;
			distance = away;
			if (!away)
				break;
		}
	}
	return best;
}

function wordsOf(item) {
	if (item.words === null)
		item.words = [item.name, item.kind, item.error || "", item.lane.name, item.lane.detail, item.lane.group,
			item.lane.session, item.lane.vm]
			.join("\n").toLowerCase();
	return item.words;
}

/* Sets which items are shown and which are hits; returns the hits in the order of the lanes. */
function applyFilter(timelines, filter) {
	const text = filter.text.trim().toLowerCase();
	const hits = [];

	for (const timeline of timelines) {
		for (const item of timeline.items) {
			item.hit = text !== "" && wordsOf(item).includes(text);
			item.shown = (!filter.group || item.lane.group === filter.group) &&
				(!filter.kind || item.kind === filter.kind) &&
				(!filter.trouble || item.open || item.error !== null) &&
				(!filter.only || text === "" || item.hit);
			item.hit = item.hit && item.shown;
			if (item.hit)
				hits.push(item);
		}
	}
	return hits;
}

/* From the least to the most that a time may be. */
const formatRange = (range) => range.map((ns) => formatDuration(ns)).join(" to ");

/* How long an item took, as timeline_item_time() of user/timeline/timeline.h writes it. */
function itemTime(item) {
	const ns = item.end - item.start;

	if (item.range.length)
		return formatRange(item.range);
	return item.bound ? item.bound + formatDuration(ns) : formatTimeError(ns, item.errorNs);
}

/* When it ended: a range, if its length is one; "~" stands before it if the clock is contradicted. */
const itemEnd = (item) => item.range.length ? formatRange(item.range.map((ns) => item.start + ns)) :
	(item.lane.timeline.in_doubt ? IN_DOUBT : "") + formatDuration(item.end);

/* The observed downtime of a lane; null if it is not known. */
const downtimeNs = (lane) => lane.downtime && lane.downtime.duration_ns;

/* The longest downtime first, in the same order as timeline_compare_downtime() of user/timeline/timeline.h. */
function compareDowntime(a, b) {
	const x = downtimeNs(a), y = downtimeNs(b);

	if (a.not_back !== b.not_back)
		return a.not_back ? -1 : 1;
	if ((x === null) !== (y === null))
		return (x === null) === a.not_back ? -1 : 1;
	return y - x;
}

/* The lanes that pass the filter, by group: [{timeline, groups: [{name, lanes}]}]. */
function shownLanes(timelines, filter) {
	const narrowed = filter.kind || filter.trouble || (filter.only && filter.text.trim());

	return timelines.map((timeline) => {
		const groups = timeline.groups.map((name) => ({
			name,
			lanes: timeline.lanes.filter((lane) => lane.group === name && (!filter.group || name === filter.group) &&
				(!narrowed || lane.items.some((item) => item.shown))),
		}));

		if (filter.order === "downtime")
			for (const group of groups)
				group.lanes.sort(compareDowntime);
		return { timeline, groups: groups.filter((group) => group.lanes.length) };
	});
}

/* The lanes of a group in the order of the first timeline, each followed by the same one of the others. Attempts stay apart. */
function pairedLanes(shown, group) {
	const pairs = new Map();
	const key = (lane) => `${lane.attempt} ${lane.name}`;

	for (const { groups } of shown)
		for (const lane of (groups.find(({ name }) => name === group) || { lanes: [] }).lanes)
			pairs.set(key(lane), [...(pairs.get(key(lane)) || []), lane]);
	return [...pairs.values()].flat();
}

/* Where the last failed attempt is, if there was no update. It is short, and may be long after the one before. */
function lastAttempt(timelines) {
	const [{ from, attempts }] = timelines;
	const last = timelines.length === 1 && !from && attempts.filter((attempt) => attempt.begin_ns !== null).pop();

	return last ? [last.begin_ns, last.end_ns] : null;
}
