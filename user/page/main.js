// SPDX-License-Identifier: GPL-2.0
// The page around the chart: head, side panel, tooltip, search and filters, tables.

const byId = (id) => document.getElementById(id);

/* Makes an element with properties and children; texts become text nodes, never markup. */
function make(tag, properties = {}, ...children) {
	const element = Object.assign(document.createElement(tag), properties);

	element.append(...children.flat());
	return element;
}

const name = (text) => make("bdi", { textContent: text || "?" });

/* A figure in readable form, with its nanoseconds for programs and in the tooltip. */
const figureAs = (ns, textContent) => make("data", { value: ns, title: formatExact(ns), textContent });
const figure = (ns, errorNs = 0) => figureAs(ns, formatTimeError(ns, errorNs));
const errorFigure = (errorNs) => figureAs(errorNs, formatError(errorNs));
const timeFigure = (item) => figureAs(item.end - item.start, itemTime(item));
const endFigure = (item) => figureAs(item.end, itemEnd(item));

/* The same, with the nanoseconds visible too. */
const exact = (ns, show = figure) => [show(ns), make("span", { className: "exact", textContent: formatExact(ns) })];

/* What stands before the blackout. */
const blackoutBound = (timeline) => timeline.blackout_is_lower_bound ? LOWER_BOUND : timeline.in_doubt ? IN_DOUBT : "";
/* And before any other time of this update. */
const doubt = (timeline) => timeline.in_doubt ? IN_DOUBT : "";

/* What stands before a time of a long pole; "blackout_without" is the blackout as it would have been without it. */
function poleBound(pole, name) {
	const isLeast = pole[name + "_is_lower_bound"];

	if (isLeast === null)
		return IN_DOUBT;
	return isLeast ? LOWER_BOUND : pole[name + "_error_ns"] === null ? UPPER_BOUND : "";
}

const poleTime = (pole, name) => [poleBound(pole, name), figure(pole[name + "_ns"])];

/* Digits below the error are not written. */
const percent = (part, whole, errorNs = 0) => (100 * part / whole).toFixed(100 * errorNs / whole < 0.5 ? 1 : 0) + " %";

/*
 * An item's share of the blackout, as in the report: a bound if one of the two is a lower bound, "-" if both are, and
 * for a range. Half of the last digit more or less, so that a bound is one after it is rounded.
 */
function shareOf(item) {
	const { blackout_ns: whole, blackout_is_lower_bound: isMost } = item.lane.timeline;
	const half = whole * (100 * item.errorNs / whole < 0.5 ? 0.0005 : 0.005);
	const part = item.end - item.start;

	if (!whole || item.range.length || (item.bound === LOWER_BOUND && isMost))
		return "-";
	if (item.bound === IN_DOUBT)
		return IN_DOUBT + percent(part, whole, item.errorNs);
	if (item.bound === LOWER_BOUND)
		return ">= " + percent(Math.max(part - half, 0), whole, item.errorNs);
	return isMost ? "<= " + percent(part + half, whole, item.errorNs) : percent(part, whole, item.errorNs);
}

function titleOf(timeline) {
	const { head } = timeline;

	return (timeline.capture ? timeline.capture + ": " : "") + visible(head.title) + (head.blackout && ", " + head.blackout);
}

const timelines = readTimelines(byId("data").textContent);
const filter = { text: "", group: "", kind: "", trouble: false, only: false, order: "" };
let hits = [], hitAt = -1;

for (const timeline of timelines) {
	timeline.jump = timeline.items.find((item) => item.kind === "jump");
	timeline.poleItems = timeline.items.filter((item) => item.pole);
}

/* ---- head ---- */

function poleTable(timeline) {
	const rows = timeline.long_poles.slice(0, 5).map((pole, index) => make("tr", {},
		make("th", { scope: "row" }, name(visible(pole.what)), index === timeline.pole ? " (the long pole)" : ""),
		...["busy", "waited", "saved", "blackout_without"].map((name) => make("td", {}, ...poleTime(pole, name)))));

	return make("div", { className: "wide", tabIndex: 0, role: "region",
		ariaLabel: timeline.letter + "Long poles" }, make("table", { className: "poles" },
		make("caption", { textContent: `Long poles, ${rows.length} of ${timeline.long_poles.length}: how long each was busy, ` +
			"how long all others waited for it, and what is saved if it takes no time; savings overlap, so do not add them up" }),
		make("thead", {}, headingRow(["what", "busy", "waited", "saved", "blackout without it"])),
		make("tbody", {}, ...rows)));
}

function goToPole(timeline) {
	const items = timeline.poleItems;

	if (!items.length)
		return;
	clearFilter();
	const longest = items.reduce((best, item) => item.end - item.start > best.end - best.start ? item : best);

	chart.select(longest);
	chart.revealLane(longest.lane);
	chart.showRange([Math.min(...items.map((item) => item.start)), Math.max(...items.map((item) => item.end))], 0.05);
	chart.element.focus();
}

function poleLine(timeline) {
	const pole = timeline.long_poles[timeline.pole];

	if (!pole)
		return [];
	return [["Long pole", make("span", {},
		make("button", { type: "button", className: "link pole", onclick: () => goToPole(timeline) },
			name(visible(pole.what))),
		": without it, the blackout would be ", ...poleTime(pole, "blackout_without"), ", shorter by ",
		...poleTime(pole, "saved"))]];
}

const list = (figures) => make("dl", {}, ...figures.flatMap(([label, texts]) =>
	[make("dt", { textContent: label, className: label === "Trouble" ? "trouble" : "" }), make("dd", {}, ...[texts].flat())]));

/*
 * What is asked first is always there; the rest folds, so that the chart is on the first screen. Two heads have no room for
 * more than their first lines.
 */
function makeHead(timeline) {
	const { head } = timeline;
	const lines = [
		...head.lines.map(([label, text]) => [label, visible(text)]),
		...(timeline.not_drawn ? [["Not drawn", visible(timeline.not_drawn)]] : []),
		...poleLine(timeline),
	];
	const troubled = lines.some(([label]) => label === "Trouble");
	const first = ["Trouble", "Guests", "Losses", "Not drawn", "Long pole"];
	const isFirst = ([label], index) => timelines.length === 1 && (first.includes(label) ||
		(label === "Back" && !troubled) || (label === "What to do" && lines[index - 1][0] === "Trouble"));
	const rest = lines.filter((line, index) => !isFirst(line, index));
	const warnings = rest.filter(([label]) => label === "Trouble" || label === "Warning").length;

	return make("section", { className: "head" },
		make("h1", {}, timeline.letter, timeline.capture ? name(timeline.capture + ": ") : "", name(visible(head.title))),
		head.blackout ? make("p", { className: "blackout" }, make("strong", { textContent: head.blackout }),
			head.own ? ", " + head.own : "") : "",
		list(lines.filter(isFirst)),
		make("details", { className: "more" },
			make("summary", { textContent: "More: " + (warnings ? `${warnings} warning${warnings > 1 ? "s" : ""}, ` : "") +
				"measurement" + (timeline.long_poles.length ? ", long poles" : "") }),
			list(rest),
			timeline.long_poles.length ? poleTable(timeline) : ""));
}

/* ---- side panel and tooltip ---- */

const kernelOf = (item) => {
	const { timeline } = item.lane;
	const { jump } = timeline;

	if (!timeline.from) // no update, only failed attempts
		return visible(timeline.to);
	if (jump && item.start < jump.start && item.end > jump.end)
		return `both: from ${visible(timeline.from)} to ${visible(timeline.to)}`;
	return item.kind === "jump" ? "none: between the two" :
		item.inNewKernel ? visible(timeline.to) + ", the new kernel" : visible(timeline.from) + ", the old kernel";
};

function resultOf(item) {
	if (item.error !== null)
		return "failed with " + item.error;
	if (item.open)
		return "end not observed";
	if (item.kind === "stopped")
		return "it ran again";
	return item.instant ? "an instant" : "done";
}

/* Times count from B0; for an item that never ended, only the start is known. */
function itemFigures(item) {
	const { timeline } = item.lane;
	const ns = item.end - item.start;
	const inBlackout = timeline.blackout_ns !== null && item.start >= 0 && item.end <= timeline.blackout_ns && !item.open;

	return [
		["Kind", [item.kind]],
		["Of", [name(item.lane.name)]],
		["Start", [doubt(timeline), ...exact(item.start)]],
		["End", item.open ? ["not observed"] : exact(item.end, () => endFigure(item))],
		["Duration", item.open ? ["not known"] : exact(ns, () => timeFigure(item))],
		...(item.startErrorNs ? [["Error of start", ["+- ", ...exact(item.startErrorNs, errorFigure)]]] : []),
		...(item.errorNs && !item.range.length ? [["Error", ["+- ", ...exact(item.errorNs, errorFigure)]]] : []),
		...(inBlackout && !item.instant ? [["Share of blackout", [shareOf(item)]]] : []),
		["Result", [resultOf(item)]],
		["Kernel", [name(kernelOf(item))]],
		["Source", [item.source]],
		...(item.pole ? [["Long pole", [poleText(timeline)]]] : []),
	];
}

function poleText(timeline) {
	const pole = timeline.long_poles[timeline.pole];

	return `part of it; without ${visible(pole.what)} the blackout would have been ` +
		`${poleBound(pole, "blackout_without")}${formatDuration(pole.blackout_without_ns)}, ` +
		`shorter by ${poleBound(pole, "saved")}${formatDuration(pole.saved_ns)}`;
}

function downtimeEnd(lane) {
	const range = lane.items.find((item) => item.range.length);

	if (lane.downtime.goes_on)
		return ["not observed"];
	return range ? exact(range.end, () => endFigure(range)) :
		[doubt(lane.timeline), ...exact(lane.downtime.start_ns + downtimeNs(lane))];
}

function laneFigures(lane) {
	const figures = [];

	if (lane.detail)
		figures.push(["Description", [name(lane.detail)]]);
	if (lane.vm && lane.group !== "vms")
		figures.push(["VM", [name(lane.vm)]]);
	if (lane.session && lane.group !== "sessions")
		figures.push(["Session", [name(lane.session)]], ["Token", [lane.token]]);
	if (lane.downtime)
		figures.push(
			["Downtime", downtimeNs(lane) === null ? [lane.downtime_text] : exact(downtimeNs(lane), () => downtimeFigure(lane))],
			["Downtime from", [doubt(lane.timeline), ...exact(lane.downtime.start_ns)]],
			["Downtime to", downtimeEnd(lane)]);
	else if (lane.downtime_text)
		figures.push(["Downtime", [lane.downtime_text]]);
	return figures;
}

function showPanel(item, lane) {
	const parts = [];

	if (item)
		parts.push(make("h3", {}, name(item.name)), list(itemFigures(item)),
			make("button", { type: "button", textContent: "Zoom in on it", onclick: () => chart.showItem(item) }));
	if (lane && (!item || lane.detail || lane.downtime || lane.session))
		parts.push(make("h3", {}, `${lane.group}: `, name(lane.name)), list(laneFigures(lane)));
	if (timelines.length > 1 && lane)
		parts.push(make("p", { textContent: lane.timeline.letter + titleOf(lane.timeline) }));
	if (!parts.length)
		parts.push(make("p", { className: "hint",
			textContent: "Click a bar, or use Shift with the arrow keys, to see its exact figures here." }));
	byId("figures").replaceChildren(...parts);
}

function showTooltip(item, lane, event) {
	const tooltip = byId("tooltip");

	tooltip.hidden = !event || !(item || lane);
	if (tooltip.hidden)
		return;
	if (item)
		tooltip.replaceChildren(
			make("strong", {}, name(item.name)), " ",
			item.open ? "never ended" : itemTime(item),
			make("br"), name(item.lane.name), ` · ${item.kind}`, item.error !== null ? ` · ${item.error}` : "",
			make("br"), `from ${doubt(item.lane.timeline)}${formatDuration(item.start)}${item.open ? "" : ` to ${itemEnd(item)}`}`);
	else
		tooltip.replaceChildren(
			make("strong", {}, name(lane.name)), ...(lane.detail ? [make("br"), name(lane.detail)] : []),
			...(ownerOf(lane) ? [make("br"), ownerOf(lane)] : []),
			...(lane.downtime_text ? [make("br"), "downtime: " + lane.downtime_text] : []));
	const x = Math.min(event.clientX + 14, window.innerWidth - tooltip.offsetWidth - 8);
	const below = event.clientY + 18;

	tooltip.style.left = Math.max(4, x) + "px";
	tooltip.style.top = (below + tooltip.offsetHeight <= window.innerHeight ? below :
		event.clientY - tooltip.offsetHeight - 10) + "px";
}

/* ---- tables ---- */

const WHAT = "description", OWNER = "belongs to";
const TEXTS = [WHAT, OWNER, "of", "kind"]; // headings of columns of text

const headingRow = (names) => make("tr", {}, ...names.map((text) =>
	make("th", { scope: "col", textContent: text, className: TEXTS.includes(text) ? "text" : "" })));

/* The virtual machine or the session of a device or file; "" if it is not known, or another lane. */
const ownerOf = (lane) => !["devices", "files"].includes(lane.group) ? "" :
	lane.vm ? "VM " + lane.vm : lane.session ? "session " + lane.session : "";

function selectFromTable(item, lane) {
	clearFilter();
	chart.select(item, lane);
	if (item && lane.group === "attempts") // too short to be seen on the scale of an update
		chart.showItem(item);
	else
		item ? chart.reveal(item) : chart.revealLane(lane);
	chart.element.scrollIntoView({ block: "nearest" });
	chart.element.focus({ preventScroll: true });
}

const rowHeader = (text, item, lane) => make("th", { scope: "row" }, make("button", { type: "button", className: "link",
	onclick: () => selectFromTable(item, lane) }, name(text)));

function phaseTable(timeline, group, title, lanes) {
	const makeRow = (item) => make("tr", { className: item.depth ? "part" : "" },
		rowHeader(item.name, item, item.lane),
		make("td", {}, doubt(timeline), figure(item.start, item.startErrorNs)),
		make("td", {}, item.bound, figure(item.end - item.start, item.errorNs)),
		make("td", {}, item.errorNs ? errorFigure(item.errorNs) : "-"),
		make("td", { textContent: shareOf(item) }));

	return table(timeline, group, title, ["phase", "start", "time", "error +-", "share"], lanes[0].items, makeRow);
}

/* Each item, where lanes have no steps in common. */
function itemTable(timeline, group, title, lanes) {
	const makeRow = (item) => make("tr", {},
		rowHeader(item.name, item, item.lane),
		make("td", { className: "text" }, name(item.lane.name)),
		make("td", { className: "text", textContent: item.kind }),
		make("td", {}, doubt(timeline), figure(item.start, item.startErrorNs)),
		make("td", {}, item.instant ? "-" : item.open ? "open" : timeFigure(item)),
		make("td", { textContent: item.error || "-" }));
	const items = lanes.flatMap((lane) => lane.items);

	return table(timeline, group, `${title} (${items.length})`, ["name", "of", "kind", "start", "time", "error"], items, makeRow,
		group === "attempts");
}

/* What a column shows of a step other than how long it took. */
const START = "start", END = "end";

/* Besides the reset of its freeze, a lane can have other resets, such as the one when the new kernel binds the device. */
const isStep = (item, kind) => item.kind === kind && (kind !== "reset" || item.name === "reset");

/* A figure of a step of the lane: of one that succeeded, if there is any. The start is always known. */
function step(lane, kind, which = null) {
	const items = lane.items.filter((item) => isStep(item, kind));
	const item = items.find((candidate) => !candidate.open && candidate.error === null) || items[0];

	if (!item)
		return which !== END ? "-" : lane.not_back ? NOT_BACK : lane.kept ? KEPT : "-";
	if (which === START)
		return item.instant ? "-" : [doubt(lane.timeline), figure(item.start)];
	if (item.open)
		return which === END && lane.not_back ? NOT_BACK : "open";
	return item.error !== null ? item.error : which === END ? endFigure(item) : timeFigure(item);
}

/* The downtime as the report writes it, which may be a range. */
const downtimeFigure = (lane) => figureAs(downtimeNs(lane), lane.downtime_text);
const downtimeCell = (lane) => downtimeNs(lane) === null ? lane.downtime_text || "-" : downtimeFigure(lane);

function laneTable(timeline, group, title, lanes) {
	const owned = lanes.some(ownerOf);
	const makeRow = (lane) => make("tr", {},
		rowHeader(lane.name, null, lane),
		make("td", { className: "text what" }, name(lane.detail || "-")),
		...(owned ? [make("td", { className: "text" }, name(ownerOf(lane) || "-"))] : []),
		...STEPS[group].map(([, kind, which]) => make("td", {}, step(lane, kind, which))),
		make("td", {}, downtimeCell(lane)));

	return table(timeline, group, `${title} (${lanes.length})`, ["name", WHAT, ...(owned ? [OWNER] : []),
		...STEPS[group].map(([label]) => label), "downtime"], lanes, makeRow);
}

/* A table that is built when it is opened, because there may be thousands of rows. */
function table(timeline, id, title, headings, entries, makeRow, open = entries.length <= 50) {
	const caption = timeline.letter + title;
	const details = make("details", {}, make("summary", {}, name(caption)));

	details.build = () => {
		details.build = () => {};
		details.append(make("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: caption },
			make("table", { id: `${id}-${timeline.number}` }, make("caption", {}, name(caption)),
				make("thead", {}, headingRow(headings)), make("tbody", {}, ...entries.map(makeRow)))));
	};
	details.addEventListener("toggle", () => details.open && details.build());
	if (open) {
		details.open = true;
		details.build();
	}
	return details;
}

const STOPPED = [["last exit", "stopped", START], ["ran again", "stopped", END]];
/* The steps that all lanes of a group have: heading, kind, figure. */
const STEPS = {
	vms: STOPPED,
	sessions: [["freeze", "freeze"], ["retrieve", "retrieve"], ["finish", "finish"]],
	devices: [["freeze", "freeze"], ["reset", "reset"], ["retrieve", "retrieve"], ["bind", "bind"],
		["in service", "irq_setup", END]],
	files: [["preserve", "preserve"], ["freeze", "freeze"], ["retrieve", "retrieve"], ["finish", "finish"]],
	vcpus: STOPPED,
};
const TITLES = { vms: "Virtual machines", vcpus: "vCPUs" };
const titleOfGroup = (group) => TITLES[group] || group[0].toUpperCase() + group.slice(1);

function makeTables(timeline) {
	return timeline.groups.flatMap((group) => {
		const lanes = timeline.lanes.filter((lane) => lane.group === group);
		const makeTable = group === "phases" ? phaseTable : STEPS[group] ? laneTable : itemTable;

		return lanes.length ? [makeTable(timeline, group, titleOfGroup(group), lanes)] : [];
	});
}

/* ---- two updates compared ---- */

/* What is compared of a group, by name: { ns, errorNs, text }; ns is null if it is not known, or only a bound of it. */
function comparedIn(timeline, group) {
	const figures = new Map();
	const isBounded = (lane) => lane.downtime && lane.downtime.error_ns !== null;
	const ofLane = (lane) => ({ ns: isBounded(lane) ? downtimeNs(lane) : null, errorNs: isBounded(lane) ? lane.downtime.error_ns : 0,
		text: lane.downtime_text });

	if (group !== "phases") {
		timeline.lanes.filter((lane) => lane.group === group).forEach((lane) => figures.set(lane.name, ofLane(lane)));
		return figures;
	}
	if (timeline.blackout_ns !== null)
		figures.set("blackout", { ns: blackoutBound(timeline) ? null : timeline.blackout_ns, errorNs: 0,
			text: blackoutBound(timeline) + formatDuration(timeline.blackout_ns) });
	for (const item of timeline.lanes.filter((lane) => lane.group === group).flatMap((lane) => lane.items))
		figures.set(item.name, { ns: item.bound || item.open ? null : item.end - item.start, errorNs: item.errorNs,
			text: itemTime(item) });
	return figures;
}

/* The cells of a change: not known if one of the two is not known, or only its lower bound. */
function changeCells(before, after) {
	if (!before || !after || before.ns === null || after.ns === null)
		return ["-", "-"];
	const ns = after.ns - before.ns, errorNs = before.errorNs + after.errorNs, sign = ns > 0 ? "+" : "";
	const ratio = after.ns / before.ns;

	/* "x2628" is easier to read than "+262668 %", as in 'luoscope diff'. */
	return [make("span", {}, sign, figure(ns, errorNs)), before.ns <= 0 ? "-" : ratio >= 10 ? "x" + ratio.toFixed(ratio < 100 ? 1 : 0) :
		sign + percent(ns, before.ns, errorNs)];
}

function changeTable(group) {
	const [first, second] = timelines.map((timeline) => comparedIn(timeline, group));
	const names = [...new Set([...first.keys(), ...second.keys()])];
	const cell = (figures, key) => figures.has(key) ? figures.get(key).text || "-" : "absent";
	const makeRow = (key) => make("tr", {}, make("th", { scope: "row" }, name(key)),
		...[cell(first, key), cell(second, key), ...changeCells(first.get(key), second.get(key))].map((content) =>
			make("td", {}, content)));

	return names.length ? [table({ letter: "", number: "change" }, group, `Change from A to B: ${titleOfGroup(group)}` +
		(group === "phases" ? "" : ", downtime"), ["name", "A", "B", "change", "%"], names, makeRow)] : [];
}

const changeTables = () => timelines.length === 2 ? ["phases", "vms", "sessions", "devices", "files"].flatMap(changeTable) : [];

/* ---- search and filters ---- */

function refresh() {
	hits = applyFilter(timelines, filter);
	hitAt = -1;
	byId("hits").textContent = filter.text.trim() ? `${hits.length} ${hits.length === 1 ? "hit" : "hits"}` : "";
	byId("next").disabled = byId("previous").disabled = !hits.length;
	byId("filters-on").hidden = !(filter.group || filter.kind || filter.trouble || filter.only || filter.order);
	chart.setLanes(shownLanes(timelines, filter), filter.text.trim() !== "");
}

/* Shows everything again, so that any item can be selected. */
function clearFilter() {
	Object.assign(filter, { text: "", group: "", kind: "", trouble: false, only: false });
	byId("search").value = byId("group").value = byId("kind").value = "";
	byId("trouble").checked = byId("only").checked = false;
	refresh();
}

function stepHit(by) {
	if (!hits.length)
		return;
	hitAt = hitAt < 0 ? (by > 0 ? 0 : hits.length - 1) : (hitAt + by + hits.length) % hits.length;
	chart.select(hits[hitAt]);
	chart.reveal(hits[hitAt]);
	byId("hits").textContent = `${hitAt + 1} of ${hits.length} ${hits.length === 1 ? "hit" : "hits"}`;
}

function endSearch() {
	if (filter.text) {
		filter.text = byId("search").value = "";
		refresh();
	} else {
		chart.select(null);
	}
	chart.element.focus();
}

function fillSelect(id, names) {
	byId(id).append(...names.map((text) => make("option", { value: text, textContent: text })));
}

/* ---- theme, help, keys of the whole page ---- */

const THEMES = [["", "system"], ["dark", "dark"], ["light", "light"]];
let theme = 0;

function setTheme(number) {
	theme = number;
	document.documentElement.dataset.theme = THEMES[theme][0];
	byId("theme").textContent = "Theme: " + THEMES[theme][1];
	chart.readTheme();
}

/* Within controls, keys belong to them. */
function onPageKey(event) {
	const control = event.target.closest("input, select, button, summary, dialog");

	if (control && !(event.key === "Escape" && control.id === "search"))
		return;
	chart.runKey(event, {
		"/": () => byId("search").select(),
		"?": () => byId("help").showModal(),
		n: () => stepHit(1),
		p: () => stepHit(-1),
		l: () => goToPole(timelines.find((timeline) => timeline.poleItems.length) || timelines[0]),
		Escape: () => endSearch(),
	});
}

/* A browser may forbid a page from a file to store anything. */
function stored(value) {
	try {
		if (value)
			localStorage.setItem("luoscope.shortcuts", value);
		return localStorage.getItem("luoscope.shortcuts");
	} catch {
		return null;
	}
}

function setShortcuts(on) {
	chart.shortcuts = byId("shortcuts").checked = on;
}

function makeLegend() {
	const present = new Map();

	for (const timeline of timelines)
		for (const item of timeline.items)
			if (!present.has(item.kind))
				present.set(item.kind, item);
	return [...present].map(([kind, { colour, pattern }]) => {
		const swatch = make("canvas", { width: 22, height: 12, ariaHidden: "true" });
		const pen = swatch.getContext("2d");

		pen.fillStyle = colour;
		pen.fillRect(0, 0, 22, 12);
		if (pattern) {
			pen.fillStyle = pen.createPattern(makePattern(pattern, patternInk(colour)), "repeat");
			pen.fillRect(0, 0, 22, 12);
		}
		return make("li", {}, swatch, " " + kind);
	});
}

/* ---- all together ---- */

document.title = timelines.map(titleOf).join(" | ");
byId("heads").append(...timelines.map(makeHead));
byId("heads").classList.toggle("several", timelines.length > 1);
byId("legend").append(...makeLegend());
byId("tables").append(...changeTables(), ...timelines.flatMap(makeTables));
fillSelect("group", timelines[0].groups.filter((group) => timelines.some((t) => t.lanes.some((lane) => lane.group === group))));
fillSelect("kind", timelines[0].kinds.filter((kind) => timelines.some((t) => t.items.some((item) => item.kind === kind))));

const chart = new Chart(byId("chart"), byId("canvas"), byId("spacer"), timelines, { select: showPanel, point: showTooltip });

refresh();
showPanel(null, null);
for (const [id, property] of [["group", "value"], ["kind", "value"], ["order", "value"], ["trouble", "checked"],
	["only", "checked"]])
	byId(id).addEventListener("change", () => {
		filter[id] = byId(id)[property];
		refresh();
	});
byId("search").addEventListener("input", () => {
	filter.text = byId("search").value;
	refresh();
});
byId("search").addEventListener("keydown", (event) => {
	if (event.key === "Enter") {
		event.preventDefault();
		stepHit(event.shiftKey ? -1 : 1);
	}
});
byId("next").addEventListener("click", () => stepHit(1));
byId("previous").addEventListener("click", () => stepHit(-1));
byId("zoom-in").addEventListener("click", () => chart.zoom(1.5));
byId("zoom-out").addEventListener("click", () => chart.zoom(1 / 1.5));
byId("reset").addEventListener("click", () => chart.showRange(chart.home, 0.02));
byId("theme").addEventListener("click", () => setTheme((theme + 1) % THEMES.length));
byId("help-open").addEventListener("click", () => byId("help").showModal());
document.addEventListener("keydown", onPageKey);
byId("shortcuts").addEventListener("change", () => {
	setShortcuts(byId("shortcuts").checked);
	stored(chart.shortcuts ? "on" : "off");
});
setShortcuts(stored() !== "off");
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.readTheme());
// Print in the light theme, with every table open.
matchMedia("print").addEventListener("change", (event) => {
	chart.readTheme();
	if (event.matches)
		chart.draw();
});
addEventListener("beforeprint", () => {
	for (const details of document.querySelectorAll("#tables details, #heads details")) {
		if (details.build)
			details.build();
		details.open = true;
	}
});
