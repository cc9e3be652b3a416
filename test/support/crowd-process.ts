// A crowd in a process of its own, asked over the fork's channel: { gather: CrowdOptions }, or a method's name.
import { Crowd, type CrowdOptions } from "./crowd.ts";

let crowd: Crowd | undefined;

/** What the process is asked. */
export type CrowdRequest = { gather: CrowdOptions } | "beginMeasuring" | "endMeasuring" | "happen" | "report" | "leave";

async function answer(request: CrowdRequest): Promise<unknown> {
  if (typeof request === "object") {
    crowd = await Crowd.gather(request.gather);
    return {};
  }
  return (await crowd?.[request]()) ?? {};
}

process.on("message", (request: CrowdRequest) => {
  answer(request).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
