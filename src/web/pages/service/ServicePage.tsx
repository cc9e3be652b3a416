// One service.
import { useParams } from "wouter";
import { useLoaded, useService } from "../../api/hooks.ts";
import { Page } from "../../shell/Page.tsx";
import { Loading } from "../../ui/Empty.tsx";
import { StateMark } from "../../ui/StateMark.tsx";

export function ServicePage() {
  const { name = "" } = useParams();
  const status = useService(name);
  const loaded = useLoaded();
  return (
    <Page title={name}>
      {status === undefined ? (
        loaded ? (
          <p>There is no service of this name.</p>
        ) : (
          <Loading />
        )
      ) : (
        <StateMark state={status.state} />
      )}
    </Page>
  );
}
