// Bearer tokens for scripts, and sign-in links for people: made here, shown once, revoked here.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Token } from "../../../contract/transfer.ts";
import { call } from "../../api/client.ts";
import { useBlocked } from "../../api/hooks.ts";
import { explain } from "../../api/problems.ts";
import { useApp } from "../../app-context.ts";
import { Page } from "../../shell/Page.tsx";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Section } from "../../ui/Panel.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Ago } from "../../ui/Time.tsx";
import { NewToken } from "./NewToken.tsx";
import { Secret } from "./Secret.tsx";
import styles from "./Tokens.module.css";

export function TokensPage() {
  const { toasts, queries } = useApp();
  const blocked = useBlocked("write");
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: ({ signal }) => call("GET /api/tokens", { signal }) });
  const refresh = () => queries.invalidateQueries({ queryKey: ["tokens"] });

  const revoke = useMutation({
    mutationFn: (token: Token) => call("DELETE /api/tokens/{id}", { params: { id: token.id } }),
    onSuccess: (_, token) => {
      toasts.show({ kind: "done", title: `Revoked ${token.name}`, detail: "Whoever used it is signed out now." });
      setRevoking(null);
      void refresh();
    },
    onError: (error, token) =>
      toasts.show({ kind: "failed", title: `Cannot revoke ${token.name}`, detail: explain(error).detail }),
  });

  return (
    <Page
      title="Tokens"
      sub="For scripts and other programs; the secret is shown once, the hub keeps only its hash"
      actions={
        <Button look="primary" blocked={blocked} onClick={() => setMaking(true)}>
          New token
        </Button>
      }
    >
      {tokens.isError ? <ErrorNotice error={tokens.error} /> : null}
      {tokens.isPending ? <Loading /> : null}
      {tokens.data?.length === 0 ? (
        <Empty
          title="No tokens yet"
          buttons={
            <Button blocked={blocked} onClick={() => setMaking(true)}>
              Make the first one
            </Button>
          }
        >
          A token lets a script or another machine call the API: <code>Authorization: Bearer th_…</code>
        </Empty>
      ) : null}
      {tokens.data !== undefined && tokens.data.length > 0 ? (
        <Table
          label="Tokens"
          columns={columnsOf(setRevoking, blocked)}
          rows={tokens.data}
          rowKey={(token) => token.id}
        />
      ) : null}
      <SignInLink blocked={blocked} />
      {making ? <NewToken onClose={() => setMaking(false)} onMade={() => void refresh()} /> : null}
      <Dialog
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title={`Revoke ${revoking?.name ?? ""}?`}
        description="Programs that use it are refused at once, and their open sockets close. This cannot be undone."
        buttons={
          <>
            <Button onClick={() => setRevoking(null)}>Keep it</Button>
            <Button
              look="danger"
              blocked={revoke.isPending ? "it is being revoked" : blocked}
              onClick={() => revoking !== null && revoke.mutate(revoking)}
            >
              Revoke
            </Button>
          </>
        }
      />
    </Page>
  );
}

function columnsOf(onRevoke: (token: Token) => void, blocked: string | null): Column<Token>[] {
  return [
    { head: "Name", cell: (token) => <strong>{token.name}</strong> },
    { head: "Role", cell: (token) => <Tag tone={token.role === "admin" ? "warn" : "info"}>{token.role}</Tag> },
    { head: "Made by", cell: (token) => token.created_by },
    { head: "Made", cell: (token) => <Ago at={token.created_at} /> },
    { head: "Last used", cell: (token) => (token.last_used_at === null ? "never" : <Ago at={token.last_used_at} />) },
    { head: "Expires", cell: (token) => <Expiry token={token} /> },
    {
      head: "Acts",
      look: "acts",
      cell: (token) => (
        <Button
          size="s"
          look="danger"
          blocked={blocked}
          aria-label={`Revoke ${token.name}`}
          onClick={() => onRevoke(token)}
        >
          Revoke
        </Button>
      ),
    },
  ];
}

function Expiry({ token }: { token: Token }) {
  if (token.expires_at === null) return <Tag tone="warn">never</Tag>;
  if (Date.parse(token.expires_at) <= Date.now()) return <Tag tone="bad">expired</Tag>;
  return <Ago at={token.expires_at} />;
}

/** A link that signs one more browser in, once. */
function SignInLink({ blocked }: { blocked: string | null }) {
  const link = useMutation({ mutationFn: () => call("POST /api/sign-in-links") });
  return (
    <Section title="Sign in another browser">
      <p className={styles["words"]}>
        A link that works once, within ten minutes, and signs in as an admin: for your phone, or your other machine.
      </p>
      {link.isError ? <ErrorNotice error={link.error} /> : null}
      {link.data === undefined ? (
        <Button blocked={link.isPending ? "it is being made" : blocked} onClick={() => link.mutate()}>
          Make a one-time link
        </Button>
      ) : (
        <Secret
          label="One-time sign-in link"
          value={link.data.url}
          help={
            <>
              Whoever opens it first is signed in as an admin; it ends <Ago at={link.data.expires_at} />.
            </>
          }
        />
      )}
    </Section>
  );
}
