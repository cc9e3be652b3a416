// The systemd unit under which `up` or `agent` runs, and the quoting that systemd wants.

/** What the unit depends on. */
export interface UnitOptions {
  scope: "user" | "system";
  /** Absolute path of node. */
  node: string;
  /** Absolute path of the program. */
  script: string;
  verb: "up" | "agent";
  /** What follows the verb. */
  args: string[];
}

/** The unit's text. */
export function unitText({ scope, node, script, verb, args }: UnitOptions): string {
  const command = [node, script, verb, ...args].map(quote).join(" ");
  return `[Unit]
Description=tailherd${verb === "agent" ? " agent" : ""}: runs and watches services
${scope === "system" ? "After=network-online.target\nWants=network-online.target\n" : ""}# Give up on nothing: a machine without its supervisor is worse than one that tries.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${command}
Restart=always
RestartSec=1

# Services outlive us: a stop or an upgrade ends only our own process, never what it herds.
KillMode=process
# Each service gets a cgroup of its own below ours.
Delegate=yes
# A service that runs out of memory is its own matter; it must not take us (and the unit) down.
OOMPolicy=continue
TimeoutStopSec=30
LimitNOFILE=65536
TasksMax=infinity

[Install]
WantedBy=${scope === "system" ? "multi-user.target" : "default.target"}
`;
}

/** One word of ExecStart: "%" and "$" are doubled, since systemd fills both in; blanks and quotes are quoted. */
function quote(word: string): string {
  const literal = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  if (/^[\w@:,./=%$+-]+$/.test(literal)) return literal;
  return `"${literal.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
