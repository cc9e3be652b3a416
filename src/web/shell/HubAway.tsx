// The hub did not answer the first question: says so and asks again.
import type { Explanation } from "../api/problems.ts";
import { Button } from "../ui/Button.tsx";
import { Gate } from "./Gate.tsx";

export function HubAway({ explanation, onRetry }: { explanation: Explanation; onRetry: () => void }) {
  return (
    <Gate title={explanation.title}>
      <p>{explanation.detail}</p>
      <p>
        Services run on without it. On the machine itself, <code>tailherd doctor</code> says what is wrong.
      </p>
      <Button look="primary" onClick={onRetry}>
        Try again
      </Button>
    </Gate>
  );
}
