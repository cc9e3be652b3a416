// Every address of the dashboard, built here and nowhere else.

/** Addresses of the dashboard's pages. */
export const paths = {
  overview: () => "/",
  service: (name: string) => `/services/${encodeURIComponent(name)}`,
};
