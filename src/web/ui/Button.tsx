// Buttons: one primary act a view, quiet ones beside it, icon buttons in rows. A disabled one says why.
import type { ComponentProps, ReactNode } from "react";
import { Link } from "wouter";
import styles from "./Button.module.css";
import { cx } from "./cx.ts";

type Look = "quiet" | "primary" | "danger" | "plain";
type Size = "s" | "m";

interface Common {
  look?: Look;
  size?: Size;
  /** Why it cannot be pressed now; disables it and says so on hover and to screen readers. */
  blocked?: string | null | undefined;
}

type ButtonProps = Common & ComponentProps<"button">;

/** A labelled button. Blocked ones stay focusable, so that their reason can be found by keyboard. */
export function Button({ look = "quiet", size = "m", blocked, className, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      {...blockedProps(blocked, rest.title)}
      onClick={blocked ? (event) => event.preventDefault() : onClick}
      className={cx(styles["button"], styles[look], styles[size], className)}
    />
  );
}

/** A link that looks like a button. */
export function ButtonLink({
  look = "quiet",
  size = "m",
  to,
  children,
  className,
}: Common & { to: string; children: ReactNode; className?: string | undefined }) {
  return (
    <Link href={to} className={cx(styles["button"], styles[look], styles[size], className)}>
      {children}
    </Link>
  );
}

/** A button that shows only an icon; `label` is its name and its tooltip. */
export function IconButton({
  label,
  blocked,
  className,
  onClick,
  ...rest
}: Omit<ButtonProps, "look" | "size" | "aria-label" | "title"> & { label: string }) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      {...blockedProps(blocked, label)}
      onClick={blocked ? (event) => event.preventDefault() : onClick}
      className={cx(styles["icon"], className)}
    />
  );
}

/** An icon that leads somewhere. */
export function IconLink({ label, to, children }: { label: string; to: string; children: ReactNode }) {
  return (
    <Link href={to} aria-label={label} title={label} className={styles["icon"]}>
      {children}
    </Link>
  );
}

function blockedProps(blocked: string | null | undefined, title: string | undefined) {
  return blocked ? { "aria-disabled": true, title: title === undefined ? blocked : `${title}: ${blocked}` } : { title };
}
