// Trades the one-time code of a sign-in link for a session; without a code, says how to get a link.
import { useEffect, useRef, useState } from "react";
import { call } from "../api/client.ts";
import { explain, type Explanation } from "../api/problems.ts";
import { Button } from "../ui/Button.tsx";
import { Gate } from "./Gate.tsx";

export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [code] = useState(() => new URLSearchParams(location.search).get("code"));
  const [refusal, setRefusal] = useState<Explanation | null>(null);
  const asked = useRef(false);

  useEffect(() => {
    // A code counts once: never send it twice, and leave it in no history.
    if (code === null || asked.current) return;
    asked.current = true;
    history.replaceState(null, "", location.pathname);
    call("POST /api/session", { body: { code } }).then(onSignedIn, (error: unknown) => setRefusal(explain(error)));
  }, [code, onSignedIn]);

  if (code !== null && refusal === null) {
    return (
      <Gate title="Signing in…">
        <p role="status">The hub checks your link.</p>
      </Gate>
    );
  }
  return (
    <Gate title={refusal === null ? "Sign in to tailherd" : "This link does not work any more"}>
      {refusal === null ? null : <p role="alert">{refusal.detail}</p>}
      <p>
        There is no password. On the machine where the hub runs, <code>tailherd open</code> prints a link that signs
        this browser in. It works once, for ten minutes.
      </p>
      <p>
        <code>npm start</code> prints such a link too.
      </p>
      <Button onClick={() => location.assign("/")}>Look again</Button>
    </Gate>
  );
}
