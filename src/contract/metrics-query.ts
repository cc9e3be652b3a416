// What is asked of the history of metrics, and the answer.
import { z } from "zod";
import { isoTimeSchema } from "./names.ts";
import { serverParamSchema } from "./server.ts";

const several = <T extends z.ZodType>(item: T) =>
  z.union([item, z.array(item).max(5000)]).transform((given) => [given].flat() as z.output<T>[]);

const metricSchema = z.string().min(1).max(160);

/** Lists are given by repeating the name: `?server=a&server=b`. */
export const metricsQuerySchema = z.object({
  /** Names or ids; with neither server nor tag: all. */
  server: several(serverParamSchema).optional(),
  /** Servers that have this tag. */
  tag: several(z.string().max(64)).optional(),
  /** Services whose instances are meant, "*" for all; left out: the servers themselves. */
  service: several(z.string().max(64)).optional(),
  /** "cpu_percent"; "filesystem_percent[*]" for all labels. */
  metric: several(metricSchema),
  /** An hour ago unless given. */
  from: isoTimeSchema.optional(),
  /** Now unless given; not part of the range. */
  to: isoTimeSchema.optional(),
  /** Seconds that a point stands for; 0: a screenful of points. */
  step: z.coerce.number().min(0).max(31_536_000).default(0),
  /** How several servers become one series; `none`: each its own. */
  aggregate: z.enum(["none", "avg", "min", "max", "sum", "p95"]).default("none"),
});

const seriesSchema = z.object({
  /** Null where servers were aggregated. */
  server_id: z.string().nullable(),
  service: z.string().nullable(),
  index: z.int().nullable(),
  metric: z.string(),
  /** "percent", "bytes", "bytes_per_second", "seconds", "celsius", "count" … or "none". */
  unit: z.string(),
  /** Start of the point in Unix milliseconds, and the mean of its samples. Points without a sample are left out. */
  points: z.array(z.tuple([z.number(), z.number()])),
  /** The smallest and the largest sample of each point. */
  min: z.array(z.number()),
  max: z.array(z.number()),
});

export const metricsAnswerSchema = z.object({
  /** Seconds that a point stands for. */
  step: z.number(),
  series: z.array(seriesSchema),
});
export type MetricsAnswer = z.infer<typeof metricsAnswerSchema>;
