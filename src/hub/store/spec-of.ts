// The definition inside a record.
import type { ServiceRecord, ServiceSpec } from "../../contract/service.ts";

/** A definition without what the hub knows about it. */
export function specOf(record: ServiceRecord): ServiceSpec {
  const { revision: _1, desired: _2, owner: _3, created_at: _4, updated_at: _5, ...spec } = record;
  return spec;
}
