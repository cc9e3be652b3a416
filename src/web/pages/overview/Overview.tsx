// The first screen: the machines, what needs a person, and all services.
import Plus from "lucide-react/icons/plus";
import { lazy, Suspense, useState } from "react";
import { useBlocked, useLoaded, useServers, useServices } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button, ButtonLink } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { plural } from "../../ui/format.ts";
import { FleetStrip } from "./FleetStrip.tsx";
import { NeedsYou } from "./NeedsYou.tsx";
import styles from "./Overview.module.css";
import { ServiceList } from "./ServiceList.tsx";
import { useProblems } from "./use-problems.ts";
import { useRecentShapes } from "./use-recent-shapes.ts";

const AddServer = lazy(async () => ({ default: (await import("../servers/AddServer.tsx")).AddServer }));

export function Overview() {
  const services = useServices();
  const servers = useServers()?.length ?? 1;
  const [adding, setAdding] = useState(false);
  const loaded = useLoaded();
  const problems = useProblems();
  const mayWrite = useBlocked("write") === null;
  useRecentShapes();
  const sub = loaded
    ? [
        servers > 1 && plural(servers, "server"),
        plural(services.length, "service"),
        problems.length > 0 && `${problems.length} need you`,
      ]
        .filter(Boolean)
        .join(" · ")
    : "one moment";
  return (
    <Page
      title="Overview"
      sub={sub}
      actions={
        mayWrite ? (
          <>
            <Button className={styles["wide"]} onClick={() => setAdding(true)}>
              Add server
            </Button>
            <ButtonLink look="primary" to={paths.addService()}>
              <Plus aria-hidden="true" />
              <span>
                Add<span className={styles["wide"]}> service</span>
              </span>
            </ButtonLink>
          </>
        ) : undefined
      }
    >
      <FleetStrip />
      <Suspense fallback={null}>{adding ? <AddServer onClose={() => setAdding(false)} /> : null}</Suspense>
      {loaded ? (
        services.length === 0 ? (
          <Nothing mayWrite={mayWrite} />
        ) : (
          <Filled problems={problems} />
        )
      ) : (
        <Loading lines={7} label="Loading services" />
      )}
    </Page>
  );
}

function Filled({ problems }: { problems: ReturnType<typeof useProblems> }) {
  return (
    <>
      <NeedsYou problems={problems} />
      <ServiceList problems={problems} />
    </>
  );
}

function Nothing({ mayWrite }: { mayWrite: boolean }) {
  return (
    <div className={styles["nothing"]}>
      <Empty
        title="No services yet"
        buttons={
          mayWrite ? (
            <>
              <ButtonLink to={paths.import()}>Import from files</ButtonLink>
              <ButtonLink to={paths.adopt()}>Adopt a running process</ButtonLink>
              <ButtonLink look="primary" to={paths.addService()}>
                Add the first service
              </ButtonLink>
            </>
          ) : undefined
        }
      >
        <p>
          A service is a command that tailherd keeps running: a web server, a database, a bot. Each gets its state,
          output, ports and history here, and goes on when tailherd is restarted.
        </p>
      </Empty>
    </div>
  );
}
