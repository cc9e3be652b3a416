// What happened to a service: why its processes ended, and every event kept.
import { useState } from "react";
import type { ServiceStatus } from "../../../contract/status.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { Panel, Section } from "../../ui/Panel.tsx";
import { EventList } from "./EventList.tsx";
import { ExitList } from "./ExitList.tsx";
import styles from "./History.module.css";
import { useExits } from "./Summary.tsx";

const EXITS_AT_FIRST = 15;

export function History({ status }: { status: ServiceStatus }) {
  const exits = useExits(status, 200);
  const [all, setAll] = useState(false);
  return (
    <div className={styles["grid"]}>
      <Section title="Why it ended" note={exits.data?.length}>
        {exits.isPending ? (
          <Loading label="Loading ends" />
        ) : exits.data === undefined || exits.data.length === 0 ? (
          <Empty title="It has not ended yet">
            Each end of a process will stand here, with its cause and its last lines.
          </Empty>
        ) : (
          <Panel>
            <ExitList exits={all ? exits.data : exits.data.slice(0, EXITS_AT_FIRST)} />
            {exits.data.length > EXITS_AT_FIRST && !all ? (
              <Button size="s" look="plain" onClick={() => setAll(true)}>
                Older ends
              </Button>
            ) : null}
          </Panel>
        )}
      </Section>
      <Section title="Events">
        <EventList of={{ service: status.name }} />
      </Section>
    </div>
  );
}
