// Tasks and their runs as the hub tells them: asked for once, then kept true by its messages.
import { useInfiniteQuery, useQuery, type QueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import type { TaskRecord, TaskRun, TaskRunDetail } from "../../../contract/task.ts";
import { KIB, SECOND } from "../../../base/units.ts";
import { call } from "../../api/client.ts";
import type { LiveSocket } from "../../api/live.ts";
import { useApp } from "../../app-context.ts";
import { isOpen } from "./run-look.ts";
import type { TaskChange } from "./task-list.ts";
import { ToldTasks } from "./told-tasks.ts";

/** Runs of one page of the history. */
const PAGE = 25;
/** Runs that a row of the list draws. */
const RECENT = 20;
/** What a running one prints is asked for this often; less often where it is much, or where nothing is printed. */
const ASK_EVERY = SECOND;
const ASK_SELDOM = 5 * SECOND;
const MUCH = 128 * KIB;
/** What is told within this is taken in together. */
const GATHER = 100;
/** Nobody hears messages while no page of tasks is open: what was asked for before is old. */
const staleTime = 0;

/** All tasks, by name. */
export function useTasks(): UseQueryResult<TaskRecord[]> {
  useTold();
  return useQuery({ queryKey: ["tasks"], queryFn: ({ signal }) => call("GET /api/tasks", { signal }), staleTime });
}

/** One task. */
export function useTask(name: string): UseQueryResult<TaskRecord> {
  useTold();
  return useQuery({
    queryKey: ["task", name],
    queryFn: ({ signal }) => call("GET /api/tasks/{name}", { params: { name }, signal }),
    staleTime,
  });
}

/** Its runs and those that did not happen, newest first, page by page. */
export function useTaskRuns(name: string) {
  useTold();
  return useInfiniteQuery({
    queryKey: ["task-runs", name],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: before, signal }) =>
      call("GET /api/tasks/{name}/runs", {
        params: { name },
        query: { limit: PAGE, ...(before !== undefined && { before }) },
        signal,
      }),
    getNextPageParam: ({ next }) => next ?? undefined,
    staleTime,
  });
}

/** Its last runs, oldest first; asked anew when one more has ended. */
export function useRecentRuns({ name, last_run: last }: TaskRecord): readonly TaskRun[] {
  const ended = last?.ended_at ?? null;
  const { data } = useQuery({
    queryKey: ["task-recent", name, last?.id, ended],
    queryFn: ({ signal }) => call("GET /api/tasks/{name}/runs", { params: { name }, query: { limit: RECENT }, signal }),
    placeholderData: (before) => before,
    // One that never ran has none.
    enabled: last !== null,
    select: ({ runs }) => runs.toReversed(),
  });
  return data ?? [];
}

/** One run with what it printed so far. */
export function useTaskRun(name: string, id: string): UseQueryResult<TaskRunDetail> {
  const { socket, queries } = useApp();
  useEffect(() => {
    const unfollow = socket.follow("tasks");
    const stop = socket.on("task_run", ({ data }) => {
      if (data.id === id) void queries.invalidateQueries({ queryKey: ["task-run", name, id] });
    });
    return () => {
      stop();
      unfollow();
    };
  }, [socket, queries, name, id]);
  return useQuery({
    queryKey: ["task-run", name, id],
    queryFn: ({ signal }) => call("GET /api/tasks/{name}/runs/{run}", { params: { name, run: id }, signal }),
    refetchInterval: ({ state: { data } }) => {
      if (data === undefined || !isOpen(data)) return false;
      return data.outcome === "waiting" || data.output.length > MUCH ? ASK_SELDOM : ASK_EVERY;
    },
  });
}

/** Puts what the hub tells of tasks into what was asked for. */
function useTold(): void {
  const { socket, queries } = useApp();
  useEffect(() => hear(socket, queries), [socket, queries]);
}

function hear(socket: LiveSocket, queries: QueryClient): () => void {
  const tasks = new ToldTasks(queries);
  const told: TaskChange[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  const take = (change: TaskChange): void => {
    told.push(change);
    timer ??= setTimeout(() => {
      timer = null;
      tasks.absorb(told.splice(0));
    }, GATHER);
  };
  const stops = [
    socket.on("task_created", ({ data: task }) => take({ task })),
    socket.on("task_updated", ({ data: task }) => take({ task })),
    socket.on("task_deleted", ({ task_name: gone }) => take({ gone })),
    socket.on("task_run", ({ data: run }) => take({ run })),
    // The first message after each connection: what was told meanwhile is lost.
    socket.on(
      "snapshot",
      () => void queries.invalidateQueries({ predicate: ({ queryKey }) => isOfTasks(queryKey[0]) }),
    ),
    socket.follow("tasks"),
    () => timer !== null && clearTimeout(timer),
  ];
  return () => stops.forEach((stop) => stop());
}

function isOfTasks(kind: unknown): boolean {
  return typeof kind === "string" && kind.startsWith("task");
}
