// What the bench needs of a supervisor, so that each measure runs over all of them in the same way.
import type { CommandLine } from "../support/run.ts";
import type { Program } from "../support/programs.ts";

/** How the programs of a bench are to be kept. */
export interface Wishes {
  /** Keep what they write. s6 and runit get their loggers only then, which favours them elsewhere. */
  keepOutput: boolean;
}

/** A directory of its own for each supervisor, and the environment that marks what it starts. */
export interface Home {
  /** Short, because paths of unix sockets are. */
  directory: string;
  env: NodeJS.ProcessEnv;
}

/** A kind of supervisor. */
export interface Peer {
  name: string;
  /** Version in words; undefined when it is not installed. */
  version(): Promise<string | undefined>;
  /** Starts it without services; resolves when it answers. */
  boot(home: Home, wishes: Wishes): Promise<Herd>;
  /** How `startAll` and `stopAll` ask, and what `boot` waits for; null where that says nothing about its speed. */
  ways: { boot: string | null; start: string; stop: string };
}

/** A way to ask how all services are. */
export interface StatusQuestion {
  /** As people would write it. */
  label: string;
  command: CommandLine;
}

/** A running supervisor. */
export interface Herd {
  /** Pid of the process that decides: killed by `kill` in the output measure. */
  pid(): number;
  /** Defines programs that `startAll` starts. What can only be defined by starting is kept until then. */
  define(programs: Program[]): Promise<void>;
  /** Asks for all defined programs at once; resolves when the command has returned. */
  startAll(): Promise<void>;
  /** Asks all to end; resolves when the command has returned. */
  stopAll(): Promise<void>;
  /** Commands that show all services. */
  questions(): StatusQuestion[];
  /** Asks for all services over what the supervisor has as an interface, `count` times; milliseconds of each. */
  ask?(count: number): Promise<number[]>;
  /** Extra processes of its own beside `pid` and the parents of services: loggers. */
  loggers?(): number[];
  /** Who has to die to interrupt the capture of output, in words and pid. */
  victim(): { who: string; pid: number };
  /** What is done after the victim was killed, where that is part of using it. */
  recover?(): Promise<void>;
  /** The numbers of lines that were kept of a service's stdout, complete lines only. */
  keptOutput(service: string): AsyncIterable<string>;
  /** Ends it and its services in its own way, where killing all processes would leave something behind. */
  dispose?(): Promise<void>;
}
