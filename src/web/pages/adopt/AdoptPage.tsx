// Adopts a process of the hub's own machine; those of others stand on their servers' pages.
import { Page } from "../../shell/Page.tsx";
import { AdoptList } from "./AdoptList.tsx";

export function AdoptPage() {
  return (
    <Page
      title="Adopt a process"
      sub="Its command line, directory and environment become a definition; you look at it before anything is saved"
    >
      <AdoptList />
    </Page>
  );
}
