// Toasts without React: whoever acts says how it goes on, and `Toasts.tsx` shows it. One toast for each operation.
import { Toast } from "@base-ui/react/toast";

/** busy: goes on. done. failed: stays until closed, can be copied. */
export type ToastKind = "busy" | "done" | "failed";

export interface ToastContent {
  kind: ToastKind;
  title: string;
  detail?: string | undefined;
  /** How far an operation is. */
  progress?: { done: number; total: number };
  /** One button, such as Undo; the toast then stays 8 s. */
  action?: { label: string; run: () => void };
  /** Somebody closed it, or its time was over. */
  onClose?: () => void;
}

export interface ToastData {
  kind: ToastKind;
  /** Title and detail as text, for copying. */
  text: string;
  progress: { done: number; total: number } | undefined;
}

const SUCCESS_MS = 5000;
const UNDO_MS = 8000;

export class Toasts {
  readonly manager = Toast.createToastManager<ToastData>();
  /** What is to be shown once the stack is there, which comes after the page: the manager tells only those who listen by then. */
  private waiting: Map<string, ToastContent> | null = new Map();
  private count = 0;

  /** The stack listens from now on. */
  ready(): void {
    const { waiting } = this;
    this.waiting = null;
    for (const [id, content] of waiting ?? []) this.add(id, content);
  }

  /** Shows a toast, or what became of it when its id is already there; returns its id. */
  show(content: ToastContent, id = `toast-${(this.count += 1)}`): string {
    if (this.waiting === null) this.add(id, content);
    else this.waiting.set(id, content);
    return id;
  }

  close(id: string): void {
    this.waiting?.delete(id);
    this.manager.close(id);
  }

  private add(id: string, { kind, title, detail, progress, action, onClose }: ToastContent): void {
    this.manager.add({
      id,
      title,
      description: detail,
      type: kind,
      timeout: kind === "done" ? (action === undefined ? SUCCESS_MS : UNDO_MS) : 0,
      // Never "high": Base UI then hides the toast from readers while its buttons can still be focused.
      priority: "low",
      data: { kind, text: detail === undefined ? title : `${title}\n${detail}`, progress },
      onClose,
      actionProps: action === undefined ? undefined : { children: action.label, onClick: action.run },
    });
  }
}
