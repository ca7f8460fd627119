// SPDX-License-Identifier: GPL-2.0
// The timeline on a canvas: however much there is, only the visible lanes and times are drawn.

const AXIS_HEIGHT = 26, HEADING_HEIGHT = 22, TITLE_HEIGHT = 26;
const BAR_HEIGHT = 15, BAR_STEP = 17, LANE_GAP = 5, NAME_HEIGHT = 14;
const NARROW = 620; // below this width, the names of lanes are above them
const FRONT = ["kernels", "phases"]; // groups of one lane, without a heading
const REACH = 4; // a click that many pixels beside a bar still hits it
const SHORTEST_NS = 50; // the shortest time that the width of the chart can show
const FONT = "11px system-ui, sans-serif", BOLD = "600 11px system-ui, sans-serif";

function makePattern(name, colour) {
	const tile = document.createElement("canvas");
	const pen = tile.getContext("2d");

	tile.width = tile.height = 6;
	pen.strokeStyle = pen.fillStyle = colour;
	pen.lineWidth = 1;
	pen.beginPath();
	if (name === "stripes") {
		for (const x of [-6, 0, 6]) {
			pen.moveTo(x, 6);
			pen.lineTo(x + 6, 0);
		}
	} else if (name === "dots") {
		pen.rect(1, 1, 1, 1);
		pen.rect(4, 4, 1, 1);
	} else if (name === "lines") {
		pen.moveTo(0.5, 0);
		pen.lineTo(0.5, 6);
	} else {
		pen.rect(0.5, 0.5, 6, 6);
	}
	pen.stroke();
	return tile;
}

/* Black or white, whichever is easier to read on colour. */
function inkOn(colour) {
	const [r, g, b] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);

	return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#000000" : "#ffffff";
}

const patternInk = (colour) => inkOn(colour) === "#000000" ? "#00000038" : "#ffffff48";

/* Distance of the marks of the axis: 1, 2 or 5 times a power of ten, but at least the width of their labels. */
function tickStep(nsPerPixel, pixels) {
	const least = nsPerPixel * pixels;
	const power = 10 ** Math.floor(Math.log10(least));

	return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least * 0.999);
}

class Chart {
	/* element: the scrolling element; on: functions select(item, lane), point(item, lane, event) */
	constructor(element, canvas, spacer, timelines, on) {
		Object.assign(this, { element, canvas, spacer, timelines, on });
		this.pen = canvas.getContext("2d");
		this.shown = []; // what shownLanes() returns
		this.rows = [];
		this.folded = new Set();
		this.shortcuts = true; // keys of one character
		// Above the headings of the canvas, for keyboards and screen readers.
		this.buttons = new Map(timelines[0].groups.map((group) => [group, make("button", { type: "button", className: "fold",
			hidden: true, onclick: () => this.toggle(group) })]));
		element.append(...this.buttons.values());
		this.selected = null;
		this.selectedLane = null;
		this.searching = false;
		this.pointerX = null;
		this.pointers = new Map();
		this.patterns = new Map();
		const least = (key) => Math.min(...timelines.map((timeline) => timeline[key]));
		const most = (key) => Math.max(...timelines.map((timeline) => timeline[key]));
		this.home = lastAttempt(timelines) || [least("begin_ns"), most("end_ns")];
		this.all = [Math.min(least("first_ns"), this.home[0]), Math.max(most("last_ns"), this.home[1])];
		this.from = 0;
		this.to = 1;
		this.listen();
		this.readTheme();
		this.resize();
		this.showRange(this.home, 0.02);
		new ResizeObserver(() => requestAnimationFrame(() => this.resize())).observe(element);
	}

	/* ---- the visible range ---- */

	get left() { return this.narrow ? 4 : this.nameWidth; }
	get plotWidth() { return this.width - this.left - 6; }
	get nsPerPixel() { return (this.to - this.from) / this.plotWidth; }
	x(ns) { return this.left + (ns - this.from) / this.nsPerPixel; }
	time(x) { return this.from + (x - this.left) * this.nsPerPixel; }

	setView(from, to) {
		const [first, last] = this.all;
		const margin = (last - first) * 0.5;
		const length = Math.min(Math.max(to - from, SHORTEST_NS), last - first + 2 * margin);
		const centre = Math.min(Math.max((from + to) / 2, first), last);

		this.from = centre - length / 2;
		this.to = centre + length / 2;
		this.invalidate();
	}

	showRange([from, to], padding) {
		const more = Math.max(to - from, SHORTEST_NS) * padding;

		this.setView(from - more, to + more);
	}

	/* A factor above 1 zooms in; the time at x keeps its place. */
	zoom(factor, x = this.left + this.plotWidth / 2) {
		const fixed = this.time(x);

		this.setView(fixed - (fixed - this.from) / factor, fixed + (this.to - fixed) / factor);
	}

	pan(pixels) {
		const ns = pixels * this.nsPerPixel;

		this.setView(this.from + ns, this.to + ns);
	}

	/* Brings the item into view, without changing the scale if possible. */
	reveal(item) {
		if (item.end < this.from || item.start > this.to || item.end - item.start > this.to - this.from) {
			const half = Math.max((this.to - this.from) / 2, (item.end - item.start) * 0.6);
			const centre = (item.start + item.end) / 2;

			this.setView(centre - half, centre + half);
		}
		this.revealLane(item.lane);
	}

	revealLane(lane) {
		if (this.folded.has(lane.group))
			this.toggle(lane.group);
		const row = this.rows.find((candidate) => candidate.lane === lane);

		if (row) {
			const top = this.element.scrollTop, height = this.height - AXIS_HEIGHT;

			if (row.y < top || row.y + row.height > top + height)
				this.element.scrollTop = row.y - height / 3;
		}
		this.invalidate();
	}

	select(item, lane = item ? item.lane : null) {
		this.selected = item;
		this.selectedLane = lane;
		this.invalidate();
		this.on.select(item, lane);
	}

	/* ---- layout ---- */

	setLanes(shown, searching) {
		this.shown = shown;
		this.searching = searching;
		this.layout();
	}

	layout() {
		let y = 0;
		const add = (row) => {
			this.rows.push({ y, ...row });
			y += row.height;
		};

		const addLane = (lane) => add({ type: "lane", timeline: lane.timeline, lane,
			height: lane.depth * BAR_STEP + LANE_GAP + (this.narrow ? NAME_HEIGHT : 0) });

		this.rows = [];
		// With several timelines the phases are kept together, because they are compared first.
		for (const { timeline, groups } of this.shown) {
			const front = groups.filter((group) => FRONT.includes(group.name));

			if (this.timelines.length > 1 && front.length)
				add({ type: "title", height: TITLE_HEIGHT, timeline });
			front.forEach((group) => group.lanes.forEach(addLane));
		}
		for (const [name, button] of this.buttons) {
			const lanes = FRONT.includes(name) ? [] : pairedLanes(this.shown, name);
			const folded = this.folded.has(name);

			button.hidden = !lanes.length;
			if (!lanes.length)
				continue;
			button.style.top = y + AXIS_HEIGHT + 2 + "px";
			button.textContent = `${folded ? "▸" : "▾"} ${name} (${lanes.length})`;
			button.ariaExpanded = String(!folded);
			add({ type: "group", height: HEADING_HEIGHT, timeline: lanes[0].timeline, name, button });
			if (!folded)
				lanes.forEach(addLane);
		}
		this.element.style.maxHeight = `max(16rem, ${y + AXIS_HEIGHT + 12}px)`;
		this.spacer.style.height = Math.max(0, y + AXIS_HEIGHT + 8 - this.height) + "px";
		this.invalidate();
	}

	toggle(group) {
		this.folded.delete(group) || this.folded.add(group);
		this.layout();
	}

	resize() {
		const ratio = window.devicePixelRatio || 1;

		this.width = this.element.clientWidth;
		this.height = this.element.clientHeight;
		this.narrow = this.width < NARROW;
		this.nameWidth = Math.min(230, Math.max(150, this.width * 0.2));
		this.canvas.width = Math.round(this.width * ratio);
		this.canvas.height = Math.round(this.height * ratio);
		this.canvas.style.width = this.width + "px";
		this.canvas.style.height = this.height + "px";
		this.ratio = ratio;
		this.layout();
		this.draw(); // at once: resizing clears the canvas
	}

	readTheme() {
		const style = getComputedStyle(document.documentElement);

		this.theme = {};
		for (const name of ["paper", "ink", "faint", "grid", "band", "downtime", "trouble", "accent"])
			this.theme[name] = style.getPropertyValue("--" + name).trim();
		this.patterns.clear();
		this.invalidate();
	}

	pattern(name, colour) {
		const key = name + colour;

		if (!this.patterns.has(key))
			this.patterns.set(key, this.pen.createPattern(makePattern(name, colour), "repeat"));
		return this.patterns.get(key);
	}

	/* The row at y of the canvas, or undefined. */
	rowAt(y) {
		const at = y - AXIS_HEIGHT + this.element.scrollTop;
		const row = y < AXIS_HEIGHT ? undefined : this.rows[this.firstRow(at)];

		return row && row.y <= at ? row : undefined;
	}

	/* The first row that ends below y. */
	firstRow(y) {
		let low = 0, high = this.rows.length;

		while (low < high) {
			const middle = (low + high) >> 1;

			if (this.rows[middle].y + this.rows[middle].height <= y)
				low = middle + 1;
			else
				high = middle;
		}
		return low;
	}

	/* The row and item at x, y of the canvas: { row, item }; either may be missing. */
	hit(x, y) {
		const row = this.rowAt(y);

		if (!row || row.type !== "lane" || x < this.left)
			return { row };
		const inside = y - AXIS_HEIGHT + this.element.scrollTop - row.y - (this.narrow ? NAME_HEIGHT : 0);
		const depth = Math.floor((inside - 1) / BAR_STEP);
		const level = row.lane.levels[depth];

		return { row, item: level ? nearest(level, this.time(x), REACH * this.nsPerPixel) : null };
	}

	/* The position of the middle of an item on the canvas. */
	locate(item) {
		const row = this.rows.find((candidate) => candidate.lane === item.lane);

		return [this.x((item.start + item.end) / 2),
			AXIS_HEIGHT + row.y - this.element.scrollTop + (this.narrow ? NAME_HEIGHT : 0) +
			item.depth * BAR_STEP + 2 + BAR_HEIGHT / 2];
	}

	/* ---- drawing ---- */

	invalidate() {
		if (!this.frame)
			this.frame = requestAnimationFrame(() => this.draw());
	}

	draw() {
		const { pen, theme, width, height } = this;

		cancelAnimationFrame(this.frame);
		this.frame = 0;
		if (!width || !height)
			return;
		pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
		pen.fillStyle = theme.paper;
		pen.fillRect(0, 0, width, height);
		pen.font = FONT;
		pen.textBaseline = "middle";

		const step = tickStep(this.nsPerPixel, this.narrow ? 70 : 90);
		const scroll = this.element.scrollTop;

		for (const { y, button } of this.rows)
			if (button) // not above the axis
				button.classList.toggle("under", y < scroll);
		this.drawGrid(step);
		pen.save();
		pen.beginPath();
		pen.rect(0, AXIS_HEIGHT, width, height - AXIS_HEIGHT);
		pen.clip();
		for (let i = this.firstRow(scroll); i < this.rows.length; i++) {
			const y = this.rows[i].y - scroll + AXIS_HEIGHT;

			if (y > height)
				break;
			this.drawRow(this.rows[i], y);
		}
		pen.restore();
		this.drawAxis(step);
	}

	drawGrid(step) {
		const { pen } = this;

		pen.fillStyle = this.theme.grid;
		for (let ns = Math.ceil(this.from / step) * step; ns <= this.to; ns += step)
			pen.fillRect(Math.round(this.x(ns)), AXIS_HEIGHT, 1, this.height);
	}

	drawAxis(step) {
		const { pen, theme } = this;
		let free = -Infinity;

		pen.fillStyle = theme.paper;
		pen.fillRect(0, 0, this.width, AXIS_HEIGHT);
		pen.fillStyle = theme.faint;
		pen.fillRect(0, AXIS_HEIGHT - 1, this.width, 1);
		pen.textAlign = "center";
		pen.fillStyle = theme.ink;
		for (let ns = Math.ceil(this.from / step) * step; ns <= this.to; ns += step) {
			const text = ns ? formatTick(ns, step) : "0";
			const half = pen.measureText(text).width / 2;
			const x = Math.min(Math.max(this.x(ns), this.left + half), this.width - half - 2);

			if (x - half < free)
				continue;
			pen.fillText(text, x, AXIS_HEIGHT / 2);
			pen.fillRect(Math.round(this.x(ns)), AXIS_HEIGHT - 5, 1, 4);
			free = x + half + 6;
		}
		if (this.pointerX !== null && this.pointerX >= this.left) {
			const text = formatTick(this.time(this.pointerX), step / 100);
			const half = pen.measureText(text).width / 2 + 4;
			const x = Math.min(Math.max(this.pointerX, half), this.width - half);

			pen.fillStyle = theme.accent;
			pen.fillRect(Math.round(this.pointerX), AXIS_HEIGHT, 1, this.height);
			pen.fillRect(x - half, 3, 2 * half, AXIS_HEIGHT - 7);
			pen.fillStyle = theme.paper;
			pen.fillText(text, x, AXIS_HEIGHT / 2);
		}
		pen.textAlign = "left";
	}

	drawRow(row, y) {
		const { pen, theme } = this;

		if (row.type === "title") {
			pen.fillStyle = theme.band;
			pen.fillRect(0, y + 2, this.width, row.height - 3);
			pen.fillStyle = theme.ink;
			pen.font = BOLD;
			this.drawText(row.timeline.letter + titleOf(row.timeline), 8, y + row.height / 2, this.width - 12);
			pen.font = FONT;
			return;
		}
		if (row.type === "group") { // below its button, for printing
			if (this.timelines.length === 1)
				this.drawBands(row, y);
			pen.fillStyle = theme.ink;
			pen.font = BOLD;
			pen.fillText(row.button.textContent, 6, y + row.height / 2 + 2);
			pen.font = FONT;
			return;
		}
		this.drawBands(row, y);
		this.drawLane(row.lane, y, row.height);
	}

	/* The jump, and the time outside the blackout, behind the lanes of their timeline. */
	drawBands(row, y) {
		const { pen, theme } = this;
		const { jump, blackout_ns: blackout } = row.timeline;
		const fill = (from, to, style) => {
			const x0 = Math.max(this.x(from), this.left), x1 = Math.min(this.x(to), this.width);

			if (x1 > x0) {
				pen.fillStyle = style;
				pen.fillRect(x0, y, x1 - x0, row.height);
			}
		};

		if (blackout !== null) {
			fill(-Infinity, 0, theme.band);
			fill(blackout, Infinity, theme.band);
			pen.fillStyle = theme.ink;
			for (const ns of [0, blackout])
				if (ns >= this.from && ns <= this.to)
					pen.fillRect(Math.round(this.x(ns)), y, 1, row.height);
		}
		if (jump)
			fill(jump.start, jump.end, this.pattern("stripes", theme.grid));
	}

	drawLane(lane, y, height) {
		const { pen, theme } = this;
		const top = y + 2 + (this.narrow ? NAME_HEIGHT : 0);

		if (this.selectedLane === lane) {
			pen.fillStyle = theme.accent;
			pen.globalAlpha = 0.14;
			pen.fillRect(0, y, this.width, height);
			pen.globalAlpha = 1;
		}
		pen.save();
		pen.beginPath();
		pen.rect(this.left, y, this.width - this.left, height);
		pen.clip();
		if (lane.downtime && (!lane.hasStoppedBar || lane.downtime.goes_on))
			this.drawDowntime(lane, top);
		lane.levels.forEach((level, depth) => this.drawLevel(level, top + depth * BAR_STEP));
		pen.restore();
		this.drawName(lane, y, height);
	}

	drawName(lane, y, height) {
		const { pen, theme } = this;
		const middle = this.narrow ? y + NAME_HEIGHT / 2 + 1 : y + 2 + BAR_HEIGHT / 2;
		const room = this.narrow ? this.width - 12 : this.nameWidth - 12;
		// In the phases the mark of the bar is enough: before their name, the triangle would look like that of a group.
		const isPole = lane.isPole && !FRONT.includes(lane.group);
		const name = (isPole ? "▶ " : "") + lane.timeline.letter + lane.name;

		if (isPole)
			pen.font = BOLD;
		const own = Math.min(pen.measureText(name).width, room);

		pen.fillStyle = theme.ink;
		this.drawText(name, 6, middle, room);
		pen.font = FONT;
		const owner = lane.group === "devices" ? lane.vm || lane.session : ""; // others are named by theirs
		const detail = [owner, lane.detail].filter(Boolean).join(", ");

		if (detail && room - own > 60) {
			pen.fillStyle = theme.faint;
			this.drawText(detail, 6 + own + 8, middle, room - own - 8);
		}
		if (!this.narrow) {
			pen.fillStyle = theme.grid;
			pen.fillRect(this.left - 1, y, 1, height);
		}
	}

	/* Cut with an ellipsis if it does not fit. */
	drawText(text, x, y, room) {
		const { pen } = this;

		if (pen.measureText(text).width > room) {
			let low = 0, high = text.length;

			while (low < high) {
				const middle = (low + high + 1) >> 1;

				if (pen.measureText(text.slice(0, middle) + "…").width <= room)
					low = middle;
				else
					high = middle - 1;
			}
			if (!low)
				return;
			text = text.slice(0, low) + "…";
		}
		pen.fillText(text, x, y);
	}

	/* A downtime that continued runs out of the picture, with an arrow and a word at the edge. */
	drawDowntime(lane, top) {
		const { pen, theme } = this;
		const { start_ns: start, duration_ns: ns, goes_on: goesOn } = lane.downtime;
		const x0 = Math.max(this.x(start), this.left);
		const x1 = goesOn ? this.width : Math.min(this.x(start + ns), this.width);
		const text = ns === null ? lane.downtime_text : "downtime " + lane.downtime_text + (lane.not_back ? ", " + NOT_BACK : "");

		if (x1 <= x0)
			return;
		pen.fillStyle = theme.downtime;
		pen.fillRect(x0, top + 3, x1 - x0, BAR_HEIGHT - 6);
		pen.fillStyle = this.pattern("dots", theme.faint);
		pen.fillRect(x0, top + 3, x1 - x0, BAR_HEIGHT - 6);
		const width = pen.measureText(text).width;

		if (x1 - x0 > width + 30) {
			const x = (x0 + x1 - width) / 2;

			pen.fillStyle = theme.paper;
			pen.fillRect(x - 4, top, width + 8, BAR_HEIGHT);
			pen.fillStyle = lane.not_back ? theme.trouble : theme.ink;
			pen.fillText(text, x, top + BAR_HEIGHT / 2);
		}
		if (!goesOn)
			return;
		pen.fillStyle = lane.not_back ? theme.trouble : theme.ink;
		pen.beginPath();
		pen.moveTo(x1 - 9, top + 1);
		pen.lineTo(x1 - 1, top + BAR_HEIGHT / 2);
		pen.lineTo(x1 - 9, top + BAR_HEIGHT - 1);
		pen.fill();
	}

	drawLevel(level, top) {
		let pixel = -1, colour = "";

		for (let i = firstFrom(level, this.from - REACH * this.nsPerPixel); i < level.length; i++) {
			const item = level[i];

			if (item.start > this.to)
				break;
			if (!item.shown)
				continue;
			const x0 = this.x(item.start), x1 = this.x(item.end);
			const plain = x1 - x0 < 1 && !item.pole && !item.hit && item.error === null && item !== this.selected;

			// Within one pixel, one item per colour is enough.
			if (plain && Math.floor(x0) === pixel && item.colour === colour)
				continue;
			pixel = Math.floor(x0);
			colour = item.colour;
			this.drawItem(item, x0, x1, top);
		}
	}

	drawItem(item, x0, x1, top) {
		const { pen, theme } = this;
		const start = Math.max(x0, this.left - 8), end = Math.min(x1, this.width + 8);
		const width = Math.max(end - start, 1.5);

		pen.globalAlpha = this.searching && !item.hit ? 0.22 : 1;
		pen.fillStyle = item.colour;
		if (item.instant) {
			pen.beginPath();
			pen.moveTo(x0, top);
			pen.lineTo(x0 + 6, top + BAR_HEIGHT / 2);
			pen.lineTo(x0, top + BAR_HEIGHT);
			pen.lineTo(x0 - 6, top + BAR_HEIGHT / 2);
			pen.closePath();
			pen.fill();
			pen.strokeStyle = theme.faint; // dark on dark
			pen.lineWidth = 1;
			pen.stroke();
		} else {
			pen.fillRect(start, top, width, BAR_HEIGHT);
		}
		if (width > 5 && item.pattern) {
			pen.fillStyle = this.pattern(item.pattern, patternInk(item.colour));
			pen.fillRect(start, top, width, BAR_HEIGHT);
		}
		if (width > 3 && !item.instant) { // neighbours of one colour
			pen.fillStyle = theme.paper;
			pen.fillRect(end - 0.75, top, 0.75, BAR_HEIGHT);
		}
		if (item.error !== null)
			this.frameItem(start, top, width, BAR_HEIGHT, theme.trouble, 2);
		if (item.open) {
			pen.setLineDash([2, 2]);
			pen.strokeStyle = theme.trouble;
			pen.lineWidth = 3;
			pen.beginPath();
			pen.moveTo(end, top - 1);
			pen.lineTo(end, top + BAR_HEIGHT + 1);
			pen.stroke();
			pen.setLineDash([]);
		}
		if (item.pole) {
			this.frameItem(start, top, width, BAR_HEIGHT, theme.ink, 1.5);
			if (width > 8)
				this.frameItem(start + 3, top + 3, width - 6, BAR_HEIGHT - 6, inkOn(item.colour), 1);
			pen.fillStyle = theme.ink;
			pen.beginPath();
			pen.moveTo(start + width / 2 - 4, top - 2);
			pen.lineTo(start + width / 2 + 4, top - 2);
			pen.lineTo(start + width / 2, top + 4);
			pen.fill();
		}
		if (width > 14) {
			const more = item.open ? " …" : item.kind === "stopped" ? " " + itemTime(item) : "";
			const text = (item.error !== null ? "! " : "") + item.name + more;

			this.drawLabel(text, item, start, top, width);
		} else if (item.error !== null) { // not everyone can see red
			pen.fillStyle = theme.trouble;
			pen.font = BOLD;
			pen.fillText("!", start + width + 3, top + BAR_HEIGHT / 2 + 0.5);
			pen.font = FONT;
		}
		if (item === this.selected || (item.hit && this.searching))
			this.frameItem(start - 2, top - 1.5, width + 4, BAR_HEIGHT + 3, theme.accent,
				item === this.selected ? 3 : 1.5);
		pen.globalAlpha = 1;
	}

	/* The name, on plain colour so that a pattern or a frame does not make it hard to read; else its first letter. */
	drawLabel(text, item, start, top, width) {
		const { pen } = this;
		const needed = pen.measureText(text).width;
		const from = Math.max(start, this.left) + 4;
		const room = Math.min(start + width, this.width) - from - 3;

		if (needed > room && room < 24)
			text = text.slice(0, 1);
		if (room < 8)
			return;
		if (item.pattern || item.pole) {
			pen.fillStyle = item.colour;
			pen.fillRect(from - 2, top + 2, Math.min(pen.measureText(text).width + 4, room), BAR_HEIGHT - 4);
		}
		pen.fillStyle = inkOn(item.colour);
		this.drawText(text, from, top + BAR_HEIGHT / 2 + 0.5, room);
	}

	frameItem(x, y, width, height, colour, weight) {
		const { pen } = this;

		pen.strokeStyle = colour;
		pen.lineWidth = weight;
		pen.strokeRect(x + weight / 2, y + weight / 2, Math.max(width - weight, 0.5), height - weight);
	}

	/* ---- mouse, touch and keys ---- */

	listen() {
		const { element } = this;

		element.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
		element.addEventListener("scroll", () => this.invalidate(), { passive: true });
		element.addEventListener("pointerdown", (event) => this.onPointerDown(event));
		element.addEventListener("pointermove", (event) => this.onPointerMove(event));
		element.addEventListener("pointerup", (event) => this.onPointerUp(event));
		element.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
		element.addEventListener("pointerleave", () => this.pointAt(null, null));
		element.addEventListener("dblclick", () => this.selected && this.showItem(this.selected));
		element.addEventListener("keydown", (event) => this.onKey(event));
	}

	place(event) {
		const box = this.canvas.getBoundingClientRect();

		return [event.clientX - box.left, event.clientY - box.top];
	}

	/* The wheel alone scrolls the lanes, and the page where they end. */
	onWheel(event) {
		const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;

		if (event.ctrlKey)
			this.zoom(Math.exp(-event.deltaY * unit * 0.002), this.place(event)[0]);
		else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
			this.pan((event.deltaX || event.deltaY) * unit);
		else
			return;
		event.preventDefault();
		this.pointAt(null, null);
	}

	onPointerDown(event) {
		const [x, y] = this.place(event);

		if (event.button || x > this.width || event.target.closest("button"))
			return;
		this.pointers.set(event.pointerId, { x, y, startX: x, startY: y, moved: false });
		this.element.setPointerCapture(event.pointerId);
	}

	onPointerMove(event) {
		const [x, y] = this.place(event);
		const pointer = this.pointers.get(event.pointerId);

		if (!pointer) {
			this.pointAt(x, y, event);
			return;
		}
		const [a, b] = this.pointers.values();
		const apart = b ? Math.abs(a.x - b.x) : 0;
		const dx = x - pointer.x, dy = y - pointer.y;

		pointer.moved = pointer.moved || Math.hypot(x - pointer.startX, y - pointer.startY) > 4;
		if (!pointer.moved)
			return;
		pointer.x = x;
		pointer.y = y;
		if (b && apart > 10 && Math.abs(a.x - b.x) > 10) {
			this.zoom(Math.abs(a.x - b.x) / apart, (a.x + b.x) / 2);
		} else if (!b) {
			this.pan(-dx);
			if (event.pointerType === "mouse")
				this.element.scrollTop -= dy;
		}
		this.element.classList.add("dragged");
		this.pointAt(null, null);
	}

	onPointerUp(event) {
		const pointer = this.pointers.get(event.pointerId);

		this.pointers.delete(event.pointerId);
		this.element.classList.remove("dragged");
		if (!pointer || pointer.moved)
			return;
		const { row, item } = this.hit(...this.place(event));

		if (row && row.type === "group") {
			this.toggle(row.name);
		} else {
			this.select(item || null, row && row.lane ? row.lane : null);
		}
	}

	/* The pointer is at x, y of the canvas; null if it is not over the canvas. */
	pointAt(x, y, event) {
		const { row, item } = x === null ? {} : this.hit(x, y);

		this.pointerX = x;
		this.element.classList.toggle("over", !!(item || (row && row.type === "group")));
		this.on.point(item || null, row && row.lane ? row.lane : null, event);
		this.invalidate();
	}

	showItem(item) {
		this.revealLane(item.lane);
		this.showRange([item.start, item.end], 0.25);
	}

	/* Selects the next (1) or the previous (-1) item of the lane. */
	stepItem(by) {
		const lane = this.selectedLane || (this.rows.find((row) => row.lane) || {}).lane;
		const items = lane ? lane.items.filter((item) => item.shown) : [];
		const at = items.indexOf(this.selected);
		const item = items[at < 0 ? (by > 0 ? 0 : items.length - 1) : Math.min(Math.max(at + by, 0), items.length - 1)];

		if (item) {
			this.select(item);
			this.reveal(item);
		}
	}

	/* Selects the item nearest in time in the next (1) or the previous (-1) lane. */
	stepLane(by) {
		const rows = this.rows.filter((row) => row.lane);
		const at = rows.findIndex((row) => row.lane === this.selectedLane);
		const row = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];

		if (!row)
			return;
		const centre = this.selected ? (this.selected.start + this.selected.end) / 2 : this.from;
		const away = (item) => Math.max(item.start - centre, centre - item.end, 0);
		const items = row.lane.items.filter((item) => item.shown);
		const item = items.length ? items.reduce((best, next) => away(next) < away(best) ? next : best) : null;

		this.select(item, row.lane);
		if (item)
			this.reveal(item);
		else
			this.revealLane(row.lane);
	}

	onKey(event) {
		const step = this.plotWidth * 0.15;
		const scroll = (pixels) => { this.element.scrollTop += pixels; };
		const closer = () => this.zoom(1.5), further = () => this.zoom(1 / 1.5);
		const home = () => this.showRange(this.home, 0.02);
		const show = () => this.selected && this.showItem(this.selected);
		const keys = {
			"+": closer, "=": closer, "-": further, "_": further,
			"0": home, Home: home, a: () => this.showRange(this.all, 0.02),
			ArrowLeft: () => event.shiftKey ? this.stepItem(-1) : this.pan(-step),
			ArrowRight: () => event.shiftKey ? this.stepItem(1) : this.pan(step),
			ArrowUp: () => event.shiftKey ? this.stepLane(-1) : scroll(-60),
			ArrowDown: () => event.shiftKey ? this.stepLane(1) : scroll(60),
			PageUp: () => scroll(-this.height * 0.8), PageDown: () => scroll(this.height * 0.8),
			Enter: show, f: show,
		};

		if (event.target === this.element)
			this.runKey(event, keys);
	}

	/* Keys of one character can be switched off: speech input and typing errors would press them. */
	runKey(event, keys) {
		if (event.ctrlKey || event.altKey || event.metaKey || !Object.hasOwn(keys, event.key) ||
		    (event.key.length === 1 && !this.shortcuts))
			return;
		event.preventDefault();
		keys[event.key]();
	}
}
