// The dialog that brings a server in: one line to paste, which waits until the machine is there, and says what to check until then.
import { Tabs } from "@base-ui/react/tabs";
import { useQuery } from "@tanstack/react-query";
import CircleCheck from "lucide-react/icons/circle-check";
import { useId, useMemo, useState } from "react";
import { Link } from "wouter";
import type { RouteResult } from "../../../contract/routes.ts";
import type { ServerNode } from "../../../contract/server.ts";
import { call } from "../../api/client.ts";
import { useServers } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/Button.tsx";
import { CopyLine } from "../../ui/CopyLine.tsx";
import { cx } from "../../ui/cx.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import { Loading } from "../../ui/Empty.tsx";
import { Field, Select, TextInput } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { ServerMark } from "../../ui/ServerMark.tsx";
import { StateMark } from "../../ui/StateMark.tsx";
import { Due } from "../../ui/Time.tsx";
import { agentLine, bareLine, hubAddresses, isLoopback } from "./join-lines.ts";
import styles from "./Servers.module.css";

type JoinToken = RouteResult<"POST /api/join-tokens">;

/** What the token is for. */
interface Wish {
  uses: number;
  minutes: number;
  tags: string[];
}

const FIRST_WISH: Wish = { uses: 1, minutes: 15, tags: [] };
const BARE_SECONDS = 5;
const LIFETIMES = [
  { value: "15", label: "15 minutes" },
  { value: "60", label: "an hour" },
  { value: "1440", label: "a day" },
  { value: "10080", label: "a week" },
] as const;

interface AddServerProps {
  onClose: () => void;
  /** A server that is known already and comes back with a new key. */
  again?: ServerNode;
}

export function AddServer({ onClose, again }: AddServerProps) {
  const [wish, setWish] = useState(FIRST_WISH);
  const opened = useId();
  const token = useQuery({
    queryKey: ["join-token", opened, wish],
    queryFn: () =>
      call("POST /api/join-tokens", {
        body: {
          uses: wish.uses,
          expires_in_minutes: wish.minutes,
          tags: wish.tags,
          ...(again !== undefined && { server_id: again.id }),
        },
      }),
    // One token for each wish of each opening: never asked for again by itself.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  const joined = useJoined(token.data);
  const close = (): void => {
    if (token.data !== undefined && joined.length < token.data.uses) takeBack(token.data.id);
    onClose();
  };
  return (
    <Dialog
      open
      onClose={close}
      title={again === undefined ? "Add a server" : `Enrol ${again.name} again`}
      description="Paste one line in a shell of the machine. It dials out to the hub: no port has to be open there."
      buttons={
        <Button look={joined.length > 0 ? "primary" : "quiet"} onClick={close}>
          {joined.length > 0 ? "Done" : "Cancel"}
        </Button>
      }
    >
      <div className={styles["form"]}>
        {token.isError ? <ErrorNotice error={token.error} /> : null}
        {token.data === undefined ? (
          token.isError ? null : (
            <Loading lines={3} label="Making a token" />
          )
        ) : (
          <>
            <Lines token={token.data} again={again !== undefined} />
            <Waiting token={token.data} joined={joined} />
          </>
        )}
        {again === undefined ? (
          <Options
            wish={wish}
            onWish={(next) => {
              if (token.data !== undefined && joined.length === 0) takeBack(token.data.id);
              setWish(next);
            }}
          />
        ) : null}
      </div>
    </Dialog>
  );
}

/** An unused token that nobody sees any more should not wait for somebody; where this fails it expires by itself. */
function takeBack(id: string): void {
  call("DELETE /api/join-tokens/{id}", { params: { id } }).catch(() => undefined);
}

/** Servers that came in with this token. */
function useJoined(token: JoinToken | undefined): readonly ServerNode[] {
  const servers = useServers();
  return useMemo(
    () => (token === undefined ? [] : (servers ?? []).filter(({ joined_with }) => joined_with === token.id)),
    [servers, token],
  );
}

function Lines({ token, again }: { token: JoinToken; again: boolean }) {
  const addresses = useMemo(() => hubAddresses(token.hub_urls, location.origin), [token.hub_urls]);
  const [hub, setHub] = useState(addresses[0] ?? location.origin);
  const { secret } = token;
  return (
    <>
      <Tabs.Root defaultValue="agent">
        <Tabs.List className={styles["tabs"]} aria-label="Kind of server" activateOnFocus>
          <Tabs.Tab value="agent" className={styles["tab"]}>
            Full agent
          </Tabs.Tab>
          {again ? null : (
            <Tabs.Tab value="bare" className={styles["tab"]}>
              Bare, with curl
            </Tabs.Tab>
          )}
        </Tabs.List>
        <Tabs.Panel value="agent">
          <CopyLine
            label="Line to paste"
            look="primary"
            line={agentLine({ hub, secret, again })}
            help={
              <>
                tailherd has to be installed there. It runs services and measures the machine; to keep it after a
                reboot: <code>tailherd service install --agent</code>
              </>
            }
          />
        </Tabs.Panel>
        <Tabs.Panel value="bare">
          <CopyLine
            label="Line to paste"
            look="primary"
            line={bareLine({ hub, secret, seconds: BARE_SECONDS })}
            help="Needs sh, curl and awk. It tells load, memory and disk; nothing can be run there."
          />
        </Tabs.Panel>
      </Tabs.Root>
      {addresses.length > 1 ? (
        <Field label="Address of the hub, as that machine reaches it">
          {(control) => (
            <Select
              {...control}
              value={hub}
              onChange={setHub}
              options={addresses.map((value) => ({ value, label: value }))}
            />
          )}
        </Field>
      ) : null}
    </>
  );
}

function Waiting({ token, joined }: { token: JoinToken; joined: readonly ServerNode[] }) {
  return (
    <>
      <div role="status" className={styles["form"]}>
        {joined.map((server) => (
          <div key={server.id} className={cx(styles["waiting"], server.online && styles["came"])}>
            {server.online ? <CircleCheck aria-hidden="true" /> : null}
            <span>
              <Link href={paths.server(server.name)}>{server.name}</Link>{" "}
              {server.online ? "is here" : "has enrolled; its first heartbeat is awaited"}
            </span>
            <ServerMark server={server} />
          </div>
        ))}
        {joined.length < token.uses ? (
          <div className={styles["waiting"]}>
            <StateMark state="starting" word="waiting" />
            <span>
              for {joined.length === 0 ? "the machine" : `${token.uses - joined.length} more`}; the line ends{" "}
              <Due at={token.expires_at} />
            </span>
          </div>
        ) : null}
      </div>
      {joined.length === 0 ? <WhatToCheck token={token} /> : null}
    </>
  );
}

/** What keeps machines away, the commonest first. */
function WhatToCheck({ token }: { token: JoinToken }) {
  const only = token.hub_urls.every(isLoopback) && isLoopback(location.origin);
  const reach = hubAddresses(token.hub_urls, location.origin)[0] ?? location.origin;
  return (
    <details className={styles["details"]} open={only}>
      <summary>Nothing comes? What to check</summary>
      <ul className={styles["check"]}>
        {only ? (
          <li>
            <b>This hub listens on its own machine only.</b> Other machines cannot reach it: give it another address to
            listen on (its Tailscale one, for instance) first.
          </li>
        ) : null}
        <li>
          Does the machine reach the hub? There: <code>curl {reach}/health</code>. No answer: is it in the tailnet, does
          a firewall or a grant stand between?
        </li>
        <li>Does the shell say that tailherd is not found? Install it there first, or use the bare line.</li>
        <li>
          Was the line used already? This one brings in {plural(token.uses, "server")} and ends{" "}
          <Due at={token.expires_at} />.
        </li>
        <li>
          Is another server called like that machine? Then the shell says so; give the agent another name by --name.
        </li>
      </ul>
    </details>
  );
}

function Options({ wish, onWish }: { wish: Wish; onWish: (wish: Wish) => void }) {
  const [tags, setTags] = useState("");
  const [uses, setUses] = useState("1");
  const [minutes, setMinutes] = useState<(typeof LIFETIMES)[number]["value"]>("15");
  const next: Wish = {
    uses: Math.max(1, Math.floor(Number(uses)) || 1),
    minutes: Number(minutes),
    tags: tags.split(/[\s,]+/).filter((tag) => tag !== ""),
  };
  const same = JSON.stringify(next) === JSON.stringify(wish);
  return (
    <details className={styles["details"]}>
      <summary>Tags, more than one machine, a longer time</summary>
      <form
        className={styles["options"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (!same) onWish(next);
        }}
      >
        <Field label="Tags" note="optional">
          {(control) => (
            <TextInput
              {...control}
              placeholder="prod, storage"
              value={tags}
              onChange={(event) => setTags(event.target.value)}
            />
          )}
        </Field>
        <Field label="Servers">
          {(control) => (
            <TextInput
              {...control}
              type="number"
              min={1}
              max={10_000}
              value={uses}
              onChange={(event) => setUses(event.target.value)}
            />
          )}
        </Field>
        <Field label="Ends after">
          {(control) => <Select {...control} value={minutes} onChange={setMinutes} options={LIFETIMES} />}
        </Field>
        <Button type="submit" blocked={same ? "the line is made for that already" : null}>
          Make that line
        </Button>
      </form>
    </details>
  );
}
