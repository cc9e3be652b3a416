// Tasks and their runs as the hub tells them: asked for once, then kept true by its messages.
import {
  useInfiniteQuery,
  useQuery,
  type InfiniteData,
  type QueryClient,
  type QueryKey,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useEffect } from "react";
import type { RouteResult } from "../../../contract/routes.ts";
import type { TaskRecord, TaskRun, TaskRunDetail } from "../../../contract/task.ts";
import { KIB, SECOND } from "../../../base/units.ts";
import { call } from "../../api/client.ts";
import type { LiveSocket } from "../../api/live.ts";
import { useApp } from "../../app-context.ts";
import { isOpen } from "./run-look.ts";
import { withoutTask, withRun, withRunInPages, withTask } from "./task-list.ts";

type RunPages = InfiniteData<RouteResult<"GET /api/tasks/{name}/runs">, string | undefined>;

/** Runs of one page of the history. */
const PAGE = 25;
/** Runs that a row of the list draws. */
const RECENT = 20;
/** What a running one prints is asked for this often; less often where it is much, or where nothing is printed. */
const ASK_EVERY = SECOND;
const ASK_SELDOM = 5 * SECOND;
const MUCH = 128 * KIB;
/** An answer that a message overtook is asked for again after this. */
const SETTLE = 300;
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
  let timer: ReturnType<typeof setTimeout> | null = null;
  const again: QueryKey[] = [];
  const change = <T>(queryKey: QueryKey, apply: (before: T) => T): void => {
    queries.setQueryData<T>(queryKey, (before) => before && apply(before));
    if (queries.getQueryState(queryKey)?.fetchStatus !== "fetching") return;
    // The answer that is on its way may be older than this.
    again.push(queryKey);
    timer ??= setTimeout(() => {
      timer = null;
      for (const key of again.splice(0)) void queries.invalidateQueries({ queryKey: key, exact: true });
    }, SETTLE);
  };
  const take = (task: TaskRecord): void => {
    change<TaskRecord[]>(["tasks"], (before) => withTask(before, task));
    change<TaskRecord>(["task", task.name], () => task);
  };
  const stops = [
    socket.on("task_created", ({ data }) => take(data)),
    socket.on("task_updated", ({ data }) => take(data)),
    socket.on("task_deleted", ({ task_name: name }) => {
      change<TaskRecord[]>(["tasks"], (before) => withoutTask(before, name));
      void queries.invalidateQueries({ queryKey: ["task", name] });
    }),
    socket.on("task_run", ({ data: run }) => {
      change<TaskRecord[]>(["tasks"], (before) => before.map((task) => withRun(task, run)));
      change<TaskRecord>(["task", run.task], (before) => withRun(before, run));
      change<RunPages>(["task-runs", run.task], (before) => ({ ...before, pages: withRunInPages(before.pages, run) }));
    }),
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
