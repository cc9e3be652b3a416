// The ways through the dashboard: at the side, on phones at the bottom. Shows what exists and what the role may open.
import BookOpen from "lucide-react/icons/book-open";
import Search from "lucide-react/icons/search";
import { Link, useLocation } from "wouter";
import { useApp } from "../app-context.ts";
import { paths } from "../paths.ts";
import { PAGES, type PageRoute } from "../routes.tsx";
import { cx } from "../ui/cx.ts";
import styles from "./Navigation.module.css";
import { useOpenPanel } from "./shell-context.ts";

type NavItem = NonNullable<PageRoute["nav"]>;

function useItems(): NavItem[] {
  const { principal } = useApp();
  return PAGES.flatMap(({ nav }) =>
    nav === undefined || (nav.needs === "admin" && principal.role !== "admin") ? [] : [nav],
  );
}

export function SideNav() {
  const items = useItems();
  const { principal } = useApp();
  return (
    <nav aria-label="Main" className={styles["side"]}>
      <Link href={paths.overview()} className={styles["brand"]} aria-label="tailherd, to the overview">
        <img src="/icon.svg" alt="" width="26" height="26" />
        <span>tailherd</span>
      </Link>
      <ul>
        {items.map((item) => (
          <li key={item.to}>
            <Item item={item} />
          </li>
        ))}
        <li>
          <a href={paths.apiDocs()} className={styles["item"]} title="API docs">
            <BookOpen aria-hidden="true" />
            <span>API docs</span>
          </a>
        </li>
      </ul>
      <div className={styles["who"]} title={principal.reason}>
        <span className={styles["face"]} aria-hidden="true">
          {principal.name.slice(0, 1).toUpperCase()}
        </span>
        <div>
          <span>{principal.name}</span>
          <span>{principal.role}</span>
        </div>
      </div>
    </nav>
  );
}

export function BottomBar() {
  const items = useItems().filter((item) => item.phone);
  const open = useOpenPanel();
  const half = Math.ceil(items.length / 2);
  return (
    <nav aria-label="Main, short" className={styles["bottom"]}>
      {items.slice(0, half).map((item) => (
        <Item key={item.to} item={item} />
      ))}
      <button type="button" className={styles["item"]} onClick={() => open("palette")}>
        <Search aria-hidden="true" />
        <span>Search</span>
      </button>
      {items.slice(half).map((item) => (
        <Item key={item.to} item={item} />
      ))}
    </nav>
  );
}

function Item({ item }: { item: NavItem }) {
  const [location] = useLocation();
  const here = location === item.to || (item.to !== paths.overview() && location.startsWith(`${item.to}/`));
  const Icon = item.icon;
  return (
    <Link
      href={item.to}
      className={cx(styles["item"], here && styles["here"])}
      aria-current={here ? "page" : undefined}
      title={item.label}
    >
      <Icon aria-hidden="true" />
      <span>{item.label}</span>
    </Link>
  );
}
