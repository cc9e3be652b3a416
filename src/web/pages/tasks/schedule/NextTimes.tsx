// The next times of a schedule, by the clocks of its zone and of whoever looks.
import { Countdown } from "../NextRun.tsx";
import styles from "./NextTimes.module.css";
import { formatBeside, formatInZone, OWN_ZONE, sameClocks } from "./zone-time.ts";

/** `zone`: undefined where it is the hub's, and nobody told which that is; then all is in the browser's. */
export function NextTimes({ next, zone }: { next: readonly string[]; zone: string | undefined }) {
  const times = next.map((each) => Date.parse(each));
  const both = zone !== undefined && !sameClocks(times, zone, OWN_ZONE);
  return (
    <table className={styles["times"]} aria-label="Next runs">
      <thead>
        <tr>
          <th scope="col">{both ? zone : `Next runs, ${zone ?? OWN_ZONE}`}</th>
          {both ? <th scope="col">Yours, {OWN_ZONE}</th> : null}
          <th scope="col">
            <span className="visually-hidden">From now</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {times.map((at) => (
          <tr key={at}>
            <td>{formatInZone(at, zone ?? OWN_ZONE)}</td>
            {both ? <td>{formatBeside(at, zone, OWN_ZONE)}</td> : null}
            <td>
              <Countdown to={at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
