// Chooses the theme before the first paint; a file of its own because the content security policy forbids inline scripts.
(() => {
  let stored;
  try {
    stored = JSON.parse(localStorage.getItem("tailherd.preferences") ?? "{}").theme;
  } catch {
    stored = undefined;
  }
  const system = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  document.documentElement.dataset.theme = stored === "light" || stored === "dark" ? stored : system;
})();
