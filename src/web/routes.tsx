// Which page stands at which address, and what of it the navigation shows. Pages other than the first are loaded when wanted.
import Home from "lucide-react/icons/house";
import { lazy, type ComponentType } from "react";
import { Overview } from "./pages/overview/Overview.tsx";
import { paths } from "./paths.ts";

export interface PageRoute {
  /** Pattern of the address, as wouter reads it. */
  pattern: string;
  page: ComponentType;
  /** What broke, when it breaks. */
  name: string;
  nav?: {
    label: string;
    to: string;
    icon: ComponentType;
    /** Key after `g` that leads there. */
    key: string;
    /** Also in the bottom bar of phones. */
    phone: boolean;
    /** Only for those who may do this. */
    needs?: "admin";
  };
}

const ServicePage = lazy(async () => ({ default: (await import("./pages/service/ServicePage.tsx")).ServicePage }));

export const PAGES: readonly PageRoute[] = [
  {
    pattern: "/",
    page: Overview,
    name: "The overview",
    nav: { label: "Overview", to: paths.overview(), icon: Home, key: "o", phone: true },
  },
  { pattern: "/services/:name", page: ServicePage, name: "The service's page" },
];
