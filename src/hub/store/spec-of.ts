// The definition inside a record.
import type { ServiceRecord, ServiceSpec } from "../../contract/service.ts";

/** A definition without what the hub knows about it. */
export function specOf(record: ServiceRecord): ServiceSpec {
  const {
    revision: _1,
    desired: _2,
    stopped_instances: _3,
    stopped_servers: _7,
    owner: _4,
    created_at: _5,
    updated_at: _6,
    ...spec
  } = record;
  return spec;
}
