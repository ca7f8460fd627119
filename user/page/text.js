// SPDX-License-Identifier: GPL-2.0
// Formats numbers and texts from outside in the same way as user/base/duration.c and text.c do for the terminal.
"use strict";

const UNITS = ["ns", "us", "ms", "s"];
const DIGITS = 4;

/* In a readable unit: "1.634 s"; fewer digits if errorNs shows that the last ones were not measured. */
function formatDuration(ns, errorNs = 0) {
	const value = Math.abs(ns);
	let unit = 0;
	let decimals, step, rounded, whole;

	while (unit + 1 < UNITS.length && value >= 1000 ** (unit + 1))
		unit++;
	for (;;) {
		const places = unit * 3;

		decimals = DIGITS - String(Math.floor(value / 10 ** places)).length;
		decimals = Math.min(Math.max(decimals, 0), places);
		while (decimals && 10 ** (places - decimals) < Math.floor(errorNs / 4))
			decimals--;
		step = 10 ** (places - decimals);
		rounded = Math.floor(value / step);
		if (step > 1 && value % step >= step / 2)
			rounded++;
		whole = Math.floor(rounded / 10 ** decimals);
		if (whole < 1000 || unit + 1 === UNITS.length)
			break;
		unit++; // 999.96 ms rounds to 1.000 s
	}
	if (decimals && String(whole).length + decimals > DIGITS) { // 9.9996 became 10.000
		rounded = Math.floor(rounded / 10);
		decimals--;
	}
	return (ns < 0 ? "-" : "") + (rounded / 10 ** decimals).toFixed(decimals) + " " + UNITS[unit];
}

/* The largest possible error of a time, rounded up so that it remains a bound: "1.7 us". */
function formatError(errorNs) {
	let step = 1;
	let unit = UNITS.length - 1;

	while (Math.floor(errorNs / step) >= 100)
		step *= 10;
	while (unit && errorNs < 1000 ** unit)
		unit--;
	step = Math.min(step, 1000 ** unit);
	return formatDuration(Math.ceil(errorNs / step) * step, 4 * step);
}

/* A duration with its error if that is more than 1 %: "1.50 s +- 0.21 s". */
function formatTimeError(ns, errorNs) {
	if (errorNs <= Math.floor(Math.abs(ns) / 100))
		return formatDuration(ns, errorNs);
	const time = formatDuration(ns, Math.floor(errorNs / 8));
	const [number, name] = time.split(" ");
	const unit = 1000 ** UNITS.indexOf(name);
	const decimals = (number.split(".")[1] || "").length;

	const step = unit / 10 ** decimals;

	return time + " +- " + (errorNs / unit >= 1000 ? formatError(errorNs) :
		(Math.ceil(errorNs / step) * step / unit).toFixed(decimals) + " " + name);
}

/* What stands before a time that is a lower or an upper bound, or of which nothing is certain. */
const LOWER_BOUND = ">= ";
const UPPER_BOUND = "<= ";
const IN_DOUBT = "~ ";

const NOT_BACK = "not back";
const KEPT = "kept";

/* Exact to the nanosecond, for computing. */
function formatExact(ns) {
	return ns.toLocaleString("en-US") + " ns";
}

/* A label for an axis whose marks are stepNs apart. */
function formatTick(ns, stepNs) {
	const unit = stepNs >= 1e8 ? 3 : stepNs >= 1e5 ? 2 : stepNs >= 1e2 ? 1 : 0;
	const decimals = Math.max(0, Math.ceil(unit * 3 - Math.log10(stepNs) - 1e-9));

	return (ns / 1000 ** unit).toFixed(decimals) + " " + UNITS[unit];
}

/*
 * Control characters, and those without width or that turn the direction of writing, are shown as bytes: a name must not
 * pretend to be another.
 */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

function visible(text) {
	return text.replace(HIDDEN, (character) =>
		Array.from(new TextEncoder().encode(character), (byte) => "\\x" + byte.toString(16).padStart(2, "0")).join(""));
}
