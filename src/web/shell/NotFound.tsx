// An address that leads nowhere.
import { paths } from "../paths.ts";
import { ButtonLink } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";
import { Page } from "./Page.tsx";

export function NotFound() {
  return (
    <Page title="Nothing here">
      <Empty
        title="There is no page at this address"
        buttons={
          <ButtonLink look="primary" to={paths.overview()}>
            To the overview
          </ButtonLink>
        }
      >
        <code>{location.pathname}</code>
      </Empty>
    </Page>
  );
}
