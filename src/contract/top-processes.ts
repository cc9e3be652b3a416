// The processes of a machine that took most, minute by minute: "which process was it?"
import { z } from "zod";

const topProcessSchema = z.object({
  pid: z.int(),
  name: z.string(),
  /** At most 200 characters. */
  command: z.string(),
  user: z.string(),
  /** Of one core over the last minute; null at the first look. */
  cpu_percent: z.number().nullable(),
  /** Resident. */
  memory_bytes: z.number(),
  /** Read from and written to storage; null at the first look, and where the kernel does not tell. */
  io_bytes_per_second: z.number().nullable(),
});

export const topProcessesSchema = z.object({
  /** Unix milliseconds, by the agent's clock. */
  at: z.number(),
  /** The first few by each of CPU, memory and I/O. */
  processes: z.array(topProcessSchema).max(64),
});

/** Answer of `GET /api/servers/{id}/top`. */
export const topAnswerSchema = z.object({
  /** Unix milliseconds; null when nothing is known of that time: an agent looks once a minute, and may have been off. */
  at: z.number().nullable(),
  processes: topProcessesSchema.shape.processes,
});

/** One of the processes that took most. */
export type TopProcess = z.infer<typeof topProcessSchema>;
/** What took most at one time. */
export type TopProcesses = z.infer<typeof topProcessesSchema>;
