// What stands where a server would have to be asked and cannot.
import type { ServerNode } from "../../../contract/server.ts";
import { Empty } from "../../ui/Empty.tsx";
import { Ago } from "../../ui/Time.tsx";

export function Away({ server, what }: { server: ServerNode; what: string }) {
  return (
    <Empty title={`${server.name} cannot be asked for ${what} now`}>
      <p>
        It is not connected to the hub
        {server.last_seen === null ? (
          ""
        ) : (
          <>
            {" "}
            and was heard <Ago at={server.last_seen} />
          </>
        )}
        . Its services go on there.
      </p>
    </Empty>
  );
}
