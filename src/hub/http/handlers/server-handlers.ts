// Servers: enrolment, heartbeats of bare nodes, what is known of them.
import { TailherdError } from "../../../contract/errors.ts";
import { Answer, type HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";

type Keys =
  | "POST /api/servers/register"
  | "POST /api/servers/{id}/heartbeat"
  | "GET /api/servers"
  | "GET /api/servers/{id}"
  | "PATCH /api/servers/{id}"
  | "DELETE /api/servers/{id}"
  | "POST /api/servers/{id}/revoke"
  | "GET /api/join-tokens"
  | "POST /api/join-tokens"
  | "DELETE /api/join-tokens/{id}";

/** Handlers of servers. */
export function serverHandlers(parts: HubParts): HandlersOf<Keys> {
  const { book, enrolment, store, intake, authenticator } = parts;
  const nodeOf = (idOrName: string) => {
    const node = book.get(book.require(idOrName).id);
    if (node !== undefined) return node;
    throw new TailherdError("not_found", `There is no server "${idOrName}"`);
  };
  return {
    async "POST /api/servers/register"({ body, identity, actor }) {
      const { credential } = identity;
      const entry =
        credential.kind === "join_token"
          ? { kind: "join_token" as const, secretHash: credential.secretHash }
          : { kind: "admin" as const };
      return new Answer(await enrolment.register(body, entry, actor), { status: 201 });
    },
    "POST /api/servers/{id}/heartbeat"({ params, body, identity }) {
      const server = book.require(params.id);
      // A credential speaks for its own server only, and does not learn of others.
      if (identity.credential.kind === "server" && identity.credential.id !== server.id) {
        throw new TailherdError("forbidden", "Not allowed: this credential is another server's");
      }
      if (server.kind !== "bare") {
        throw new TailherdError(
          "refused",
          `Cannot take a heartbeat of "${server.name}": its agent tells over its link`,
        );
      }
      intake.takeHeartbeat(server.id, body.metrics);
      return { success: true, message: "Heartbeat taken" };
    },
    "GET /api/servers": () => book.all(),
    "GET /api/servers/{id}": ({ params }) => nodeOf(params.id),
    async "PATCH /api/servers/{id}"({ params, body, actor }) {
      const { name } = book.require(params.id);
      const node = await enrolment.change(params.id, body, actor);
      if (node.name !== name) await parts.taskEdits.serverRenamed(name, node.name, actor);
      return node;
    },
    async "DELETE /api/servers/{id}"({ params, actor }) {
      const { name } = await enrolment.remove(params.id, actor);
      authenticator.forget();
      return { success: true, message: `Server "${name}" was removed` };
    },
    async "POST /api/servers/{id}/revoke"({ params, actor }) {
      const node = await enrolment.revoke(params.id, actor);
      authenticator.forget();
      return node;
    },
    "GET /api/join-tokens": () => store.listJoinTokens(),
    async "POST /api/join-tokens"({ body, actor }) {
      const token = await enrolment.makeToken(body, actor);
      return new Answer({ ...token, hub_urls: [...parts.addresses] }, { status: 201 });
    },
    async "DELETE /api/join-tokens/{id}"({ params, actor }) {
      const existed = await store.deleteJoinToken(params.id, actor);
      if (!existed) throw new TailherdError("not_found", `There is no join token with the id "${params.id}"`);
      authenticator.forget();
      return { success: true, message: "The join token was taken back" };
    },
  };
}
