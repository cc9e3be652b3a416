// Rolling restarts: how carefully the instances of services are restarted, and of which services.
import { z } from "zod";
import { durationSchema, nameSchema } from "./names.ts";
import { kindSchema } from "./service.ts";

/** Instances of a service, or a share of those that should run ("25%", rounded down, at least one). */
export const amountSchema = z.union([
  z.int().min(1).max(10_000),
  z.string().regex(/^(?:100|[1-9]\d?)%$/, 'must be a number of instances or a share like "25%"'),
]);
/** 3, or "25%". */
export type Amount = z.infer<typeof amountSchema>;

const optionsShape = {
  /** Instances of a service that are restarted at the same time. */
  batch: amountSchema.default(1),
  /**
   * Instances of a service that may be not ready at the same time, those included that are down for other reasons; null: as `batch`.
   * While more are down, nothing is restarted that is up.
   */
  max_unavailable: amountSchema.nullable().default(null),
  /** Seconds that an instance must be ready without a break before it counts as done. */
  stable: durationSchema.pipe(z.number().max(3600)).default(5),
  /** Seconds that one instance may take until it is ready and stable; after that it failed, and nothing more is begun. */
  timeout: durationSchema.pipe(z.number().min(1).max(86_400)).default(120),
  /** After a failure, save the definition again that ran before, and restart with it what was restarted of that service. */
  rollback: z.boolean().default(false),
};

function checkTimes({ stable, timeout }: { stable: number; timeout: number }, context: z.RefinementCtx): void {
  if (timeout > stable) return;
  const message = `must be longer than the ${stable} s for which an instance has to be stable`;
  context.addIssue({ code: "custom", path: ["timeout"], message });
}

/** How a rolling restart goes. */
export const rollingOptionsSchema = z.strictObject(optionsShape).superRefine(checkTimes);
export type RollingOptions = z.infer<typeof rollingOptionsSchema>;

/** Which services; of several selections what all of them fit. */
export const rollingRequestSchema = z
  .strictObject({
    ...optionsShape,
    /** Empty: all that fit the rest. */
    services: z.array(nameSchema).max(5000).default([]),
    kind: kindSchema.nullable().default(null),
    /** A label of services ("key" or "key=value"); where no service has it, a tag of servers: then only their instances there. */
    tag: z.string().min(1).max(320).nullable().default(null),
  })
  .superRefine((request, context) => {
    checkTimes(request, context);
    if (request.services.length > 0 || request.kind !== null || request.tag !== null) return;
    context.addIssue({ code: "custom", path: ["services"], message: "name services, a kind or a tag" });
  });
export type RollingRequest = z.infer<typeof rollingRequestSchema>;
