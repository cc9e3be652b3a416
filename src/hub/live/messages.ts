// Messages of /ws as bytes, made once for all clients.
import type { ServerMessage } from "../../contract/live.ts";

/** A message as it goes into a frame. */
export function encode(message: ServerMessage): Buffer {
  return Buffer.from(JSON.stringify(message));
}

/** A message whose `data` is JSON already. */
export function encodeWith(type: ServerMessage["type"], dataJson: string): Buffer {
  return Buffer.from(`{"type":"${type}","data":${dataJson}}`);
}
