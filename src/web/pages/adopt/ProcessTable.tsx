// Foreign processes as rows: what they are, what they use, and whether they can be adopted.
import type { ExternalProcess } from "../../../contract/agent.ts";
import { Button } from "../../ui/Button.tsx";
import { formatBytes, formatPercent } from "../../ui/format.ts";
import { Table, type Column } from "../../ui/Table.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Since } from "../../ui/Time.tsx";
import styles from "./Adopt.module.css";

interface ProcessTableProps {
  processes: readonly ExternalProcess[];
  blocked: string | null;
  onAdopt: (process: ExternalProcess) => void;
}

export function ProcessTable({ processes, blocked, onAdopt }: ProcessTableProps) {
  const columns: Column<ExternalProcess>[] = [
    {
      head: "Process",
      cell: ({ name, command, pid }) => (
        <span className={styles["process"]}>
          <strong>
            {name} <span className={styles["pid"]}>pid {pid}</span>
          </strong>
          <code title={command}>{command}</code>
        </span>
      ),
    },
    { head: "User", cell: (process) => process.user },
    {
      head: "Ports",
      cell: ({ ports }) =>
        ports.length === 0 ? null : (
          <span className={styles["ports"]}>
            {ports.map((port) => (
              <Tag key={port}>{port}</Tag>
            ))}
          </span>
        ),
    },
    { head: "CPU", look: "number", cell: (process) => formatPercent(process.cpu) },
    { head: "Memory", look: "number", cell: (process) => formatBytes(process.memory) },
    { head: "Up", look: "number", cell: (process) => <Since at={process.create_time * 1000} /> },
    {
      head: "Acts",
      look: "acts",
      cell: (process) => (
        <Button
          size="s"
          blocked={process.refused ?? (process.service === null ? blocked : `it belongs to ${process.service}`)}
          aria-label={`Adopt ${process.name}, pid ${process.pid}`}
          onClick={() => onAdopt(process)}
        >
          Adopt
        </Button>
      ),
    },
  ];
  return <Table label="Processes" columns={columns} rows={processes} rowKey={(process) => process.pid} />;
}
