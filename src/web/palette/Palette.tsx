// Search for a service, a server, a page or an act, and do it: Ctrl+K.
import { Dialog } from "@base-ui/react/dialog";
import { Command } from "cmdk";
import { useRef, useState } from "react";
import { useLocation } from "wouter";
import { useBlocked, useServers, useServices } from "../api/hooks.ts";
import { serviceCan, VERBS } from "../api/service-can.ts";
import { useApp } from "../app-context.ts";
import type { ServiceAction } from "../../contract/operations.ts";
import type { ServiceStatus } from "../../contract/status.ts";
import { paths } from "../paths.ts";
import { PAGES } from "../routes.tsx";
import { ServerMark } from "../ui/ServerMark.tsx";
import { StateMark } from "../ui/StateMark.tsx";
import { Kbd } from "../ui/Tag.tsx";
import styles from "./Palette.module.css";
import { Tasks } from "./Tasks.tsx";

/** Shown before anything is typed; the search looks through all. */
const FIRST_SERVICES = 8;
const MOST_RESULTS = 40;
const ACTIONS: readonly ServiceAction[] = ["start", "restart", "stop"];

export function Palette({ onClose }: { onClose: () => void }) {
  const [search, setSearch] = useState("");
  const [, navigate] = useLocation();
  // Not autofocused by React: the dialog would then take the input for what had the focus before, and give it back to nobody.
  const input = useRef<HTMLInputElement>(null);
  const go = (to: string): void => {
    onClose();
    navigate(to);
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles["backdrop"]} />
        <Dialog.Popup
          data-own-keys=""
          className={styles["popup"]}
          aria-label="Search or run a command"
          initialFocus={input}
        >
          <Command label="Search or run a command" shouldFilter={false} loop>
            <Command.Input
              ref={input}
              value={search}
              onValueChange={setSearch}
              placeholder="Service, server, task, page or act…"
              className={styles["input"]}
            />
            <Command.List className={styles["list"]} tabIndex={-1}>
              <Command.Empty className={styles["empty"]}>Nothing is called like that.</Command.Empty>
              <Services search={search} go={go} onClose={onClose} />
              <Servers search={search} go={go} />
              <Tasks words={wordsOf(search)} go={go} onClose={onClose} />
              <Pages search={search} go={go} onClose={onClose} />
            </Command.List>
            <div className={styles["foot"]} aria-hidden="true">
              <span>
                <Kbd>↑</Kbd> <Kbd>↓</Kbd> choose
              </span>
              <span>
                <Kbd>Enter</Kbd> do it
              </span>
              <span>
                <Kbd>Esc</Kbd> close
              </span>
            </div>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface PartProps {
  search: string;
  go: (to: string) => void;
  onClose: () => void;
}

/** With one machine there is none to search for. */
function Servers({ search, go }: Omit<PartProps, "onClose">) {
  const servers = useServers() ?? [];
  const words = wordsOf(search);
  if (servers.length < 2 || words.length === 0) return null;
  const found = servers.filter(({ name, host, tags }) =>
    words.every((word) => [name, host, ...tags].join(" ").toLowerCase().includes(word)),
  );
  return (
    <Command.Group heading={found.length === 0 ? undefined : "Servers"} className={styles["group"]}>
      {found.slice(0, MOST_RESULTS).map((server) => (
        <Command.Item
          key={server.id}
          value={`server ${server.id}`}
          className={styles["item"]}
          onSelect={() => go(paths.server(server.name))}
        >
          <ServerMark server={server} bare /> {server.name}
        </Command.Item>
      ))}
    </Command.Group>
  );
}

function Services({ search, go, onClose }: PartProps) {
  const services = useServices();
  const blocked = useBlocked("operate");
  const { acts } = useApp();
  const words = wordsOf(search);
  const verbs = ACTIONS.filter((action) => words.some((word) => word.length > 1 && action.startsWith(word)));
  const rest = words.filter((word) => !(word.length > 1 && ACTIONS.some((action) => action.startsWith(word))));
  const found = services
    .filter((service) => rest.every((word) => textOf(service).includes(word)))
    .sort((a, b) => nearness(a, rest) - nearness(b, rest))
    .slice(0, words.length === 0 ? FIRST_SERVICES : MOST_RESULTS);
  const plainFound =
    verbs.length === 0 ? found : services.filter((service) => words.every((word) => textOf(service).includes(word)));
  const output = words.length > 0 && plainFound.length === 1 ? plainFound[0]?.name : undefined;
  return (
    <>
      {verbs.length === 0 || blocked !== null ? null : (
        <Command.Group heading="Acts" className={styles["group"]}>
          {verbs.flatMap((action) =>
            found
              .filter((service) => serviceCan[action](service))
              .map((service) => (
                <Command.Item
                  key={`${action} ${service.name}`}
                  value={`${action} ${service.name}`}
                  className={styles["item"]}
                  onSelect={() => {
                    onClose();
                    void acts.one(service.name, action);
                  }}
                >
                  {VERBS[action].act} {service.name}
                </Command.Item>
              )),
          )}
        </Command.Group>
      )}
      <Command.Group heading={plainFound.length === 0 ? undefined : "Services"} className={styles["group"]}>
        {plainFound.slice(0, MOST_RESULTS).map((service) => (
          <Command.Item
            key={service.name}
            value={`service ${service.name}`}
            className={styles["item"]}
            onSelect={() => go(paths.service(service.name))}
          >
            <StateMark state={service.state} bare />
            <span className={styles["name"]}>{service.name}</span>
            <span className={styles["more"]}>{service.reason ?? service.description}</span>
          </Command.Item>
        ))}
        {output === undefined ? null : (
          <Command.Item
            value={`output ${output}`}
            className={styles["item"]}
            onSelect={() => go(paths.service(output, "output"))}
          >
            Output of {output}
          </Command.Item>
        )}
      </Command.Group>
    </>
  );
}

function Pages({ search, go, onClose }: PartProps) {
  const { preferences, principal } = useApp();
  const words = wordsOf(search);
  const fits = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word));
  const pages = PAGES.flatMap(({ nav }) =>
    nav !== undefined && (nav.needs === undefined || nav.needs === principal.role) && fits(`go to ${nav.label}`)
      ? [nav]
      : [],
  );
  const next = preferences.shownTheme() === "dark" ? "light" : "dark";
  const theme = `Use the ${next} theme`;
  return (
    <Command.Group heading={pages.length > 0 || fits(theme) ? "Go and do" : undefined} className={styles["group"]}>
      {pages.map((page) => (
        <Command.Item
          key={page.to}
          value={`page ${page.label}`}
          className={styles["item"]}
          onSelect={() => go(page.to)}
        >
          Go to {page.label}
          <span className={styles["keys"]}>
            <Kbd>g</Kbd> <Kbd>{page.key}</Kbd>
          </span>
        </Command.Item>
      ))}
      {fits(theme) ? (
        <Command.Item
          value="theme"
          className={styles["item"]}
          onSelect={() => {
            onClose();
            preferences.set({ theme: next });
          }}
        >
          {theme}
        </Command.Item>
      ) : null}
    </Command.Group>
  );
}

/** 0 when a name begins with what was typed, 1 when it holds it, 2 when only the rest of it does. */
function nearness({ name }: ServiceStatus, words: readonly string[]): number {
  const lower = name.toLowerCase();
  if (words.every((word) => lower.startsWith(word))) return 0;
  return words.every((word) => lower.includes(word)) ? 1 : 2;
}

function wordsOf(search: string): string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean);
}

function textOf(service: ServiceStatus): string {
  return `${service.name} ${service.description ?? ""} ${service.kind} ${service.state} ${service.ports.join(" ")}`.toLowerCase();
}
