// SPDX-License-Identifier: GPL-2.0
// The types of a dashboard as JSON has it, made of those in Grafana's own source. For tests/lab/grafana-types.
import * as schema from "@grafana/schema";
import * as barGauge from "../node_modules/@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/types.gen";
import * as stat from "../node_modules/@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/types.gen";
import * as table from "../node_modules/@grafana/schema/dist/types/raw/composable/table/panelcfg/x/types.gen";
import * as timeSeries from "../node_modules/@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/types.gen";

// JSON has the values of enums and leaves out what has a default. The first step of thresholds begins at nothing.
type Json<T> = T extends string ? `${T}` : T extends (infer U)[] ? Json<U>[] : T extends object ? { [K in keyof T]?: Json<T[K]> } : T;

type Threshold = { color: string; value: number | null };
type Mapping = Json<schema.ValueMapping>;

type FieldConfig<Custom> = Omit<Json<schema.FieldConfig>, "custom" | "thresholds" | "mappings"> & {
	custom?: Json<Custom>;
	mappings?: Mapping[];
	thresholds?: { mode: `${schema.ThresholdsMode}`; steps: Threshold[] };
};

// What an override sets is a field of the above, or one of a panel's own after "custom.".
type Property<Custom> = {
	[K in keyof Required<FieldConfig<Custom>>]: K extends "custom" ? never : { id: K; value: FieldConfig<Custom>[K] };
}[keyof FieldConfig<Custom>] | {
	[K in keyof Custom & string]: { id: `custom.${K}`; value: Json<Custom[K]> };
}[keyof Custom & string];

// Of the data source for Prometheus.
interface Query {
	refId: string;
	datasource: Json<schema.DataSourceRef>;
	expr: string;
	legendFormat?: string;
	format?: "time_series" | "table" | "heatmap";
	instant?: boolean;
	range?: boolean;
}

type Transformation =
	| { id: "merge"; options: {} }
	| {
			id: "organize";
			options: {
				excludeByName?: Record<string, boolean>;
				indexByName?: Record<string, number>;
				renameByName?: Record<string, string>;
			};
	  }
	| { id: "configFromData"; options: { configRefId: string; mappings: { fieldName: string; handlerKey: string }[] } };

type Panel<Kind, Options, Custom> = Omit<Json<schema.Panel>, "type" | "options" | "fieldConfig" | "targets" | "transformations"> & {
	type: Kind;
	options: Json<Options>;
	fieldConfig: {
		defaults: FieldConfig<Custom>;
		overrides: { matcher: { id: "byName"; options: string }; properties: Property<Custom>[] }[];
	};
	targets: Query[];
	transformations?: Transformation[];
};

export interface Panels {
	bargauge: Panel<"bargauge", barGauge.Options, {}>;
	stat: Panel<"stat", stat.Options, {}>;
	table: Panel<"table", table.Options, table.FieldConfig>;
	timeseries: Panel<"timeseries", timeSeries.Options, timeSeries.FieldConfig>;
}

type Variable = Omit<Json<schema.VariableModel>, "datasource" | "query" | "current"> & {
	datasource?: Json<schema.DataSourceRef>;
	query?: string | { query: string; refId: string };
	current?: {};
	definition?: string;
};

// The data source for Prometheus has its own fields in an annotation.
type Annotation = Omit<Json<schema.AnnotationQuery>, "datasource"> & {
	datasource: Json<schema.DataSourceRef>;
	expr: string;
	step?: string;
	titleFormat?: string;
	textFormat?: string;
	tagKeys?: string;
	useValueForTime?: "on";
};

export type Dashboard = Omit<Json<schema.Dashboard>, "panels" | "templating" | "annotations"> & {
	templating: { list: Variable[] };
	annotations: { list: Annotation[] };
};
